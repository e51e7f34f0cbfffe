"""What a session asks about its earlier statements after somebody else has had its connection: as it is alone.

The same is said through headgate, which has one connection to the primary, in one schema, and to the server itself in
another schema with the same tables.
"""

import contextlib

import pytest

import mysqlwire as w
from client import execute
from conftest import FLAVOUR
from headgate import Headgate, direct
from proxy import wait_until

pytestmark = [pytest.mark.room("state"), pytest.mark.smoke]

IS_MARIADB = FLAVOUR.startswith("mariadb")
THROUGH, ALONE = "test", "app2"
TABLES = [
    "ids (id INT AUTO_INCREMENT PRIMARY KEY, n INT, UNIQUE (n))", "marks (n INT)",
    "logged (id INT AUTO_INCREMENT PRIMARY KEY, n INT)", "log (id INT AUTO_INCREMENT PRIMARY KEY, n INT) AUTO_INCREMENT = 700",
]

# What it says first: text, or (text, values) of a prepared statement.
IDS = {
    "generated": ["INSERT INTO ids (n) VALUES (11)"],
    "given": ["INSERT INTO ids (n) VALUES (11)", "INSERT INTO ids (id, n) VALUES (500, 12)"],
    "given alone": ["INSERT INTO ids (id, n) VALUES (500, 12)"],
    "given by a parameter": [("INSERT INTO ids (n) VALUES (?)", [11]), ("INSERT INTO ids (id, n) VALUES (?, ?)", [500, 12])],
    "several": ["INSERT INTO ids (n) VALUES (11), (12), (13)"],
    "given and generated": ["INSERT INTO ids (id, n) VALUES (500, 11), (NULL, 12), (600, 13)"],
    "none": ["INSERT INTO ids (n) VALUES (11)", "INSERT INTO marks VALUES (1)", "UPDATE marks SET n = 2"],
    "selected": ["INSERT INTO ids (id, n) SELECT 400, 11", "INSERT INTO ids (n) SELECT 12"],
    "changed instead": ["INSERT INTO ids (n) VALUES (11), (12)", "INSERT INTO ids (n) VALUES (11) ON DUPLICATE KEY UPDATE n = 14"],
    "changed instead, told": ["INSERT INTO ids (n) VALUES (11), (12)",
                              "INSERT INTO ids (n) VALUES (12) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), n = 14"],
    "replaced": ["INSERT INTO ids (n) VALUES (11)", "REPLACE INTO ids (n) VALUES (11)", "REPLACE INTO ids (id, n) VALUES (500, 11)"],
    "ignored": ["INSERT INTO ids (n) VALUES (11)", "INSERT IGNORE INTO ids (n) VALUES (11)"],
    "failed": ["INSERT INTO ids (n) VALUES (11)", "INSERT INTO ids (n) VALUES (12), (11)"],
    "loaded": ["INSERT INTO ids (n) VALUES (11)", "LOAD DATA LOCAL INFILE 'rows' INTO TABLE ids (n)"],
    "by a trigger, too": ["INSERT INTO logged (n) VALUES (3)"],
    "made with its rows": ["CREATE TABLE made (id INT AUTO_INCREMENT PRIMARY KEY) SELECT 5 AS n", "DROP TABLE made"],
    "said": ["INSERT INTO ids (n) VALUES (11)", "SELECT LAST_INSERT_ID(77)"],
    "set": ["SET last_insert_id = 78"],
    "counted": ["UPDATE marks SET n = LAST_INSERT_ID(n + 1)", "INSERT INTO marks VALUES (5)", "UPDATE marks SET n = LAST_INSERT_ID(n + 1)"],
    "without a limit": ["SET sql_select_limit = 0", "INSERT INTO ids (id, n) VALUES (500, 12)", "SET sql_select_limit = DEFAULT"],
    "in a transaction": ["BEGIN", "INSERT INTO ids (n) VALUES (11)", "INSERT INTO ids (id, n) VALUES (500, 12)", "COMMIT"],
    "rolled back": ["BEGIN", "INSERT INTO ids (n) VALUES (11)", "ROLLBACK"],
    "without autocommit": ["SET autocommit = 0", "INSERT INTO ids (id, n) VALUES (500, 12)", "COMMIT"],
}
if IS_MARIADB:
    IDS |= {
        "returned": ["INSERT INTO ids (n) VALUES (11), (12) RETURNING id"],
        "deleted": ["INSERT INTO ids (n) VALUES (11)", "DELETE FROM ids RETURNING id"],
        "given and returned": ["INSERT INTO ids (n) VALUES (11)", "INSERT INTO ids (id, n) VALUES (500, 12) RETURNING id"],
    }


