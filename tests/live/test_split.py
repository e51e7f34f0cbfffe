"""Where statements run, by the servers' own logs and counters, and what follows a session from server to server."""

import contextlib
import itertools

import pymysql
import pytest

import mysqlwire as w
from client import SENT_BEFORE, execute
from headgate import Counters, Log, direct, rows, value
from proxy import wait_until
from replies import Err

pytestmark = pytest.mark.room("route")

REPLICAS = {"db2", "db3"}
number = itertools.count(1)


@pytest.fixture(autouse=True)
def caught_up(cluster):
    """How far replicas are behind is not what is tested here."""
    cluster.sync()


@pytest.fixture
def db(hg):
    with hg.connect() as connection:
        yield connection


@pytest.fixture
def log(cluster):
    with Log(cluster) as log:
        yield log


@pytest.fixture(scope="module", autouse=True)
def tables(cluster):
    cluster.sql("db1", "CREATE TABLE test.t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40)) ENGINE=InnoDB; "
                       "INSERT INTO test.t (name) VALUES ('one'), ('two'), ('three'); "
                       "CREATE PROCEDURE test.two() BEGIN SELECT 1 AS a; SELECT 2 AS b; END; "
                       "CREATE PROCEDURE test.echo(a TEXT) SELECT a; "
                       "CREATE FUNCTION test.f() RETURNS INT DETERMINISTIC RETURN 5")
    if cluster.family == "mariadb":
        cluster.sql("db1", "CREATE SEQUENCE test.s")
    cluster.sync()


def marked(sql):
    """(sql with a mark in it, the mark). The mark is a literal: comments may be cut off on the way."""
    mark = f"mark-{next(number)}-"
    return sql.replace("MARK", mark), mark


def where(connection, log, sql):
    """Names of the servers that ran this statement, which holds the word MARK in a literal."""
    text, mark = marked(sql)
    with connection.cursor() as cursor:
        try:
            cursor.execute(text)
            while cursor.nextset():
                pass
        except pymysql.MySQLError:
            pass
    return log.where(mark)


PLAIN_READS = [
    "SELECT 'MARK'",
    "SELECT id, 'MARK' FROM t WHERE id = 1",
    "select count(*), upper('MARK') from t",
    "(SELECT 'MARK') UNION (SELECT name FROM t)",
    "WITH c AS (SELECT 1) SELECT 'MARK' FROM c",
    "SELECT /* comment */ 'MARK' -- end",
    "SELECT @@hostname, 'MARK'",
    "SELECT @@server_id, @@port, 'MARK'",
]

NOT_PLAIN_READS = [
    "INSERT INTO t (name) VALUES ('MARK')",
    "UPDATE t SET name = name WHERE name = 'MARK'",
    "DELETE FROM t WHERE name = 'MARK'",
    "REPLACE INTO t (id, name) VALUES (1000, 'MARK')",
    "SELECT 'MARK' FROM t FOR UPDATE",
    "SELECT 'MARK' FROM t LOCK IN SHARE MODE",
    "SELECT f(), 'MARK'",
    "SELECT test.f(), 'MARK'",
    "SELECT no_such_function('MARK')",
    "SELECT GET_LOCK('MARK', 0)",
    "SELECT RELEASE_LOCK('MARK')",
    "SELECT UUID_SHORT(), 'MARK'",
    "SELECT LOAD_FILE('/MARK')",
    "SELECT 'MARK' INTO OUTFILE '/nosuch/MARK'",
    "SELECT 'MARK' INTO @a",
    "SELECT @a := 'MARK'",
    "SELECT 'MARK' FROM t /*! FOR UPDATE */",
    "SELECT 'MARK' /*!50000 , f() */",
    "SELECT 'MARK'; UPDATE t SET id = id",
    "CALL echo('MARK')",
    "DO 'MARK'",
    "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_NAME = 'MARK'",
    "SELECT 'MARK' FROM information_schema.processlist",
    "CREATE TABLE nosuch.t (a INT) COMMENT 'MARK'",
    "SHOW VARIABLES LIKE 'MARK'",
    "EXPLAIN UPDATE t SET name = 'MARK'",
    "SELECT @@read_only, 'MARK'",
]

MARIADB_ONLY = ["SELECT NEXTVAL(s), 'MARK'", "SELECT NEXT VALUE FOR s, 'MARK'", "SELECT 'MARK', /*M! f() */ 1",
                "EXECUTE IMMEDIATE 'SELECT ''MARK'''", "SET STATEMENT max_statement_time = 5 FOR INSERT INTO t (name) VALUES ('MARK')"]


