"""Nodes of a Galera cluster, scripted: who has the writes, who is waited for, and what becomes of what a node is not ready for."""

import threading

import pytest

import mysqlwire as w
import replies as r
from client import Client
from fakeserver import FakeServer
from proxy import Proxy, wait_until

pytestmark = pytest.mark.room("cluster", "monitor")

READ = "SELECT a FROM t"
WAIT = "SET STATEMENT wsrep_sync_wait = 1 FOR SELECT 1"
UNREADY = (1047, "WSREP has not yet prepared node for application use", "08S01")
SETTLED = 60.0
STATE_CHANGED = b"\2\2\0011"  # SESSION_TRACK_STATE_CHANGE: yes
LISTENERS = (*Proxy.LISTENERS, {"name": "global", "mode": "split", "kind": "unix", "settings": {"consistency": "global"}},
             {"name": "eventual", "mode": "split", "kind": "unix", "settings": {"consistency": "eventual"}})


class Node(FakeServer):
    """Says what `wsrep` holds; answers who waits for it when `has_applied` is set."""

    def __init__(self, name):
        super().__init__(name)
        self.wsrep, self.has_applied, self.silent_at = {}, threading.Event(), None
        self.owing = set()  # connections whose next OK tells that state has changed, as MariaDB's does after a SET STATEMENT
        self.forget()

    def forget(self):
        super().forget()
        self.wsrep.update(wsrep_on="ON", wsrep_reject_queries="NONE", wsrep_provider_name="Galera", wsrep_ready="ON",
                          wsrep_connected="ON", wsrep_cluster_status="Primary", wsrep_local_state="4")
        self.has_applied.set()

    def script_for(self, connection, command):
        sql = command.sql() if command.byte == w.QUERY else ""
        if connection in self.owing and connection.user != b"monitor" and sql:
            self.owing.discard(connection)
            return lambda c, _: c.ok(session=STATE_CHANGED)
        if sql == WAIT:
            return self._wait
        if sql == self.silent_at:
            return lambda c, _: True
        if "LIKE 'wsrep" in sql:
            name = sql.rpartition("LIKE '")[2].rstrip("%'")
            said = [[key, value] for key, value in self.wsrep.items() if key.startswith(name)]
            return lambda c, _: c.reply(r.result(c.caps, [("Variable_name", w.VAR_STRING), ("Value", w.VAR_STRING)], said))
        return super().script_for(connection, command)

    def _wait(self, connection, _):
        if not self.has_applied.wait(SETTLED):
            return False
        self.owing.add(connection)
        connection.reply(r.result(connection.caps, [("1", w.VAR_STRING)], [["1"]]))
        return True

    def refuse(self, sql, error=UNREADY):
        self.on(sql, lambda c, _: c.error(*error))

    def ran(self, sql):
        return self.sqls().count(sql)


@pytest.fixture(name="nodes")
def three_nodes():
    nodes = [Node(f"db{i}") for i in (1, 2, 3)]
    yield nodes
    for node in nodes:
        node.has_applied.set()
        node.stop()


def headgate(nodes, topology="galera", probe_timeout="20s", **settings):
    return Proxy({"main": [{"name": n.name, "address": n.address} for n in nodes]}, topology=topology, listeners=LISTENERS,
                 interval="100ms", probe_timeout=probe_timeout, timeouts={"primary_wait": "60s"}, cluster_settings={"slow_start": "off", **settings})


def connect(proxy, listener="split"):
    return Client.connect(proxy.address[listener], timeout=SETTLED)


def refused(client, sql):
    with pytest.raises(r.Err) as caught:
        client.query(sql)
    return caught.value.code


def wait_row(proxy, name, **wanted):
    proxy.wait_server(name, lambda row: all(row[key] == value for key, value in wanted.items()), SETTLED)


@pytest.mark.parametrize("topology", ["galera", "auto"])
def test_the_writer_has_applied_what_the_others_had(nodes, topology):
    """Nobody is the primary before that; reads go on."""
    nodes[0].has_applied.clear()
    with headgate(nodes, topology) as proxy:
        wait_row(proxy, "db1", role="replica", reason="to be the writer, once it has applied all that the cluster has")
        with connect(proxy) as client:
            assert client.value(READ) in (b"db1", b"db2", b"db3")
            writer = threading.Thread(target=client.query, args=("INSERT",))
            writer.start()
            wait_until(lambda: [s for s in proxy.show("sessions") if s["state"] == "waiting for a server"], "it waits", SETTLED)
            assert sum(node.ran("INSERT") for node in nodes) == 0
            nodes[0].has_applied.set()
            writer.join(SETTLED)
            assert [node.ran("INSERT") for node in nodes] == [1, 0, 0]
        wait_row(proxy, "db1", role="primary")