# What has drawn from a sequence, and what asks that.
DRAWS = ["SELECT NEXTVAL(s1)", "SELECT NEXT VALUE FOR s1", "INSERT INTO marks VALUES (NEXTVAL(`s1`))", "DO NEXTVAL(s1)", ("SELECT NEXTVAL(s1), ?", [5])]
DRAWN = ["SELECT LASTVAL(s1)", "SELECT PREVIOUS VALUE FOR s1", "SELECT n, LASTVAL(`s1`) FROM marks", "SELECT LASTVAL ( S1 )"]


@pytest.fixture(scope="module")
def narrow(cluster):
    for schema in (THROUGH, ALONE):
        for table in TABLES:
            cluster.sql("db1", f"CREATE TABLE {schema}.{table}")
        cluster.sql("db1", f"CREATE TRIGGER {schema}.logs AFTER INSERT ON {schema}.logged FOR EACH ROW INSERT INTO {schema}.log (n) VALUES (NEW.n)")
        cluster.sql("db1", f"CREATE FUNCTION {schema}.marks_itself() RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN SET @marked = 1; RETURN 1; END")
        if IS_MARIADB:
            cluster.sql("db1", f"CREATE SEQUENCE {schema}.s1")
            cluster.sql("db1", f"CREATE SEQUENCE {schema}.s2")
            cluster.sql("db1", f"CREATE TABLE {schema}.drawn (id INT DEFAULT NEXTVAL({schema}.s2), n INT)")
    cluster.sync()
    with Headgate(cluster, extra={"workers": 1}, server_settings={"max_connections": 1}, timeouts={"pool_wait": "60s"}) as headgate:
        yield headgate


@pytest.fixture
def sides(cluster, narrow):
    """(through headgate, alone, somebody else through headgate)"""
    for schema in (THROUGH, ALONE):
        for table in TABLES:
            cluster.sql("db1", f"TRUNCATE {schema}.{table.split()[0]}")
        cluster.sql("db1", f"INSERT INTO {schema}.marks VALUES (40)")
    with contextlib.ExitStack() as stack:
        through, other = (stack.enter_context(narrow.wire("writes", schema=THROUGH)) for _ in range(2))
        alone = stack.enter_context(direct(cluster, schema=ALONE))
        for client in (through, alone):
            client.infile = lambda name: b"21\n22\n"
        yield through, alone, other


def say(client, act):
    """The reply to a text, or to (text, values)."""
    if isinstance(act, str):
        return client.command(w.QUERY, act)
    prepared = client.command(w.PREPARE, act[0])
    if prepared.error:
        return prepared
    statement = prepared.statement_id
    reply = client.command(w.EXECUTE, execute(statement, act[1]))
    client.command(w.CLOSE, w.int4(statement))
    return reply


def ask(client, text):
    reply = client.command(w.QUERY, text)
    return reply.error, reply.text_rows(0) if reply.results else None


@pytest.mark.parametrize("name", IDS)
def test_last_insert_id_goes_with_the_session(sides, name):
    through, alone, other = sides
    for act in IDS[name]:
        errors = [(reply.error and reply.error.code) for reply in (say(through, act), say(alone, act))]
        assert errors[0] == errors[1]
    other.query("UPDATE marks SET n = n")
    assert ask(through, "SELECT LAST_INSERT_ID()") == ask(alone, "SELECT LAST_INSERT_ID()")