@pytest.mark.smoke
@pytest.mark.scenario
@pytest.mark.parametrize("sql", PLAIN_READS)
def test_plain_read_runs_on_a_replica(db, log, sql):
    found = where(db, log, sql)
    assert len(found) == 1 and set(found) <= REPLICAS


@pytest.mark.smoke
@pytest.mark.scenario
@pytest.mark.parametrize("sql", NOT_PLAIN_READS)
def test_everything_else_runs_on_the_primary(hg, log, sql):
    with hg.connect(client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS) as db:
        assert where(db, log, sql) == ["db1"]


@pytest.mark.family("mariadb")
@pytest.mark.parametrize("sql", MARIADB_ONLY)
def test_mariadbs_own_statements_run_on_the_primary(cluster, hg, log, sql):
    with hg.connect() as db:
        assert where(db, log, sql) == ["db1"]


@pytest.mark.parametrize("listener", ["split", "split6", "local"])
def test_listeners_of_every_kind_split(hg, log, listener):
    with hg.connect(listener) as db:
        assert set(where(db, log, "SELECT 'MARK'")) <= REPLICAS
        assert where(db, log, "INSERT INTO t (name) VALUES ('MARK')") == ["db1"]


def test_listener_for_writes_uses_the_primary_alone(hg, log):
    with hg.connect("writes") as db:
        assert where(db, log, "SELECT 'MARK'") == ["db1"]


def test_listener_for_reads_uses_replicas_alone(hg, log):
    with hg.connect("reads") as db:
        assert set(where(db, log, "SELECT 'MARK'")) <= REPLICAS
        assert "db1" not in where(db, log, "INSERT INTO t (name) VALUES ('MARK')")


def test_reads_use_every_replica(hg, log):
    """Of two of which one is slow for a while, too: some picks do not look at that."""
    used = set()

    def one_more():
        with hg.connect() as db:
            used.update(where(db, log, "SELECT 'MARK'"))
        return used == REPLICAS
    wait_until(one_more, "reads on every replica", 60)
    assert used == REPLICAS


@pytest.mark.smoke
def test_counters_agree_with_the_logs(cluster, hg):
    counters = Counters(cluster)
    with hg.connect() as db:
        for _ in range(50):
            rows(db, "SELECT name FROM t WHERE id = 1")
        for n in range(30):
            rows(db, "UPDATE t SET name = %s WHERE id = 2", f"n{n}")
    since = counters.since(at_least=80)
    assert since["db1"][0] == 0 and since["db1"][1] == 30
    assert since["db2"][0] + since["db3"][0] == 50 and since["db2"][1] + since["db3"][1] == 0


# ---- transactions ----

@pytest.mark.smoke
@pytest.mark.scenario
@pytest.mark.parametrize("begin", ["BEGIN", "START TRANSACTION", "begin work", "START TRANSACTION READ WRITE",
                                   "/* x */ START /* y */ TRANSACTION WITH CONSISTENT SNAPSHOT", "SET autocommit = 0",
                                   "SET @@autocommit = OFF", "SET SESSION autocommit = false, @x = 1"])
def test_transaction_stays_on_the_primary(hg, log, begin):
    with hg.connect() as db:
        rows(db, begin)
        assert where(db, log, "SELECT 'MARK'") == ["db1"]
        assert where(db, log, "INSERT INTO t (name) VALUES ('MARK')") == ["db1"]
        assert where(db, log, "SELECT COUNT(*), 'MARK' FROM t") == ["db1"]
        rows(db, "ROLLBACK")
        rows(db, "SET autocommit = 1")
        assert set(where(db, log, "SELECT 'MARK'")) <= REPLICAS


def test_transaction_sees_its_own_writes_and_rolls_back(hg):
    with hg.connect() as db, hg.connect() as other:
        before = value(db, "SELECT COUNT(*) FROM t FOR UPDATE")
        db.begin()
        rows(db, "INSERT INTO t (name) VALUES ('a'), ('b')")
        assert value(db, "SELECT COUNT(*) FROM t") == before + 2
        assert value(other, "SELECT COUNT(*) FROM t") == before
        db.rollback()
        assert value(db, "SELECT COUNT(*) FROM t FOR UPDATE") == before


def test_failed_statement_in_a_transaction_keeps_it_together(db, log):
    rows(db, "START TRANSACTION")
    with pytest.raises(pymysql.MySQLError):
        rows(db, "SELECT nosuch FROM t")
    assert where(db, log, "SELECT 'MARK'") == ["db1"]
    rows(db, "COMMIT")


