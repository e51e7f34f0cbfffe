"""KILL takes headgate's own ids, and those of the server whose ids the client sees: CONNECTION_ID(), SHOW PROCESSLIST."""

import struct
import threading

import pytest

import mysqlwire as w
from client import SENT_BEFORE, Client, execute
from fakeserver import FakeServer
from proxy import Proxy, wait_until

pytestmark = [pytest.mark.room("session", "command", "frontend"), pytest.mark.threads]

RUNS = "DO 'runs'"
HEADGATES, SERVERS = "headgate's", "the server's"  # whose id a KILL names


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


@pytest.mark.parametrize("whose", ["its own", "another"])
def test_server_counts_a_killed_session_as_aborted(rig, whose):
    """Its connection ends without COM_QUIT, as that of a client that was killed at the server."""
    with rig.connect() as client, rig.connect() as killer:
        connection = next(c for c in rig.primary.connections if c.number == number_of(rig.primary, client))
        (client if whose == "its own" else killer).command(w.QUERY, f"KILL {client.greeting.connection_id}")
        rig.primary.wait_for(connection.is_closed.is_set)
        assert connection.commands[-1].byte == w.QUERY


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


# ---- all spellings are one ----

def has_seen_kill(server):
    return any("KILL" in sql.upper() for connection in server.connections for sql in connection.sqls())


@pytest.mark.parametrize("text", ["KILL {}", "kill connection ({})", "KILL HARD '{}'", "KILL SOFT CONNECTION {}", "KILL /* c */ 0x{:x}", "KILL @id",
                                  "EXECUTE IMMEDIATE 'KILL {}'", "EXECUTE s"])
@pytest.mark.parametrize("which", [HEADGATES, SERVERS])
def test_every_spelling_names_the_same_session(rig, text, which):
    with rig.connect() as client, rig.connect() as killer:
        number = client.greeting.connection_id if which == HEADGATES else number_of(rig.primary, client)
        if "@id" in text:
            assert killer.query(f"SET @id = {number}").oks
        if text == "EXECUTE s":
            assert killer.query(f"PREPARE s FROM 'KILL {number}'").oks
        assert killer.query(text.format(number)).oks
        assert is_closed(client)
        assert killer.query("DO 'alive'").oks
        assert not [sql for sql in rig.primary.sqls() if "KILL" in sql.upper() and not sql.startswith(("PREPARE", "KILL QUERY"))]


PARAMETERS = {"integer": lambda n: (w.LONGLONG, n.to_bytes(8, "little")),
              "text": lambda n: (w.VAR_STRING, w.lenenc_bytes(str(n).encode())),
              "double": lambda n: (w.DOUBLE, struct.pack("<d", n))}


def execute_with(statement, kind, data):
    return w.int4(statement) + b"\0" + w.int4(1) + b"\0\1" + w.int2(kind) + data


@pytest.mark.parametrize("kind", PARAMETERS)
@pytest.mark.parametrize("which", [HEADGATES, SERVERS])
def test_prepared_kill_takes_the_parameter_s_number(rig, kind, which):
    with rig.connect() as client, rig.connect() as killer:
        statement = killer.command(w.PREPARE, "KILL ?").statement_id
        number = client.greeting.connection_id if which == HEADGATES else number_of(rig.primary, client)
        assert killer.command(w.EXECUTE, execute_with(statement, *PARAMETERS[kind](number))).oks
        assert is_closed(client)
        assert not has_seen_kill(rig.primary)
        assert killer.command(w.EXECUTE, execute_with(statement, *PARAMETERS[kind](7))).error.code == 1094
        # The types that were sent before hold for an execution without any.
        again = w.int4(statement) + b"\0" + w.int4(1) + b"\0\0" + PARAMETERS[kind](8)[1]
        assert killer.command(w.EXECUTE, again).error.message == "Unknown thread id: 8"
        null = w.int4(statement) + b"\0" + w.int4(1) + b"\1\0"
        assert killer.command(w.EXECUTE, null).error.message == "Unknown thread id: 0"


def test_prepared_kill_of_a_number_is_run_when_it_is_executed(rig):
    with rig.connect() as client, rig.connect() as killer:
        statement = killer.command(w.PREPARE, f"KILL {client.greeting.connection_id}").statement_id
        assert client.query("DO 'alive'").oks
        assert killer.command(w.EXECUTE, execute(statement)).oks
        assert is_closed(client)


REFUSED = ["DO 1; KILL {}", "KILL {}; DO 1", "BEGIN NOT ATOMIC KILL {}; END", "KILL {} + 0", "KILL USER app",
           "KILL QUERY USER app", "KILL QUERY ID {}", "/*!110000 KILL {} */", "EXECUTE IMMEDIATE CONCAT('KILL ', {})",
           "EXECUTE IMMEDIATE 'DO 1; KILL {}'", "EXECUTE IMMEDIATE 'KILL USER app'",
           "PREPARE s FROM CONCAT('KILL ', {})", "PREPARE s FROM 'KILL {}'; EXECUTE s", "KILL @unknown"]


@pytest.mark.parametrize("how, text", [("a query", text) for text in (*REFUSED, "EXECUTE IMMEDIATE 'KILL ?' USING {}")]
                         + [("prepared", text) for text in REFUSED])