@pytest.mark.parametrize("act", ["GET DIAGNOSTICS @a = NUMBER, @b = ROW_COUNT", "GET DIAGNOSTICS CONDITION 1 @a = MESSAGE_TEXT", "SHOW WARNINGS",
                                 "SET @a = 1", "SELECT 1", "UPDATE marks SET n = n", "USE " + THROUGH, "SELECT nosuch"])
def test_row_count_is_right_or_refused_when_its_connection_has_gone(sides, act):
    """GET DIAGNOSTICS leaves it as it was, if there is what it asks for: its OK says 0 all the same."""
    through, alone, other = sides
    for client in (through, alone):
        say(client, "INSERT INTO marks VALUES (41), (42)")
        say(client, act.replace(THROUGH, ALONE) if client is alone else act)
    other.query("UPDATE marks SET n = n")
    reply = through.command(w.QUERY, "SELECT ROW_COUNT()")
    assert is_refused(reply) or reply.text_rows(0) == ask(alone, "SELECT ROW_COUNT()")[1]


@pytest.mark.parametrize("act", ["SHOW COLUMNS FROM nosuch", "SHOW INDEX FROM nosuch", "DESCRIBE nosuch", "EXPLAIN nosuch", "SHOW EXPLAIN FOR 99999",
                                 "SHOW CREATE TABLE nosuch", "SHOW TABLES FROM nosuch", "SHOW VARIABLES WHERE nosuch = 1", "EXPLAIN SELECT 1 FROM nosuch",
                                 "HELP 'nosuch'", "HELP 'contents'"])
@pytest.mark.parametrize("before", ["UPDATE marks SET n = n + 1", "SELECT nosuch FROM marks", "SELECT n FROM marks", "DO 0", "SET @a = 1", "USE " + THROUGH])
@pytest.mark.parametrize("is_gone", [False, pytest.param(True, marks=pytest.mark.long)])  # a second each
def test_row_count_after_what_may_leave_it_alone(sides, before, act, is_gone):
    """MariaDB leaves it as it was in some of these, with errors or without."""
    through, alone, other = sides
    for client in (through, alone):
        say(client, before.replace(THROUGH, ALONE) if client is alone else before)
        say(client, act)
    if is_gone:
        other.query("UPDATE marks SET n = n")
    reply = through.command(w.QUERY, "SELECT ROW_COUNT()")
    assert is_refused(reply) or reply.text_rows(0) == ask(alone, "SELECT ROW_COUNT()")[1]


@pytest.mark.parametrize("first", ["SELECT n FROM marks", "SELECT CAST('x' AS UNSIGNED) FROM marks", "DROP TABLE IF EXISTS nosuch"])
@pytest.mark.parametrize("act", ["GET DIAGNOSTICS CONDITION 1 @c = MESSAGE_TEXT", "GET DIAGNOSTICS CONDITION 2 @c = MESSAGE_TEXT", "GET DIAGNOSTICS @c = NUMBER"])
def test_what_a_question_adds_to_the_warnings_is_told_or_refused(sides, first, act):
    """1758: there is no such condition."""
    through, alone, other = sides
    for client in (through, alone):
        say(client, first)
        say(client, act)
    other.query("UPDATE marks SET n = n")
    reply = through.command(w.QUERY, "SHOW WARNINGS")
    assert is_refused(reply) or reply.text_rows(0) == ask(alone, "SHOW WARNINGS")[1]


def test_warnings_of_what_headgate_repeats_are_not_told(cluster, narrow):
    """A SET that warns is said again to the replica, where FOUND_ROWS() must not be lost."""
    with narrow.wire(schema=THROUGH) as through, direct(cluster, schema=ALONE) as alone:
        for said in ("SELECT n FROM marks", "SET max_sort_length = 4", "UPDATE marks SET n = n", "START TRANSACTION READ ONLY",
                     "SELECT marks_itself()", "SHOW WARNINGS"):
            replies = [say(client, said) for client in (through, alone)]
        assert replies[0].text_rows(0) == replies[1].text_rows(0) == []


