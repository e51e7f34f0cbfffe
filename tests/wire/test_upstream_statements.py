"""Prepared statements that a connection to a server has, whichever session prepared them."""

import struct

import pytest

import mysqlwire as w
from client import execute
from test_pool import Scene  # noqa: F401
from test_prepared import COLUMNS, READ, WRITE, echoed, executed, prepare

pytestmark = pytest.mark.room("prepared")

TRUST = {"cluster_settings": {"pool_trust": "1h", "pool_trust_code": True}}
PATIENCE = 60


@pytest.fixture
def known(server):
    server.prepared[READ] = (1, COLUMNS)
    server.prepared[WRITE] = (1, [])
    server.on((w.EXECUTE, READ), executed)
    return server


def stats(scene):
    return {row["name"]: row["value"] for row in scene.proxy.show("stats")}


def heard(connection, *bytes_):
    """The server's ids in these commands, in their order."""
    return [int.from_bytes(c.body[:4], "little") for c in connection.commands if c.byte in bytes_]


def prepares(connection):
    return [c.byte for c in connection.commands].count(w.PREPARE)


def two(scene, **login):
    """Two sessions that take turns on one connection."""
    scene = scene(1, **TRUST)
    return scene, scene.client(**login), scene.client(**login)


def value_of(reply):
    return struct.unpack("<q", echoed(reply)[1][-8:])[0]


def test_statement_is_shared_and_each_brings_its_types(scene, known):
    scene, first, second = two(scene)
    one, other = prepare(first, READ), prepare(second, READ)
    (connection,) = scene.logins()
    for turn in range(3):
        assert value_of(first.command(w.EXECUTE, execute(one, [turn], types=turn == 0))) == turn
        assert value_of(second.command(w.EXECUTE, execute(other, [10 + turn], types=turn == 0))) == 10 + turn
    executions = [c for c in connection.commands if c.byte == w.EXECUTE]
    assert all(c.body[9:13] == b"\0\1" + w.int2(w.LONGLONG) for c in executions)
    assert prepares(connection) == 2 and len(connection.open_statements) == 1
    assert len(set(heard(connection, w.EXECUTE))) == 1
    found = stats(scene)
    assert found["statements_shared"] >= 5 and found["statements_prepared"] == 0


def test_client_s_own_prepare_goes_to_the_server_and_replaces_what_nobody_uses(scene, known):
    scene, first, second = two(scene)
    prepare(first, READ)
    (connection,) = scene.logins()
    (old,) = connection.open_statements
    reply = second.command(w.PREPARE, READ)
    assert reply.statement_id and prepares(connection) == 2
    second.query("DO 'in step'")
    assert heard(connection, w.CLOSE) == [old] and len(connection.open_statements) == 1


def test_two_of_one_session_have_two_ids(scene, known):
    """Their cursors and long data are their own."""
    scene = scene(**TRUST)
    client = scene.client()
    one, other = prepare(client, READ), prepare(client, READ)
    ids = [echoed(client.command(w.EXECUTE, execute(statement, [1])))[0] for statement in (one, other, one)]
    assert ids[0] == ids[2] != ids[1] and len(scene.logins()[0].open_statements) == 2


def test_closed_when_the_last_session_that_holds_the_text_closes_it(scene, known):
    scene, first, second = two(scene)
    one, other = prepare(first, READ), prepare(second, READ)
    (connection,) = scene.logins()
    first.command(w.EXECUTE, execute(one, [1]))
    first.command(w.CLOSE, w.int4(one))
    assert value_of(second.command(w.EXECUTE, execute(other, [2]))) == 2
    assert len(connection.open_statements) == 1
    second.command(w.CLOSE, w.int4(other))
    scene.server.wait_for(lambda: not connection.open_statements, timeout=PATIENCE)


@pytest.mark.parametrize("how", ["quit", "vanish", "reset", "change user"])
def test_closed_when_the_last_session_that_holds_the_text_ends(scene, known, how):
    scene = scene(**TRUST)
    first = scene.client()
    prepare(first, READ)
    second = scene.client()
    prepare(second, READ)
    prepare(second, WRITE)
    if how == "quit":
        scene.leave(second)
    elif how == "vanish":
        second.close()
    elif how == "reset":
        assert second.command(w.RESET_CONNECTION, b"").oks
    else:
        second.change_user("app", "app_pw", "")
    connections = scene.logins()
    scene.server.wait_for(lambda: sum(len(c.open_statements) for c in connections) <= 2, timeout=PATIENCE)
    assert all(connection.statements[number] == READ.encode() for connection in connections for number in connection.open_statements)
    scene.leave(first)
    scene.server.wait_for(lambda: not any(c.open_statements for c in connections), timeout=PATIENCE)


