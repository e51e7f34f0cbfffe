"""Prepared statements of several sessions on one connection: each hears what it would have heard alone."""

import contextlib

import pytest

import mysqlwire as w
from client import SENT_BEFORE, execute
from headgate import Headgate, direct, prepared_count
from proxy import wait_until

pytestmark = [pytest.mark.room("prepared"), pytest.mark.smoke, pytest.mark.threads]


@pytest.fixture(scope="module")
def narrow(cluster):
    """One connection to each server, which goes from hand to hand."""
    cluster.sql("db1", "CREATE TABLE test.shared (id INT PRIMARY KEY, v VARCHAR(20))")
    cluster.sql("db1", "INSERT INTO test.shared VALUES (1, 'one'), (2, 'two')")
    cluster.sync()
    with Headgate(cluster, extra={"workers": 1}, server_settings={"max_connections": 1}, timeouts={"pool_wait": "60s"},
                  cluster_settings={"pool_trust": "1h", "pool_trust_code": True, "prepared_max": 20}) as headgate:
        yield headgate


@pytest.fixture
def clients(narrow):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(narrow.wire("writes")) for _ in range(3)]


def shared(narrow):
    return {row["name"]: row["value"] for row in narrow.show("stats")}["statements_shared"]


def prepare(client, sql):
    reply = client.command(w.PREPARE, sql)
    assert not reply.error, reply.error
    return reply.statement_id


def run(client, statement, values=(), **options):
    reply = client.command(w.EXECUTE, execute(statement, list(values), **options))
    return reply.error, reply.results, reply.warnings, len(reply.packets)


def without_id(reply):
    """The packets of a PREPARE's answer; the first one begins with 0 and the id."""
    first, *others = [payload for _, payload in reply.packets]
    return [first[5:], *others]


def ends(reply):
    """The packets that have flags in them: of an EXECUTE whose rows begin with 0 and definitions with 3."""
    return [packet for packet in reply.packets if packet[1][:1] == b"\xfe"]


@pytest.mark.scenario
def test_each_has_its_own_types_and_values(cluster, narrow, clients):
    before = shared(narrow)
    sql = "SELECT id, v, ? FROM shared WHERE id = ? OR v = ?"
    values = [[1, 1, b"none"], [b"text", b"2", b"one"], [None, 2, None]]
    with direct(cluster) as alone:
        expected = [run(alone, prepare(alone, sql), row)[:3] for row in values]
    statements = [prepare(client, sql) for client in clients]
    for turn in range(3):
        for client, statement, row, answer in zip(clients, statements, values, expected):
            assert run(client, statement, row, types=turn == 0)[:3] == answer
    assert shared(narrow) > before


def test_answers_are_those_of_a_connection_of_one_s_own(cluster, narrow, clients):
    """To the last byte, where types are the same: whatever values others had before."""
    before = shared(narrow)
    texts = ["SELECT ?, ? + 1, CONCAT(v, ?) FROM shared", "SELECT v FROM shared WHERE v = ? OR id = ? OR v LIKE ?", "SELECT IFNULL(?, id), ABS(?), ? FROM shared"]
    values = [[b"a", 1, b"b"], [b"much longer than that " * 20, -99999999999, b""], ["\u00fc\u20ac".encode(), 7, b"c" * 300]]
    for sql in texts:
        with contextlib.ExitStack() as stack:
            expected = []
            for row in values:
                alone = stack.enter_context(direct(cluster))
                expected.append(alone.command(w.EXECUTE, execute(prepare(alone, sql), row)).packets)
            statements = [prepare(client, sql) for client in clients]
            for _ in range(2):
                for client, statement, row, packets in zip(clients, statements, values, expected):
                    assert client.command(w.EXECUTE, execute(statement, row)).packets == packets, (sql, row)
    assert shared(narrow) > before


def test_text_means_what_it_meant_in_its_session(clients):
    ansi, plain, other = clients
    ansi.query("SET sql_mode = 'ANSI_QUOTES'")
    other.query("SET NAMES latin1")
    sql = 'SELECT "v" FROM shared WHERE id = 1'
    statements = [prepare(client, sql) for client in clients]
    for _ in range(3):
        found = [run(client, statement)[1] for client, statement in zip(clients, statements)]
        assert found[0][0][0].endswith(b"one") and found[1][0][0].endswith(b"\x01v") and found[2][0][0].endswith(b"\x01v")


