"""What keeps a session's connection, as operators see it: cause, statement and age, how often, and when it is over."""

import contextlib

import pytest

import mysqlwire as w
from client import SENT_BEFORE, execute
from headgate import Headgate, direct
from proxy import wait_until

pytestmark = [pytest.mark.room("state"), pytest.mark.smoke]

LONG = ",".join(["1"] * 40000)  # more than 64 KiB: headgate does not read it whole


@pytest.fixture(scope="module")
def table(cluster):
    cluster.sql("db1", "CREATE TABLE test.pins (id INT AUTO_INCREMENT PRIMARY KEY, n INT)")
    cluster.sql("db1", "INSERT INTO test.pins (n) VALUES (1), (2), (3)")
    cluster.sql("db1", "CREATE PROCEDURE test.pins_lock(n INT) DO GET_LOCK('pins', 0)")
    cluster.sync()


def cursor(client):
    statement = client.command(w.PREPARE, "SELECT id FROM pins FOR UPDATE").statement_id
    assert client.command(w.EXECUTE, execute(statement, flags=1), cursor=True).error is None
    return lambda: client.command(w.FETCH, w.int4(statement) + w.int4(1000))


def long_data(client):
    statement = client.command(w.PREPARE, "DO LENGTH(?)").statement_id
    for _ in range(2):
        client.command(w.LONG_DATA, w.int4(statement) + w.int2(0) + b"abc")
    client.query("SELECT 1")  # pieces have no answer: they have come before this
    return lambda: client.command(w.EXECUTE, execute(statement, [SENT_BEFORE]))


def long_prepared(client):
    statement = client.command(w.PREPARE, f"UPDATE pins SET n = 1 WHERE n IN ({LONG})").statement_id

    def close():
        client.command(w.CLOSE, w.int4(statement))
        client.query("SELECT 1")  # that has no answer either
    return close


def says(first, *others):
    """Statements, the last of which ends what the first has begun."""
    def act(client):
        client.query(first)
        return lambda: [client.query(sql) for sql in others]
    return act


# cause, words, how many, what begins and ends it, how its statement begins
SCENES = [
    ("transaction", "open transaction", 0, says("START TRANSACTION", "COMMIT"), "START TRANSACTION"),
    ("temporary_table", "temporary tables", 1, says("CREATE TEMPORARY TABLE own (secret INT DEFAULT 4711)",
                                                     "DROP TEMPORARY TABLE own"), "CREATE TEMPORARY TABLE"),
    ("user_lock", "GET_LOCK", 1, says("SELECT GET_LOCK('secret', 4711)", "DO RELEASE_LOCK('secret')"), "SELECT GET_LOCK"),
    ("table_lock", "LOCK TABLES", 0, says("LOCK TABLES pins READ", "UNLOCK TABLES"), "LOCK TABLES"),
    ("prepared", "SQL-level prepared statements", 1, says("PREPARE own FROM 'SELECT 4711'", "DEALLOCATE PREPARE own"),
     "PREPARE"),
    ("auto_is_null", "sql_auto_is_null", 0, says("SET sql_auto_is_null = 1", "SET sql_auto_is_null = 0"), "SET"),
    ("long_statement", "a statement that is too long to be read whole", 0,
     says(f"UPDATE pins SET n = 1 WHERE n IN ({LONG})"), "UPDATE"),
    ("cursor", "open cursor", 1, cursor, "SELECT"),
    ("long_data", "long data of a prepared statement", 1, long_data, "DO"),
    ("handler", "HANDLER", 1, says("HANDLER pins OPEN", "HANDLER pins CLOSE"), "HANDLER"),
    ("xa", "XA transaction", 0, says("XA START 'secret'", "XA END 'secret'", "XA ROLLBACK 'secret'"), "XA START"),
    ("next_transaction", "SET TRANSACTION for the next transaction", 0, says("SET TRANSACTION READ WRITE", "BEGIN", "COMMIT"), "SET TRANSACTION"),
    ("user_variables", "user variables", 0, says("SELECT 4711 INTO @own", "SET @own = 1"), "SELECT"),
    ("held_set", "a variable for writes that must not be applied to another connection", 1, says("SET insert_id = 4711"), "SET"),
    ("hidden_state", "a statement may have left state that the server does not report", 0, says("CALL pins_lock(4711)"), "CALL"),
    ("unknown_set", "a variable was set to something that cannot be repeated elsewhere", 0, says("SET profiling = 1"), "SET"),
    ("long_prepared", "a prepared statement that is too long to be prepared again", 1, long_prepared, "?"),
]


