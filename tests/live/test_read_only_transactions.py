"""Read-only transactions on a replica, and the state of their sessions when a statement, a connection or a server fails."""

import pymysql
import pytest

import mysqlwire as w
import stored_code
from client import SENT_BEFORE, execute
from headgate import direct, rows, value

pytestmark = pytest.mark.room("route", "session", "command", "frontend")


@pytest.fixture(scope="module", autouse=True)
def schema(cluster):
    cluster.sql("db1", "CREATE TABLE test.away (id INT PRIMARY KEY, note VARCHAR(20)) ENGINE=InnoDB")
    cluster.sql("db1", "INSERT INTO test.away VALUES (1, 'a'), (2, 'b')")
    cluster.sql("db1", "CREATE TABLE test.away_ids (id INT AUTO_INCREMENT PRIMARY KEY)")
    cluster.sql("db1", "CREATE PROCEDURE test.refuses() BEGIN INSERT INTO test.away VALUES (100, 'once'); "
                       "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, "
                       "MESSAGE_TEXT = 'running with the --read-only option so it cannot'; END")
    cluster.sql("db1", "CREATE PROCEDURE test.ends() BEGIN COMMIT; START TRANSACTION; INSERT INTO test.away VALUES (101, 'called'); END")
    cluster.sql("db1", "CREATE PROCEDURE test.says(note TEXT) BEGIN COMMIT; INSERT INTO test.away VALUES (103, note); END")
    cluster.sql("db1", "CREATE PROCEDURE test.counts() SELECT COUNT(*) FROM test.away")
    cluster.sql("db1", "CREATE PROCEDURE test.shows_nothing() SET @shown = 0")
    stored_code.hide(cluster)  # procedures that headgate knows may run on replicas


@pytest.fixture(autouse=True)
def clean(cluster):
    yield
    cluster.sql("db1", "DELETE FROM test.away WHERE id > 2")
    cluster.sync()


def place(db):
    return "primary" if value(db, "SELECT @@server_id") == 1 else "replica"


def code(db, sql):
    with pytest.raises(pymysql.err.MySQLError) as refused:
        rows(db, sql)
    return refused.value.args[0]


@pytest.mark.smoke
def test_read_only_transaction_stays_on_one_replica(cluster, hg):
    with hg.connect() as db:
        rows(db, "START TRANSACTION READ ONLY")
        assert value(db, "SELECT COUNT(*) FROM away") == 2
        server = value(db, "SELECT @@server_id")
        cluster.sql("db1", "INSERT INTO test.away VALUES (3, 'c')")
        cluster.sync()
        for _ in range(5):
            assert value(db, "SELECT COUNT(*) FROM away") == 2, "one snapshot"
            assert value(db, "SELECT @@server_id") == server != 1
        rows(db, "COMMIT")
        assert value(db, "SELECT COUNT(*) FROM away") == 3


@pytest.mark.smoke
@pytest.mark.parametrize("ends", ["BEGIN", "CREATE TABLE IF NOT EXISTS away2 (a INT)", "LOCK TABLES away WRITE"])
def test_what_ends_it_runs_on_the_primary(hg, ends):
    with hg.connect() as db:
        rows(db, "START TRANSACTION READ ONLY")
        assert place(db) == "replica"
        rows(db, ends if ends != "BEGIN" else "START TRANSACTION READ WRITE")
        rows(db, "INSERT INTO away VALUES (3, 'x')")


@pytest.mark.smoke
def test_several_statements_after_a_commit_run_where_writes_go(hg):
    with hg.connect(client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS) as db:
        rows(db, "START TRANSACTION READ ONLY")
        assert place(db) == "replica"
        rows(db, "COMMIT; BEGIN")
        rows(db, "INSERT INTO away VALUES (4, 'x')")
        assert place(db) == "primary"
        rows(db, "ROLLBACK")


@pytest.mark.smoke
def test_questions_in_a_transaction_are_answered_where_the_answer_lies(hg):
    """… with the transaction's flags, in both forms of the protocol, and it goes on."""
    for caps in (w.MODERN_CAPS, w.OLD_CAPS):
        with hg.wire(caps=caps) as db:
            assert len(db.query("SELECT id FROM away").text_rows(0)) == 2
            db.query("BEGIN")
            db.query("INSERT INTO away VALUES (5, 'x')")
            reply = db.command(w.QUERY, "SELECT COUNT(*), FOUND_ROWS() FROM away")
            assert reply.error.code == 1235, "no mere question: it reads in the transaction, where the count is not known"
            assert db.query("SELECT COUNT(*) FROM away").text_rows(0) == [(b"3",)]
            db.query("ROLLBACK")
            db.query("SELECT id FROM away")
            db.query("BEGIN")
            db.query("INSERT INTO away VALUES (7, 'y')")
            reply = db.command(w.QUERY, "SELECT FOUND_ROWS()")
            assert [reply.text_rows(0)[0][0], bool(reply.status & w.IN_TRANS)] == [b"2", True]
            reply = db.command(w.QUERY, "SELECT COUNT(*) FROM away")
            assert reply.status & w.IN_TRANS
            db.query("INSERT INTO away VALUES (6, 'x')")
            db.query("ROLLBACK")
            assert len(db.query("SELECT id FROM away").text_rows(0)) == 2


