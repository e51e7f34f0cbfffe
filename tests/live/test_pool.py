"""Connections that are handed on: the next session must find what a new login would have found."""

import contextlib
import os

import pytest

import mysqlwire as w
from conftest import FLAVOUR
from headgate import Headgate, prepared_count, rows, value
from proxy import wait_until

pytestmark = [pytest.mark.room("pool"), pytest.mark.smoke, pytest.mark.threads]

# The connection's own, the moment's, chance's: different from one login to the next.
NOISE = {"pseudo_thread_id", "timestamp", "rand_seed1", "rand_seed2", "statement_id"}

VARIABLES = [
    "SET @left = 5", "SET sql_mode = 'ANSI_QUOTES'", "SET time_zone = '+02:00'", "SET wait_timeout = 77", "SET lc_time_names = 'de_DE'",
    "SET foreign_key_checks = 0", "SET unique_checks = 0", "SET sql_safe_updates = 1", "SET default_storage_engine = MEMORY",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET SESSION TRANSACTION READ ONLY", "SET autocommit = 0",
    "SET group_concat_max_len = 99", "SET div_precision_increment = 9", "SET timestamp = 5",
    "SET insert_id = 7", "SET last_insert_id = 9", "SET NAMES koi8r",
]
DIRT = {
    "variables": VARIABLES,
    "character sets": ["SET NAMES latin1", "SET character_set_results = NULL", "SET collation_connection = utf8mb4_bin"],
    "character set": ["SET CHARACTER SET latin1"],
    "schema": ["USE app2"],
    "temporary table": ["CREATE TEMPORARY TABLE left_over (a INT PRIMARY KEY AUTO_INCREMENT)", "INSERT INTO left_over VALUES (NULL)"],
    "open transaction": ["BEGIN", "INSERT INTO pool VALUES (NULL)"],
    "read-only transaction": ["START TRANSACTION READ ONLY"],
    "next transaction": ["SET TRANSACTION READ ONLY"],
    "no autocommit": ["SET autocommit = 0", "INSERT INTO pool VALUES (NULL)"],
    "table lock": ["LOCK TABLES pool WRITE", "INSERT INTO pool VALUES (NULL)"],
    "user lock": ["SELECT GET_LOCK('left_over', 1)"],
    "handler": ["HANDLER pool OPEN"],
    "prepared in SQL": ["PREPARE left_over FROM 'SELECT 1'"],
    "warnings": ["SELECT CAST('x' AS SIGNED)", "DROP TABLE IF EXISTS nothing_of_that_name"],
    "generated id": ["INSERT INTO pool VALUES (NULL)"],
    "found rows": ["SELECT SQL_CALC_FOUND_ROWS * FROM pool LIMIT 1"],
}
QUESTIONS = ["DATABASE()", "CURRENT_ROLE()", "@left", "LAST_INSERT_ID()", "ROW_COUNT()", "FOUND_ROWS()", "CHARSET('x')", "COLLATION('x')",
             "IS_FREE_LOCK('left_over')"]
FAILING = ["EXECUTE left_over", "SELECT * FROM left_over", "HANDLER pool READ FIRST"]


@pytest.fixture(scope="module")
def both(cluster):
    """Two headgates in front of one cluster: one hands connections on, one closes them."""
    cluster.sql("db1", "CREATE TABLE test.pool (id INT PRIMARY KEY AUTO_INCREMENT)")
    cluster.sync()
    with Headgate(cluster, extra={"workers": 1}) as pooled, \
            Headgate(cluster, extra={"workers": 1}, cluster_settings={"pool_idle_max": 0}) as single:
        yield pooled, single


def application_ids(cluster):
    """The primary's numbers of the application's connections."""
    return {int(row[0]) for row in cluster.sql("db1", "SELECT id FROM information_schema.processlist WHERE user IN ('app', 'other')")}