UNTIL_RESET = ("long_statement", "held_set", "hidden_state", "unknown_set")


class Seen:
    """One client, and what the admin socket says of it."""

    def __init__(self, hg):
        self.hg, self.client = hg, hg.wire()
        self.id = self.client.greeting.connection_id
        assert self.row()["pins"] is None

    def row(self):
        found, = [row for row in self.hg.show("sessions") if row["id"] == self.id]
        return found

    def reset(self):
        assert self.client.command(w.RESET_CONNECTION).error is None


@pytest.fixture
def seen(hg, table):
    made = Seen(hg)
    yield made
    made.client.close()


def pinned_by(hg):
    return {row["name"].removeprefix("pinned_by_"): row["value"] for row in hg.show("stats")
            if row["name"].startswith("pinned_by_")}


@pytest.mark.parametrize("cause, words, count, begin, statement", SCENES, ids=[scene[0] for scene in SCENES])
def test_a_cause_is_shown_counted_and_over(hg, seen, cause, words, count, begin, statement):
    before = pinned_by(hg)
    end = begin(seen.client)
    row = seen.row()
    shown = f"{words} ({count})" if count else words
    found = [part for part in row["pins"].split(", ") if part.startswith(f"{shown} ")]
    assert len(found) == 1 and found[0].removeprefix(f"{shown} ").removesuffix("s").isdigit(), row["pins"]
    assert row["pinned_s"] >= 0
    assert any(part.split(" ", 1)[1].startswith(statement) for part in row["pin_statements"].split("; ")), row
    assert "4711" not in str(row) and "secret'" not in str(row), "a literal is shown"
    assert pinned_by(hg)[cause] == before[cause] + 1
    mine = [row for row in hg.show("pins") if row["session"] == seen.id and row["cause"] == cause]
    assert [(row["sessions"], row["times"]) for row in mine] == [(1, before[cause] + 1)], hg.show("pins")
    assert mine[0]["statement"].startswith(statement) or statement == "?"
    end()
    if cause in UNTIL_RESET:
        seen.reset()
    assert seen.row()["pins"] is None and seen.row()["pin_statements"] is None
    gone, = [row for row in hg.show("pins") if row["cause"] == cause]
    assert (gone["sessions"], gone["session"], gone["longest_s"]) == (0, None, None)
    assert pinned_by(hg)[cause] == before[cause] + 1


FORESEEN = ["SELECT id FROM pins", "UPDATE pins SET n = 1", "SET sql_mode = ''", "SET sql_mode = CONCAT(@@sql_mode, '')", "SET @a = 1", "SET insert_id = 1000",
            "SET profiling = 1", "SET session_track_schema = 1", "SET sql_auto_is_null = 1", "SET autocommit = 0", "SET TRANSACTION READ WRITE",
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "BEGIN", "START TRANSACTION READ ONLY", "COMMIT", "CREATE TEMPORARY TABLE own (a INT)",
            "DROP TEMPORARY TABLE IF EXISTS own", "LOCK TABLES pins READ", "UNLOCK TABLES", "SELECT GET_LOCK('own', 0)", "DO RELEASE_LOCK('own')",
            "PREPARE own FROM 'SELECT 1'", "HANDLER pins OPEN", "USE test"]


def test_explain_foresees_where_later_reads_will_go(hg, seen):
    """Each on a session that has nothing: what `explain` says beforehand is what it says of the next read, once it has run."""
    foreseen, found = {}, {}
    for sql in FORESEEN:
        foreseen[sql] = hg.json(f"explain {sql}")[0]["then_pinned"]
        seen.client.query(sql)
        then = hg.json(f"explain session {seen.id} SELECT id FROM pins")[0]
        found[sql] = "yes" if then["place"] == "primary" else "no"
        seen.client.command(w.QUERY, "ROLLBACK")
        seen.reset()
    assert foreseen == found and set(found.values()) == {"yes", "no"}


