"""A Galera cluster on loopback: nodes that all take writes, and certify each other's.

    with GaleraCluster.start() as c:
        c.sql("db2", "CREATE TABLE app.t (id INT PRIMARY KEY)")
        c.node("db1").kill()
        c.start_node("db1")             # it joins again, and gets what it lacks
        c.status("db1")["wsrep_local_state"]

All nodes begin with copies of one data directory that has been a Galera node already: its position in the
history of the cluster is in it, so that they join by a few write sets (IST), not by a copy of the data.
"""

import os
import re
import shutil
import tempfile

from . import cache, config, flavour, process, runas, sql, template
from .cluster import Cluster
from .errors import SandboxError
from .node import PortTaken
from .ports import pick_port
from .wait import wait_for

PROVIDER = "/usr/lib/galera/libgalera_smm.so"
_TRIES = 5
_SECONDS = 90
# What a node says of how far it came; a joiner asks for what follows.
_POSITION = re.compile(r"Recovered position: *([0-9a-f-]{36}:-?\d+)")


def _wsrep_options(name, address, provider):
    """What makes a server a Galera node; `provider`: its provider's own options."""
    return {
        "wsrep_on": "ON",
        "wsrep_provider": PROVIDER,
        "wsrep_cluster_name": "sandbox",
        "wsrep_cluster_address": address,
        "wsrep_node_name": name,
        "wsrep_node_address": "127.0.0.1",
        "wsrep_sst_method": "rsync",
        "innodb_autoinc_lock_mode": "2",
        "binlog_format": "ROW",
        # A node that must copy everything would take too long for a test.
        "wsrep_provider_options": ";".join(f"{k}={v}" for k, v in {
            "gcache.size": "16M", "gcache.page_size": "16M", "pc.recovery": "false", **provider}.items()),
    }


class GaleraCluster(Cluster):
    """A sandbox whose nodes are db1, db2, … of one Galera cluster: nobody is the primary but by choice."""

    @classmethod
    def start(cls, directory=None, nodes=3, die_with_parent=False, options=None):  # pylint: disable=arguments-differ
        """Start nodes of the installed MariaDB, one after the other; all are synced when it returns."""
        return super().start(directory, "mariadb", nodes - 1, die_with_parent, options)

    def _create(self, name, replicas, options, own_addresses):
        if not os.path.exists(PROVIDER):
            raise SandboxError(f"{PROVIDER} is missing: Debian's package is galera-4")
        os.makedirs(self.directory, exist_ok=True)
        self._refuse_foreign_files(replicas)
        self._flavour = flavour.find(name)
        account = runas.choose(self.store.directory)
        self.store.write({**self._description(account, replicas, own_addresses), "options": options})
        source = cache.made_once(_template_name(self._flavour),
                                 lambda folder: _make_template(self._flavour, folder))
        for node in self.nodes():
            self.store.change_node(node.name, read_only=False, options={})
            template.copy(source, node.datadir)
            account.own(node.datadir)
        for node in self.nodes():
            self._launch(node)

    def _launch(self, node):
        """Start a node and wait until it is synced; with other ports, if somebody was faster."""
        for attempt in range(1, _TRIES + 1):
            self._give_ports(node)
            node.launch()
            try:
                node.wait_ready(_SECONDS)
                break
            except PortTaken:
                if attempt == _TRIES:
                    raise
                self.store.change_node(node.name, port=pick_port([n.port for n in self.nodes()]))
                os.truncate(node.error_log, 0)
        self.wait_synced(node.name)

    def _give_ports(self, node):
        """Ports for its group, for what it is sent when it joins, and the addresses of those that run."""
        taken = [n.port for n in self.nodes()]
        for _ in range(3):
            taken.append(pick_port(taken))
        group, ist, sst = taken[-3:]
        peers = [n.group for n in self.nodes() if n.state() != "dead" and n.name != node.name]
        provider = {"base_host": "127.0.0.1", "base_port": group,
                    "gmcast.listen_addr": f"tcp://127.0.0.1:{group}", "ist.recv_addr": f"127.0.0.1:{ist}"}
        options = _wsrep_options(node.name, "gcomm://" + ",".join(peers), provider)
        options["wsrep_sst_receive_address"] = f"127.0.0.1:{sst}"
        self.store.change_node(node.name, group=f"127.0.0.1:{group}", options=options)

    def start_node(self, name, rejoin=True, donor=""):  # pylint: disable=arguments-differ
        """Start a killed node again: it joins those that run, and gets what it lacks, from `donor` if that can."""
        node = self.node(name)
        self._give_ports(node)
        options = {**node.options, "wsrep_sst_donor": donor, "wsrep_start_position": self._recover(node)}
        self.store.change_node(name, options=options)
        node.launch()
        node.wait_ready(_SECONDS)
        self.wait_synced(name)

    def _recover(self, node):
        """How far the data of a killed node goes, as its server says."""
        node.write_config()
        account, log = self.account(), f"{node.datadir}/recover.log"
        server = process.spawn(
            [*self.flavour().command, f"--defaults-file={node.config}", "--wsrep-recover", f"--log-error={log}",
             *account.server_options()],
            node.error_log, cwd=node.datadir, die_with_parent=self.die_with_parent, **account.spawn_options())
        try:
            wait_for(f"{node.name} to say how far its data goes", lambda: process.state(*server) == "dead",
                     _SECONDS, lambda: template.tail(log))
        finally:
            process.kill(*server)
        with open(log, encoding="utf-8", errors="replace") as f:
            found = _POSITION.search(f.read())
        if not found:
            raise SandboxError(f"{node.name} does not say how far its data goes:\n{template.tail(log)}")
        return found.group(1)

    # ---- looking ----

    def status(self, name):
        """A node's wsrep status variables."""
        return dict(self.sql(name, "SHOW GLOBAL STATUS LIKE 'wsrep\\_%'"))

    def wait_status(self, name, timeout=_SECONDS, **wanted):
        """Wait until a node's wsrep status variables have these values, written without `wsrep_`."""
        def has_come():
            try:
                status = self.status(name)
            except (sql.Error, SandboxError):
                return False
            return all(status.get(f"wsrep_{key}") == value for key, value in wanted.items())
        wait_for(f"{name} to have {wanted}", has_come, timeout, lambda: template.tail(self.node(name).error_log))

    def wait_synced(self, name, timeout=_SECONDS):
        """Wait until a node is synced and takes statements."""
        self.wait_status(name, timeout, local_state="4", ready="ON", cluster_status="Primary")

    def sync(self, timeout=30):
        """Wait until every node that runs has applied what any of them has now."""
        for node in self.nodes():
            if node.state() == "running":
                node.sql("SET SESSION wsrep_sync_wait = 1; SELECT 1", timeout=timeout)