READINGS = [
    ("SET sql_mode = 'ANSI_QUOTES'", 'SELECT "v" FROM shared WHERE id = 1', "SET sql_mode = ''"),
    ("SET sql_mode = 'PIPES_AS_CONCAT'", "SELECT 'a' || 'b'", "SET sql_mode = DEFAULT"),
    ("SET sql_mode = ''", r"SELECT 'a\\b'", "SET sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'"),
    ("DO 0", "SELECT 'a' || 'b'", "SET sql_mode = 'ANSI'"),
    ("SET NAMES latin1", "SELECT HEX('\u00fc'), CHARSET('x'), COLLATION('x')", "SET NAMES utf8mb4"),
    ("DO 0", "SELECT CHAR_LENGTH('\u00fc'), COLLATION('x')", "SET NAMES latin1, sql_mode = 'ANSI_QUOTES'"),
    ("SET NAMES utf8mb4 COLLATE utf8mb4_bin", "SELECT 'a' = 'A', COLLATION('x')", "SET collation_connection = utf8mb4_general_ci"),
]
LOGIN_COLLATIONS = [8, 33, 46, 47, 63, 192, 224]


@pytest.mark.parametrize("before,sql,after", READINGS)
def test_text_is_read_as_when_it_was_prepared(cluster, narrow, clients, before, sql, after):
    """Whatever sql_mode and character sets are by now, and whoever had the connection meanwhile."""
    with direct(cluster) as alone:
        reads_alike(clients[0], alone, clients[1], before, sql, after)


@pytest.mark.parametrize("collation", LOGIN_COLLATIONS)
def test_text_is_read_with_the_character_set_of_the_login(cluster, narrow, clients, collation):
    """By whatever collation a client has logged in: servers give it a meaning of their own."""
    with direct(cluster, collation=collation) as alone, narrow.wire("writes", collation=collation) as client:
        reads_alike(client, alone, clients[1], "DO 0", "SELECT COLLATION('x'), CHARSET('x')", "SET NAMES cp1251")


def reads_alike(client, alone, other, before, sql, after):
    def play(client, interlude):
        client.query(before)
        statement = prepare(client, sql)
        client.query(after)
        interlude()
        heard = [run(client, statement, types=turn == 0)[:2] for turn in range(2)]
        now = client.command(w.QUERY, "SELECT @@sql_mode, @@character_set_client, @@character_set_connection, @@collation_connection")
        return heard, now.results, run(client, prepare(client, sql))[:2]

    def others_turn():
        prepare(other, sql)
        assert not other.command(w.QUERY, "UPDATE shared SET v = v").error
    assert play(client, others_turn) == play(alone, lambda: None)


CHANGES = ["SET NAMES latin1", "SET sql_mode = 'ANSI_QUOTES'", "USE app2",
           "SET sql_mode = 'ANSI_QUOTES', max_sort_length = 4"]     # (of which MariaDB warns each time)
