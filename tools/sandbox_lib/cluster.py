"""A whole sandbox: a primary and its replicas in a folder of their own."""

import os
import random
import shutil
import tempfile

from . import accounts, firewall, flavour, process, replication, runas, template
from .errors import SandboxError
from .node import Node, PortTaken
from .ports import pick_port
from .store import Store

# The kernel's limit for the name of a Unix socket, less "/db99.sock" and the end.
_LONGEST_SOCKET_DIR = 107 - 11
_PORT_TRIES = 5
DEFAULT_FLAVOUR = "mariadb"


class Cluster:
    """A sandbox that exists: Cluster.start makes one, Cluster.open finds one.

    As a context manager it is stopped at the end, and its folder removed
    if it was made for it.
    """

    def __init__(self, directory, die_with_parent=False):
        self.store = Store(directory)
        self.die_with_parent = die_with_parent
        self._temporary = False
        self._flavour = None

    # ---- making and unmaking ----

    @classmethod
    def start(cls, directory=None, flavour=None, replicas=2, die_with_parent=False,
              options=None, own_addresses=False):
        """Start a sandbox of a flavour ("mariadb"); without a directory, in a temporary one.

        options are further lines of the servers' configuration, name to value.
        With own_addresses db1, db2, db3 … have one port at 127.0.0.1, 127.0.0.2, 127.0.0.3 …,
        as servers on different machines have.
        A directory that holds a stopped sandbox is started as it was left.
        """
        temporary = directory is None
        if temporary:
            directory = tempfile.mkdtemp(prefix="headgate-sandbox-")
            os.chmod(directory, 0o755)
        cluster = cls(directory, die_with_parent)
        cluster._temporary = temporary
        fresh = not cluster.store.exists()
        if not fresh:
            cluster._must_not_run()
        try:
            if fresh:
                cluster._create(flavour or DEFAULT_FLAVOUR, replicas, options or {}, own_addresses)
            else:
                cluster._start_again(flavour)
        except BaseException:
            cluster._abandon(fresh)
            raise
        return cluster

    def _abandon(self, fresh):
        """After a failed start leave no process; of a new sandbox only its logs."""
        if self.store.exists():
            self._end(grace=0)
            if fresh:
                self._remove(logs=self._temporary)
        elif not os.listdir(self.directory):
            os.rmdir(self.directory)

    @classmethod
    def open(cls, directory):
        """A sandbox that somebody started."""
        cluster = cls(directory)
        cluster.store.read()
        return cluster

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self._temporary:
            self.destroy()
        else:
            self.stop()

    def stop(self):
        """End all servers in order, and keep their data."""
        self._end(grace=20)

    def destroy(self):
        """End all servers at once and remove what the sandbox put into its folder."""
        self._end(grace=0)
        self._remove(logs=True)

    def _remove(self, logs):
        """Remove the sandbox's own files; the folder too, if nothing else is in it."""
        data = self.store.read()
        for node in data["nodes"]:
            shutil.rmtree(node["datadir"], ignore_errors=True)
            own = [node["config"], node["socket"], node["socket"] + ".lock"]
            if logs:
                own += [node["error_log"], node["general_log"], node["slow_log"]]
            for path in own:
                _unlink(path)
        if data["socket_dir"] != self.directory:
            shutil.rmtree(data["socket_dir"], ignore_errors=True)
        self.store.remove()
        if not os.listdir(self.directory):
            os.rmdir(self.directory)

    def _end(self, grace):
        firewall.heal_all(self.store.directory)
        nodes = self.store.read()["nodes"]
        alive = [(n["pid"], n["started"]) for n in nodes
                 if process.state(n["pid"], n["started"]) != "dead"]
        if grace:
            process.end_all(alive, grace)
        else:
            for pid, started in alive:
                process.kill(pid, started)
        for node in nodes:
            self.store.change_node(node["name"], pid=None, started=None)

    def _create(self, name, replicas, options, own_addresses):
        self._flavour = flavour.find(name)
        os.makedirs(self.directory, exist_ok=True)
        self._refuse_foreign_files(replicas)
        account = runas.choose(*filter(None, (self.store.directory, self._flavour.root)))
        self.store.write({**self._description(account, replicas, own_addresses), "options": options})
        for node in self.nodes():
            template.copy_to(self._flavour, node.datadir)
            account.own(node.datadir)
        self._launch_all(may_move=not own_addresses)
        for node in self.replicas():
            replication.follow(node, self.primary())
        for node in self.replicas():
            replication.wait_replicating(node)

    def _refuse_foreign_files(self, replicas):
        """Nothing that is not the sandbox's own may be used, nor removed later."""
        for number in range(1, replicas + 2):
            path = os.path.join(self.directory, f"db{number}")
            if os.path.exists(path):
                raise SandboxError(f"{path} is in the way: a data directory belongs there")

    def _description(self, account, replicas, own_addresses):
        directory = self.store.directory
        socket_dir = directory
        if len(socket_dir) > _LONGEST_SOCKET_DIR:
            socket_dir = tempfile.mkdtemp(prefix="headgate-sockets-")
        account.own_top(socket_dir)
        group = random.randrange(1 << 20, 1 << 30)
        nodes = []
        for number in range(1, replicas + 2):
            host = f"127.0.0.{number}" if own_addresses else "127.0.0.1"
            taken = [node["port"] for node in nodes]
            port = taken[0] if own_addresses and taken else pick_port(taken)
            nodes.append(self._node_entry(number, socket_dir, (host, port), group + number))
        return {
            "flavour": self._flavour.name,
            "family": self._flavour.family,
            "version": self._flavour.version,
            "runs_as": account.name,
            "primary": "db1",
            "socket_dir": socket_dir,
            "accounts": {user: {"password": password}
                         for user, password in accounts.PASSWORDS.items()},
            "schemas": list(accounts.SCHEMAS),
            "nodes": nodes,
        }

    def _node_entry(self, number, socket_dir, address, group):
        name = f"db{number}"
        base = os.path.join(self.store.directory, name)
        return {
            "name": name, "host": address[0], "port": address[1],
            "socket": os.path.join(socket_dir, f"{name}.sock"),
            "server_id": number, "pid": None, "started": None, "gid": group,
            "role_at_start": "primary" if number == 1 else "replica",
            "read_only": number != 1,
            "datadir": base, "config": f"{base}.cnf",
            "error_log": f"{base}.err", "general_log": f"{base}.general.log",
            "slow_log": f"{base}.slow.log",
        }

    def _must_not_run(self):
        running = [node.name for node in self.nodes() if node.state() != "dead"]
        if running:
            raise SandboxError(f"the sandbox in {self.directory} runs already: "
                               f"{', '.join(running)}")

    def _start_again(self, name):
        found = self.store.read()["flavour"]
        if name not in (None, found):
            raise SandboxError(f"{self.store.directory} holds a stopped {found} sandbox: "
                               f"start it with --flavour {found}, or remove the folder")
        self._launch_all(may_move=False)
        for node in self.replicas():
            replication.wait_replicating(node)

    def _launch_all(self, may_move):
        """Start all servers side by side, then wait for each."""
        for node in self.nodes():
            node.launch()
        for node in self.nodes():
            for attempt in range(1, _PORT_TRIES + 1):
                try:
                    node.wait_ready()
                    break
                except PortTaken:
                    if not may_move or attempt == _PORT_TRIES:
                        raise
                    taken = [n.port for n in self.nodes()]
                    self.store.change_node(node.name, port=pick_port(taken))
                    os.truncate(node.error_log, 0)
                    node.launch()

    # ---- looking ----

    def __getattr__(self, fact):
        if fact in ("family", "runs_as", "version"):
            return self.store.read()[fact]
        raise AttributeError(fact)

    @property
    def flavour_name(self):
        """One of flavour.NAMES."""
        return self.store.read()["flavour"]

    @property
    def directory(self):
        """Its folder."""
        return self.store.directory

    def flavour(self):
        """The Flavour it runs."""
        if self._flavour is None:
            self._flavour = flavour.find(self.store.read()["flavour"])
        return self._flavour

    def account(self):
        """The operating-system account its servers run as."""
        return runas.named(self.runs_as)

    def password(self, user):
        """The password of one of its database accounts."""
        known = self.store.read()["accounts"]
        if user not in known:
            raise SandboxError(f"no account {user!r}: there are {', '.join(known)}")
        return known[user]["password"]

    def node(self, name):
        """The Node of that name."""
        self.store.node(name)
        return Node(self, name)

    def nodes(self):
        """All nodes, db1 first."""
        return [Node(self, node["name"]) for node in self.store.read()["nodes"]]

    def primary(self):
        """The node that is the primary now, as far as promote knows."""
        return Node(self, self.store.read()["primary"])

    def replicas(self):
        """All nodes but the primary."""
        primary = self.store.read()["primary"]
        return [node for node in self.nodes() if node.name != primary]

    def sql(self, name, text, user="root"):
        """Run statements on a node: the last one's rows."""
        return self.node(name).sql(text, user)

    def connect(self, name, user="app", database=None, **options):
        """A PyMySQL connection to a node over TCP."""
        return self.node(name).connect(user, database, **options)

    def sync(self, timeout=30):
        """Wait until every running replica has all that the primary has now."""
        replication.sync(self, timeout)

    # ---- trouble ----

    def start_node(self, name, rejoin=True):
        """Start a killed node; with rejoin, as a replica unless it is the primary."""
        node = self.node(name)
        node.launch()
        node.wait_ready()
        if rejoin and self.primary().name != name:
            if self.family == "mariadb":
                replication.skip_recovered_ddl(node)
            self.rejoin(name)

    def rejoin(self, name, timeout=30):
        """Make a node follow the present primary again, read-only."""
        node, primary = self.node(name), self.primary()
        if node.name == primary.name:
            raise SandboxError(f"{name} is the primary: it has nobody to follow")
        node.set_read_only(True)
        status = node.replication()
        if status is None or int(status["port"]) != primary.port:
            replication.follow(node, primary)
        if primary.state() == "running":
            replication.wait_replicating(node, timeout)

    def promote(self, name, timeout=30):
        """Switch over to node `name` by hand."""
        replication.promote(self, name, timeout)

    def most_advanced(self):
        """The replica that has all that any of them has: another one, promoted, could not be followed by it."""
        return replication.most_advanced(self)

    def lag(self, name, seconds):
        """Let a replica apply everything seconds late; 0 ends that."""
        replication.delay(self.node(name), seconds)

    def partition(self, name):
        """Let every TCP packet to and from a node vanish."""
        firewall.partition(self.store.directory, self.node(name))

    def heal(self, name):
        """End partition(name)."""
        firewall.heal(self.store.directory, self.node(name))


def _unlink(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