# ---- the data directory that all begin with ----

def _template_name(server):
    base = os.path.basename(template.ensure(server))
    return base.replace("datadir-", "datadir-galera-", 1)


def _make_template(server, folder):
    """A copy of the usual one that has been a cluster of one node for a moment."""
    os.rmdir(folder)
    template.copy(template.ensure(server), folder)
    scratch = tempfile.mkdtemp(prefix="headgate-template-")
    log, socket = os.path.join(scratch, "log"), os.path.join(scratch, "s")
    group = pick_port()
    options = {**config.paths(server, folder), **config.storage_options(server),
               **_wsrep_options("template", "gcomm://", {
                   "base_host": "127.0.0.1", "base_port": group,
                   "gmcast.listen_addr": f"tcp://127.0.0.1:{group}"}),
               "socket": socket, "pid_file": os.path.join(scratch, "pid"), "log_error": log}
    root = ["--user=root"] if os.geteuid() == 0 else []
    started = process.spawn([*server.command, "--no-defaults", *root, "--skip-networking", "--skip-log-bin",
                            *(f"--{key.replace('_', '-')}={value}" for key, value in options.items())], log)
    try:
        def answers():
            if process.state(*started) == "dead":
                raise SandboxError(f"the template node ended at once:\n{template.tail(log)}")
            try:
                with sql.connect_socket(socket) as connection:
                    status = dict(sql.run(connection, "SHOW STATUS LIKE 'wsrep\\_%'")[0][1])
                    if status.get("wsrep_local_state") != "4":
                        return False
                    sql.run(connection, "SHUTDOWN")
                    return True
            except sql.Error:
                return False
        wait_for("the template node to be synced", answers, _SECONDS, lambda: template.tail(log))
        wait_for("the template node to end", lambda: process.state(*started) == "dead", _SECONDS,
                 lambda: template.tail(log))
    finally:
        process.kill(*started)
        shutil.rmtree(scratch, ignore_errors=True)
    for name in ("galera.cache", "gvwstate.dat"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            os.unlink(path)
