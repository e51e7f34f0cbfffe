"""A command that waits for its server, when the server, the client or the configuration goes away meanwhile."""

import contextlib
import time

import pytest

import mysqlwire as w
import replies as r
from client import SENT_BEFORE, Client, execute
from fakeserver import FakeServer
from proxy import Proxy, wait_until

pytestmark = [pytest.mark.room("session", "command", "frontend"), pytest.mark.threads]

LOST, UNKNOWN_STATEMENT = 1927, 1243
WRITE = "UPDATE t SET a = @x"
INSERT = "INSERT INTO t VALUES (?)"
READ = "SELECT a FROM t"


class Scene:
    def __init__(self, stack):
        self.servers = [FakeServer("db1"), FakeServer("db2", role="replica", first_statement_id=500001)]
        for server in self.servers:
            stack.callback(server.stop)
        self.stack = stack

    def start(self, **options):
        listed = [{"name": s.name, "address": s.address, "role": s.role} for s in self.servers]
        self.proxy = self.stack.enter_context(Proxy({"main": listed}, extra={"workers": 1}, **options))

    def client(self, listener="split"):
        return self.stack.enter_context(Client.connect(self.proxy.address[listener]))

    def wait_for_state(self, words):
        wait_until(lambda: [row["state"] for row in self.proxy.show("sessions")] == [words], words)

    def runs(self, sql):
        return [sql for server in self.servers for seen in server.sqls() if seen == sql]


@pytest.fixture
def scene():
    with contextlib.ExitStack() as stack:
        yield Scene(stack)


def test_state_lost_during_a_pause_is_told_to_the_command_that_waits(scene):
    scene.start()
    client = scene.client()
    client.query("SET @x = NOW()")
    assert "paused" in scene.proxy.admin("pause main")
    client.send(w.QUERY, WRITE.encode())
    scene.wait_for_state("waiting for a server")
    scene.servers[0].application_connections()[-1].close()
    wait_until(lambda: "lost while idle" in scene.proxy.log(), "the loss is noticed")
    scene.proxy.admin("resume main")
    assert client.read().error.code == LOST
    assert scene.runs(WRITE) == []


def test_state_lost_after_a_demotion_is_told_to_the_command_that_waits(scene):
    def refuse_and_go(connection, _):
        connection.error(1290, "The MariaDB server is running with the --read-only option so it cannot execute "
                               "this statement")
        return False
    scene.start()
    client = scene.client()
    client.query("SET @x = NOW()")
    scene.servers[0].on(WRITE, refuse_and_go)
    assert client.command(w.QUERY, WRITE).error.code == LOST
    assert scene.runs(WRITE) == [WRITE]


def test_only_server_answers_for_itself_when_it_is_read_only(scene):
    """Nothing waits: there is no other server that could become the primary."""
    refusal = "The MariaDB server is running with the --read-only option so it cannot execute this statement"
    server = scene.servers[0]
    server.tracked["read_only"] = 1
    server.on(WRITE, lambda c, _: c.error(1290, refusal))
    with Proxy({"main": [{"name": "db1", "address": server.address}]}, topology="auto") as proxy, Client.connect(proxy.address["split"]) as client:
        assert client.query(READ).error is None
        error = client.command(w.QUERY, WRITE).error
        assert (error.code, error.message) == (1290, refusal)
        assert server.sqls().count(WRITE) == 1
        assert proxy.show("servers")[0]["role"] == "primary"


@pytest.mark.parametrize("later", ["execution", "piece"])
def test_long_data_does_not_follow_to_another_connection(scene, later):
    for server in scene.servers:
        server.prepared[INSERT] = (1, [])
    scene.start()
    client = scene.client()
    statement = client.command(w.PREPARE, INSERT).statement_id
    client.command(w.LONG_DATA, w.int4(statement) + w.int2(0) + b"first")
    client.query("DO 'it has arrived'")
    scene.proxy.admin("drain db1")
    if later == "piece":
        client.command(w.LONG_DATA, w.int4(statement) + w.int2(0) + b"second")
    client.send(w.EXECUTE, execute(statement, [SENT_BEFORE]))
    time.sleep(0.3)
    scene.proxy.admin("enable db1")
    assert client.read().error.code == UNKNOWN_STATEMENT
    assert scene.servers[0].commands(w.EXECUTE) == []
    client.command(w.LONG_DATA, w.int4(statement) + w.int2(0) + b"again")
    assert client.command(w.EXECUTE, execute(statement, [SENT_BEFORE])).oks


def test_cursor_is_read_to_its_end_on_a_replica_that_is_drained(scene):
    columns = [("a", w.LONGLONG)]
    replica = scene.servers[1]
    for server in scene.servers:
        server.prepared[READ] = (0, columns)
    replica.on((w.EXECUTE, READ), lambda c, _: c.reply(r.opened_cursor(c.caps, columns)))
    replica.on((w.FETCH, READ), lambda c, _: c.error(1421, "at its own server", "HY000"))
    scene.start()
    client = scene.client()
    statement = client.command(w.PREPARE, READ).statement_id
    assert not client.command(w.EXECUTE, execute(statement, flags=1), cursor=True).error
    scene.proxy.admin("drain db2")
    scene.proxy.wait_server("db2", lambda row: row["state"] == "draining")
    assert client.command(w.FETCH, w.int4(statement) + w.int4(1)).error.message == "at its own server"
    assert [c.byte for c in replica.commands() if c.byte in (w.EXECUTE, w.FETCH)] == [w.EXECUTE, w.FETCH]


def test_read_of_the_primary_s_share_goes_to_a_replica_when_it_is_lost(scene):
    scene.start(cluster_settings={"primary_reads": "share", "consistency_wait": "100ms"},
                timeouts={"primary_wait": "8s"}, interval="200ms")
    client = scene.client()
    for _ in range(40):
        if client.rows(READ) == [(b"db1",)]:
            break
        client.close()
        client = scene.client()
    else:
        pytest.fail("no session was given to the primary")
    scene.servers[0].on(READ, lambda connection, _: scene.servers[0].stop() or False)
    assert client.rows(READ) == [(b"db2",)]
