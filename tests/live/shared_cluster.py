"""One cluster for many files of tests, put back between two files to the state it had when it was new.

    shared.take()          the cluster, as new
    shared.give_back()     connections are closed, schemas and accounts made anew, global variables set back

Then every server is compared with what it was. What cannot be put back (a server that was restarted, promoted, broken, has
transactions of its own or prepared XA transactions) makes the cluster unfit: it is ended, and the next file gets a new one. So
a file of tests may do to its servers whatever it likes, and no other file can see it.
"""

import re

from sandbox_lib import Cluster, accounts, replication, sql
from sandbox_lib.errors import SandboxError

SYSTEM_SCHEMAS = {"mysql", "information_schema", "performance_schema", "sys"}
KEPT_FACTS = ("pid", "started", "port", "read_only", "options")
OF_THE_SERVER = ("system user", "event_scheduler", "repl")
# Positions in the binary log; they move on.
MOVING = re.compile(r"gtid_")
NUMBER = re.compile(r"-?\d+(\.\d+)?$")
# What SHOW CREATE USER tells of a password; of one that was set anew MySQL tells another salt.
SECRET = re.compile(r"(?i)(AS|PASSWORD|USING) (0x[0-9A-F]+|'[^']*')")
# What statements write beside variables and accounts; what lives in a schema goes with it.
_OBJECTS = ("SELECT SCHEMA_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA",
            "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES",
            "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE FROM information_schema.ROUTINES",
            "SELECT TRIGGER_SCHEMA, TRIGGER_NAME FROM information_schema.TRIGGERS",
            "SELECT EVENT_SCHEMA, EVENT_NAME FROM information_schema.EVENTS",
            "SELECT PLUGIN_NAME, PLUGIN_STATUS FROM information_schema.PLUGINS",
            "SELECT Server_name FROM mysql.servers", "SELECT Time_zone_id FROM mysql.time_zone", "SELECT name FROM mysql.func",
            "XA RECOVER")
OBJECTS = {"mariadb": ";".join(_OBJECTS), "mysql": ";".join((*_OBJECTS, "SELECT component_urn FROM mysql.component"))}


class NotAsNew(Exception):
    """What differs."""


class SharedCluster:
    """Cluster.start(**options), made when it is first taken, and anew when it was given back unfit."""

    def __init__(self, **options):
        self.options = options
        self.cluster = None
        self.states = {}    # node → NodeState when it was new

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._end()

    def take(self):
        """The cluster, as new."""
        if self.cluster is None:
            self.cluster = Cluster.start(die_with_parent=True, **self.options)
            self.states = {node.name: NodeState(node) for node in self.cluster.nodes()}
        return self.cluster

    def give_back(self):
        """Make it as new, or end it."""
        try:
            self._reset()
        except (NotAsNew, SandboxError, sql.Error, OSError):
            self._end()

    def _end(self):
        if self.cluster is not None:
            self.cluster.destroy()
        self.cluster = None

    def _reset(self):
        nodes = self.cluster.nodes()
        for node in nodes:
            self.states[node.name].must_be_alive(node)
        for node in nodes:
            _close_connections(node)
            self.states[node.name].set_variables_back(node)
        primary = self.cluster.primary()
        self._drop_schemas(primary)
        found = NodeState(primary)
        if found.accounts != self.states[primary.name].accounts:
            _make_accounts_anew(primary, found.accounts)
        self.cluster.sync(timeout=10)
        for node in nodes:
            now = NodeState(node)
            now.must_equal(self.states[node.name])
            self.states[node.name] = now

    @staticmethod
    def _drop_schemas(primary):
        """The sandbox's own schemas are empty in a new cluster."""
        made = [name for name, in primary.sql("SHOW DATABASES") if name not in SYSTEM_SCHEMAS]
        primary.sql("".join(f"DROP DATABASE `{name.replace('`', '``')}`;" for name in made)
                    + "".join(f"CREATE DATABASE `{name}`;" for name in accounts.SCHEMAS))