def state(client):
    """All that a session can see of itself."""
    found = {name.decode(): content for name, content in client.rows("SHOW SESSION VARIABLES") if name.decode() not in NOISE}
    found["status"] = client.login_ok.status
    found["warnings"] = client.rows("SHOW WARNINGS")
    if FLAVOUR != "mysql":
        found["in_transaction"] = client.value("SELECT @@in_transaction")
    for question in QUESTIONS:
        found[question] = client.value(f"SELECT {question}")
    for sql in FAILING:
        found[sql] = client.command(w.QUERY, sql).error.code
    return found


def leave(headgate, client):
    """It says good-bye, and its connection is parked."""
    client.send(w.QUIT)
    client.close()
    wait_until(lambda: headgate.server("db1")["connections_idle"] == 1, "its connection is parked", timeout=30)


def forget_all(headgate, cluster):
    """No connection is parked, and none that ends is still there."""
    for number in application_ids(cluster):
        with contextlib.suppress(Exception):  # it has ended by itself
            cluster.sql("db1", f"KILL {number}")
    wait_until(lambda: not application_ids(cluster), "none is there", timeout=30)
    wait_until(lambda: headgate.server("db1")["connections_idle"] == 0, "none is parked", timeout=30)


def compare(cluster, both, dirt, **login):
    pooled, single = both
    forget_all(pooled, cluster)
    first = pooled.wire("writes", **login)
    (number,) = application_ids(cluster)
    for sql in dirt:
        reply = first.command(w.QUERY, sql)
        assert not reply.error, (sql, reply.error)
    before = cluster.sql("db1", "SELECT COUNT(*) FROM test.pool") if "LOCK TABLES pool WRITE" not in dirt else None
    leave(pooled, first)
    with pooled.wire("writes", **login) as next_one, single.wire("writes", **login) as fresh:
        assert number in application_ids(cluster) and pooled.server("db1")["connections_idle"] == 0
        assert state(next_one) == state(fresh)
        assert int(next_one.value("SELECT CONNECTION_ID()")) == number
    if before is not None:
        assert cluster.sql("db1", "SELECT COUNT(*) FROM test.pool") == before


@pytest.mark.scenario
@pytest.mark.parametrize("dirt", DIRT)
def test_nothing_of_the_one_before_is_left(cluster, both, dirt):
    compare(cluster, both, DIRT[dirt])


@pytest.mark.parametrize("dirt", ["SET time_zone = '+02:00'", "SET NAMES koi8r"])
def test_reset_said_to_a_connection_that_another_session_needed_just_now(cluster, both, dirt):
    with Headgate(cluster, extra={"workers": 1}, server_settings={"max_connections": 1}) as narrow:
        with narrow.wire("writes") as first, narrow.wire("writes") as second, both[1].wire("writes") as fresh:
            first.query(dirt)
            assert second.command(w.RESET_CONNECTION).oks and fresh.command(w.RESET_CONNECTION).oks
            assert state(second) == state(fresh)


# latin1_swedish, utf8mb3_general, utf8mb4_general, utf8mb4_bin, binary, utf8mb3_bin, utf8mb4_unicode, gbk, koi8r
@pytest.mark.parametrize("collation", [8, 33, 45, 46, 63, 83, 224, 28, 7] + ([255, 253] if FLAVOUR == "mysql" else []))
@pytest.mark.parametrize("schema", ["", "test"])
def test_character_sets_are_those_of_the_handshake(cluster, both, collation, schema):
    compare(cluster, both, ["SET NAMES cp1251", "SET collation_connection = utf8mb4_bin"], collation=collation, schema=schema)


@pytest.mark.family("mariadb")
def test_collation_that_a_reset_does_not_restore_is_not_handed_on(cluster, both):
    """Of one that it does not know MariaDB 10.11 keeps what an earlier connection had."""
    pooled, _ = both
    forget_all(pooled, cluster)
    with pooled.wire("writes", collation=253) as client:
        (number,) = application_ids(cluster)
        client.send(w.QUIT)
    wait_until(lambda: number not in application_ids(cluster), "its connection is closed", timeout=30)


