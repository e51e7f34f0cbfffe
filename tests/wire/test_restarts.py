"""A server that has restarted, and whose connections' end was never heard of: a firewall drops their packets, say."""

import threading

import pytest

import replies as r
from client import Client
from fakeserver import primary_and_replica
from proxy import Proxy, wait_until

pytestmark = pytest.mark.room("cluster", "monitor", "pool")

PATIENCE = 20.0


@pytest.fixture
def servers():
    with primary_and_replica() as found:
        yield found


@pytest.fixture
def proxy(servers):
    listed = [{"name": s.name, "address": s.address, "role": s.role} for s in servers]
    with Proxy({"main": listed}, listeners=({"name": "split", "mode": "split", "kind": "unix"},), interval="100ms") as found:
        yield found


def probes(server):
    return sum(len(c.commands) for c in server.connections if c.user == b"monitor")


def restart(server, on_connect=None):
    """Another process, which has begun now. The probe finds its own connection closed; sessions' stay as they are, which were
    there when the former process answered a probe."""
    enough = probes(server) + 5
    wait_until(lambda: probes(server) > enough, "it has been asked once more", PATIENCE)
    server.on_connect = on_connect
    for connection in list(server.connections):
        if connection.user == b"monitor":
            connection.close()
    server.started_s += 1_000
    server.uptime_s = 0


def waiting(proxy, sql):
    """A client's thread, and what it hears."""
    heard = []

    def ask():
        with Client.connect(proxy.address["split"], timeout=60.0) as client:
            try:
                heard.append(client.query(sql))
            except r.Err as error:
                heard.append((error.code, error.message))
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    return thread, heard


def silent(server, sql):
    """That statement is heard, once, and never answered."""
    begun = threading.Event()

    def script(connection, payload):
        if begun.is_set():
            connection.reply(r.result(connection.caps, [("a", 3)], [[server.name]], status=connection.status))
        begun.set()
    server.on(sql, script)
    return begun


def test_a_write_that_waits_for_the_former_process_is_lost(proxy, servers):
    begun = silent(servers[0], "INSERT INTO t VALUES (1)")
    thread, heard = waiting(proxy, "INSERT INTO t VALUES (1)")
    assert begun.wait(PATIENCE)
    restart(servers[0])
    thread.join(PATIENCE)
    assert heard and heard[0][0] == 1927 and "db1 has restarted" in heard[0][1]
    assert servers[0].sqls().count("INSERT INTO t VALUES (1)") == 1
    assert "server db1" in proxy.log() and "has restarted" in proxy.log()


def test_a_read_that_waits_for_the_former_process_runs_again(proxy, servers):
    begun = [silent(server, "SELECT a FROM t") for server in servers]
    thread, heard = waiting(proxy, "SELECT a FROM t")
    assert begun[1].wait(PATIENCE)
    begun[0].set()
    restart(servers[1])
    thread.join(PATIENCE)
    assert heard[0].text_rows()[0][0] in (b"db1", b"db2")


def test_idle_connections_to_the_former_process_are_not_used_again(proxy, servers):
    with Client.connect(proxy.address["split"], timeout=60.0) as client:
        client.query("DO 1")
        before = set(servers[0].application_connections())
        restart(servers[0])
        wait_until(lambda: "has restarted" in proxy.log(), "it is known", PATIENCE)
        client.query("DO 2")
        assert "DO 2" in servers[0].sqls()
        assert "DO 2" not in [sql for connection in before for sql in connection.sqls()]


def test_what_began_at_the_present_process_goes_on(proxy, servers):
    """Before headgate has asked it: its probe is greeted late."""
    server = servers[0]
    probe, is_held = threading.Event(), threading.Event()

    def hold_the_first(connection):
        if not is_held.is_set():
            is_held.set()
            probe.wait(PATIENCE)
    restart(server, hold_the_first)
    assert is_held.wait(PATIENCE)
    with Client.connect(proxy.address["split"], timeout=60.0) as client:
        client.query("BEGIN")
        assert "has restarted" not in proxy.log()
        probe.set()
        wait_until(lambda: "has restarted" in proxy.log(), "it is known", PATIENCE)
        enough = probes(server) + 5
        wait_until(lambda: probes(server) > enough, "it has been asked once more", PATIENCE)
        client.query("INSERT INTO t VALUES (2)")
        client.query("COMMIT")
