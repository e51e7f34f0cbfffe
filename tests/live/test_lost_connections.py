"""Session state is lost with its connection: the client is told, and no statement is left half done."""

import contextlib
import os

import pymysql
import pytest

import mysqlwire as w
import paced_writes
import replies as r
from client import SENT_BEFORE, execute
from headgate import Headgate, Log, direct, rows, value
from proxy import wait_until

pytestmark = pytest.mark.room("session", "command", "frontend")

LAST_PREPARED = 0xFFFFFFFF
LOST_LONG_DATA = UNKNOWN_STATEMENT = 1243
LOSSES = (1053, 1158, 1927)
STATEMENT_TIMEOUT = 1969
TOO_MANY = "Too many connections"
PARAMETERS = 17000
REPLYING, PREPARING, READING_FILE = "waiting for a reply", "preparing a statement", "reading a client's file"
IS_UP = {"db1": "primary", "db2": "replica", "db3": "replica"}


@pytest.fixture(scope="module", autouse=True)
def tables(cluster):
    for sql in ("CREATE TABLE test.kept (a INT)", "CREATE TABLE test.other (a INT)",
                "CREATE TABLE test.many (a BIGINT)", "CREATE TABLE test.loaded (a VARCHAR(100))",
                "CREATE TABLE test.numbered (id INT AUTO_INCREMENT PRIMARY KEY, a INT)",
                "CREATE TABLE test.blobs (b LONGBLOB, n BIGINT)", "CREATE TABLE test.shadow (v VARCHAR(20))",
                "INSERT INTO test.shadow VALUES ('everybody''s')",
                "CREATE TABLE app.named (v VARCHAR(20))", "INSERT INTO app.named VALUES ('app')",
                "CREATE TABLE app2.named (v VARCHAR(20))", "INSERT INTO app2.named VALUES ('app2')"):
        cluster.sql("db1", sql)
    cluster.sync()


@pytest.fixture(scope="module")
def running(cluster):
    with Headgate(cluster, interval="200ms") as headgate:
        yield headgate


@pytest.fixture(autouse=True)
def healed(cluster, hg):
    """Each test begins with empty tables and leaves the cluster whole."""
    for table in ("kept", "other", "many", "loaded", "blobs"):
        cluster.sql("db1", f"TRUNCATE TABLE test.{table}")
    yield
    heal(cluster, hg)


def heal(cluster, hg):
    for node in cluster.nodes():
        if node.state() == "paused":
            node.resume()
        elif node.state() == "dead":
            node.start()
    for name, role in IS_UP.items():
        hg.wait_server(name, lambda row, role=role: (row["state"], row["role"]) == ("up", role))


def session(hg, client):
    return next(row for row in hg.show("sessions") if row["id"] == client.greeting.connection_id)


def cut(cluster, hg, client):
    """The primary closes the client's connection, and headgate has noticed."""
    for (number,) in cluster.sql("db1", "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'app'"):
        with contextlib.suppress(pymysql.MySQLError):
            cluster.sql("db1", f"KILL {number}")
    wait_until(lambda: session(hg, client)["primary"] is None, "headgate notices the loss")


def hangs_amid(cluster, hg, client, data, state):
    """The primary hangs, `data` is sent and read, and the session is in that state."""
    cluster.node("db1").pause()
    client.pipe.send(data)
    paced_writes.wait_read(client.pipe.sock)
    wait_until(lambda: session(hg, client)["state"] == state, state)


def dies_amid(cluster, hg, client, data, state):
    """And then the primary is dead."""
    hangs_amid(cluster, hg, client, data, state)
    cluster.node("db1").kill()


def is_closed(client):
    try:
        client.pipe.send(w.packet(0, b"\x03INSERT INTO kept VALUES (2)"))
        client.pipe.read_packet()
    except (w.Closed, OSError):
        return True
    return False


def execution(statement, *arguments, **options):
    return w.packet(0, w.int1(w.EXECUTE) + execute(statement, *arguments, **options))


def prepare(client, sql):
    reply = client.command(w.PREPARE, sql)
    assert not reply.error, reply.error
    return reply.statement_id


def kept(cluster, table="kept"):
    return [row[0] for row in cluster.sql("db1", f"SELECT a FROM test.{table}")]


# ---- prepared statements ----

@pytest.mark.parametrize("later", [[], [b"BBBBB"]], ids=["all", "some"])
def test_execution_whose_long_data_was_lost_is_refused(cluster, hg, later):
    with hg.wire() as client:
        statement = prepare(client, "INSERT INTO blobs VALUES (?, ?)")
        client.command(w.LONG_DATA, w.int4(statement) + w.int2(0) + b"AAAAA")
        client.command(w.PING)
        cut(cluster, hg, client)
        for piece in later:
            client.command(w.LONG_DATA, w.int4(statement) + w.int2(0) + piece)
        assert client.command(w.EXECUTE, execute(statement, [SENT_BEFORE, 7])).error.code == LOST_LONG_DATA
        assert cluster.sql("db1", "SELECT * FROM test.blobs") == []
        client.command(w.LONG_DATA, w.int4(statement) + w.int2(0) + b"sent again")
        assert not client.command(w.EXECUTE, execute(statement, [SENT_BEFORE, 8])).error
        assert cluster.sql("db1", "SELECT * FROM test.blobs") == [(b"sent again", 8)]