@contextlib.contextmanager
def drained(headgate, names):
    for name in names:
        headgate.admin(f"drain {name}")
    try:
        wait_until(lambda: not any(row["connections_idle"] + row["connections_active"] for row in headgate.show("servers") if row["name"] in names),
                   "no session has a connection there", 60)
        yield
    finally:
        for name in names:
            headgate.admin(f"enable {name}")


@pytest.mark.parametrize("left", ["SELECT nosuch FROM marks FOR UPDATE", "DROP TABLE IF EXISTS nosuch"])
@pytest.mark.parametrize("act", ["PREPARE p FROM 'SET @a = 1'", "DO 0", "CALL nosuch()", "SET @a = 1"])
@pytest.mark.parametrize("question", ["SHOW WARNINGS", "SELECT @@error_count"])
@pytest.mark.parametrize("is_drained", [False, True])
def test_warnings_that_a_read_elsewhere_has_cleared_do_not_come_back(cluster, narrow, left, act, question, is_drained):
    """The primary's connection has them still: a statement without tables leaves them to MariaDB. It is asked where there is no
    replica any more.
    """
    with narrow.wire(schema=THROUGH) as through, direct(cluster, schema=ALONE) as alone:
        for client in (through, alone):
            for said in (left, "SELECT n FROM marks", act):
                say(client, said)
        with drained(narrow, ["db2", "db3"] if is_drained else []):
            replies = [say(client, question) for client in (through, alone)]
    assert is_refused(replies[0]) or replies[0].text_rows(0) == [
        tuple(value and value.replace(ALONE.encode(), THROUGH.encode()) for value in row) for row in replies[1].text_rows(0)]


@pytest.mark.parametrize("before", ["SELECT n FROM marks", "SELECT 1", "SELECT nosuch FROM marks"])
@pytest.mark.parametrize("prepared", ["SELECT @a", "SELECT n FROM marks WHERE n = @a"])
def test_row_count_is_not_that_of_what_headgate_says_before_a_prepare(cluster, narrow, before, prepared):
    """A PREPARE leaves it as it was; what its connection is told ahead of it does not."""
    told = []
    with narrow.wire(schema=THROUGH) as through, direct(cluster, schema=ALONE) as alone, narrow.wire(schema=THROUGH) as other:
        for client in (through, alone):
            say(client, "SET @a = 1")
            if client is through:
                other.query("UPDATE marks SET n = n")
            say(client, before)
            assert client.command(w.PREPARE, prepared).error is None
            told.append(client.command(w.QUERY, "SELECT ROW_COUNT()"))
    assert is_refused(told[0]) or told[0].text_rows(0) == told[1].text_rows(0)


@pytest.mark.parametrize("question", ["GET DIAGNOSTICS @a = NUMBER, @b = ROW_COUNT", "GET DIAGNOSTICS @a = NUMBER", "GET DIAGNOSTICS @a = ROW_COUNT",
                                      "SELECT FOUND_ROWS(), ROW_COUNT()", "SELECT @@warning_count, ROW_COUNT()"])
@pytest.mark.parametrize("between", ["DO 0", "SELECT LENGTH('a')", "SELECT n FROM marks", "UPDATE marks SET n = n"])
@pytest.mark.parametrize("first", ["DROP TABLE IF EXISTS nosuch", "SELECT CAST('x' AS UNSIGNED)", "SELECT nosuch", "SELECT n FROM marks"])
def test_who_asks_several_things_hears_all_or_nothing(cluster, narrow, first, between, question):
    """The answers may lie on two servers: then it is refused, never half of it answered by the wrong one."""
    heard = []
    with narrow.wire(schema=THROUGH) as through, direct(cluster, schema=ALONE) as alone:
        for client in (through, alone):
            say(client, first)
            say(client, between)
            reply = say(client, question)
            rows = reply.text_rows(0) if reply.results else None
            heard.append((reply, rows, ask(client, "SELECT @a, @b")))
    assert is_refused(heard[0][0]) or heard[0][1:] == heard[1][1:]


