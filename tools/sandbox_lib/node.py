"""One server of a sandbox."""

import os
import signal

from . import config, dialect, process, sql
from .errors import SandboxError
from .template import tail
from .wait import wait_for


class PortTaken(SandboxError):
    """Somebody was faster in taking the port that was picked."""


class Node:
    """A server, by its name; its facts are attributes (port, socket, pid, ...)."""

    def __init__(self, cluster, name):
        self.cluster = cluster
        self.name = name

    def __getattr__(self, fact):
        if fact.startswith("_"):
            raise AttributeError(fact)
        try:
            return self.cluster.store.node(self.name)[fact]
        except KeyError:
            raise AttributeError(f"node {self.name} has no fact {fact!r}") from None

    def __repr__(self):
        return f"<Node {self.name}>"

    # ---- the process ----

    def state(self):
        """'running', 'paused' or 'dead'."""
        facts = self.cluster.store.node(self.name)
        return process.state(facts["pid"], facts["started"])

    def kill(self):
        """SIGKILL; returns when the process and its listening port are gone."""
        facts = self._need("running", "paused")
        process.kill(facts["pid"], facts["started"])
        self.cluster.store.change_node(self.name, pid=None, started=None)

    def pause(self):
        """SIGSTOP; returns when every thread has stopped: it accepts, but answers nothing."""
        facts = self._need("running")
        process.send(facts["pid"], facts["started"], signal.SIGSTOP)
        wait_for(f"{self.name} to be paused", lambda: self.state() == "paused", 10)

    def resume(self):
        """SIGCONT."""
        facts = self._need("paused")
        process.send(facts["pid"], facts["started"], signal.SIGCONT)
        wait_for(f"{self.name} to run on", lambda: self.state() == "running", 10)

    def start(self):
        """Start it again after kill(): same port, same data; it rejoins the cluster."""
        self.cluster.start_node(self.name)

    def _need(self, *states):
        facts = self.cluster.store.node(self.name)
        found = process.state(facts["pid"], facts["started"])
        if found not in states:
            raise SandboxError(f"{self.name} is {found}, not {' or '.join(states)}")
        return facts

    def launch(self):
        """Start the process, not waiting for it to answer."""
        if self.state() != "dead":
            raise SandboxError(f"{self.name} is {self.state()} already")
        self.write_config()
        facts = self.cluster.store.node(self.name)
        self._forget_socket(facts)
        account = self.cluster.account()
        options = account.spawn_options()
        if account.uid == 0 or account.switches:
            # A group of its own lets a firewall rule mean this node's packets.
            options = {"user": account.uid, "group": facts["gid"]}
        with open(facts["error_log"], "ab"):
            account.own(facts["error_log"])
        pid, started = process.spawn(
            [*self.cluster.flavour().command, f"--defaults-file={facts['config']}",
             *account.server_options()],
            facts["error_log"], cwd=facts["datadir"],
            die_with_parent=self.cluster.die_with_parent, **options)
        self.cluster.store.change_node(self.name, pid=pid, started=started)

    @staticmethod
    def _forget_socket(facts):
        """Remove what a killed server left.

        MySQL refuses to start when its socket's lock file names a pid that
        exists, whoever that is by now.
        """
        for path in (facts["socket"], facts["socket"] + ".lock"):
            if os.path.exists(path):
                os.unlink(path)

    def wait_ready(self, timeout=60):
        """Wait until it answers SQL; PortTaken or SandboxError if it ended instead."""
        wait_for(f"{self.name} to answer on {self.socket}", self._answers, timeout,
                 lambda: tail(self.error_log))

    def _answers(self):
        facts = self.cluster.store.node(self.name)
        if process.state(facts["pid"], facts["started"]) == "dead":
            log = tail(facts["error_log"])
            kind = PortTaken if "Address already in use" in log else SandboxError
            raise kind(f"{self.name} (port {facts['port']}) ended while starting:\n{log}")
        try:
            with sql.connect_socket(facts["socket"], timeout=10) as connection:
                return sql.run(connection, "SELECT @@port")[0][1][0][0] == facts["port"]
        except sql.Error:
            return False

    def write_config(self):
        """Write its configuration file from cluster.json."""
        facts = self.cluster.store.node(self.name)
        extra = {**facts.get("options", {}), **self.cluster.store.read()["options"]}
        text = config.server_config(self.cluster.flavour(), facts, extra)
        with open(facts["config"], "w", encoding="ascii") as f:
            f.write(text)
        self.cluster.account().own(facts["config"])

    # ---- SQL ----

    def results(self, text, user="root", timeout=60):
        """Run statements over the socket: a list of (columns, rows), one per result."""
        self._need("running")
        password = self.cluster.password(user)
        with sql.connect_socket(self.socket, user, password, timeout) as connection:
            return sql.run(connection, text)

    def sql(self, text, user="root", timeout=60):
        """Run statements over the socket: the last one's rows, as tuples."""
        return self.results(text, user, timeout)[-1][1]

    def value(self, text):
        """The one value of a query, or None."""
        rows = self.sql(text)
        return rows[0][0] if rows else None

    def connect(self, user="app", database=None, **options):
        """A PyMySQL connection over TCP, as an application makes it (autocommit on)."""
        if database:
            options["database"] = database
        return sql.connect_tcp(self.host, self.port, user, self.cluster.password(user),
                               self.cluster.family == "mysql", **options)

    # ---- replication ----

    def replication(self):
        """Its replication status under plain names, or None if it follows nobody."""
        words = dialect.of(self.cluster.family)
        columns, rows = self.results(words.status)[0]
        if not rows:
            return None
        row = dict(zip(columns, rows[0]))
        return {key: row.get(column) for key, column in words.columns.items()}

    def set_read_only(self, on):
        """Now, and in the configuration for the next start."""
        self.cluster.store.change_node(self.name, read_only=bool(on))
        self.write_config()
        if self.state() == "running":
            self.sql(f"SET GLOBAL read_only = {int(on)}")

    # ---- logs ----

    def log_queries(self, on=True):
        """Switch the general log; switching it on empties it."""
        if on:
            self.sql("SET GLOBAL general_log = 0")
            if os.path.exists(self.general_log):
                os.truncate(self.general_log, 0)
        self.sql(f"SET GLOBAL general_log = {int(on)}")

    def logged(self):
        """The text of the general log."""
        with open(self.general_log, encoding="utf-8", errors="replace") as f:
            return f.read()
