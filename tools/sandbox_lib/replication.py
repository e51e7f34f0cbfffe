"""Who follows whom: joining, waiting for replicas, handing over the primary's part."""

from . import accounts, dialect
from .errors import SandboxError
from .wait import wait_for

_UNREACHABLE = ("dead", "paused")


def follow(node, source):
    """Make node a replica of source, and wait until both its threads run."""
    words = dialect.of(node.cluster.family)
    node.sql(words.stop)
    if node.replication() is None:
        node.sql(words.was_primary())
    node.sql(words.follow(source.host, source.port, "repl", accounts.PASSWORDS["repl"]))
    node.sql(words.start)


def skip_recovered_ddl(node):
    """Let a replica that was killed in the middle of DDL go on.

    MariaDB's DDL is in its binary log before the replica notes that it has
    applied it; or MariaDB completes it when it starts, and logs it under its
    own server id. Then the statement comes from the source once more, and
    replication stops for ever (1950, seen on 10.11). It is skipped: what
    was logged behind the last one that is noted as applied.

    The replica applies nothing meanwhile: the log is ahead within each
    transaction, and a position read there is old when it is set (then
    transactions are applied twice: 1062). A former primary that was never a
    replica has nothing to skip.
    """
    if node.replication() is None:
        return
    node.sql("STOP SLAVE")
    logged, applied = node.sql("SELECT @@gtid_binlog_state, @@gtid_slave_pos")[0]
    last = max((int(gtid.rsplit("-", 1)[1]) for gtid in logged.split(",") if gtid), default=0)
    source, _, number = applied.rpartition("-")
    if source and "," not in applied and last == int(number) + 1:
        node.sql("RESET MASTER")
        node.sql(f"SET GLOBAL gtid_slave_pos = '{source}-{last}'")
    node.sql("START SLAVE")


def wait_replicating(node, timeout=30):
    """Wait until both replication threads of node run."""
    seen = {}

    def both_run():
        seen.update(node.replication() or {})
        return seen.get("io") == "Yes" and seen.get("sql") == "Yes"

    wait_for(f"{node.name} to replicate", both_run, timeout, lambda: f"    last seen: {seen}")


def wait_for_position(node, position, timeout=30):
    """Wait until node has applied everything up to position."""
    if position:
        query = dialect.of(node.cluster.family).caught_up(position)
        wait_for(f"{node.name} to apply {position}", lambda: node.value(query), timeout,
                 lambda: f"    replication there: {node.replication()}")


def sync(cluster, timeout=30):
    """Wait until every running replica has everything its primary has now."""
    position = position_of(cluster.primary())
    for node in cluster.replicas():
        if node.state() == "running":
            wait_for_position(node, position, timeout)


def position_of(node):
    """Everything that node has, as GTIDs."""
    return node.value(dialect.of(node.cluster.family).position)


def delay(node, seconds):
    """Let node apply what it receives only seconds later; 0 ends that."""
    words = dialect.of(node.cluster.family)
    if node.replication() is None:
        raise SandboxError(f"{node.name} follows nobody, so it cannot lag")
    node.sql(words.stop)
    node.sql(words.delay(seconds))
    node.sql(words.start)


def promote(cluster, name, timeout=30):
    """Make name the primary: demote the old one if it can be reached, re-point the rest.

    An old primary that is dead or paused only learns of it from its
    configuration file: dead, it comes back as a replica; paused, it will
    wake up as a second writable server, as in real life.
    """
    old, new = cluster.primary(), cluster.node(name)
    if new.state() != "running":
        raise SandboxError(f"cannot promote {name}: it is {new.state()}")
    if old.name == name:
        raise SandboxError(f"{name} is the primary already")
    if old.state() in _UNREACHABLE:
        _drain_relay_log(new, timeout)
    else:
        old.set_read_only(True)
        wait_for_position(new, position_of(old), timeout)
    _take_over(cluster, old, new)
    for node in cluster.nodes():
        if node.name != name and node.state() == "running":
            follow(node, new)
    for node in cluster.nodes():
        if node.name != name and node.state() == "running":
            wait_replicating(node, timeout)


def most_advanced(cluster, timeout=30):
    """The running replica that has all that any of them has received: the one to promote when the primary is gone."""
    nodes = [node for node in cluster.replicas() if node.state() == "running"]
    for node in nodes:
        _drain_relay_log(node, timeout)
    caught_up = dialect.of(cluster.family).caught_up
    positions = [position_of(node) for node in nodes]
    for node in nodes:
        if all(node.value(caught_up(position)) for position in positions):
            return node
    raise SandboxError(f"none of {', '.join(node.name for node in nodes)} has all that the others have: {positions}")


def _take_over(cluster, old, new):
    words = dialect.of(cluster.family)
    new.sql(words.stop)
    new.sql(words.forget)
    new.set_read_only(False)
    with cluster.store.change() as data:
        data["primary"] = new.name
    if old.state() in _UNREACHABLE:
        cluster.store.change_node(old.name, read_only=True)
        old.write_config()


def _drain_relay_log(node, timeout):
    """Apply what was received before the source died: it was committed there."""
    status = node.replication()
    if status is not None:
        wait_for_position(node, (status["received"] or "").replace("\n", ""), timeout)