@pytest.fixture
def no_cached_threads(cluster):
    nodes = [cluster.primary(), *cluster.replicas()]
    before = [node.value("SELECT @@GLOBAL.thread_cache_size") for node in nodes]
    for node in nodes:
        node.sql("SET GLOBAL thread_cache_size = 0")
    yield
    for node, size in zip(nodes, before):
        node.sql(f"SET GLOBAL thread_cache_size = {size}")


@pytest.mark.parametrize("act", ["SELECT nosuch", "SELECT CAST('x' AS UNSIGNED)"])
def test_nobody_hears_of_others_warnings(no_cached_threads, sides, act):
    """MariaDB's number of them outlives a reset where max_error_count is 0 (and the connection, on a thread that is used again)."""
    through, alone, other = sides
    through.query("DO 0")
    say(other, "SET max_error_count = 0")
    say(other, act)
    for text in ("SHOW COUNT(*) WARNINGS", "SELECT @@warning_count"):
        assert ask(through, text) == ask(alone, text)


# ---- sequences ----

needs_sequences = pytest.mark.family("mariadb")  # which alone has them
NOT_RUN = 1235


def is_refused(reply):
    return reply.error and reply.error.code == NOT_RUN and "earlier statement" in reply.error.message


@needs_sequences
@pytest.mark.parametrize("draw", DRAWS, ids=str)
def test_what_was_drawn_can_be_asked_at_once(sides, draw):
    through, alone, other = sides
    other.query("UPDATE marks SET n = n")
    for client in (through, alone):
        assert not say(client, draw).error
    for question in DRAWN:
        assert ask(through, question) == ask(alone, question)


@needs_sequences
def test_what_was_drawn_elsewhere_is_not_answered_with_null(cluster, sides):
    through, alone, other = sides
    say(through, "SELECT NEXTVAL(s1)")
    other.query("UPDATE marks SET n = 41")    # it waits until the connection is not kept any more
    for question in [*DRAWN, "UPDATE marks SET n = LASTVAL(s1)", ("SELECT LASTVAL(s1), ?", [5])]:
        assert is_refused(say(through, question)), question
    assert cluster.sql("db1", f"SELECT n FROM {THROUGH}.marks") == [(41,)]
    drawn = ask(through, "SELECT NEXTVAL(s1)")
    assert ask(through, "SELECT LASTVAL(s1)") == drawn and not drawn[0]
    assert is_refused(say(through, "SELECT LASTVAL(s2)")), "which may have been drawn on the connection before"


@needs_sequences
def test_a_column_that_draws_is_not_forgotten(sides):
    through, alone, other = sides
    for client in (through, alone):
        assert not say(client, "INSERT INTO drawn (n) VALUES (1)").error
    assert ask(through, "SELECT LASTVAL(s2) IS NULL") == ask(alone, "SELECT LASTVAL(s2) IS NULL")
    other.query("UPDATE marks SET n = n")
    assert is_refused(say(through, "SELECT LASTVAL(s2)"))


@needs_sequences
def test_a_reset_forgets_what_was_drawn(sides):
    through, alone, other = sides
    for client in (through, alone):
        say(client, "SELECT NEXTVAL(s1)")
        client.command(w.RESET_CONNECTION, b"")
    other.query("UPDATE marks SET n = n")
    assert ask(through, "SELECT LASTVAL(s1)") == ask(alone, "SELECT LASTVAL(s1)") == (None, [(None,)])


def test_an_id_that_is_lost_is_not_zero_after_a_failure(cluster, narrow):
    """Nor after anything else that may have generated none."""
    with narrow.wire() as client:
        client.query("SELECT LAST_INSERT_ID(2)")
        for (number,) in cluster.node("db1").sql("SELECT id FROM information_schema.processlist WHERE user = 'app'"):
            cluster.node("db1").sql(f"KILL {number}")
        wait_until(lambda: client.command(w.QUERY, "INSERT INTO nosuch VALUES (1)").error.code == 1146, "it is connected again")
        assert is_refused(client.command(w.QUERY, "SELECT LAST_INSERT_ID()"))


# ---- ROW_COUNT() and FOUND_ROWS() ----