class NodeState:
    """What there is to see of one server."""

    def __init__(self, node):
        entry = node.cluster.store.node(node.name)
        self.entry = {key: entry.get(key) for key in KEPT_FACTS}
        self.is_primary = node.cluster.primary().name == node.name
        self.replication = _replication_of(node)
        self.variables = _variables_of(node)
        self.accounts = _accounts_of(node)
        self.objects = [sorted(rows) for _, rows in node.results(OBJECTS[node.cluster.family])]

    def must_be_alive(self, node):
        """Before anything is said to it: the process is that of the beginning, in its role."""
        entry = node.cluster.store.node(node.name)
        now = {key: entry.get(key) for key in KEPT_FACTS}
        if now != self.entry or node.state() != "running":
            raise NotAsNew(f"{node.name}: {now}, {node.state()}")
        if (node.cluster.primary().name == node.name) != self.is_primary or _replication_of(node) != self.replication:
            raise NotAsNew(f"{node.name}: replication")

    def set_variables_back(self, node):
        found = _variables_of(node)
        changed = [(name, was) for name, was in self.variables.items() if found.get(name) != was]
        if changed:
            node.sql(";".join(f"SET GLOBAL {name} = {_literal(was)}" for name, was in changed))

    def must_equal(self, other):
        for fact, now in vars(self).items():
            was = getattr(other, fact)
            if fact == "accounts":
                now, was = _without_secrets(now), _without_secrets(was)
            if now != was:
                raise NotAsNew(f"{fact}: {_difference(now, was)}")


def _difference(now, was):
    if isinstance(now, dict):
        now, was = now.items(), was.items()
    if isinstance(now, (list, type({}.items()))):
        return f"{[one for one in now if one not in was]} and not {[one for one in was if one not in now]}"
    return f"{now} and not {was}"


def _literal(said):
    return said if NUMBER.match(said) else "'" + said.replace("\\", "\\\\").replace("'", "''") + "'"


def _variables_of(node):
    return {name: said for name, said in node.sql("SHOW GLOBAL VARIABLES") if not MOVING.match(name)}


def _replication_of(node):
    """From whom and how late, and which other server than the primary has written what it has: (domain, server) or UUIDs."""
    status = node.replication()
    follows = status and [status[key] for key in ("port", "io", "sql", "delay", "io_error", "sql_error")]
    if node.cluster.family == "mysql":
        writers = set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", node.value("SELECT @@GLOBAL.gtid_executed")))
        writers.discard(node.cluster.primary().value("SELECT @@server_uuid"))
    else:
        writers = {tuple(gtid.split("-")[:2]) for gtid in node.value("SELECT @@GLOBAL.gtid_binlog_state").split(",") if gtid}
        writers.discard(("0", str(node.cluster.primary().server_id)))
    return follows, writers


def _close_connections(node):
    """All but replication's own; their transactions and locks are gone when this returns."""
    mine = "CONNECTION_ID()"
    names = ", ".join(f"'{name}'" for name in OF_THE_SERVER)
    others = f"SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> {mine} AND USER NOT IN ({names})"
    for number, in node.sql(others):
        try:
            node.sql(f"KILL {number}")
        except sql.Error:
            pass    # it has ended meanwhile
    replication.wait_for(f"connections to {node.name} to end", lambda: not node.sql(others), 10)


def _accounts_of(node):
    """{its name in SQL: what made it and what it may do}, roles included: a role of MariaDB has no host."""
    is_role = "is_role" if node.cluster.family == "mariadb" else "'N'"
    asked = {}
    for user, host, role in node.sql(f"SELECT User, Host, {is_role} FROM mysql.user"):
        name = f"'{user}'" if role == "Y" else f"'{user}'@'{host}'"
        asked[name] = ("DO 0" if role == "Y" else f"SHOW CREATE USER {name}", f"SHOW GRANTS FOR {name}")
    in_hex = "DO 0" if node.cluster.family == "mariadb" else "SET print_identified_with_as_hex = 1"
    texts = [in_hex, *(text for pair in asked.values() for text in pair)]
    told = [sorted(row[0] for row in rows) for _, rows in node.results(";".join(texts))][1:]
    return dict(zip(asked, zip(told[::2], told[1::2])))


def _without_secrets(found):
    return {name: ([SECRET.sub(r"\1", line) for line in made], may) for name, (made, may) in found.items()}


def _make_accounts_anew(primary, found):
    """Those of the sandbox are made as its template has them, all others go."""
    own = [f"'{user}'@'%'" for user in ("app", "other", "monitor", "repl")]
    kept = ("'root'@'localhost'", "'mariadb.sys'@'localhost'", "'mysql.")
    goes = [name for name in found if not name.startswith(kept)]
    primary.sql(";".join(f"DROP {'USER' if '@' in name else 'ROLE'} {name}" for name in goes))
    for statement in accounts.setup_statements(primary.cluster.family):
        if any(account in statement for account in own):
            primary.sql(statement)