def test_implicit_commit_ends_the_transaction(db, log):
    rows(db, "START TRANSACTION")
    rows(db, "CREATE OR REPLACE VIEW v AS SELECT 1 AS a")
    assert set(where(db, log, "SELECT 'MARK'")) <= REPLICAS


def test_chained_transaction_goes_on(db, log):
    rows(db, "START TRANSACTION")
    rows(db, "COMMIT AND CHAIN")
    assert where(db, log, "SELECT 'MARK'") == ["db1"]
    rows(db, "COMMIT")


def test_read_only_transaction_runs_on_one_server(db, log):
    rows(db, "START TRANSACTION READ ONLY")
    first = where(db, log, "SELECT 'MARK'")
    assert len(first) == 1
    assert all(where(db, log, "SELECT id, 'MARK' FROM t") == first for _ in range(5))
    with pytest.raises(pymysql.MySQLError) as refused:
        rows(db, "INSERT INTO t (name) VALUES ('x')")
    assert refused.value.args[0] == 1792
    rows(db, "COMMIT")


# ---- what follows the session ----

FOLLOWS = [
    ("SET time_zone = '+05:30'", "SELECT FROM_UNIXTIME(86400)", "1970-01-02 05:30:00"),
    ("SET SESSION time_zone = '-03:00'", "SELECT CAST(FROM_UNIXTIME(86400) AS CHAR)", "1970-01-01 21:00:00"),
    ("SET sql_mode = 'PIPES_AS_CONCAT'", "SELECT 'a' || 'b'", "ab"),
    ("SET @@session.sql_mode = 'ANSI_QUOTES'", 'SELECT "name" FROM "t" WHERE "id" = 3', "three"),
    ("SET @@sql_mode = 'NO_BACKSLASH_ESCAPES'", "SELECT LENGTH('\\n')", 2),
    ("SET group_concat_max_len = 4", "SELECT GROUP_CONCAT(id ORDER BY id) FROM t", "1,2,"),
    ("SET LOCAL div_precision_increment = 8", "SELECT 1 / 3", "0.33333333"),
    ("SET NAMES latin1", "SELECT CHARSET('x')", "latin1"),
    ("SET NAMES utf8mb4 COLLATE utf8mb4_bin", "SELECT COLLATION('x')", "utf8mb4_bin"),
    ("SET CHARACTER SET latin1", "SELECT LENGTH('\xfc')", None),
    ("SET collation_connection = utf8mb4_bin", "SELECT 'a' = 'A'", 0),
    ("SET sql_select_limit = 1", "SELECT COUNT(*) FROM (SELECT 1) x", 1),
    ("USE app2", "SELECT DATABASE()", "app2"),
    ("SET lc_time_names = 'de_DE'", "SELECT MONTHNAME('2024-05-01')", "Mai"),
    ("SET default_week_format = 3", "SELECT WEEK('2024-12-31')", 1),
    ("SET @a = 41", "SELECT @a + 1", 42),
]


@pytest.mark.smoke
def test_a_new_session_has_no_warnings(hg):
    """None of those that headgate's own first statements may leave."""
    for first in (None, "SELECT id FROM t"):
        with hg.wire() as db:
            if first:
                db.query(first)
            assert not db.query("SHOW WARNINGS").text_rows(0)


@pytest.mark.smoke
def test_character_set_takes_the_collation_of_the_schema_everywhere(cluster, hg):
    cluster.sql("db1", "CREATE DATABASE odd COLLATE utf8mb4_bin; CREATE TABLE odd.t (id INT PRIMARY KEY); "
                       "GRANT SELECT ON odd.* TO app@'%'")
    cluster.sync()
    try:
        with hg.connect(database="odd") as db:
            assert value(db, "SELECT COLLATION('x')") != "utf8mb4_bin"
            rows(db, "SET CHARACTER SET utf8mb4")
            assert rows(db, "SELECT COLLATION('x'), @@server_id = 1") == (("utf8mb4_bin", 0),)
            rows(db, "USE test")
            assert rows(db, "SELECT COLLATION('x'), @@server_id = 1") == (("utf8mb4_bin", 1),), "it stays what it was"
    finally:
        cluster.sql("db1", "DROP DATABASE odd")
        cluster.sync()


@pytest.mark.smoke
@pytest.mark.scenario
@pytest.mark.parametrize("change, read, expected", FOLLOWS, ids=[f[0] for f in FOLLOWS])
def test_change_follows_to_whoever_answers(hg, change, read, expected):
    """The same read before the change (an upstream exists already), after it, and after other work."""
    with hg.connect() as db:
        rows(db, "SELECT id FROM t")
        rows(db, change)
        answers = []
        for _ in range(3):
            with db.cursor() as cursor:
                cursor.execute(read)
                answers.append(cursor.fetchone()[0])
            db.query("DO 1")
    if expected is not None:
        assert [str(a) for a in answers] == [str(expected)] * 3
    assert len(set(answers)) == 1