# In passing: each runs where it must, whatever it asks.
IN_PASSING = ["SET @z = ROW_COUNT()", "INSERT INTO marks VALUES (ROW_COUNT())", ("INSERT INTO marks VALUES (ROW_COUNT() + ?)", [0]),
              "DO @z := ROW_COUNT()", "UPDATE marks SET n = FOUND_ROWS()", "SELECT @z, ROW_COUNT() FROM marks FOR UPDATE"]


@pytest.mark.parametrize("passing", IN_PASSING, ids=str)
def test_what_asks_in_passing_hears_the_right_answer_or_none(sides, passing):
    through, alone, other = sides
    for client in (through, alone):
        for act in ("SELECT n FROM marks FOR UPDATE", "UPDATE marks SET n = n + 1", passing):
            assert not say(client, act).error
    looks = "SELECT @z", "SELECT n FROM marks FOR UPDATE"
    assert [ask(through, look) for look in looks] == [ask(alone, look) for look in looks]
    through.command(w.RESET_CONNECTION)     # MySQL would not tell this account what @z is
    say(through, "SELECT n FROM marks FOR UPDATE")
    say(through, "UPDATE marks SET n = 5")
    other.query("UPDATE marks SET n = 6")
    assert is_refused(say(through, passing))
    assert ask(through, "SELECT MIN(n), MAX(n) FROM marks FOR UPDATE")[1] == [(b"6", b"6")]


@pytest.mark.parametrize("passing", IN_PASSING, ids=str)
def test_what_asks_in_passing_may_be_prepared_anywhere(sides, passing):
    """Only to run it takes an answer."""
    through, _, other = sides
    sql = passing if isinstance(passing, str) else passing[0]
    say(through, "SELECT n FROM marks FOR UPDATE")
    say(through, "UPDATE marks SET n = n")
    other.query("UPDATE marks SET n = n")
    prepared = through.command(w.PREPARE, sql)
    assert not prepared.error, prepared.error
    assert is_refused(through.command(w.EXECUTE, execute(prepared.statement_id, [0] * sql.count("?"))))


@pytest.mark.parametrize("question", ["SELECT FOUND_ROWS()", "SELECT COUNT(*), FOUND_ROWS() FROM marks", "SELECT ROW_COUNT() + 0"])
def test_a_question_may_be_prepared_before_there_is_an_answer(sides, question):
    """As programs do once, when they start."""
    through, alone, other = sides
    say(through, "SELECT n FROM marks FOR UPDATE")
    other.query("UPDATE marks SET n = n")
    prepared = [client.command(w.PREPARE, question) for client in (through, alone)]
    assert not prepared[0].error, prepared[0].error
    assert is_refused(through.command(w.EXECUTE, execute(prepared[0].statement_id, [])))
    heard = []
    for client, statement in zip((through, alone), prepared):
        say(client, "UPDATE marks SET n = n + 1")
        say(client, "SELECT n FROM marks WHERE n IS NULL FOR UPDATE")
        reply = client.command(w.EXECUTE, execute(statement.statement_id, []))
        assert not reply.error, reply.error
        heard.append(reply.results)
    assert heard[0] == heard[1]


@pytest.mark.parametrize("home", ["BEGIN", "CREATE TEMPORARY TABLE marks (n INT)"])
def test_a_question_that_reads_may_be_prepared_in_its_place(narrow, sides, home):
    with narrow.wire("split", schema=THROUGH) as through:
        for act in ("SELECT n FROM marks", home):
            assert not say(through, act).error
        prepared = through.command(w.PREPARE, "SELECT COUNT(*), FOUND_ROWS() FROM marks")
        assert not prepared.error, prepared.error
        assert is_refused(through.command(w.EXECUTE, execute(prepared.statement_id, [])))


