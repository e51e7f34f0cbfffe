"""Connections that are reused without a reset: what the server receives, and what makes headgate reset a connection first."""

import pytest

import mysqlwire as w
import replies as r
from proxy import wait_until
from test_pool import SETUP, Scene  # noqa: F401

pytestmark = pytest.mark.room("pool")

TRUST = {"cluster_settings": {"pool_trust": "1h", "pool_trust_code": True}}


def stats(scene):
    return {row["name"]: row["value"] for row in scene.proxy.show("stats")}


def left(scene, client):
    """The client goes; its connection, parked."""
    before = scene.counts()[1]
    scene.leave(client)
    wait_until(lambda: scene.counts()[1] == before + 1, "it is parked", timeout=60)
    return scene.logins()[-1]


def since(connection, count):
    """What the server has heard, each as (byte, text)."""
    return [(c.byte, c.body.decode()) for c in connection.commands[count:]]


def test_equal_session_takes_it_without_a_word_of_ours(scene):
    scene = scene(**TRUST)
    connection = scene.parked()
    count = len(connection.commands)
    client = scene.client()
    assert client.query("DO 'second'").oks
    assert since(connection, count) == [(w.QUERY, "DO 'second'")] and scene.logins() == [connection]
    found = stats(scene)
    assert (found["connections_taken_as_left"], found["connections_reset"]) == (1, 0)


@pytest.mark.parametrize("sql", ["SELECT 1 FROM t", "INSERT INTO t VALUES (1)", "UPDATE t SET a = 1", "CREATE TABLE x (a INT)", "SHOW TABLES",
                                 "SET autocommit = 1", "SAVEPOINT s", "USE one", "COMMIT"])
def test_what_leaves_nothing_unknown(scene, sql):
    scene = scene(**TRUST)
    client = scene.client(schema="one")
    client.query(sql)
    connection = left(scene, client)
    scene.client(schema="one").query("DO 'second'")
    assert connection.sqls()[-2:] == [sql, "DO 'second'"]
    assert not [c for c in connection.commands if c.byte == w.RESET_CONNECTION]


@pytest.mark.parametrize("sql", ["SET @a = 1", "SELECT @a", "SELECT GET_LOCK('a', 1)", "CREATE TEMPORARY TABLE x (a INT)", "PREPARE p FROM 'SELECT 1'",
                                 "LOCK TABLES t READ", "HANDLER t OPEN", "SET insert_id = 5", "SET last_insert_id = 5", "SET sql_log_bin = 0",
                                 "SET TRANSACTION READ ONLY", "SELECT LAST_INSERT_ID(7)", "SELECT NEXTVAL(s)", "BEGIN", "SET autocommit = 0",
                                 "SET gtid_domain_id = 5", "SELECT NEXT VALUE FOR s",
                                 "SELECT 1; INSERT INTO t VALUES (1)", "SET time_zone = '+01:00'"])
def test_what_only_a_reset_undoes(scene, sql):
    scene = scene(**TRUST)
    client = scene.client(caps=w.MODERN_CAPS | w.MULTI_STATEMENTS)
    client.query(sql)
    connection = left(scene, client)
    client = scene.client(caps=w.MODERN_CAPS | w.MULTI_STATEMENTS)
    client.query("DO 'second'")
    bytes_heard = [c.byte for c in connection.commands]
    assert scene.logins() == [connection] and connection.sqls()[-1] == "DO 'second'"
    assert bytes_heard.count(w.RESET_CONNECTION) == 1


def test_failed_statements_leave_what_nobody_knows(scene, server):
    """A trigger may have set a variable before it failed; and its error could be asked for."""
    scene = scene(**TRUST)
    server.on("INSERT INTO t VALUES (1)", lambda c, _: c.error(1062, "Duplicate entry"))
    client = scene.client()
    assert client.command(w.QUERY, "INSERT INTO t VALUES (1)").error
    client.query("SELECT 1 FROM t")
    connection = left(scene, client)
    scene.wait_for(0, 1)
    assert [c.byte for c in connection.commands].count(w.RESET_CONNECTION) == 1


def test_warnings_are_taken_away_unless_a_statement_has(scene, server):
    scene = scene(**TRUST)
    server.on("SELECT nosuch", lambda c, _: c.error(1054, "Unknown column"))
    for more, resets in (([], 1), (["SELECT 1 FROM t"], 1)):
        client = scene.client()
        assert client.command(w.QUERY, "SELECT nosuch").error
        for sql in more:
            client.query(sql)
        connection = left(scene, client)
        assert [c.byte for c in connection.commands].count(w.RESET_CONNECTION) == resets