def test_role_goes_with_its_connection(cluster, both):
    """No reset takes it away."""
    pooled, _ = both
    forget_all(pooled, cluster)
    with contextlib.suppress(Exception):
        cluster.sql("db1", "CREATE ROLE borrowed")
    cluster.sql("db1", "GRANT borrowed TO app@'%'")
    client = pooled.wire("writes")
    (number,) = application_ids(cluster)
    client.query("SET ROLE borrowed")
    client.close()
    wait_until(lambda: number not in application_ids(cluster), "its connection is closed", timeout=30)
    with pooled.wire("writes") as next_one:
        assert next_one.value("SELECT CURRENT_ROLE()") in (None, b"NONE")


TRACED = ["SET optimizer_trace = 'enabled=on'", "SELECT 'a secret', id FROM pool WHERE id > 0 FOR UPDATE", "SET optimizer_trace = 'enabled=off'"]
PROFILED = ["SET profiling = 1", "SELECT 'a secret'", "SET profiling = 0"]


@pytest.mark.parametrize("dirt", [TRACED, PROFILED], ids=["trace", "profiles"])
def test_text_that_a_reset_leaves_in_a_connection_is_nobody_else_s(cluster, both, dirt):
    """MySQL keeps an optimizer's trace over a reset, and over a change of account."""
    with Headgate(cluster, extra={"workers": 1}, server_settings={"max_connections": 1}) as narrow:
        with narrow.wire("writes") as client:
            for sql in dirt:
                assert not client.command(w.QUERY, sql).error, sql
            assert client.command(w.RESET_CONNECTION).oks
        for login in ({}, {"user": "other", "password": "other_pw"}):
            with narrow.wire("writes", **login) as next_one:
                assert next_one.rows("SELECT query FROM information_schema.optimizer_trace") == []
                assert next_one.rows("SHOW PROFILES") == []


def test_nobody_has_another_s_connection(cluster, both):
    pooled, _ = both
    forget_all(pooled, cluster)
    for n in range(20):
        user = ("app", "other")[n % 2]
        with pooled.connect("writes", user=user, password=f"{user}_pw") as db:
            assert value(db, "SELECT CURRENT_USER()").startswith(f"{user}@")
            assert value(db, "SELECT @mine") is None
            rows(db, f"SET @mine = '{user}'")


@pytest.mark.scenario
def test_prepared_statements_go_with_the_session(cluster, both):
    pooled, _ = both
    forget_all(pooled, cluster)
    before = prepared_count(cluster)
    client = pooled.wire("writes")
    for n in range(20):
        assert client.command(w.PREPARE, f"SELECT {n} FROM pool WHERE id = ?").statement_id
    assert prepared_count(cluster) == before + 20
    leave(pooled, client)
    wait_until(lambda: prepared_count(cluster) == before, "the server has closed them, which it does not answer", timeout=30)


def test_many_short_sessions_are_few_logins(cluster):
    def logins():
        return sum(int(node.sql("SHOW GLOBAL STATUS LIKE 'Connections'")[0][1]) for node in cluster.nodes())
    with Headgate(cluster, extra={"workers": 2}) as headgate:
        headgate.connect("split").close()
        before, sessions = logins(), 300
        for n in range(sessions):
            with headgate.connect("split") as db:
                rows(db, "INSERT INTO pool VALUES (NULL)")
                assert rows(db, f"SELECT {n} FROM pool LIMIT 1") == ((n,),)
        assert logins() - before < sessions / 2  # each session has two connections: closed ones would be 600


