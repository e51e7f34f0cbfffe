"""consistency = "global": writes of any client, known from replies; several workers, and replies that tell nothing."""

import time

import pytest

import mysqlwire as w
import positions
import replies as r
from positions import READ, Scene
from proxy import wait_until

pytestmark = [pytest.mark.room("freshness"), pytest.mark.threads]

CONNECTIONS = 8  # of both workers


@pytest.fixture(scope="module")
def running():
    yield from positions.running(consistency_wait="20s", extra={"workers": 2})


@pytest.fixture
def scene(running):
    """Where a read waits for as long as a machine may stand still."""
    yield from running.anew()


@pytest.fixture(scope="module")
def running_hasty():
    yield from positions.running(consistency_wait="auto", extra={"workers": 2})


@pytest.fixture
def hasty(running_hasty):
    yield from running_hasty.anew()


@pytest.fixture(scope="module")
def running_alone():
    yield from positions.running(consistency_wait="auto", extra={"workers": 1})


@pytest.fixture
def alone(running_alone):
    """One worker."""
    yield from running_alone.anew()


def place(client, sql=READ):
    return client.value(sql)


def on_replica(client):
    return place(client) in (b"db2", b"db3")


def are_on_replicas(*clients):
    """They know all that was written before, also what no reply told: a worker that has not asked for a while asks first."""
    for client in clients:
        wait_until(lambda client=client: on_replica(client), "a replica has the reads")


def readers(scene, listener="global"):
    """Clients of all workers, whose reads are on replicas."""
    clients = [scene.connect(listener) for _ in range(CONNECTIONS)]
    are_on_replicas(*clients)
    return clients


def close(clients):
    for client in clients:
        client.close()


@pytest.mark.parametrize("listener", ["split", "primary", "eventual", "global"])
def test_any_client_s_write_is_waited_for_on_every_worker(scene, listener):
    old = readers(scene)
    with scene.connect(listener) as writer:
        scene.write(writer)
        clients = old + [scene.connect("global") for _ in range(CONNECTIONS)]
        for client in clients:
            client.send(w.QUERY, READ)
        wait_until(lambda: scene.stats()["reads_waited"] >= len(clients), "all of them wait")
        scene.apply(scene.at(1))
        assert {client.read().text_rows()[0][0] for client in clients} <= {b"db2", b"db3"}
    close(clients)


def test_without_a_wait_the_primary_has_them(hasty):
    hasty.be_far(hasty.replicas, 0.1)
    clients = readers(hasty)
    with hasty.connect() as writer:
        hasty.write(writer)
        assert [place(client) for client in clients] == [b"db1"] * CONNECTIONS
        explained = hasty.explained(READ, clients[0])
        assert (explained["place"], explained["rule"]) == ("primary", "not_caught_up")
        hasty.apply(hasty.at(1))
        are_on_replicas(*clients)
    close(clients)


def test_explain_knows_what_others_have_written(hasty):
    hasty.be_far(hasty.replicas, 0.1)
    with hasty.connect() as writer, hasty.connect("global") as reader:
        are_on_replicas(reader)
        hasty.write(writer)
        explained = hasty.explained(READ, reader)
        assert (explained["place"], explained["rule"]) == ("primary", "not_caught_up")
        assert hasty.explained(READ, writer)["place"] == "primary"


def test_the_other_levels_know_nothing_of_it(hasty):
    with hasty.connect() as writer, hasty.connect() as own, hasty.connect("eventual") as any_age:
        hasty.write(writer)
        assert on_replica(own) and on_replica(any_age)


def test_a_hint_asks_for_it(hasty):
    sql = f"{READ} /* headgate: consistency=global */"
    for server in hasty.servers:
        server.on(sql, lambda c, _, name=server.name: c.reply(r.result(c.caps, [("a", w.VAR_STRING)], [[name]])))
    with hasty.connect() as writer, hasty.connect() as own, hasty.connect("eventual") as any_age:
        for steps, client in enumerate((own, any_age), 1):
            hasty.write(writer, steps)
            assert place(client, sql) == b"db1"
            hasty.apply(hasty.at(steps))
            wait_until(lambda client=client: place(client, sql) != b"db1", "the replicas have it")
            client.query("START TRANSACTION READ ONLY")
            assert client.command(w.QUERY, sql).error.code == 1235
            client.query("ROLLBACK")