@pytest.mark.parametrize("change, read, expected", FOLLOWS, ids=[f[0] for f in FOLLOWS])
def test_change_by_prepared_statement_follows_too(hg, change, read, expected):
    with hg.wire() as client:
        prepared = client.command(w.PREPARE, change)
        if prepared.error:
            assert prepared.error.code == 1295
            return
        client.rows("SELECT id FROM t")
        assert client.command(w.EXECUTE, execute(prepared.statement_id)).oks
        if expected is not None:
            assert client.value(read) == str(expected).encode()


def test_refused_change_changes_nothing(db):
    rows(db, "SET time_zone = '+01:00'")
    for nonsense in ("SET time_zone = 'Nowhere/Land'", "SET sql_mode = 'NOSUCH'", "SET nosuch = 1", "USE nosuch"):
        with pytest.raises(pymysql.MySQLError):
            rows(db, nonsense)
        assert value(db, "SELECT CAST(FROM_UNIXTIME(86400) AS CHAR)") == "1970-01-02 01:00:00"
        assert value(db, "SELECT DATABASE()") == "test"


def test_reset_connection_forgets_changes(hg):
    with hg.wire() as client:
        for sql in ("SET time_zone = '+05:30'", "SET @a = 5", "SET sql_mode = 'PIPES_AS_CONCAT'"):
            client.query(sql)
        client.rows("SELECT 1")
        assert client.command(w.RESET_CONNECTION).oks
        assert client.rows("SELECT @a, 'a' || 'b', DATABASE()") == [(None, b"0", b"test")]
        assert client.value("SELECT FROM_UNIXTIME(86400)") != b"1970-01-02 05:30:00"


def test_temporary_tables_stay_where_they_are(db, log):
    rows(db, "CREATE TEMPORARY TABLE tmp (a INT)")
    rows(db, "INSERT INTO tmp VALUES (1), (2)")
    assert value(db, "SELECT COUNT(*) FROM tmp") == 2
    assert where(db, log, "SELECT 'MARK' FROM tmp") == ["db1"]
    rows(db, "DROP TEMPORARY TABLE tmp")


def test_insert_id_is_the_sessions_wherever_it_is_asked(db):
    rows(db, "INSERT INTO t (name) VALUES ('for its id')")
    expected = value(db, "SELECT MAX(id) FROM t FOR UPDATE")
    assert value(db, "SELECT LAST_INSERT_ID()") == expected
    rows(db, "SELECT name FROM t")
    assert value(db, "SELECT LAST_INSERT_ID()") == expected


def test_found_rows_and_row_count_are_the_previous_statements(db):
    rows(db, "UPDATE t SET name = 'changed' WHERE id IN (1, 2)")
    assert value(db, "SELECT ROW_COUNT()") == 2
    rows(db, "UPDATE t SET name = CASE id WHEN 1 THEN 'one' ELSE 'two' END WHERE id IN (1, 2)")
    assert len(rows(db, "SELECT id FROM t WHERE id < 4")) == 3
    assert value(db, "SELECT FOUND_ROWS()") == 3


AFTER_A_READ = ["SELECT nosuch; DELETE FROM t WHERE id < 0", "SELECT id FROM t WHERE id < 3; SELECT nosuch; DELETE FROM t WHERE id < 0",
                "DELETE FROM t WHERE id < 0; SELECT id FROM t WHERE id < 3", "DELETE FROM t WHERE id < 0; SELECT nosuch",
                "DELETE FROM t WHERE id < 0; SHOW TABLES LIKE 't'; SELECT nosuch", "SELECT nosuch FROM t FOR UPDATE",
                "SELECT (SELECT 1 UNION SELECT 2) FROM t FOR UPDATE", "SET @x = (SELECT id FROM t)", "SELECT id INTO @x FROM t LIMIT 1"]


# On MariaDB some errors leave the number of the read before, which another connection has, and some do not.
REFUSED_AFTER_A_READ = {text for text in AFTER_A_READ if text not in (
    "SELECT id FROM t WHERE id < 3; SELECT nosuch; DELETE FROM t WHERE id < 0", "DELETE FROM t WHERE id < 0; SELECT id FROM t WHERE id < 3",
    "DELETE FROM t WHERE id < 0; SHOW TABLES LIKE 't'; SELECT nosuch", "SELECT id INTO @x FROM t LIMIT 1")}