def read_when_applied(nodes, proxy, client):
    """A read of a client that has written what no replica has applied: it waits, and then a replica answers."""
    answers = []
    reader = threading.Thread(target=lambda: answers.append(client.value(READ)))
    reader.start()
    wait_until(lambda: [s for s in proxy.show("sessions") if s["state"] == "waiting for a replica to catch up"],
               "it waits", SETTLED)
    for node in nodes[1:]:
        node.has_applied.set()
    reader.join(SETTLED)
    assert answers in ([b"db2"], [b"db3"]), answers


@pytest.mark.parametrize("before, end", [((), "INSERT"), (("BEGIN", "INSERT"), "COMMIT"), (("BEGIN", "INSERT"), "BEGIN"),
                                         (("SET autocommit=0", "INSERT"), "SET autocommit=1")])
def test_what_was_written_is_waited_for_on_the_node_that_is_read(nodes, before, end):
    """The reply of what ends a transaction tells nothing; what came before it was not there for others yet."""
    def begin(connection, _):
        connection.status = w.IN_TRANS
        connection.ok()

    def commit(connection, _):
        connection.status = w.AUTOCOMMIT
        connection.ok()
    with headgate(nodes, consistency_wait="60s") as proxy, connect(proxy) as client, connect(proxy, "eventual") as careless:
        wait_row(proxy, "db1", role="primary")
        if before and "autocommit" in before[0]:
            nodes[0].on("INSERT", begin)
            nodes[0].on("SET autocommit=1", commit)
        for sql in before:
            client.query(sql)
        for node in nodes[1:]:
            node.has_applied.clear()
        client.query(end)
        if end == "BEGIN":
            client.query("ROLLBACK")
        careless.query("ROLLBACK")
        assert careless.value(READ) in (b"db2", b"db3")
        read_when_applied(nodes, proxy, client)


@pytest.mark.parametrize("before, end", [((), "INSERT"), (("BEGIN", "INSERT"), "COMMIT"), (("BEGIN", "INSERT"), "BEGIN")])
def test_what_any_client_wrote_is_waited_for_where_reads_are_global(nodes, before, end):
    def begin(connection, _):
        connection.status = w.IN_TRANS
        connection.ok()
    with headgate(nodes, consistency_wait="60s") as proxy, connect(proxy, "eventual") as writer, connect(proxy, "global") as client:
        wait_row(proxy, "db1", role="primary")
        nodes[0].on("BEGIN", begin)
        nodes[0].on("INSERT", lambda c, _: c.ok(affected=1))
        for sql in before:
            writer.query(sql)
        for node in nodes[1:]:
            node.has_applied.clear()
        assert client.value(READ) in (b"db2", b"db3")
        writer.query(end)
        read_when_applied(nodes, proxy, client)


def test_after_the_wait_the_writer_has_the_read(nodes):
    with headgate(nodes, consistency_wait="10ms") as proxy, connect(proxy) as client:
        wait_row(proxy, "db1", role="primary")
        for node in nodes[1:]:
            node.has_applied.clear()
        client.query("INSERT")
        assert client.value(READ) == b"db1"


def test_what_a_replica_is_not_ready_for_another_one_answers(nodes):
    with headgate(nodes) as proxy, connect(proxy) as client, connect(proxy, "replica") as reader:
        wait_row(proxy, "db1", role="primary")
        nodes[1].refuse(READ)
        assert [client.value(READ) for _ in range(4)] == [b"db3"] * 4
        assert [reader.value(READ) for _ in range(4)] == [b"db3"] * 4
        nodes[2].refuse(READ)
        assert client.value(READ) == b"db1"
        nodes[0].refuse("SHOW TABLES", (1047, "Unknown command", "08S01"))
        assert refused(client, "SHOW TABLES") == 1047