@pytest.mark.smoke
def test_a_question_that_reads_tables_begins_its_transaction_on_the_primary(hg):
    with hg.connect() as db:
        assert len(rows(db, "SELECT id FROM away FOR UPDATE")) == 2
        rows(db, "SET autocommit = 0")
        assert rows(db, "SELECT COUNT(*), FOUND_ROWS() FROM away") == ((2, 2),)
        rows(db, "INSERT INTO away VALUES (8, 'x')")
        rows(db, "ROLLBACK")
        assert rows(db, "SELECT COUNT(*) FROM away") == ((2,),)


@pytest.mark.smoke
def test_a_prepared_question_is_prepared_elsewhere_without_changing_the_answer(hg):
    with hg.wire() as db:
        db.query("SELECT id FROM away")
        prepared = db.command(w.PREPARE, "SELECT ROW_COUNT()")
        assert not prepared.error
        db.query("USE app2")
        db.query("INSERT INTO test.away VALUES (21, 'x'), (22, 'y')")
        reply = db.command(w.EXECUTE, execute(prepared.statement_id, []))
        assert [bytes(row)[-8:] if isinstance(row, bytes) else row for row in reply.results[0]] == [b"\2" + bytes(7)]


@pytest.mark.smoke
@pytest.mark.parametrize("opening", [["SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"],
                                     ["SET autocommit = 0", "SELECT CAST('x' AS UNSIGNED) FROM away"]])
def test_warnings_of_what_opened_it_are_told(cluster, hg, opening):
    """The id of an INSERT before it has come there with the opening, not between that and the question."""
    told = []
    for connect in (hg.wire, lambda: direct(cluster)):
        with connect() as db:
            for sql in ("INSERT INTO away_ids VALUES (NULL)", *opening):
                db.query(sql)
            warnings = db.query("SHOW WARNINGS").text_rows(0)
            assert db.query("SELECT LAST_INSERT_ID() = MAX(id) FROM away_ids").text_rows(0) == [(b"1",)]
            told.append(warnings)
            db.query("ROLLBACK")
    assert told[0] == told[1] and told[0]


@pytest.mark.smoke
def test_a_ping_tells_whether_a_transaction_is_open_after_an_error(hg):
    """FLUSH commits before it is refused, and an ERR has no flags."""
    with hg.wire() as db:
        db.query("BEGIN")
        db.query("INSERT INTO away VALUES (9, 'x')")
        assert db.command(w.QUERY, "FLUSH TABLES away").error.code == 1227
        assert not db.command(w.PING).status & w.IN_TRANS
        assert db.query("SELECT @@server_id").text_rows(0)[0][0] != b"1", "and it is known now"
        db.query("BEGIN")
        assert db.command(w.PING).status & w.IN_TRANS


@pytest.mark.smoke
@pytest.mark.parametrize("fails", ["DROP TABLE nosuch", "ALTER TABLE nosuch ADD b INT", "SELECT * FROM nosuch", "INSERT INTO nosuch VALUES (1)"])
def test_a_question_tells_whether_a_transaction_is_open_after_an_error(cluster, hg, fails):
    """The replica that answers it does not know; some statements that fail have ended it."""
    questions = ["SELECT FOUND_ROWS()", "SELECT ROW_COUNT()", "SELECT COUNT(*) FROM away"]
    if cluster.family == "mariadb" and fails.startswith("SELECT"):
        del questions[0]  # refused: not known which number the error leaves

    def heard(client):
        for sql in ("SELECT * FROM away", "BEGIN", fails):
            client.command(w.QUERY, sql)
        replies = [client.command(w.QUERY, sql) for sql in questions]
        return [(reply.text_rows(), reply.status & ~w.STATE_CHANGED) for reply in replies]
    with hg.wire() as through, direct(cluster) as alone:
        assert heard(through) == heard(alone)