@pytest.mark.parametrize("question", ["SELECT ROW_COUNT()", "SHOW WARNINGS", "SELECT @@warning_count", "SHOW SESSION STATUS", "SHOW VARIABLES",
                                      "SELECT @a", "CALL p()", "SELECT LASTVAL(s)", "GET DIAGNOSTICS @n = NUMBER",
                                      "SELECT * FROM performance_schema.session_status", "SELECT unknown_function()"])
def test_question_first_is_asked_of_a_connection_made_new(scene, question):
    scene = scene(**TRUST)
    connection = scene.parked()
    count = len(connection.commands)
    scene.client().query(question)
    heard = since(connection, count)
    assert [byte for byte, _ in heard] == [w.RESET_CONNECTION, w.QUERY, w.QUERY]
    assert SETUP in heard[1][1] and heard[2][1] == question


@pytest.mark.parametrize("before,question", [("INSERT INTO t VALUES (1)", "SELECT ROW_COUNT()"), ("SELECT 1 FROM t", "SELECT FOUND_ROWS()"),
                                             ("SELECT 1 FROM t", "SHOW WARNINGS"), ("INSERT INTO t VALUES (1)", "SELECT LASTVAL(s)")])
def test_question_about_its_own_statement_is_asked_there(scene, before, question):
    scene = scene(**TRUST)
    connection = scene.parked()
    count = len(connection.commands)
    client = scene.client()
    client.query(before)
    client.query(question)
    assert since(connection, count) == [(w.QUERY, before), (w.QUERY, question)]


def test_count_of_rows_is_taken_away_for_whoever_asks_first(scene):
    """It outlives a reset."""
    scene = scene(**TRUST)
    connection = scene.parked()
    client = scene.client()
    client.query("SELECT FOUND_ROWS()")
    assert connection.sqls()[-2:] == ["SELECT 1 FROM (SELECT 1) a LIMIT 0", "SELECT FOUND_ROWS()"]
    client.query("SELECT FOUND_ROWS()")
    assert connection.sqls()[-2:] == ["SELECT FOUND_ROWS()"] * 2


def test_in_a_transaction_it_is_not_reset(scene, server):
    """And the position of somebody else's commit is refused rather than shown."""
    scene = scene(**TRUST)
    server.on("INSERT INTO t VALUES (1)", lambda c, _: c.ok(session=r.tracked_variable("last_gtid", "0-1-5")))
    client = scene.client()
    client.query("INSERT INTO t VALUES (1)")
    connection = left(scene, client)
    client = scene.client()
    client.query("BEGIN")
    refused = client.command(w.QUERY, "SELECT @@last_gtid").error
    assert refused.code == 1235 and refused.message.startswith("headgate: not run")
    client.query("INSERT INTO t VALUES (1)")
    client.query("SELECT @@last_gtid")
    assert not [c for c in connection.commands if c.byte == w.RESET_CONNECTION]


def test_generated_id_is_not_the_next_one_s(scene, server):
    scene = scene(**TRUST)
    server.on("INSERT INTO t VALUES (1)", lambda c, _: c.ok(affected=1, insert_id=77))
    client = scene.client()
    client.query("INSERT INTO t VALUES (1)")
    connection = left(scene, client)
    assert connection.sqls()[-1] == "SET last_insert_id=0"
    count = len(connection.commands)
    scene.client().query("DO 'second'")
    assert since(connection, count) == [(w.QUERY, "DO 'second'")]


def test_another_schema_costs_one_command(scene):
    scene = scene(1, **TRUST)
    first, second = scene.client(schema="one"), scene.client(schema="two")
    first.query("DO 'first'")
    (connection,) = scene.logins()
    count = len(connection.commands)
    second.query("DO 'second'")
    second.query("DO 'third'")
    first.query("DO 'fourth'")
    assert since(connection, count) == [(w.INIT_DB, "two"), (w.QUERY, "DO 'second'"), (w.QUERY, "DO 'third'"), (w.INIT_DB, "one"),
                                        (w.QUERY, "DO 'fourth'")]


def test_equal_variables_cost_nothing_others_one_set(scene):
    """Between sessions that keep what they have set."""
    scene = scene(1, **TRUST)
    zone = "SET time_zone = '+01:00'"
    first, second, third = (scene.client() for _ in range(3))
    first.query(zone)
    second.query(zone)
    third.query("SET time_zone = '+02:00'")
    (connection,) = scene.logins()
    count = len(connection.commands)
    first.query("DO 'first'")
    second.query("DO 'second'")
    third.query("DO 'third'")
    assert since(connection, count) == [(w.QUERY, "SET time_zone='+01:00'"), (w.QUERY, "DO 'first'"), (w.QUERY, "DO 'second'"),
                                        (w.QUERY, "SET time_zone='+02:00'"), (w.QUERY, "DO 'third'")]