COUNTS = {
    "changed": ["INSERT INTO marks VALUES (1), (2)"],
    "changed by a parameter": [("INSERT INTO marks VALUES (?), (?)", [1, 2])],
    "nothing changed": ["UPDATE marks SET n = 3 WHERE n = 77"],
    "selected": ["SELECT n FROM marks FOR UPDATE"],
    "set": ["SET sql_mode = ''"],
    "transaction": ["BEGIN", "DELETE FROM marks", "COMMIT"],
    "schema": ["USE {schema}"],
    "made": ["CREATE TABLE made AS SELECT 1 AS n UNION SELECT 2", "SHOW TABLES"],
    "dropped": ["CREATE TABLE made (n INT)", "DROP TABLE made"],
}
COUNT_QUESTIONS = ["SELECT ROW_COUNT()", "select row_count ( ) as `x`", "SELECT Row_Count( ) AS changed;", "SELECT ROW_COUNT() /* now */"]


def packets(client, text):
    """What the text is answered with, to the last byte."""
    return client.command(w.QUERY, text).packets


@pytest.mark.parametrize("caps", [w.MODERN_CAPS & ~w.SESSION_TRACK, w.OLD_CAPS], ids=["modern", "old"])
def test_row_count_goes_with_the_session(cluster, narrow, sides, caps):
    _, _, other = sides
    with narrow.wire("writes", schema=THROUGH, caps=caps) as through, direct(cluster, schema=ALONE, caps=caps) as alone:
        for name, acts in COUNTS.items():
            for schema in (THROUGH, ALONE):
                cluster.sql("db1", f"DROP TABLE IF EXISTS {schema}.made")
            for question in COUNT_QUESTIONS:
                for act in acts:
                    for client, schema in ((through, THROUGH), (alone, ALONE)):
                        say(client, act.format(schema=schema) if isinstance(act, str) else act)
                other.query("UPDATE marks SET n = 40")
                cluster.sql("db1", f"UPDATE {ALONE}.marks SET n = 40")
                assert packets(through, question) == packets(alone, question), (name, question)
                again = "SELECT ROW_COUNT()"    # which the question has changed
                assert packets(through, again) == packets(alone, again), (name, question)


@pytest.mark.parametrize("act", ["CREATE TABLE IF NOT EXISTS marks AS SELECT 1", "CREATE TEMPORARY TABLE IF NOT EXISTS passing AS SELECT id FROM ids",
                                 "DO 1; CREATE TABLE IF NOT EXISTS marks SELECT 1", "UPDATE marks SET n = 5; CREATE TABLE IF NOT EXISTS marks SELECT 1",
                                 "EXECUTE IMMEDIATE 'CREATE TABLE IF NOT EXISTS marks AS SELECT 1'", "CREATE TABLE IF NOT EXISTS made AS SELECT n FROM marks"],
                         ids=str)
def test_a_table_that_is_there_already_may_leave_what_was_counted_elsewhere(cluster, narrow, sides, act):
    """Its SELECT does not run then."""
    _, alone, other = sides
    for schema in (THROUGH, ALONE):
        cluster.sql("db1", f"INSERT INTO {schema}.marks VALUES (41), (42)")
    cluster.sync()
    with narrow.wire("split", schema=THROUGH) as through:
        other.query("SELECT n FROM marks LIMIT 1")    # on the primary: another count
        for client in (through, alone):
            assert len(say(client, "SELECT n FROM marks ORDER BY n").text_rows(0)) == 3
            assert not say(client, act).error or not IS_MARIADB
        heard = say(through, "SELECT FOUND_ROWS()")
        assert is_refused(heard) or heard.text_rows(0) == say(alone, "SELECT FOUND_ROWS()").text_rows(0)
        for client in (through, alone):
            say(client, "DROP TABLE IF EXISTS made")


HOMES = ["BEGIN", "SET autocommit = 0", "CREATE TEMPORARY TABLE marks (n INT)", "LOCK TABLES marks AS other READ", "SELECT GET_LOCK('passing', 1)",
         "SET sql_auto_is_null = 1"]