@pytest.mark.smoke
def test_a_write_that_asks_about_a_read_on_a_replica_is_refused(hg):
    """The primary does not know how many rows that had: what it would write were wrong."""
    with hg.wire() as client:
        assert len(client.rows("SELECT * FROM away")) == 2
        for sql in ("INSERT INTO away VALUES (FOUND_ROWS() + 50, 'x')", "INSERT INTO away VALUES (ROW_COUNT() + 50, 'x')", "SET @n = FOUND_ROWS()",
                    "SELECT FOUND_ROWS() FROM away FOR UPDATE"):
            assert client.command(w.QUERY, sql).error.code == 1235
        client.query("SELECT * FROM away FOR UPDATE")
        client.query("INSERT INTO away VALUES (FOUND_ROWS() + 50, 'x')")
        assert client.rows("SELECT id FROM away WHERE id > 40 FOR UPDATE") == [(b"52",)]


@pytest.mark.smoke
def test_found_rows_after_stored_code_are_right_or_refused(cluster, hg):
    """What shows no rows may have counted some, or none: only the server that ran both knows."""
    with direct(cluster) as alone, hg.wire() as client:
        for read in ("SELECT * FROM away", "SELECT * FROM away FOR UPDATE"):
            for code in ("CALL shows_nothing()", "CALL counts()", "CALL refuses()"):
                heard = []
                for db in (alone, client):
                    db.query(read)
                    db.command(w.QUERY, code)
                    asked = db.command(w.QUERY, "SELECT FOUND_ROWS()")
                    heard.append(asked.error.code if asked.error else asked.results)
                    db.query("DELETE FROM away WHERE id > 2")
                must_know = "UPDATE" in read or "counts" in code
                assert heard[0] == heard[1] or heard[1] == 1235 and not must_know, (read, code, heard)


@pytest.mark.smoke
def test_a_text_that_sql_prepared_asks_as_if_it_were_said(cluster, hg):
    """(Reads stay on the primary while SQL has prepared something there. MySQL has no EXECUTE IMMEDIATE.)"""
    asking = {"INSERT INTO away VALUES (FOUND_ROWS() + 50, ''x'')": None, "SELECT FOUND_ROWS()": [(b"2",)], "SELECT ROW_COUNT()": [(b"-1",)]}
    with hg.wire() as client:
        for sql in asking if cluster.family == "mariadb" else ():
            client.query("SELECT * FROM away")
            assert client.command(w.QUERY, f"EXECUTE IMMEDIATE '{sql}'").error.code == 1235
        for sql, told in asking.items():
            client.query(f"PREPARE asking FROM '{sql}'")
            client.query("SELECT * FROM away")
            assert not told or client.rows("EXECUTE asking") == told
        client.query("SELECT * FROM away")
        client.query("PREPARE asking FROM 'INSERT INTO away VALUES (FOUND_ROWS() + 50, ''x'')'")
        client.query("EXECUTE asking")
        assert client.rows("SELECT id FROM away WHERE id > 40 FOR UPDATE") == [(b"52",)]


@pytest.mark.smoke
def test_a_write_that_counts_warnings_counts_those_of_the_statement_before(hg):
    """Refused where another server has them; not those that the primary has from before."""
    with hg.wire() as client:
        client.query("SELECT CAST('x' AS UNSIGNED) FROM away")
        for sql in ("INSERT INTO away VALUES (@@warning_count + 60, 'x')", "SET @n = @@session.warning_count"):
            assert client.command(w.QUERY, sql).error.code == 1235
        client.query("INSERT IGNORE INTO away SELECT id, 'again' FROM away")
        client.query("SET @n = @@warning_count")
        assert client.rows("SELECT @n > 0") == [(b"1",)]
        client.query("INSERT IGNORE INTO away SELECT id, 'again' FROM away")
        client.query("SELECT id FROM away")
        client.query("INSERT INTO away VALUES (@@local.warning_count + 60, 'x')")
        assert client.rows("SELECT id FROM away WHERE id > 40 FOR UPDATE") == [(b"60",)]


@pytest.mark.smoke
def test_questions_in_a_read_only_transaction_about_a_write_before_it(hg):
    with hg.wire(caps=w.OLD_CAPS) as db:
        db.query("SELECT id FROM away WHERE id = 1 FOR UPDATE")
        db.query("START TRANSACTION READ ONLY")
        reply = db.command(w.QUERY, "SELECT FOUND_ROWS()")
        assert [reply.text_rows(0)[0][0], bool(reply.status & w.IN_TRANS)] == [b"1", True]
        assert db.query("SELECT @@server_id").text_rows(0)[0][0] != b"1", "it goes on where it was"
        assert db.command(w.QUERY, "SELECT LAST_INSERT_ID(5)").error.code == 1235


