"""KILL takes headgate's own ids, and those of the server whose ids the client sees: CONNECTION_ID(), SHOW PROCESSLIST."""

import threading

import pytest

import mysqlwire as w
from client import Client
from fakeserver import FakeServer
from proxy import Proxy, wait_until

RUNS = "DO 'runs'"


def number_of(server, client):
    """The id that the server has given to this client's connection."""
    mark = f"DO 'who am I' /* {id(client)} */"
    assert client.query(mark).oks
    return next(c.number for c in server.application_connections() if mark in c.sqls())


def is_closed(client):
    rest = client.pipe.read_to_end()
    return rest == b"" or rest[4] == 0xFF


@pytest.mark.parametrize("listener", ["primary", "split", "replica"])
@pytest.mark.parametrize("kill", [lambda killer, number: killer.query(f"KILL {number}"),
                                  lambda killer, number: killer.query(f"KILL CONNECTION {number}"),
                                  lambda killer, number: killer.command(w.PROCESS_KILL, w.int4(number))],
                         ids=["KILL", "KILL CONNECTION", "COM_PROCESS_KILL"])
def test_a_server_s_id_names_the_session_that_has_the_connection(rig, listener, kill):
    server = rig.replica if listener == "replica" else rig.primary
    with rig.connect(listener) as client, rig.connect(listener) as other, rig.connect(listener) as killer:
        number_of(server, other)
        number_of(server, killer)
        assert kill(killer, number_of(server, client)).oks
        assert is_closed(client)
        assert other.query("DO 1").oks and killer.query("DO 1").oks


def test_kill_query_ends_what_that_connection_runs(rig):
    told = threading.Event()

    def script(c, _):
        told.wait(10)
        c.error(1317, "Query execution was interrupted", "70100")

    def killed(c, _):
        told.set()
        c.ok()
    rig.primary.on(RUNS, script)
    with rig.connect() as client, rig.connect() as killer:
        number = number_of(rig.primary, client)
        rig.primary.on(f"KILL QUERY {number}", killed)
        client.send(w.QUERY, RUNS)
        rig.primary.wait_for(lambda: RUNS in rig.primary.sqls())
        assert killer.query(f"KILL QUERY {number}").oks
        assert client.read().error.code == 1317
        assert client.query("DO 'in step'").oks


def test_another_server_s_id_names_nobody(rig):
    """Ids of different servers collide: only those of the server that the client reads ids from are taken."""
    with rig.connect() as killer:
        assert killer.query("DO 1").oks
        readers = []
        while True:
            readers.append(rig.connect("replica"))
            number = number_of(rig.replica, readers[-1])
            if number not in {c.number for c in rig.primary.connections}:
                break
        error = killer.command(w.QUERY, f"KILL {number}").error
        assert (error.code, error.message) == (1094, f"Unknown thread id: {number}")
        for reader in readers:
            assert reader.query("DO 'alive'").oks
            reader.close()


def test_nobody_s_id_is_1094(rig):
    with rig.connect() as client, rig.connect() as killer:
        gone = number_of(rig.primary, client)
        monitor = next(c.number for c in rig.primary.connections if c.user == b"monitor")
        client.quit()
        rig.primary.wait_for(lambda: all(c.number != gone or c.is_closed.is_set() for c in rig.primary.connections))
        for number in (gone, monitor, 999999, 0):
            error = killer.command(w.PROCESS_KILL, w.int4(number)).error
            assert (error.code, error.message) == (1094, f"Unknown thread id: {number}")
        assert killer.command(w.QUERY, f"KILL {gone + (1 << 32)}").error.code == 1094


def test_others_may_not_kill_by_a_server_s_id(rig):
    with rig.connect() as client, rig.connect(user="other", password="other_pw") as stranger:
        number = number_of(rig.primary, client)
        error = stranger.command(w.QUERY, f"KILL {number}").error
        assert (error.code, error.message) == (1095, f"You are not owner of thread {number}")
        assert client.query("DO 'alive'").oks


@pytest.mark.parametrize("waits", ["for a primary", "in a pause"])
def test_kill_query_ends_what_waits_for_a_server(rig, waits):
    """No server has it yet: its client hears what a server would have said, and the session goes on."""
    with rig.connect("split") as client, rig.connect("split") as killer:
        number = client.greeting.connection_id
        rig.proxy.admin("drain db1" if waits == "for a primary" else "pause main")
        client.send(w.QUERY, b"UPDATE t SET a = 1")
        wait_until(lambda: "waiting for a server" in {row["state"] for row in rig.proxy.show("sessions")}, "it waits")
        assert killer.query(f"KILL QUERY {number}").oks
        error = client.read().error
        assert (error.code, error.state) == (1317, "70100")
        rig.proxy.admin("enable db1" if waits == "for a primary" else "resume main")
        assert client.query("UPDATE t SET a = 2").oks


def test_statement_that_took_too_long_is_ended_at_its_server_whatever_its_client_does_next():
    """The connection for the KILL is slow to log in, and the client has gone on by then."""
    server, goes_on, killed, logins = FakeServer("db1"), threading.Event(), threading.Event(), []

    def on_login(_):
        logins.append(1)
        return len(logins) != 2 or goes_on.wait(20)

    server.on_login = on_login
    server.on("DO 'slow'", lambda c, _: killed.wait(20))
    listeners = ({"name": "primary", "mode": "primary", "kind": "unix"},)
    try:
        with Proxy({"main": [{"name": "db1", "address": server.address, "role": "primary"}]}, listeners=listeners,
                   timeouts={"query": "200ms"}) as proxy, Client.connect(proxy.address["primary"]) as client:
            server.on(f"KILL QUERY {number_of(server, client)}", lambda c, _: (killed.set(), c.ok())[-1])
            assert client.command(w.QUERY, "DO 'slow'").error
            assert client.query("DO 'next'").oks
            goes_on.set()
            assert killed.wait(10)
    finally:
        goes_on.set()
        killed.set()
        server.stop()