def test_variables_that_the_next_one_has_not_set_are_reset(scene):
    scene = scene(1, **TRUST)
    first, second = scene.client(), scene.client()
    first.query("SET time_zone = '+01:00'")
    (connection,) = scene.logins()
    count = len(connection.commands)
    second.query("DO 'second'")
    heard = since(connection, count)
    assert [byte for byte, _ in heard] == [w.RESET_CONNECTION, w.QUERY, w.QUERY] and heard[-1][1] == "DO 'second'"


def test_client_s_own_reset_makes_it_new_enough(scene):
    """Another one of ours after it would leave other character sets than the client's, on MySQL."""
    scene = scene(1, **TRUST)
    first, second = scene.client(), scene.client()
    first.query("SET time_zone = '+01:00'")
    (connection,) = scene.logins()
    count = len(connection.commands)
    assert second.command(w.RESET_CONNECTION).oks
    second.query("DO 'second'")
    heard = since(connection, count)
    assert [byte for byte, _ in heard] == [w.RESET_CONNECTION, w.QUERY, w.QUERY]
    assert SETUP in heard[1][1] and heard[2][1] == "DO 'second'"


@pytest.mark.parametrize("sql, is_reset", [("SELECT 1 FROM t", True), ("INSERT INTO t VALUES (1)", True), ("CREATE TABLE x (a INT)", True),
                                           ("SELECT 1", False), ("COMMIT", False)])
def test_unknown_stored_code_may_have_left_anything(scene, sql, is_reset):
    """The scripted server lists no stored code: a table may be a view, and have triggers."""
    scene = scene(cluster_settings={"pool_trust": "1h"})
    client = scene.client()
    client.query(sql)
    connection = left(scene, client)
    scene.client().query("DO 'second'")
    assert (w.RESET_CONNECTION in [c.byte for c in connection.commands]) == is_reset


def test_trust_ends(scene):
    """What is parked is made new when it is over; so is what is given up later."""
    scene = scene(cluster_settings={"pool_trust": "1ms"})
    connection = scene.parked()
    scene.server.wait_for(lambda: [c.byte for c in connection.commands].count(w.RESET_CONNECTION) == 1, timeout=60)


def test_new_defaults_are_everybody_s_at_once(scene):
    scene = scene(**TRUST)
    first = scene.client()
    first.query("DO 'first'")
    other = scene.client()
    other.query("SET GLOBAL sql_mode = ''")
    scene.leave(first)
    scene.leave(other)
    scene.wait_for(0, 2)
    for connection in scene.logins():
        assert [c.byte for c in connection.commands].count(w.RESET_CONNECTION) == 1


def test_server_that_knows_no_reset_is_found_out_when_one_is_needed(scene, server):
    scene = scene(**TRUST)
    connection = scene.parked()
    server.on(w.RESET_CONNECTION, lambda c, _: c.error(1047, "Unknown command", "08S01"))
    assert scene.client().query("SHOW SESSION STATUS").error is None
    assert len(scene.logins()) == 2 and connection.is_closed.wait(60)


def test_statements_are_closed_before_it_is_parked(scene):
    scene = scene(**TRUST)
    client = scene.client()
    assert client.command(w.PREPARE, "SELECT a FROM t").statement_id
    connection = left(scene, client)
    scene.server.wait_for(lambda: not connection.open_statements, timeout=60)
    assert not [c for c in connection.commands if c.byte == w.RESET_CONNECTION]


def test_wait_timeout_is_the_session_s_own(scene):
    """Its server hears of it only where the client may ask for it, and has its own again before anything else."""
    scene = scene(**TRUST)
    connection = scene.parked()
    client, count = scene.client(), len(connection.commands)
    for sql in ("SET wait_timeout = 500", "DO 1", "SELECT @@wait_timeout", "SELECT @@session.wait_timeout", "DO 2", "SET sql_mode = '', @@session.wait_timeout=600, @a = 1"):
        client.query(sql)
    assert [text for _, text in since(connection, count)] == [
        "SET wait_timeout = DEFAULT", "DO 1", "SET wait_timeout=500", "SELECT @@wait_timeout", "SELECT @@session.wait_timeout", "SET wait_timeout=DEFAULT", "DO 2",
        "SET sql_mode = '', @@session.wait_timeout=DEFAULT, @a = 1"]