def test_state_of_one_server_is_refused_there(hg):
    with hg.connect() as db:
        rows(db, "START TRANSACTION READ ONLY")
        assert value(db, "SELECT COUNT(*) FROM away") == 2
        assert code(db, "SELECT GET_LOCK('away', 0)") == 1235
        assert code(db, "SET GLOBAL long_query_time = 7") == 1235
        assert place(db) == "replica", "and the transaction goes on"
        rows(db, "COMMIT")
        assert value(db, "SELECT GET_LOCK('away', 0)") == 1


def test_a_schema_that_is_gone_costs_no_transaction(cluster, hg):
    """A statement prepared in a schema cannot be prepared again without it: that error is all that happens."""
    cluster.sql("db1", "CREATE DATABASE away_gone")
    cluster.sql("db1", "GRANT ALL ON away_gone.* TO 'app'@'%'")
    cluster.sync()
    with hg.wire() as client:
        client.query("USE away_gone")
        prepared = client.command(w.PREPARE, b"SELECT 1 + ?")
        client.query("USE test")
        cluster.sql("db1", "DROP DATABASE away_gone")
        cluster.sync()
        client.query("BEGIN")
        client.query("INSERT INTO away VALUES (5, 'lost')")
        assert client.command(w.EXECUTE, execute(prepared.statement_id, [1])).error.code == 1049
        client.query("INSERT INTO away VALUES (6, 'lost')")
        client.query("ROLLBACK")
        assert client.value("SELECT COUNT(*) FROM away") == b"2"


def written(cluster):
    """The rows that were written, which are the same on every server."""
    cluster.sync()
    found = {int(node.value("SELECT COUNT(*) FROM test.away WHERE id > 2")) for node in cluster.nodes()}
    assert len(found) == 1, "a replica was written to"
    return found.pop()


@pytest.mark.smoke
@pytest.mark.parametrize("is_prepared", [False, True], ids=["text", "prepared"])
def test_procedure_that_ends_it_and_writes_does_so_on_the_primary(cluster, hg, is_prepared):
    """The procedure is root's, whom read_only does not stop on a replica."""
    with hg.wire() as client:
        call = client.command(w.PREPARE, "CALL ends()").statement_id if is_prepared else None
        assert client.query("START TRANSACTION READ ONLY").status & w.IN_TRANS_READONLY
        reply = client.command(w.EXECUTE, execute(call)) if is_prepared else client.query("CALL ends()")
        assert reply.status & (w.IN_TRANS | w.IN_TRANS_READONLY) == w.IN_TRANS
        client.query("INSERT INTO away VALUES (102, 'after it')")
        client.query("COMMIT")
    assert written(cluster) == 2


@pytest.mark.smoke
def test_procedure_that_reads_leaves_it_read_only(cluster, hg):
    with hg.connect() as db:
        rows(db, "START TRANSACTION READ ONLY")
        assert place(db) == "replica"
        assert rows(db, "CALL counts()") == ((2,),)
        cluster.sql("db1", "INSERT INTO test.away VALUES (3, 'c')")
        assert value(db, "SELECT COUNT(*) FROM away") == 2 and place(db) == "primary", "one snapshot"
        assert code(db, "INSERT INTO away VALUES (4, 'd')") == 1792
        assert code(db, "CALL nosuch()") == 1305
        assert code(db, "INSERT INTO away VALUES (4, 'd')") == 1792
        rows(db, "COMMIT")
        rows(db, "INSERT INTO away VALUES (4, 'd')")
    assert written(cluster) == 2


@pytest.mark.smoke
@pytest.mark.parametrize("begin, read", [("START TRANSACTION READ ONLY", "SELECT COUNT(*) FROM away"),
                                         ("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", "DO 1")])
def test_procedure_is_not_run_after_a_replica_has_shown_data(cluster, hg, begin, read):
    with hg.connect() as db:
        rows(db, begin)
        rows(db, read)
        assert code(db, "CALL ends()") == 1235
        assert place(db) == "replica" and code(db, "INSERT INTO away VALUES (5, 'e')") == 1792
        rows(db, "COMMIT")
        rows(db, "CALL ends()")
        rows(db, "COMMIT")
    assert written(cluster) == 1