def lose(scene, sql):
    """The primary carries it out, and its answer is lost with the connection."""
    def run(connection, _):
        scene.primary.position = scene.at(1)
        connection.close()
        return False
    scene.primary.on(sql, run)


@pytest.mark.parametrize("sql", ["INSERT INTO lost VALUES (1)", "COMMIT"])
def test_a_write_of_unknown_outcome_may_be_there(hasty, sql):
    lose(hasty, sql)
    clients = readers(hasty)
    with hasty.connect("eventual") as writer:
        if sql == "COMMIT":
            writer.query("BEGIN")
            writer.query("INSERT")
        assert writer.command(w.QUERY, sql).error.code == 1927
        assert [place(client) for client in clients] == [b"db1"] * CONNECTIONS
        hasty.apply(hasty.at(1))
        are_on_replicas(*clients)
    close(clients)


UNTOLD = {
    "CALL p()": lambda c, _: c.reply(r.result(c.caps, [("a", w.VAR_STRING)], [["x"]])),
    "INSERT INTO t VALUES (1) RETURNING a": lambda c, _: c.reply(r.result(c.caps, [("a", w.VAR_STRING)], [["x"]])),
    "SELECT f()": lambda c, _: c.reply(r.result(c.caps, [("a", w.VAR_STRING)], [["x"]])),
    "INSERT INTO m VALUES (1), (1)": lambda c, _: c.error(1062, "Duplicate entry", "23000"),
    "DROP TABLE t": lambda c, _: c.ok(),
}


@pytest.mark.parametrize("caps", [w.MODERN_CAPS, w.OLD_CAPS])
@pytest.mark.parametrize("sql", UNTOLD)
def test_what_a_reply_does_not_tell_the_primary_is_asked_for_once(alone, sql, caps):
    """By a worker; sessions that come later know it."""
    alone.primary.on(sql, UNTOLD[sql])
    clients = readers(alone)
    alone.primary.position = alone.at(1)
    with alone.connect("primary", caps=caps) as writer:
        writer.command(w.QUERY, sql)
    assert [place(client) for client in clients] == [b"db1"] * CONNECTIONS
    alone.apply(alone.at(1))
    are_on_replicas(*clients)
    later = [alone.connect("global") for _ in range(CONNECTIONS)]
    assert all(on_replica(client) for client in later)
    close(clients + later)


@pytest.mark.parametrize("statements", [("SELECT a FROM t WHERE a = 1",), ("BEGIN", READ, "COMMIT"), ("SET @a = 1",), ("SHOW TABLES",),
                                        ("SELECT @@version_comment",), ("BEGIN", "SELECT a FROM t FOR UPDATE", "COMMIT"),
                                        ("UPDATE t SET a = 1 WHERE a = 0",)])
def test_what_writes_nothing_asks_nobody(hasty, statements):
    with hasty.connect("primary") as other, hasty.connect("global") as reader:
        are_on_replicas(reader)
        hasty.primary.position = hasty.at(1)
        for sql in statements:
            other.query(sql)
        assert on_replica(reader)


def test_reads_without_news_ask_no_server(scene):
    clients = readers(scene)
    with scene.connect() as writer:
        scene.apply(scene.at(1))
        scene.write(writer)
        assert all(on_replica(client) for client in clients)
        before = scene.stats()["reads_waited"], scene.stats()["reads_caught_up"]
        for client in clients:
            for _ in range(3):
                assert on_replica(client)
        assert (scene.stats()["reads_waited"], scene.stats()["reads_caught_up"]) == before
    close(clients)


def test_without_gtids_the_primary_has_the_reads_after_a_write():
    scene = Scene()
    try:
        for server in scene.servers:
            server.log_bin, server.position = 0, ""
        scene.primary.on("INSERT", lambda c, _: c.ok(affected=1))
        with scene.start(consistency_wait="auto", extra={"workers": 2}), scene.connect() as writer:
            clients = readers(scene)
            writer.query("INSERT")
            for _ in range(2):
                assert [place(client) for client in clients] == [b"db1"] * CONNECTIONS
                time.sleep(0.05)
            close(clients)
    finally:
        scene.stop()
