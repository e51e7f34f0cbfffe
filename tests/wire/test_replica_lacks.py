"""Replicas that lack an object which the primary has: 1146 and similar errors are not answers, the primary's reply is."""

import time

import pytest

import mysqlwire as w
import replies as r
from client import execute
from positions import running as scenes
from proxy import wait_until

pytestmark = pytest.mark.room("session", "command", "frontend")

TEXT = "SELECT a FROM made_{}"


@pytest.fixture(scope="module")
def running():
    yield from scenes(extra={"workers": 1})


@pytest.fixture
def scene(running):
    yield from running.anew()


def lacks(server, sql, code=1146, message="Table 'test.made' doesn't exist", state="42S02"):
    for key in (sql, (w.PREPARE, sql), (w.EXECUTE, sql)):
        server.on(key, lambda c, _: c.error(code, message, state))


def has(server, sql):
    server.on(sql, lambda c, _: c.reply(r.result(c.caps, [("a", w.VAR_STRING)], [[c.server.name.encode()]])))
    server.prepared[sql] = (0, [("a", w.VAR_STRING)])
    server.on((w.EXECUTE, sql), lambda c, _: c.reply(
        r.binary_result(c.caps, [("a", w.VAR_STRING)], [[c.server.name.encode()]])))


def asked(scene, sql):
    """How often each server was asked for it, in any way."""
    return {s.name: sum(sql in k.sql() for c in s.connections for k in c.commands) for s in scene.servers}


def on_replicas(scene, sql):
    return sum(count for name, count in asked(scene, sql).items() if name != "db1")


class OncePerSecond:
    """Replicas are asked for it once in a second, however long the body takes."""

    def __init__(self, scene, sql):
        self.scene, self.sql = scene, sql

    def __enter__(self):
        self.begin = time.monotonic()

    def __exit__(self, kind, value, trace):
        assert kind or 1 <= on_replicas(self.scene, self.sql) <= 1 + int(time.monotonic() - self.begin)


def test_the_primary_s_answer_is_the_answer(scene):
    sql = TEXT.format(1)
    has(scene.primary, sql)
    for server in scene.replicas:
        lacks(server, sql)
    before = scene.stats()["reads_lacking"]
    with scene.connect() as client:
        assert client.value(sql) == b"db1"
    assert on_replicas(scene, sql) == 1
    assert scene.stats()["reads_lacking"] == before + 1


def test_no_replica_is_asked_again_by_any_session(scene):
    sql = TEXT.format(2)
    has(scene.primary, sql)
    for server in scene.replicas:
        lacks(server, sql)
    with OncePerSecond(scene, sql):
        for _ in range(20):
            with scene.connect() as client:
                assert client.value(sql) == b"db1"


def test_explain_tells_why_the_primary_has_it(scene):
    sql = TEXT.format("explained")
    has(scene.primary, sql)
    for server in scene.replicas:
        lacks(server, sql)

    def rule():
        with scene.connect("eventual") as client:
            assert client.value(sql) == b"db1"
            return scene.explained(sql, client)["rule"] == "lacked_before"
    wait_until(rule, "explain looks within a second")


def test_an_error_of_the_primary_too_is_heard_once(scene):
    """Its words, of the number that the primary gives."""
    sql = TEXT.format(3)
    lacks(scene.primary, sql, 1142, "SELECT command denied", "42000")
    for server in scene.replicas:
        lacks(server, sql)
    with scene.connect() as client, OncePerSecond(scene, sql):
        for _ in range(2):
            error = client.command(w.QUERY, sql).error
            assert (error.code, error.message, error.state) == (1142, "SELECT command denied", "42000")
        assert client.value("SELECT 1") is not None
    assert asked(scene, sql)["db1"] == 2


@pytest.mark.parametrize("code", [1044, 1049, 1054, 1142, 1143, 1176, 1222, 1305, 1356, 1370, 1630, 1735])
def test_whatever_ddl_or_grant_makes(scene, code):
    sql = TEXT.format(f"of_{code}")
    has(scene.primary, sql)
    for server in scene.replicas:
        lacks(server, sql, code, "not there", "42000")
    with scene.connect() as client:
        assert client.value(sql) == b"db1"


def test_a_client_s_prepare(scene):
    sql = TEXT.format("prepared")
    has(scene.primary, sql)
    for server in scene.replicas:
        lacks(server, sql)
    with scene.connect() as client:
        prepared = client.command(w.PREPARE, sql)
        assert prepared.error is None
        reply = client.command(w.EXECUTE, execute(prepared.statement_id))
        assert b"db1" in reply.results[0][0]
    assert on_replicas(scene, sql) == 1


def test_an_execution_and_headgate_s_own_prepare(scene):
    """Prepared where it is; then its replica is lost, and the next one lacks the table."""
    sql = TEXT.format("known")
    for server in scene.servers:
        has(server, sql)
    with scene.connect() as client:
        prepared = client.command(w.PREPARE, sql)
        own = client.command(w.EXECUTE, execute(prepared.statement_id)).results[0][0]
        server = next(s for s in scene.replicas if s.name.encode() in own)
        other = next(s for s in scene.replicas if s is not server)
        lacks(other, sql)
        lacks(server, sql)
        for connection in server.application_connections():
            connection.close()
        reply = client.command(w.EXECUTE, execute(prepared.statement_id))
        assert reply.error is None and b"db1" in reply.results[0][0]


def test_a_schema_that_the_replica_has_not_yet(scene):
    for server in scene.replicas:
        server.refused_schemas[b"fresh"] = (1049, "Unknown database 'fresh'")
    sql = TEXT.format("in_a_schema")
    for server in scene.servers:
        has(server, sql)
    try:
        with scene.connect(schema="fresh") as client:
            assert client.value(sql) == b"db1"
            for server in scene.replicas:
                server.refused_schemas.clear()
            assert client.value(TEXT.format("in_a_schema") + " WHERE a = a") is not None
    finally:
        for server in scene.replicas:
            server.refused_schemas.clear()


def test_in_a_transaction_on_a_replica_it_is_the_answer(scene):
    sql = TEXT.format("away")
    has(scene.primary, sql)
    for server in scene.replicas:
        lacks(server, sql)
    with scene.connect() as client:
        client.query("START TRANSACTION READ ONLY")
        assert client.command(w.QUERY, sql).error.code == 1146


def test_where_only_replicas_answer_it_is_the_answer(scene):
    sql = TEXT.format("replicas_only")
    has(scene.primary, sql)
    for server in scene.replicas:
        lacks(server, sql)
    with scene.connect("replica") as client:
        assert client.command(w.QUERY, sql).error.code == 1146
        assert client.command(w.QUERY, sql).error.code == 1146


def test_other_errors_are_answers(scene):
    sql = TEXT.format("deadlocked")
    has(scene.primary, sql)
    for server in scene.replicas:
        lacks(server, sql, 1213, "Deadlock found", "40001")
    with scene.connect() as client:
        assert client.command(w.QUERY, sql).error.code == 1213
    assert asked(scene, sql)["db1"] == 0