@pytest.mark.smoke
@pytest.mark.parametrize("text", AFTER_A_READ)
def test_found_rows_after_what_failed_is_as_on_one_connection(cluster, hg, text):
    """Or refused, never another number."""
    def said(db):
        db.query("SELECT id FROM t WHERE id < 4")
        with contextlib.suppress(Err):
            db.query(text)
        reply = db.command(w.QUERY, "SELECT FOUND_ROWS()")
        return reply.error.code if reply.error else reply.text_rows(0)[0][0]
    is_refused = cluster.family == "mariadb" and text in REFUSED_AFTER_A_READ
    with hg.wire(caps=w.MODERN_CAPS) as through, direct(cluster, caps=w.MODERN_CAPS) as alone:
        assert said(through) == (1235 if is_refused else said(alone))


def test_warnings_of_a_read_can_be_shown(db, log):
    text, mark = marked("SELECT CAST('MARK' AS UNSIGNED)")
    rows(db, text)
    shown = rows(db, "SHOW WARNINGS")
    assert len(shown) == 1 and mark in shown[0][2]
    assert set(log.where(mark)) <= REPLICAS | {"db1"}


def test_user_lock_is_held_by_the_session(hg):
    with hg.connect() as one, hg.connect() as two:
        assert value(one, "SELECT GET_LOCK('mine', 0)") == 1
        assert value(two, "SELECT GET_LOCK('mine', 0)") == 0
        rows(one, "SELECT name FROM t")
        assert value(two, "SELECT GET_LOCK('mine', 0)") == 0
        assert value(one, "SELECT RELEASE_LOCK('mine')") == 1
        assert value(two, "SELECT GET_LOCK('mine', 0)") == 1


def test_multi_statements_and_procedures_give_all_results(hg):
    with hg.wire(caps=w.OLD_CAPS) as client:
        reply = client.query("SELECT 1; SELECT 2, 3; DO 1; SELECT 4")
        assert [reply.text_rows(i) for i in range(3)] == [[(b"1",)], [(b"2", b"3")], [(b"4",)]]
        assert len(client.query("CALL two()").results) == 2


def test_prepared_reads_use_replicas_and_prepared_writes_the_primary(hg, cluster):
    counters = Counters(cluster)
    with hg.wire() as client:
        read = client.command(w.PREPARE, "SELECT name FROM t WHERE id = ?").statement_id
        write = client.command(w.PREPARE, "INSERT INTO t (name) VALUES (?)").statement_id
        for n in range(20):
            assert client.command(w.EXECUTE, execute(read, [n])).error is None
            assert client.command(w.EXECUTE, execute(write, [b"prepared"])).oks
    since = counters.since(at_least=40)
    assert since["db1"][0] == 0 and since["db1"][1] == 20
    assert since["db2"][0] + since["db3"][0] == 20 and since["db2"][1] + since["db3"][1] == 0


def test_cursor_is_fetched_from_where_it_was_opened(hg):
    with hg.wire() as client:
        statement = client.command(w.PREPARE, "SELECT id FROM t ORDER BY id LIMIT 3").statement_id
        opened = client.command(w.EXECUTE, execute(statement, flags=1), cursor=True)
        assert opened.status & w.CURSOR_EXISTS
        first = client.command(w.FETCH, w.int4(statement) + w.int4(2))
        client.rows("SELECT 'between'")
        second = client.command(w.FETCH, w.int4(statement) + w.int4(2))
        assert (len(first.results[0]), len(second.results[0])) == (2, 1)
        assert second.status & w.LAST_ROW_SENT


def test_long_data_arrives(hg):
    with hg.wire() as client:
        statement = client.command(w.PREPARE, "SELECT LENGTH(?), SHA2(?, 256)").statement_id
        client.command(w.LONG_DATA, w.int4(statement) + w.int2(0) + b"x" * 70000)
        client.command(w.LONG_DATA, w.int4(statement) + w.int2(0) + b"y" * 30000)
        reply = client.command(w.EXECUTE, execute(statement, [SENT_BEFORE, b"z"]))
        assert not reply.error
        assert (100000).to_bytes(4, "little") in reply.results[0][0]


@pytest.mark.smoke
def test_explain_says_where_a_statement_goes(hg):
    assert "replica" in hg.admin("explain SELECT 1")
    assert "primary" in hg.admin("explain INSERT INTO t VALUES (1)")
    assert "primary" in hg.admin("explain SELECT 1 FOR UPDATE")