# (a statement, the prepared one after it, what is asked then)
ASKED = [
    ("INSERT IGNORE INTO test.shared VALUES (1, 'again')", "SELECT ?", "SHOW COUNT(*) WARNINGS"),
    ("INSERT IGNORE INTO test.shared VALUES (1, 'again')", "SET @z = @@warning_count + ?", "SELECT @z"),
    ("SELECT id FROM test.shared FOR UPDATE", "DO ?", "SELECT FOUND_ROWS()"),
    ("SELECT id FROM test.shared FOR UPDATE", "SET @z = FOUND_ROWS() + ?", "SELECT @z"),
    ("SELECT id FROM test.shared FOR UPDATE", "SET @z = ROW_COUNT() + ?", "SELECT @z"),
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("first,sql,asked", ASKED)
def test_what_is_said_to_prepare_again_answers_no_question(cluster, narrow, clients, change, first, sql, asked):
    """The right answer, or a refusal: never one about what headgate has said between a statement and the question."""
    client, other, _ = clients

    def play(client, interlude):
        prepared = client.command(w.PREPARE, sql)
        if prepared.error:     # MySQL: @@warning_count
            return prepared.error.code
        client.query(change)
        interlude()
        assert not client.command(w.QUERY, first).error
        error = run(client, prepared.statement_id, [0])[0] or client.command(w.QUERY, asked).error
        return error.code if error else client.rows(asked)

    with direct(cluster) as alone:
        expected = play(alone, lambda: None)
    assert play(client, lambda: other.query("UPDATE test.shared SET v = v")) in (expected, 1235)


def test_schema_means_what_it_meant_in_its_session(cluster, clients):
    cluster.sql("db1", "CREATE TABLE IF NOT EXISTS app2.shared (id INT PRIMARY KEY, v VARCHAR(20))")
    cluster.sql("db1", "REPLACE INTO app2.shared VALUES (1, 'other')")
    first, second, _ = clients
    second.command(w.INIT_DB, b"app2")
    statements = [prepare(client, "SELECT v FROM shared WHERE id = 1") for client in (first, second)]
    for _ in range(3):
        assert [run(client, statement)[1][0][0].split(b"\0")[-1][1:] for client, statement in zip((first, second), statements)] == [b"one", b"other"]


def test_tables_that_change_are_noticed(cluster, narrow, clients):
    """As on a connection of its own: by who prepared before, and by who prepares after."""
    sql, before = "SELECT * FROM changing", shared(narrow)
    cluster.sql("db1", "DROP TABLE IF EXISTS test.changing")
    cluster.sql("db1", "CREATE TABLE test.changing (a INT)")
    cluster.sql("db1", "INSERT INTO test.changing VALUES (1)")
    with direct(cluster) as alone:
        everybody = [alone, *clients]
        statements = [prepare(client, sql) for client in everybody]
        assert len({str(run(client, statement)) for client, statement in zip(everybody, statements)}) == 1
        for change in ("ADD b INT DEFAULT 7", "MODIFY b VARCHAR(9) DEFAULT 'x'", "DROP b"):
            cluster.sql("db1", f"ALTER TABLE test.changing {change}")
            found = [run(client, statement) for client, statement in zip(everybody, statements)]
            assert len(set(map(str, found))) == 1, (change, found)
            assert len({str(without_id(client.command(w.PREPARE, sql))) for client in everybody}) == 1, change
        cluster.sql("db1", "DROP TABLE test.changing")
        assert [run(client, statement)[0].code for client, statement in zip(everybody, statements)] == [1146] * 4
    assert shared(narrow) > before


@pytest.mark.parametrize("caps", [w.MODERN_CAPS, w.OLD_CAPS], ids=["modern", "old"])
def test_other_columns_are_told_once_to_each(cluster, narrow, caps):
    """METADATA_CHANGED: whoever has executed it meanwhile, and wherever it has to be prepared again."""
    cluster.sql("db1", "DROP TABLE IF EXISTS test.widening")
    cluster.sql("db1", "CREATE TABLE test.widening (a INT)")
    cluster.sync()
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(narrow.wire(door, caps=caps)) for door in ("writes", "writes", "split")]
        everybody = [stack.enter_context(direct(cluster, caps=caps)), *others]
        statements = [prepare(client, "SELECT * FROM widening") for client in everybody]
        for change in ("ADD b INT", "MODIFY b VARCHAR(9)", "DROP b", "ADD b INT, ADD c INT", "DROP b"):
            cluster.sql("db1", f"ALTER TABLE test.widening {change}")
            cluster.sync()
            told = []
            for client, statement in zip(everybody, statements):
                client.query("BEGIN" if change == "DROP b" else "DO 0")     # in a transaction all of it runs on the primary
                told.append([ends(client.command(w.EXECUTE, execute(statement, []))) for _ in range(2)])
                client.query("COMMIT")
            assert all(each == told[0] for each in told), change


def test_cursor_and_long_data_stay_their_own(clients):
    first, second, _ = clients
    sql = "SELECT id, ? FROM shared ORDER BY id"
    one, other = prepare(first, sql), prepare(second, sql)
    assert first.command(w.LONG_DATA, w.int4(one) + w.int2(0) + b"a long one") is None
    assert b"a long one" in str(run(first, one, [SENT_BEFORE])[1]).encode()
    assert b"short" in str(run(second, other, [b"short"])[1]).encode()
    assert b"first" in str(run(first, one, [b"first"])[1]).encode()


@pytest.mark.scenario
def test_nothing_is_left_at_the_servers(cluster, narrow):
    wait_until(lambda: prepared_count(cluster) == 0, "the statements of earlier clients are closed")
    texts = [f"SELECT {n % 30}, id FROM shared WHERE id = ?" for n in range(60)]
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(narrow.wire("writes")) for _ in range(4)]
        for number, client in enumerate(clients):
            statements = [prepare(client, sql) for sql in texts[number::3]]
            for statement in statements:
                assert run(client, statement, [1])[0] is None
            assert prepared_count(cluster) <= 20
        clients[0].send(w.QUIT)
        clients[0].close()
        clients[1].close()
        assert clients[2].command(w.RESET_CONNECTION, b"").oks
        for number in range(200):
            clients[3].command(w.CLOSE, w.int4(number))
    wait_until(lambda: prepared_count(cluster) == 0, "all statements are closed", timeout=60)
