"""headgate in front of a real cluster: its listeners, and connections through them."""

import contextlib
import time

import pymysql

from client import Client
from proxy import Proxy, wait_until

LISTENERS = (
    {"name": "split", "mode": "split", "kind": "tcp"},
    {"name": "split6", "mode": "split", "kind": "tcp6"},
    {"name": "local", "mode": "split", "kind": "unix"},
    {"name": "writes", "mode": "primary", "kind": "tcp"},
    {"name": "reads", "mode": "replica", "kind": "tcp"},
)


class Headgate(Proxy):
    """A Proxy whose servers are the nodes of a sandbox. (server_settings: further settings of each of them.)"""

    def __init__(self, cluster, server_settings=None, **options):
        self.cluster = cluster
        servers = [{"name": node.name, "address": f"{node.host}:{node.port}", **(server_settings or {})}
                   for node in cluster.nodes()]
        options.setdefault("listeners", LISTENERS)
        options.setdefault("topology", "auto")
        options.setdefault("probe_timeout", "2s")  # some are made to hang
        super().__init__({"main": servers}, **options)

    def start(self):
        super().start()
        for node in self.cluster.nodes():
            role = "primary" if node.name == self.cluster.primary().name else "replica"
            self.wait_server(node.name, lambda row, role=role: row["role"] == role)
        return self

    def host_and_port(self, listener="split"):
        host, _, port = self.address[listener].rpartition(":")
        return host.strip("[]"), int(port)

    def connect(self, listener="split", user="app", password="app_pw", database="test", **options):
        """A PyMySQL connection, autocommit on."""
        place = {"unix_socket": self.address[listener]} if self.address[listener].startswith("/") else dict(
            zip(("host", "port"), self.host_and_port(listener)))
        options.setdefault("autocommit", True)
        options.setdefault("charset", "utf8mb4")
        options.setdefault("read_timeout", 60)
        return pymysql.connect(user=user, password=password, database=database, connect_timeout=20, **place, **options)

    def wire(self, listener="split", **options):
        """A connection that shows every byte."""
        options.setdefault("schema", "test")
        return Client.connect(self.address[listener], **{"timeout": 60.0, **options})


def direct(cluster, node="db1", **options):
    """A wire connection to a server itself (families that speak mysql_native_password)."""
    options.setdefault("schema", "test")
    found = cluster.node(node)
    return Client.connect(f"{found.host}:{found.port}", **{"timeout": 60.0, **options})


def rows(connection, sql, *arguments):
    """All rows of a statement on a PyMySQL connection."""
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments or None)
        return cursor.fetchall()


def value(connection, sql, *arguments):
    found = rows(connection, sql, *arguments)
    return found[0][0] if found else None


def prepared_count(cluster, node="db1"):
    """How many statements that server keeps, of all connections."""
    return int(cluster.sql(node, "SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'")[0][1])


class Log:
    """The servers' general logs while a piece of a test runs: which of them saw a text?"""

    def __init__(self, cluster):
        self.cluster = cluster

    def __enter__(self):
        for node in self.cluster.nodes():
            node.log_queries(True)
        return self

    def __exit__(self, *exception):
        for node in self.cluster.nodes():
            with contextlib.suppress(Exception):
                node.log_queries(False)

    def where(self, text):
        """Names of the nodes that logged this text. (Replicas log no replicated rows, but may log replicated DDL.)"""
        return [node.name for node in self.cluster.nodes() if text in node.logged()]

    def count(self, text):
        return sum(node.logged().count(text) for node in self.cluster.nodes())


class Counters:
    """What the servers counted for the application's account since this was made: (reads, writes, others)."""

    _MARIADB = ("SELECT SELECT_COMMANDS, UPDATE_COMMANDS, OTHER_COMMANDS FROM information_schema.USER_STATISTICS "
                "WHERE USER = 'app'")
    _MYSQL_ALL_SELECTS = "SHOW GLOBAL STATUS LIKE 'Com_select'"
    _MYSQL_EVENTS = ("SELECT IFNULL(USER = 'app', 0), EVENT_NAME, SUM(COUNT_STAR) "
                     "FROM performance_schema.events_statements_summary_by_user_by_event_name "
                     "WHERE COUNT_STAR > 0 GROUP BY 1, 2")

    def __init__(self, cluster):
        self.cluster = cluster
        self.before = self._read()

    def _read(self):
        if self.cluster.family == "mysql":
            time.sleep(1.2)  # headgate asks how far the servers are until a second after the last read that asked for it
        return {node.name: self._settled(node) for node in self.cluster.nodes()}

    def _settled(self, node):
        """Read until nothing else moved meanwhile: a probe may come between two parts of one reading.

        Nobody may be reading through headgate at that time, or it never settles.
        """
        last = None
        for _ in range(50):
            now = self._once(node)
            if now == last:
                return now
            last = now
        raise AssertionError(f"{node.name} does not come to rest: its counters are at {last}")

    def _once(self, node):
        if self.cluster.family == "mariadb":
            return [int(n or 0) for n in (node.sql(self._MARIADB) or [(0, 0, 0)])[0]]
        return self._mysql(node)

    def _mysql(self, node):
        """MySQL knows by account how many executions there were, and only for the whole server what they executed.

        Its own replication counts as inserts too; so a prepared execution is a read, or else it is called a write.
        """
        counts = {(bool(mine), name.rpartition("/")[2]): int(count) for mine, name, count in node.sql(self._MYSQL_EVENTS)}
        reads = int(node.sql(self._MYSQL_ALL_SELECTS)[0][1]) - counts.get((False, "select"), 0)
        prepared_reads = reads - counts.get((True, "select"), 0)
        writes = sum(counts.get((True, word), 0) for word in ("insert", "update", "delete"))
        others = sum(counts.get((True, word), 0) for word in ("begin", "commit"))
        return [reads, writes + counts.get((True, "Execute"), 0) - prepared_reads, others]

    def since(self, at_least=0):
        """{node: (reads, writes, others)} since the beginning; `at_least` so many reads and writes: servers answer first,
        and count then."""
        found = {}

        def are_counted():
            found.update({name: tuple(now - before for now, before in zip(counts, self.before[name]))
                          for name, counts in self._read().items()})
            return sum(sum(counts[:2]) for counts in found.values()) >= at_least
        wait_until(are_counted, f"{at_least} reads and writes are counted")
        return found