def test_closing_waits_for_the_end_of_another_session_s_reply(scene, known):
    """A command in the middle of another would be neither."""
    scene, first, second = two(scene)
    statement = prepare(first, READ)
    (connection,) = scene.logins()
    second.query("DO 'mine'")
    arrived, go_on = [], []
    known.on("DO 'long'", lambda c, _: (arrived.append(1), known.wait_for(lambda: go_on, timeout=PATIENCE), c.ok())[-1])
    second.send(w.QUERY, "DO 'long'")
    known.wait_for(lambda: arrived, timeout=PATIENCE)
    first.send(w.CLOSE, w.int4(statement))
    first.send(w.PING, b"")
    assert first.read().oks
    with known.news:
        go_on.append(1)
        known.news.notify_all()
    assert second.read().oks
    known.wait_for(lambda: not connection.open_statements, timeout=PATIENCE)
    assert [c.byte for c in connection.commands][-2:] == [w.QUERY, w.CLOSE]


def test_least_recently_used_is_closed_and_comes_back(scene, known):
    scene = scene(cluster_settings={"prepared_max": 3})
    client = scene.client()
    texts = [f"SELECT {n}" for n in range(4)]
    first = [prepare(client, sql) for sql in texts[:3]]
    assert client.command(w.EXECUTE, execute(first[0])).oks      # now the second is the oldest
    (connection,) = scene.logins()
    prepare(client, texts[3])
    client.query("DO 'in step'")
    assert [connection.statements[number].decode() for number in heard(connection, w.CLOSE)] == [texts[1]]
    assert client.command(w.EXECUTE, execute(first[1])).oks
    assert prepares(connection) == 5 and len(connection.open_statements) == 3
    assert stats(scene)["statements_prepared"] == 1


def test_long_data_and_what_runs_are_not_closed(scene, known):
    scene = scene(cluster_settings={"prepared_max": 1})
    client = scene.client()
    write = prepare(client, WRITE)
    assert client.command(w.LONG_DATA, w.int4(write) + w.int2(0) + b"piece") is None
    for n in range(3):
        assert client.command(w.EXECUTE, execute(prepare(client, f"SELECT {n}"))).oks
    (connection,) = scene.logins()
    assert WRITE.encode() in [connection.statements[number] for number in connection.open_statements]
    assert client.command(w.EXECUTE, execute(write, [b"x"])).oks
    prepare(client, "SELECT 9")
    client.query("DO 'in step'")
    assert [connection.statements[number] for number in connection.open_statements] == [b"SELECT 9"]


@pytest.mark.parametrize("first_says,second_says", [((w.QUERY, "SET sql_mode = 'ANSI_QUOTES'"), (w.QUERY, "SET sql_mode = 'ANSI'")),
                                                    ((w.INIT_DB, "one"), (w.INIT_DB, "two"))], ids=["variables", "schema"])
def test_prepared_in_another_state_is_another_statement(scene, known, first_says, second_says):
    scene, first, second = two(scene, schema="zero")
    ids = {}
    for client, says in ((first, first_says), (second, second_says)):
        assert client.command(*says).oks
        ids[client] = prepare(client, READ)
    (connection,) = scene.logins()
    for turn in range(2):
        for client in (first, second):
            assert value_of(client.command(w.EXECUTE, execute(ids[client], [turn]))) == turn
    sent = heard(connection, w.EXECUTE)
    assert len(sent) == 4 and sent[0] != sent[1] and sent[2] != sent[3]


def test_types_are_never_another_session_s(scene, known):
    """Who has sent none has none, whatever somebody else told of the same statement."""
    scene, first, second = two(scene)
    one, other = prepare(first, READ), prepare(second, READ)
    (connection,) = scene.logins()
    first.command(w.EXECUTE, execute(one, [1]))
    before = prepares(connection)
    second.command(w.EXECUTE, execute(other, [2], types=False))
    assert prepares(connection) == before + 1


def test_what_was_there_is_not_looked_for_elsewhere(scene, known):
    """The connection has gone to somebody else, and nothing is left to be reset or fetched."""
    scene, first, second = two(scene)
    statement = prepare(first, READ)
    assert value_of(first.command(w.EXECUTE, execute(statement, [1]))) == 1
    second.query("DO 'mine'")
    (connection,) = scene.logins()
    count = len(connection.commands)
    assert first.command(w.RESET, w.int4(statement)).oks
    assert first.command(w.FETCH, w.int4(statement) + w.int4(1)).error.code == 1243
    assert len(connection.commands) == count
    assert value_of(first.command(w.EXECUTE, execute(statement, [2], types=False))) == 2