def test_what_cannot_be_run_rightly_is_refused(rig, how, text):
    """No server sees it; the client hears why, and goes on."""
    with rig.connect() as client, rig.connect() as killer:
        if "@unknown" in text:
            killer.query("SET @unknown = NOW()")
        text = text.format(number_of(rig.primary, client))
        reply = killer.command(w.QUERY if how == "a query" else w.PREPARE, text)
        if reply.error is None:  # no server runs anything at PREPARE
            reply = killer.command(w.EXECUTE, execute(reply.statement_id))
        assert reply.error.code == 1235 and reply.error.message.startswith("headgate: not run: KILL"), reply.error
        assert not has_seen_kill(rig.primary)
        assert client.query("DO 'alive'").oks and killer.query("DO 'in step'").oks


@pytest.mark.parametrize("command", [w.QUERY, w.PREPARE])
@pytest.mark.parametrize("text", ["KILL (SELECT 5)", "KILL NEXTVAL(s)", "KILL QUERY 1 + lastval(s)"])
def test_what_mariadb_refuses_is_refused_in_its_words(rig, command, text):
    with rig.connect() as killer:
        error = killer.command(command, text).error
        assert (error.code, error.state, error.message) == (1970, "42000", "KILL does not support subqueries or stored functions")
        assert not has_seen_kill(rig.primary)


@pytest.mark.parametrize("text", ["SELECT t.kill FROM t", "INSERT INTO t VALUES ('KILL 5')", "CREATE PROCEDURE p() KILL 5",
                                  "PREPARE s FROM 'KILL 5'", "SET @kill = 1", "DO 1 /* KILL 5 */"])
def test_the_word_alone_is_no_kill(rig, text):
    with rig.connect() as client:
        client.command(w.QUERY, text)
        assert text in rig.primary.sqls() + rig.replica.sqls()


def test_parameter_sent_in_pieces_is_refused(rig):
    with rig.connect() as client, rig.connect() as killer:
        statement = killer.command(w.PREPARE, "KILL ?").statement_id
        killer.send(w.LONG_DATA, w.int4(statement) + w.int2(0) + str(client.greeting.connection_id).encode())
        error = killer.command(w.EXECUTE, execute(statement, [SENT_BEFORE])).error
        assert error.code == 1235 and "parameter" in error.message
        assert client.query("DO 'alive'").oks


@pytest.mark.parametrize("own", ["CONNECTION_ID()", HEADGATES, SERVERS])
def test_own_connection(rig, own):
    """As a MariaDB server says it; MySQL says 1317 in both cases."""
    with rig.connect() as client:
        number = {HEADGATES: client.greeting.connection_id, SERVERS: number_of(rig.primary, client)}.get(own, own)
        assert client.command(w.QUERY, f"KILL QUERY {number}").error.code == 1317
        assert client.query("DO 'alive'").oks
        error = client.command(w.QUERY, f"KILL {number}").error
        assert (error.code, error.state, error.message) == (1927, "70100", "Connection was killed")
        assert client.pipe.read_to_end() == b""
        assert not has_seen_kill(rig.primary)


# ---- sessions of other accounts: the server knows who may ----

def on_kill_of_another(rig, answer):
    """What the primary says to KILL QUERY of whichever connection; -> the numbers that were asked about."""
    asked = []

    def script(c, payload):
        if not payload[1:].startswith(b"KILL QUERY "):
            return c.by_itself(payload)
        asked.append((c.user, int(payload[1:].split()[-1])))
        return answer(c)
    rig.primary.on(w.QUERY, script)
    return asked


@pytest.mark.parametrize("which", [HEADGATES, SERVERS])
@pytest.mark.parametrize("kill", ["KILL", "KILL QUERY"])
def test_another_account_s_session_is_killed_if_the_server_lets_the_killer(rig, which, kill):
    asked = on_kill_of_another(rig, lambda c: c.ok())
    with rig.connect() as client, rig.connect(user="other", password="other_pw") as stranger:
        own = number_of(rig.primary, client)
        assert stranger.query(f"{kill} {client.greeting.connection_id if which == HEADGATES else own}").oks
        victim = next(c for c in rig.primary.connections if c.number == asked[0][1])
        assert asked == [(b"other", victim.number)] and victim.user == b"app"
        assert victim.number != own and not victim.sqls()
        if kill == "KILL":
            assert is_closed(client)
        else:
            assert client.query("DO 'alive'").oks
        assert victim.is_closed.wait(10)


@pytest.mark.parametrize("answer, code, words", [
    (lambda c: c.error(1095, "You are not owner of thread 9"), 1095, "You are not owner of thread {}"),
    (lambda c: c.error(1094, "Unknown thread id: 9"), 1235, "headgate: not run: session {} is another account's, and no server has "
                                                            "answered whether 'other' may kill it"),
    (lambda c: False, 1235, "headgate: not run: session {} is another account's, and no server has answered whether 'other' may "
                            "kill it")], ids=["no", "it cannot say", "it hangs up"])
def test_another_account_s_session_is_not_killed_unless_the_server_says_so(rig, answer, code, words):
    asked = on_kill_of_another(rig, answer)
    with rig.connect() as client, rig.connect(user="other", password="other_pw") as stranger:
        number = client.greeting.connection_id
        error = stranger.command(w.QUERY, f"KILL {number}").error
        assert (error.code, error.message) == (code, words.format(number))
        assert len(asked) == 1
        assert client.query("DO 'alive'").oks and stranger.query("DO 'in step'").oks