@pytest.mark.parametrize("sql", ["SELECT nosuch FROM pool", "DROP TABLE IF EXISTS nothing_of_that_name", "SET max_sort_length = 2"])
def test_what_a_session_was_warned_of_is_not_told_to_the_next(cluster, both, sql):
    pooled, _ = both
    forget_all(pooled, cluster)
    first = pooled.wire("writes")
    reply = first.command(w.QUERY, sql)
    assert reply.error or reply.warnings
    there = application_ids(cluster)
    leave(pooled, first)
    with pooled.wire("writes") as second:
        assert second.value("SHOW COUNT(*) WARNINGS") == b"0" and not second.rows("SHOW WARNINGS")
        assert application_ids(cluster) == there, "another connection was opened: that proves nothing"


# ---- connections handed on as they were left ----

# HEADGATE_POOL=all: each question after each of these, rather than each after some.
ALL = os.environ.get("HEADGATE_POOL") == "all"
FOUND = "SELECT FOUND_ROWS()"   # to a new login a server tells what its thread has counted for somebody else, or 0
AS_LEFT = {
    "nothing": [],
    "a read": ["SELECT * FROM pool"],
    "a write": ["INSERT INTO pool VALUES (NULL)"],
    "a write that tells its own id": ["INSERT INTO pool VALUES (NULL)", "REPLACE INTO pool VALUES (1)"],
    "a transaction": ["BEGIN", "INSERT INTO pool VALUES (NULL)", "SAVEPOINT s", "UPDATE pool SET id = id WHERE id = 1", "COMMIT"],
    "a count of rows": ["SELECT 1 UNION SELECT 2 UNION SELECT 3"],
    "a warning, and a statement after it": ["SELECT CAST('x' AS SIGNED)", "SELECT * FROM pool"],
    "another schema": ["USE app2"],
    "tables": ["CREATE TABLE IF NOT EXISTS made_here (a INT)", "CREATE INDEX i ON made_here (a)", "DROP INDEX i ON made_here"],
}
ASKED = ["SELECT LAST_INSERT_ID()", "SELECT @@identity, @@last_insert_id", "SELECT ROW_COUNT()", FOUND, "SHOW WARNINGS", "SHOW ERRORS",
         "SHOW COUNT(*) WARNINGS", "SELECT @@warning_count, @@error_count", "SELECT @left", "SELECT DATABASE()", "SELECT @@autocommit, @@sql_mode",
         "SHOW SESSION STATUS LIKE 'Com_insert'", "SHOW SESSION STATUS LIKE 'Handler_write'", "SHOW SESSION STATUS LIKE 'Last_query_cost'",
         "INSERT INTO asked VALUES (LAST_INSERT_ID())", "INSERT INTO asked SELECT ROW_COUNT()", "SHOW VARIABLES LIKE '%insert_id%'",
         "SELECT IS_FREE_LOCK('left_over')", "SELECT CURRENT_ROLE()", "SELECT CHARSET('x'), COLLATION('x')", "SELECT CURRENT_USER()"]
if FLAVOUR != "mysql":
    ASKED += ["SELECT @@last_gtid", "SELECT @@in_transaction", "SHOW VARIABLES LIKE 'last_gtid'", "SELECT LASTVAL(numbers)", "SELECT PREVIOUS VALUE FOR numbers"]
    AS_LEFT["a number of a sequence"] = ["INSERT INTO numbered (a) VALUES (1)"]


@pytest.fixture(scope="module")
def trusting(cluster, both):
    """Hands on all that it may, however slow the machine is."""
    for sql in ("CREATE TABLE asked (a BIGINT)", *(["CREATE SEQUENCE numbers", "CREATE TABLE numbered (a INT, n INT DEFAULT NEXT VALUE FOR numbers)"]
                                                  if FLAVOUR != "mysql" else [])):
        cluster.sql("db1", f"USE test; {sql}")
    cluster.sync()
    with Headgate(cluster, extra={"workers": 1}, cluster_settings={"pool_trust": "1h", "pool_trust_code": True}) as headgate:
        yield headgate


def taken_as_left(headgate):
    return {row["name"]: row["value"] for row in headgate.show("stats")}["connections_taken_as_left"]