def test_what_the_writer_is_not_ready_for_waits_for_another_one(nodes):
    with headgate(nodes) as proxy, connect(proxy) as client, connect(proxy) as other:
        wait_row(proxy, "db1", role="primary")
        other.query("BEGIN")
        nodes[0].refuse("INSERT")
        nodes[0].wsrep.update(wsrep_cluster_status="non-Primary", wsrep_ready="OFF", wsrep_local_state="0")
        client.query("INSERT")
        assert nodes[1].ran("INSERT") == 1
        wait_row(proxy, "db1", role="unknown", reason="not in the primary component of the Galera cluster")
        wait_row(proxy, "db2", role="primary", reason="the writer of the cluster")
        assert refused(other, "INSERT") == 1047  # its transaction was there
        nodes[0].forget()
        wait_row(proxy, "db1", role="replica", reason="synced")
        wait_row(proxy, "db2", role="primary")


def test_a_transaction_ends_where_it_began_and_the_new_writer_has_it(nodes):
    """The old writer is a donor now: it goes on; what was committed there is waited for at the new one."""
    with headgate(nodes) as proxy, connect(proxy) as client:
        wait_row(proxy, "db1", role="primary")
        client.query("BEGIN")
        client.query("INSERT")
        nodes[0].wsrep.update(wsrep_local_state="2")
        wait_row(proxy, "db1", role="replica", reason="donor or desynced: it does not keep up with the other nodes")
        wait_row(proxy, "db2", role="primary")
        client.query("COMMIT")
        assert (nodes[0].ran("INSERT"), nodes[0].ran("COMMIT")) == (1, 1)
        client.query("INSERT")
        here = [k.sql() for k in nodes[1].commands(w.QUERY)]
        assert here.index(WAIT) < here.index("INSERT") and here.count(WAIT) == 1, here
        client.query("INSERT")
        assert nodes[1].ran(WAIT) == 1
        assert [s["pins"] for s in proxy.show("sessions")] == [None]  # that state has changed there was not the client's doing


def test_an_operator_moves_the_writer_and_it_stays_there(nodes):
    with headgate(nodes) as proxy, connect(proxy) as client:
        wait_row(proxy, "db1", role="primary")
        proxy.admin("drain db1")
        wait_row(proxy, "db2", role="primary")
        proxy.admin("enable db1")
        wait_row(proxy, "db1", role="replica", reason="synced")
        client.query("INSERT")
        assert [node.ran("INSERT") for node in nodes] == [0, 1, 0]


def test_what_is_written_with_wsrep_off_is_read_where_it_is(nodes):
    with headgate(nodes) as proxy, connect(proxy) as client:
        wait_row(proxy, "db1", role="primary")
        nodes[0].on("SET wsrep_on = 0", lambda c, _: c.ok(session=r.tracked_variable("wsrep_on", "OFF")))
        assert client.value(READ) in (b"db2", b"db3")
        client.query("SET wsrep_on = 0")
        client.query("INSERT")
        assert client.value(READ) == b"db1"


@pytest.mark.parametrize("question", ["VARIABLES LIKE 'wsrep_on'", "VARIABLES LIKE 'wsrep_reject_queries'", "STATUS LIKE 'wsrep_%'"])
def test_node_that_stops_in_the_middle_of_a_probe_is_overloaded(nodes, question):
    with headgate(nodes, probe_timeout="500ms") as proxy:
        nodes[2].silent_at = f"SHOW GLOBAL {question}"
        reason = f"overloaded: no answer to {nodes[2].silent_at} within the probe's timeout"
        proxy.wait_server("db3", lambda row: row["reason"].endswith(reason), SETTLED)


def test_one_server_without_wsrep_is_not_used(nodes):
    nodes[2].wsrep["wsrep_on"] = "OFF"
    with headgate(nodes, "auto") as proxy:
        wait_row(proxy, "db1", role="primary")
        wait_row(proxy, "db3", role="unknown", reason="no Galera node: wsrep_on is off")


def test_where_no_server_is_a_node(nodes):
    """Then "auto" looks for replication, and "galera" finds nobody."""
    for node in nodes:
        node.wsrep["wsrep_on"] = "OFF"
    for node in nodes[1:]:
        node.role = "replica"
    with headgate(nodes, "auto") as proxy:
        wait_row(proxy, "db1", role="primary", reason="writable")
    with headgate(nodes, "galera") as proxy:
        wait_row(proxy, "db1", role="unknown", reason="no Galera node: wsrep_on is off")