@pytest.mark.parametrize("home", HOMES, ids=str)
@pytest.mark.parametrize("before,question,refusal", [
    (["SELECT n FROM marks ORDER BY n"], "SELECT COUNT(*), FOUND_ROWS() FROM marks", "on another server than this has to run on"),
    (["START TRANSACTION READ ONLY", "SELECT marks_itself()", "COMMIT"], "SELECT COUNT(*), @marked FROM marks", "another server has the values"),
], ids=["counted", "set"])
def test_data_are_of_their_place_whatever_is_asked_as_well(cluster, narrow, sides, home, before, question, refusal):
    """A transaction's, a temporary table's: where the replica knows what is asked, it is refused."""
    _, alone, other = sides
    for schema in (THROUGH, ALONE):
        cluster.sql("db1", f"INSERT INTO {schema}.marks VALUES (41), (42)")
    cluster.sync()
    other.query("SELECT n FROM marks LIMIT 1")    # on the primary: another count
    with narrow.wire("split", schema=THROUGH) as through:
        for act in [*before, home]:
            for client in (through, alone):
                assert not say(client, act).error, act
        heard, expected = say(through, question), say(alone, question)
        is_away = heard.error and heard.error.code == NOT_RUN and refusal in heard.error.message
        assert is_away or (heard.error, heard.results and heard.text_rows(0)) == (expected.error, expected.results and expected.text_rows(0))


def test_calculated_rows_go_with_the_session(sides):
    through, alone, other = sides
    for client in (through, alone):
        say(client, "INSERT INTO marks VALUES (1), (2), (3)")
        say(client, "SELECT SQL_CALC_FOUND_ROWS n FROM marks ORDER BY n LIMIT 2")
    other.query("UPDATE marks SET n = n")
    assert packets(through, "SELECT FOUND_ROWS()") == packets(alone, "SELECT FOUND_ROWS()")
    for question in ("SELECT FOUND_ROWS() AS again", "SELECT ROW_COUNT()"):
        other.query("UPDATE marks SET n = n")
        assert packets(through, question) == packets(alone, question)


def test_what_no_reply_told_is_not_made_up(sides):
    through, _, other = sides
    for act, question in (("UPDATE marks SET n = 5; SELECT 1", "SELECT ROW_COUNT()"), ("SELECT n FROM marks FOR UPDATE", "SELECT FOUND_ROWS()"),
                          ("UPDATE marks SET n = 6", "SELECT ROW_COUNT() + 1"), ("UPDATE marks SET n = 7", ("SELECT ROW_COUNT(), ?", [5]))):
        say(through, act)
        other.query("UPDATE marks SET n = n")
        assert is_refused(say(through, question)), question


# ---- a schema that somebody else has dropped ----

AFTER_DROP = ["SELECT 1", "SELECT COUNT(*) FROM {own}.marks", "UPDATE {own}.marks SET n = n + 1", "SET sql_mode = ''", "BEGIN", "DELETE FROM {own}.marks",
              "ROLLBACK", "CREATE DATABASE {gone}", "SELECT DATABASE() = '{gone}'", "CREATE TABLE made (n INT)", "SELECT COUNT(*) FROM {gone}.made", "SHOW WARNINGS"]


@pytest.mark.parametrize("listener", ["writes", "split"])
def test_a_session_outlives_its_schema(cluster, narrow, listener):
    """Through headgate its connection goes to somebody else before each statement."""
    names = {THROUGH: "gone_a", ALONE: "gone_b"}
    for schema in names.values():
        cluster.sql("db1", f"CREATE DATABASE {schema}")
        cluster.sql("db1", f"GRANT ALL ON {schema}.* TO app@'%'")
    cluster.sync()
    with contextlib.ExitStack() as stack:
        through = stack.enter_context(narrow.wire(listener, schema=names[THROUGH]))
        alone = stack.enter_context(direct(cluster, schema=names[ALONE]))
        other = stack.enter_context(narrow.wire("writes", schema=THROUGH))
        for schema in names.values():
            other.query(f"DROP DATABASE {schema}")
        for text in AFTER_DROP:
            other.query("UPDATE marks SET n = n") if text != "SHOW WARNINGS" and not text.startswith(("DELETE", "ROLLBACK")) else None
            answers = [ask(client, text.format(own=own, gone=names[own])) for client, own in ((through, THROUGH), (alone, ALONE))]
            assert answers[0] == answers[1], text
        for schema in names.values():
            other.query(f"DROP DATABASE {schema}")