# ---- who waits in vain ----

@pytest.mark.parametrize("workers", [1, 2])
def test_who_waits_in_vain_hears_who_has_the_connections(cluster, table, workers):
    """1040 tells what all of them are used for, whichever worker's they are."""
    with Headgate(cluster, server_settings={"max_connections": 7}, timeouts={"pool_wait": "500ms"},
                  extra={"workers": workers}) as hg, contextlib.ExitStack() as stack:
        def client():
            return stack.enter_context(hg.wire("writes"))

        late = client()
        for _ in range(3):
            client().query("CREATE TEMPORARY TABLE own (a INT)")
        client().query("START TRANSACTION")
        locker = client()
        locker.query("START TRANSACTION")
        locker.query("SELECT n FROM pins WHERE id = 1 FOR UPDATE")
        for _ in range(2):
            client().send(w.QUERY, "UPDATE pins SET n = 5 WHERE id = 1")

        def told():
            error = late.command(w.QUERY, "DO 1").error
            return error.message if error and error.code == 1040 else None
        wait_until(lambda: "in use (3 by temporary tables, 2 by open transaction, 2 by running statements)" in (told() or ""),
                   "each worker has counted its own", 60)
        locker.query("ROLLBACK")


# ---- what pins nothing ----

NOTHING = ["SELECT nosuch(1)", "SELECT makes_own(), nosuch(1)", "INSERT INTO pins (n) VALUES (makes_own()), (nosuch(1))",
           "CALL nosuch()", "CALL nosuch(makes_own())", "EXECUTE nosuch"]
# what the server cannot read
UNREADABLE = ["selct makes_own()", "SELECT makes_own(), 'open", "SELECT makes_own(), 'it's'", "INSERT INTO pins (n) VALUES (makes_own(), 'open",
              "SET x", "SELECT makes_own() `open"]
# stored code that has run, and names something that is not there
SOMETHING = ["SELECT makes_and_fails()", "CALL makes_and_calls()"]
ROUTINES = ["CREATE FUNCTION test.makes_own() RETURNS INT NO SQL BEGIN CREATE TEMPORARY TABLE own (a INT); RETURN 1; END",
            "CREATE FUNCTION test.makes_and_fails() RETURNS INT NO SQL BEGIN CREATE TEMPORARY TABLE own (a INT); "
            "RETURN nosuch(1); END",
            "CREATE PROCEDURE test.makes_and_calls() BEGIN CREATE TEMPORARY TABLE own (a INT); CALL nosuch(); END",
           "CREATE PROCEDURE test.makes_and_says() BEGIN CREATE TEMPORARY TABLE own (a INT); PREPARE s FROM 'selct'; END"]


@pytest.fixture(scope="module")
def routines(cluster, table):
    for sql in ROUTINES:
        cluster.sql("db1", sql)
    cluster.sync()


@pytest.mark.parametrize("sql", NOTHING)
def test_a_statement_that_names_what_does_not_exist_has_run_nothing(cluster, seen, routines, sql):
    with direct(cluster) as server:
        assert server.command(w.QUERY, sql).error.code in (1305, 1243)
        assert server.command(w.QUERY, "SELECT a FROM own").error.code == 1146, "the server had begun with it"
    assert seen.client.command(w.QUERY, sql).error.code in (1305, 1243)
    seen.client.query("SHOW WARNINGS")
    wait_until(lambda: seen.row()["pins"] is None, "nothing is kept but, for a moment, the error", 60)


@pytest.mark.parametrize("sql", SOMETHING)
def test_stored_code_that_fails_like_that_pins(cluster, seen, routines, sql):
    with direct(cluster) as server:
        assert server.command(w.QUERY, sql).error.code == 1305
    assert seen.client.command(w.QUERY, sql).error.code == 1305
    assert "a statement may have left state" in seen.row()["pins"]