@pytest.mark.smoke
@pytest.mark.parametrize("begin", [["START TRANSACTION READ ONLY"], ["SET SESSION TRANSACTION READ ONLY", "SET autocommit = 0"]])
def test_procedure_is_refused_once(hg, begin):
    """Who runs procedures in read-only transactions that have read hears of it once: the next ones run on the primary."""
    with hg.connect() as db:
        for sql in begin:
            rows(db, sql)
        assert value(db, "SELECT COUNT(*) FROM away") == 2 and place(db) == "replica"
        assert code(db, "CALL counts()") == 1235
        rows(db, "ROLLBACK")
        for _ in range(2):
            rows(db, begin[0])
            assert value(db, "SELECT COUNT(*) FROM away") == value(db, "CALL counts()") == 2
            assert place(db) == "primary"
            rows(db, "COMMIT")


@pytest.mark.smoke
@pytest.mark.parametrize("anew", ["reset", "change user"])
def test_whoever_comes_next_may_read_on_replicas(hg, anew):
    """Pools hand a connection on: that its last user ran procedures in read-only transactions is not the next one's matter."""
    with hg.wire() as client:
        client.query("START TRANSACTION READ ONLY")
        client.query("SELECT COUNT(*) FROM away")
        assert client.command(w.QUERY, "CALL counts()").error.code == 1235
        client.query("ROLLBACK")
        for is_on_primary in (True, False):
            client.query("START TRANSACTION READ ONLY")
            assert (client.value("SELECT @@server_id") == b"1") == is_on_primary
            client.query("COMMIT")
            if anew == "reset":
                assert client.command(w.RESET_CONNECTION).error is None
            else:
                client.change_user("app", "app_pw", "test")


@pytest.mark.smoke
def test_procedure_is_not_run_on_the_replica_that_has_its_long_data(cluster, hg):
    with hg.wire() as client:
        client.query("START TRANSACTION READ ONLY")
        number = client.command(w.PREPARE, "CALL says(?)").statement_id
        for _ in range(2):
            client.send(w.LONG_DATA, w.int4(number) + w.int2(0) + b"piece ")
        assert client.command(w.EXECUTE, execute(number, [SENT_BEFORE])).error.code == 1235
        client.query("COMMIT")
        assert client.command(w.RESET, w.int4(number)).error is None
        client.send(w.LONG_DATA, w.int4(number) + w.int2(0) + b"whole")
        assert client.command(w.EXECUTE, execute(number, [SENT_BEFORE])).error is None
        client.query("COMMIT")
    assert written(cluster) == 1


@pytest.mark.smoke
def test_stored_code_that_says_read_only_is_not_run_again(cluster, hg):
    with hg.connect() as db:
        assert code(db, "CALL refuses()") == 1290
    assert int(cluster.primary().value("SELECT COUNT(*) FROM test.away WHERE id = 100")) == 1


def test_resetting_a_statement_runs_nothing_of_it(hg):
    with hg.wire() as client:
        creates = client.command(w.PREPARE, b"CREATE TABLE IF NOT EXISTS away3 (a INT)")
        leaves = client.command(w.PREPARE, b"COMMIT RELEASE")
        client.query("START TRANSACTION READ ONLY")
        assert client.value("SELECT COUNT(*) FROM away") == b"2"
        server = client.value("SELECT @@server_id")
        for statement in (creates, leaves):
            assert not client.command(w.RESET, w.int4(statement.statement_id)).error
        assert client.value("SELECT @@server_id") == server != b"1"


def test_an_error_does_not_hide_a_transaction_that_autocommit_0_began(cluster, hg):
    with hg.connect() as db:
        rows(db, "SET SESSION TRANSACTION READ ONLY")
        rows(db, "SET autocommit = 0")
        assert code(db, "SELECT (SELECT id FROM away)") == 1242
        rows(db, "COMMIT")
        cluster.sql("db1", "INSERT INTO test.away VALUES (7, 'x')")
        cluster.sync()
        assert value(db, "SELECT COUNT(*) FROM away") == 3


@pytest.mark.smoke
def test_user_variables_set_in_it_stay_there_until_the_primary_needs_them(hg):
    with hg.connect() as db:
        rows(db, "START TRANSACTION READ ONLY")
        rows(db, "SELECT @n := 71 + COUNT(*) * 0 FROM away")
        rows(db, "COMMIT")
        assert value(db, "SELECT @@server_id + 0 * @n") != 1
        rows(db, "INSERT INTO away VALUES (@n, 'x')")
        assert value(db, "SELECT @@server_id + 0 * @n") == 1
        assert value(db, "SELECT COUNT(*) FROM away WHERE id = @n") == 1


def test_release_ends_the_connection(hg):
    with hg.wire() as client:
        client.query("BEGIN")
        assert not client.command(w.QUERY, "COMMIT RELEASE").error
        with pytest.raises((w.WireError, OSError)):
            client.command(w.QUERY, "SELECT 1")