def hand_on(headgate, cluster, dirt):
    """A session with that behind it, and the next one, which has its connection as it was left."""
    forget_all(headgate, cluster)
    first = headgate.wire("writes")
    for sql in dirt:
        reply = first.command(w.QUERY, sql)
        assert not reply.error, (sql, reply.error)
    there, before = application_ids(cluster), taken_as_left(headgate)
    leave(headgate, first)
    client = headgate.wire("writes")
    assert taken_as_left(headgate) == before + 1, "it was made new: that proves nothing"
    assert application_ids(cluster) == there
    return client


def answer(client, sql):
    reply = client.command(w.QUERY, sql)
    return reply.error, reply.results, reply.warnings, [(ok.affected, ok.insert_id, ok.status & ~w.STATE_CHANGED, ok.warnings) for ok in reply.oks]


@pytest.mark.parametrize("dirt", AS_LEFT)
def test_whatever_the_next_one_asks_first_is_answered_as_to_a_new_login(cluster, both, trusting, dirt):
    _, single = both
    turn = list(AS_LEFT).index(dirt)
    for question in ASKED if ALL else [FOUND, *ASKED[turn % 3::3][turn // 3::3]]:
        with hand_on(trusting, cluster, AS_LEFT[dirt]) as client, single.wire("writes") as fresh:
            if question == FOUND:
                assert client.value(FOUND) == b"0"
                continue
            assert answer(client, question) == answer(fresh, question), question
            if question.startswith("INSERT"):
                rows_of = cluster.sql("db1", "SELECT a FROM test.asked")
                assert len(rows_of) == 2 and rows_of[0] == rows_of[1], (question, rows_of)
                cluster.sql("db1", "TRUNCATE test.asked")


@pytest.mark.parametrize("dirt", AS_LEFT)
def test_even_where_nothing_can_be_reset_nothing_is_seen(cluster, both, trusting, dirt):
    """In a transaction."""
    _, single = both
    with hand_on(trusting, cluster, AS_LEFT[dirt]) as client, single.wire("writes") as fresh:
        for one in (client, fresh):
            one.query("BEGIN")
        before = {row["name"]: row["value"] for row in trusting.show("stats")}["connections_reset"]
        found, expected = state(client), state(fresh)
        assert {row["name"]: row["value"] for row in trusting.show("stats")}["connections_reset"] == before
        found.pop("last_gtid", None), expected.pop("last_gtid", None)   # by SHOW VARIABLES it is seen, asked for by name it is refused
        assert found == expected


def test_sessions_with_equal_variables_share_a_connection(cluster):
    """Each says what it sees: never another one's."""
    kinds = [["SET time_zone = '+01:00'"], ["SET time_zone = '+02:00'"], ["SET sql_mode = 'ANSI_QUOTES'", "SET time_zone = '+01:00'"],
             ["SET NAMES latin1"], ["USE app2"], []]
    show = ("SELECT @@time_zone, @@sql_mode, @@character_set_client, @@character_set_results, @@collation_connection, DATABASE(), COLLATION('x'), "
            "LAST_INSERT_ID()")
    with Headgate(cluster, extra={"workers": 1}, server_settings={"max_connections": 1}, timeouts={"pool_wait": "60s"},
                  cluster_settings={"pool_trust": "1h", "pool_trust_code": True}) as headgate, contextlib.ExitStack() as stack:
        clients = []
        for number in range(2 * len(kinds)):
            client = stack.enter_context(headgate.wire("writes"))
            for sql in kinds[number % len(kinds)]:
                client.query(sql)
            client.query("INSERT INTO test.pool VALUES (NULL)")
            clients.append((client, client.rows(show)))
        for turn in range(5):
            for client, seen in clients[turn % 2:] + clients[:turn % 2]:
                assert client.rows(show) == seen
        assert len({tuple(seen[0][:6]) for _, seen in clients}) == len(kinds)
        assert taken_as_left(headgate) > 0