@pytest.mark.parametrize("sql", UNREADABLE)
def test_what_the_server_cannot_read_has_run_nothing(cluster, seen, routines, sql):
    with direct(cluster) as server:
        assert server.command(w.QUERY, sql).error.code == 1064
        assert server.command(w.QUERY, "SELECT a FROM own").error.code == 1146, "the server had begun with it"
    assert seen.client.command(w.QUERY, sql).error.code == 1064
    seen.client.query("SHOW WARNINGS")
    wait_until(lambda: seen.row()["pins"] is None, "nothing is kept but, for a moment, the error", 60)


@pytest.mark.parametrize("before, sql", [("DO 1", "CALL makes_and_says()"), ("DO 1", "SELECT 1; CALL makes_and_says()"), ("PREPARE p FROM 'CALL makes_and_says()'", "EXECUTE p")])
def test_a_text_within_that_cannot_be_read_pins(cluster, seen, routines, before, sql):
    with direct(cluster) as server:
        server.query(before)
        assert server.command(w.QUERY, sql).error.code == 1064
        assert server.command(w.QUERY, "SELECT a FROM own").error is None
    seen.client.query(before)
    assert seen.client.command(w.QUERY, sql).error.code == 1064
    assert "a statement may have left state" in seen.row()["pins"]


@pytest.mark.parametrize("limit, is_kept", [(0, True), (1, False), ("DEFAULT", False)])
def test_a_lock_is_given_back_where_the_server_may_do_so(cluster, seen, limit, is_kept):
    """Under sql_select_limit = 0 a SELECT evaluates nothing."""
    with direct(cluster) as server:
        for client in (server, seen.client):
            for sql in ("SELECT GET_LOCK('limited', 0)", f"SET sql_select_limit = {limit}", "SELECT RELEASE_LOCK('limited')", "SET sql_select_limit = DEFAULT"):
                client.query(sql)
            assert (client.query("SELECT IS_USED_LOCK('limited')").text_rows(0) != [(None,)]) == is_kept
            pins = seen.row()["pins"]
            client.query("DO RELEASE_LOCK('limited')")
    assert ("GET_LOCK" in (pins or "")) == is_kept


# ---- an error amid several statements ----

CLOSED = ["SELECT 1; ; SELECT 2", "SELECT n FROM pins; SELECT nosuch", "INSERT INTO pins (n) VALUES (5); INSERT INTO nosuch VALUES (1)",
          "SELECT nosuch; INSERT INTO pins (n) VALUES (5)", "CREATE TABLE IF NOT EXISTS pins2 (a INT); SELECT nosuch"]
OPEN = ["BEGIN; SELECT nosuch", "SELECT 1; START TRANSACTION; SELECT nosuch", "SET autocommit = 0; SELECT n FROM pins; SELECT nosuch"]


def fails_amid(client, sql):
    assert client.command(w.SET_OPTION, w.int2(0)).error is None
    assert client.command(w.QUERY, sql).error.code in (1054, 1064, 1146)


@pytest.mark.parametrize("sql", CLOSED)
def test_what_begins_no_transaction_has_none_after_an_error(cluster, seen, sql):
    with direct(cluster) as server:
        fails_amid(server, sql)
        assert server.command(w.QUERY, "DO 1").status & w.IN_TRANS == 0
    fails_amid(seen.client, sql)
    assert seen.row()["pins"] is None


@pytest.mark.parametrize("sql", OPEN)
def test_what_may_have_begun_one_may_have_one_after_an_error(cluster, seen, sql):
    with direct(cluster) as server:
        fails_amid(server, sql)
        assert server.command(w.QUERY, "DO 1").status & w.IN_TRANS
    fails_amid(seen.client, sql)
    assert "open transaction" in seen.row()["pins"]


@pytest.mark.parametrize("sql", CLOSED)
def test_a_transaction_around_it_stays_open_for_all_that_is_known(seen, sql):
    seen.client.query("BEGIN")
    fails_amid(seen.client, sql)
    assert sql.startswith("CREATE") or "open transaction" in seen.row()["pins"]
    seen.client.query("ROLLBACK")
    assert seen.row()["pins"] is None