def test_prepared_names_mean_the_schema_in_which_they_were_prepared(cluster, hg):
    with hg.wire(schema="app") as through, direct(cluster, schema="app") as straight:
        for client in (straight, through):
            statement = prepare(client, "SELECT v FROM named")
            client.query("USE app2")
            client.query("BEGIN")
            reply = client.command(w.EXECUTE, execute(statement))
            assert w.Reader(reply.results[0][0], 2).lenenc_bytes() == b"app"
            assert client.value("SELECT DATABASE()") == b"app2"
            assert client.value("SELECT v FROM named") == b"app2"


def test_execution_with_very_many_parameters_passes(hg, cluster):
    with hg.wire() as client:
        statement = prepare(client, "INSERT INTO many VALUES " + ", ".join(["(?)"] * PARAMETERS))
        for types in (True, False):
            reply = client.command(w.EXECUTE, execute(statement, list(range(PARAMETERS)), types=types))
            assert not reply.error and reply.oks[0].affected == PARAMETERS
    assert cluster.sql("db1", "SELECT COUNT(*), MAX(a) FROM test.many") == [(2 * PARAMETERS, PARAMETERS - 1)]


def test_last_prepared_statement_is_none_after_a_prepare_that_was_lost(cluster, hg):
    """MariaDB's -1 behind it must not execute the statement prepared before."""
    with hg.wire() as client:
        prepare(client, "INSERT INTO kept VALUES (1)")
        dies_amid(cluster, hg, client, w.packet(0, b"\x16DELETE FROM other") + execution(LAST_PREPARED), REPLYING)
        assert client.read(r.PREPARED).error.code in LOSSES
        heal(cluster, hg)
        assert client.read().error.code == UNKNOWN_STATEMENT
    assert kept(cluster) == []


# ---- what ends with the primary ----

def test_read_of_a_pinned_session_is_not_run_again_elsewhere(cluster, hg):
    """Its temporary table was on the dead primary only; the replicas have another table of that name."""
    with hg.wire() as client:
        client.query("CREATE TEMPORARY TABLE shadow (v VARCHAR(20))")
        client.query("INSERT INTO shadow VALUES ('mine')")
        assert client.value("SELECT v FROM shadow") == b"mine"
        dies_amid(cluster, hg, client, w.packet(0, b"\x03SELECT v FROM shadow"), REPLYING)
        reply = client.read()
        assert reply.error and reply.error.code in LOSSES
        assert is_closed(client)


def test_transaction_does_not_go_on_after_a_loss_amid_preparing(cluster, hg):
    """The statement, known to a replica, is prepared on the primary when that dies."""
    with hg.wire() as client:
        statement = prepare(client, "SELECT a FROM other")
        client.query("BEGIN")
        client.query("INSERT INTO kept VALUES (1)")
        dies_amid(cluster, hg, client, execution(statement), PREPARING)
        assert client.read().error
        heal(cluster, hg)
        assert is_closed(client)
    assert kept(cluster) == []


@pytest.mark.parametrize("trouble", ["kill", "hang"])
def test_file_is_not_taken_for_statements_after_a_loss(cluster, hg, trouble):
    """The client goes on with its LOAD DATA LOCAL, as it must; a packet of that may look like a command."""
    with hg.wire(timeout=20.0) as client:
        client.send(w.QUERY, "LOAD DATA LOCAL INFILE 'x' INTO TABLE loaded")
        assert client.pipe.read_packet() == b"\xfbx"
        rows_so_far = b"".join(w.packet(number, b"row\n") for number in range(2, 255))
        hangs_amid(cluster, hg, client, rows_so_far, READING_FILE)
        if trouble == "kill":
            cluster.node("db1").kill()
        hg.wait_server("db1", lambda row: row["state"] == "down")
        heal(cluster, hg)
        client.pipe.send(w.packet(255, b"row\n") + w.packet(0, b"\x03INSERT INTO kept VALUES (666) -- a line"))
        client.pipe.send(w.packet(1, b""))
        assert r.parse_err(client.pipe.read_packet()).code in LOSSES
        assert client.pipe.headers[-1][1] == 2, "the number after the file's last packet"
        assert client.query("DO 'in step'").oks
    assert kept(cluster) == []


def test_last_insert_id_that_only_a_lost_connection_knew_is_refused(cluster, hg):
    """What an OK told need not be it: it tells of ids that were given, too."""
    with hg.wire() as client:
        assert client.query("INSERT INTO numbered (a) VALUES (1)").oks[0].insert_id
        cut(cluster, hg, client)
        error = client.command(w.QUERY, "SELECT LAST_INSERT_ID()").error
        assert error.code == 1235 and "not run" in error.message
        made = client.query("INSERT INTO numbered (a) VALUES (2)").oks[0].insert_id
        assert client.value("SELECT LAST_INSERT_ID()") == str(made).encode()


# ---- overload and slowness are not death ----

def test_full_server_is_not_a_dead_one(cluster, hg):
    """The probe is refused for too many connections; who is in stays in."""
    with hg.wire() as client, contextlib.ExitStack() as others:
        client.query("BEGIN")
        client.query("INSERT INTO kept VALUES (1)")
        node = cluster.node("db1")
        root = others.enter_context(pymysql.connect(unix_socket=node.socket, user="root",
                                                    password=cluster.password("root"), autocommit=True))
        for _ in range(14):
            others.enter_context(direct(cluster))
        limit = value(root, "SELECT @@GLOBAL.max_connections")

        def refused():
            return int(rows(root, "SHOW GLOBAL STATUS LIKE 'Connection_errors_max_connections'")[0][1])
        before = refused()
        try:
            rows(root, "SET GLOBAL max_connections = 10")
            for (number,) in rows(root, "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'monitor'"):
                rows(root, f"KILL {number}")
            wait_until(lambda: refused() >= before + 6, "six probes are refused", 20)
            row = hg.server("db1")
            assert (row["state"], row["role"]) == ("up", "primary") and TOO_MANY in row["reason"]
            assert client.query("SELECT 1").status & w.IN_TRANS
            client.query("COMMIT")
        finally:
            rows(root, f"SET GLOBAL max_connections = {limit}")
    assert kept(cluster) == [1]


@pytest.fixture(scope="module")
def impatient(cluster):
    with Headgate(cluster, timeouts={"query": "1s"}) as headgate:
        yield headgate


def test_query_timeout_lasts_until_the_first_byte(impatient):
    with impatient.wire() as client:
        reply = client.query("SELECT SLEEP(0.3), REPEAT('x', 100000) FROM "
                             "(SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5) five")
        assert len(reply.results[0]) == 5


@pytest.mark.family("mariadb")
def test_read_that_took_too_long_is_ended_and_not_run_again(cluster, impatient):
    cluster.sql("db1", "INSERT INTO test.many SELECT seq FROM test.seq_1_to_10000")
    cluster.sync()
    sql = "SELECT COUNT(*) AS endless FROM many a JOIN many b JOIN many c"

    def running_on():
        return [node.name for node in cluster.nodes() if node.sql(
            f"SELECT ID FROM information_schema.PROCESSLIST WHERE INFO = '{sql}'")]
    with impatient.wire() as client, Log(cluster) as log:
        client.send(w.QUERY, sql)
        wait_until(running_on, "the read runs")
        assert client.read().error.code == STATEMENT_TIMEOUT
        wait_until(lambda: not running_on(), "the server has ended it")
        assert log.count(f"\t{sql}\n") == 1
        assert client.query("SELECT 1").results


# ---- its own end ----

@contextlib.contextmanager
def ending(cluster):
    """headgate told to end, one of its two workers over, the other held by the open transaction of the client it yields."""
    with Headgate(cluster, extra={"workers": 2}, timeouts={"shutdown": "30s"}) as headgate:
        clients = [headgate.wire()]
        worker = session(headgate, clients[0])["worker"]
        while session(headgate, clients[-1])["worker"] == worker:
            clients.append(headgate.wire())
            assert len(clients) < 20
        clients[0].query("BEGIN")
        clients[0].query("INSERT INTO kept VALUES (1)")
        threads = f"/proc/{headgate.process.pid}/task"
        before = len(os.listdir(threads))
        headgate.process.terminate()
        wait_until(lambda: len(os.listdir(threads)) < before, "a worker ends")
        yield headgate, clients[0]
        assert headgate.process.wait(10) == 0
        headgate.stop = headgate.check_log
        for client in clients:
            client.close()


def test_sessions_are_shown_and_killed_while_headgate_ends(cluster):
    with ending(cluster) as (headgate, client):
        assert [row["in_transaction"] for row in headgate.show("sessions")] == ["yes"]
        assert client.command(w.QUERY, "KILL 999999").error.code == 1094
        client.query("COMMIT")
    assert kept(cluster) == [1]


def test_server_may_die_while_headgate_ends(cluster):
    """A new view of the cluster goes to the workers, of which one is over."""
    with ending(cluster) as (headgate, client):
        cluster.node("db3").kill()
        headgate.wait_server("db3", lambda row: row["state"] == "down")
        client.query("COMMIT")
    assert kept(cluster) == [1]
