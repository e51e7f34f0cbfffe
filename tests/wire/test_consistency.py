"""Where reads go by what was written and seen, against scripted servers that say how far they are.

`position` is what a server says of itself: a text, or a function that gives one.
"""

import itertools
import threading
import time

import pytest

import mysqlwire as w
import positions
import replies as r
from client import SENT_BEFORE, execute
from positions import LISTENERS, READ, Scene
from proxy import Proxy, wait_until

pytestmark = [pytest.mark.room("freshness", "route"), pytest.mark.threads]

WAIT = 0.3
WAIT_SETTING = f"{int(WAIT * 1000)}ms"


@pytest.fixture(scope="module")
def running():
    yield from positions.running(consistency_wait=WAIT_SETTING)


@pytest.fixture
def scene(running):
    """Where a read waits for a moment."""
    yield from running.anew()


@pytest.fixture(scope="module")
def running_patiently():
    yield from positions.running(consistency_wait="20s")


@pytest.fixture
def patient(running_patiently):
    """Where it waits for as long as a machine may stand still."""
    yield from running_patiently.anew()


@pytest.fixture(scope="module")
def running_by_default():
    yield from positions.running(consistency_wait="auto")


@pytest.fixture
def hasty(running_by_default):
    """Where it waits as long as that is cheaper than asking the primary."""
    yield from running_by_default.anew()


def insert(client):
    return client.query("INSERT")


def place(client, sql=READ):
    return client.value(sql)


def on_replica(client, sql=READ):
    return place(client, sql) in (b"db2", b"db3")


def in_the_meantime(after, function):
    timer = threading.Timer(after, function)
    timer.start()
    return timer


def test_who_has_written_nothing_reads_anything(scene):
    scene.primary.position = "0-1-999"
    with scene.connect() as client:
        assert on_replica(client)
        assert scene.stats()["reads_waited"] == 0
    for server in scene.servers:
        assert scene.polls(server) == []


def test_a_write_is_waited_for(patient):
    before = patient.stats()
    with patient.connect() as client:
        assert on_replica(client)
        patient.write(client)
        begin = time.monotonic()
        timer = in_the_meantime(0.1, lambda: patient.apply(patient.at(1)))
        assert on_replica(client)
        assert 0.09 < time.monotonic() - begin < 15
        timer.join()
    for name in ("reads_waited", "reads_caught_up"):
        assert patient.stats()[name] == before[name] + 1, name


def test_after_the_wait_the_primary_has_the_read(scene):
    with scene.connect() as client:
        assert on_replica(client)
        scene.write(client)
        begin = time.monotonic()
        assert place(client) == b"db1"
        assert time.monotonic() - begin >= WAIT * 0.9
        scene.apply(scene.at(1))
        wait_until(lambda: on_replica(client), "the replica has it, and the reads")


def test_by_default_a_near_primary_has_the_read_at_once(hasty):
    """And the replica has it as soon as that one says that it has the write, without another read having waited."""
    hasty.be_far(hasty.replicas, 0.2)
    before = hasty.stats()
    with hasty.connect() as client:
        assert on_replica(client)
        for steps in range(1, 4):
            hasty.write(client, steps)
            assert place(client) == b"db1"
            hasty.apply(hasty.at(steps))
            wait_until(lambda: on_replica(client), "the replica has it")
    after = hasty.stats()
    assert after["reads_waited"] == before["reads_waited"]
    assert after["reads_too_early"] >= before["reads_too_early"] + 3


def test_by_default_the_session_stays_with_its_replica(hasty):
    """Another one that has the write a moment sooner is not worth a connection; one's own that stays behind is left."""
    before = hasty.stats()["reads_moved"]
    with hasty.connect() as client:
        own = place(client).decode()
        other = "db3" if own == "db2" else "db2"
        hasty.write(client)
        hasty.apply(hasty.at(1), names=(other,))
        wait_until(lambda: place(client) == other.encode(), "its own is far behind")
    assert hasty.stats()["reads_moved"] == before + 1


def test_by_default_a_replica_is_waited_for_where_the_primary_is_slower(hasty):
    """The first read finds out what the primary takes; meanwhile the replicas are measured."""
    hasty.be_far([hasty.primary], 1)
    with hasty.connect() as client:
        assert on_replica(client)
        hasty.apply(lambda: hasty.at(1) if READ in hasty.primary.sqls() else hasty.at())
        hasty.write(client, 1)
        assert place(client) == b"db1"
        wait_until(lambda: on_replica(client), "the replica has it")
        before = hasty.stats()
        questions = itertools.count()
        hasty.apply(lambda: hasty.at(2) if hasty.primary.position == hasty.at(2) and next(questions) > 2 else hasty.at(1))
        hasty.write(client, 2)
        assert on_replica(client)
        assert hasty.stats()["reads_too_early"] == before["reads_too_early"]


@pytest.mark.parametrize("position", ["", "1-1-999", "0-1-", "nonsense", "{0},1-1-999"])
def test_what_does_not_say_it_has_it_has_it_not(scene, position):
    with scene.connect() as client:
        scene.apply(position.format(scene.at()))
        scene.write(client)
        assert place(client) == b"db1"


@pytest.mark.parametrize("position", ["0-1-{0}", "0-7-{0}", "0-1-{0},1-1-1"])
def test_what_says_that_it_has_it_is_believed(patient, position):
    with patient.connect() as client:
        patient.apply(position.format(patient.number + 1))
        patient.write(client)
        assert on_replica(client)


def test_a_new_connection_goes_to_the_replica_that_has_it(patient):
    for steps, name in enumerate(("db2", "db3"), 1):
        patient.apply(patient.at(steps), names=(name,))
        for _ in range(2):
            with patient.connect() as client:
                patient.write(client, steps)
                assert place(client) == name.encode()


def test_another_replica_when_its_own_is_far_behind(scene):
    with scene.connect() as client:
        scene.write(client)
        scene.apply(scene.at(1))
        own = place(client).decode()
        other = "db3" if own == "db2" else "db2"
        scene.write(client, 2)
        scene.apply(scene.at(2), names=(other,))
        wait_until(lambda: place(client) == other.encode(), "the other one has it")
        assert scene.stats()["reads_moved"] >= 1


SEES = [("BEGIN", READ, "COMMIT"), ("SELECT a FROM t FOR UPDATE",), ("UPDATE t SET a = 1 WHERE a = 0",),
        ("INSERT INTO t VALUES (1) RETURNING a",)]


@pytest.mark.parametrize("statements", SEES)
@pytest.mark.parametrize("caps", [w.MODERN_CAPS, w.OLD_CAPS])
def test_what_was_seen_on_the_primary_is_asked_of_replicas(scene, statements, caps):
    with scene.connect(caps=caps) as client:
        assert on_replica(client)
        scene.primary.position = scene.at(1)
        for sql in statements:
            client.query(sql)
        assert place(client) == b"db1"
        scene.apply(scene.at(1))
        wait_until(lambda: on_replica(client), "the replica has it")


@pytest.mark.parametrize("statements", [("BEGIN", "COMMIT"), ("SET @a = 1",), ("USE other",), ("BEGIN", "ROLLBACK")])
def test_what_shows_nothing_asks_for_nothing(scene, statements):
    with scene.connect() as client:
        assert on_replica(client)
        scene.primary.position = scene.at(1)
        for sql in statements:
            client.query(sql)
        assert on_replica(client)


def test_an_error_may_have_written(scene):
    scene.primary.on("INSERT INTO m VALUES (1), (1)", lambda c, _: c.error(1062, "Duplicate entry", "23000"))
    with scene.connect() as client:
        assert on_replica(client)
        scene.primary.position = scene.at(1)
        assert client.command(w.QUERY, "INSERT INTO m VALUES (1), (1)").error.code == 1062
        assert place(client) == b"db1"
        scene.apply(scene.at(1))
        wait_until(lambda: on_replica(client), "the replica has it")


def test_a_lost_replica_s_reads_are_not_forgotten(scene):
    """What the next one shows must not be older: the primary tells how far the lost one may have been."""
    with scene.connect() as client:
        scene.primary.position = scene.at(1)
        own = place(client).decode()
        server = next(s for s in scene.replicas if s.name == own)
        for connection in server.application_connections():
            connection.close()
        assert place(client) == b"db1"
        scene.apply(scene.at(1))
        wait_until(lambda: on_replica(client), "a replica has it")


def _exchange(scene, name):
    """The replica is drained, becomes an older copy of itself, and comes back."""
    server = next(s for s in scene.replicas if s.name == name)
    scene.proxy.admin(f"drain {name}")
    for connection in server.application_connections():
        assert connection.is_closed.wait(20)
    server.position = scene.at(-1)
    for connection in list(server.connections):
        connection.close()
    scene.proxy.admin(f"enable {name}")
    scene.proxy.wait_server(name, lambda row: row["state"] == "up")


@pytest.mark.parametrize("has_written", [False, True], ids=["read", "written"])
def test_a_replica_that_was_drained_may_come_back_as_an_older_copy(scene, has_written):
    with scene.connect() as client:
        if has_written:
            scene.write(client)
            scene.apply(scene.at(1))
        own = place(client).decode()
        _exchange(scene, own)
        for _ in range(5):
            assert place(client) != own.encode()


def test_long_data_is_not_read_with_where_a_write_is_not(scene):
    sql = "SELECT a FROM t WHERE a = ?"
    for server in scene.servers:
        server.prepared[sql] = (1, [("a", w.VAR_STRING)])
        server.on((w.EXECUTE, sql), lambda c, _: c.reply(
            r.binary_result(c.caps, [("a", w.VAR_STRING)], [[c.server.name.encode()]])))
    with scene.connect() as client:
        assert on_replica(client)
        statement = client.command(w.PREPARE, sql).statement_id
        client.command(w.LONG_DATA, w.int4(statement) + w.int2(0) + b"piece")
        scene.write(client)
        reply = client.command(w.EXECUTE, execute(statement, [SENT_BEFORE]))
        assert b"db1" in reply.results[-1][0]


def test_eventual_waits_for_nothing(scene):
    wait_until(lambda: _is_quiet(scene), "no more questions of other tests", 20)
    def costs():
        return {name: value for name, value in scene.stats().items() if name.startswith(("reads_", "positions_", "polls"))}
    before = costs()
    with scene.connect("eventual") as client:
        scene.write(client)
        assert on_replica(client)
    assert costs() == before


def test_strong_asks_the_primary_for_each_read(scene):
    with scene.connect("strong") as client:
        assert on_replica(client)
        scene.primary.position = scene.at(1)
        assert place(client) == b"db1"
        scene.apply(scene.at(1))
        wait_until(lambda: on_replica(client), "the replica has it")


def test_a_question_about_a_read_that_shows_data_as_well_waits_too(scene):
    """Only the replica that ran the read can answer it, and not before it has what the session has written."""
    question = "SELECT COUNT(*), FOUND_ROWS() FROM t"
    for server in scene.servers:
        server.on(question, lambda c, _, name=server.name: c.reply(r.result(c.caps, [("x", w.VAR_STRING)], [[name]])))
    with scene.connect() as client:
        assert on_replica(client)
        scene.write(client)
        begin = time.monotonic()
        timer = in_the_meantime(2 * WAIT, lambda: scene.apply(scene.at(1)))
        assert on_replica(client, question)
        assert time.monotonic() - begin > WAIT
        timer.join()


def test_such_a_question_is_refused_at_once_when_its_connection_has_gone(scene):
    with scene.connect() as client:
        assert on_replica(client)
        scene.write(client)
        for server in scene.replicas:
            for connection in server.application_connections():
                connection.close()
        assert client.command(w.QUERY, "SELECT COUNT(*), FOUND_ROWS() FROM t").error.code == 1235


def test_whole_read_only_transactions_wait_too(scene):
    with scene.connect() as client:
        assert on_replica(client)
        scene.write(client)
        client.query("START TRANSACTION READ ONLY")
        assert place(client) == b"db1"
        client.query("COMMIT")
        scene.apply(scene.at(1))
        wait_until(lambda: on_replica(client), "the replica has it")
        client.query("START TRANSACTION READ ONLY")
        assert on_replica(client)
        scene.apply(scene.at())
        assert on_replica(client), "inside nothing is asked"
        client.query("COMMIT")


def test_what_is_not_logged_is_read_where_it_was_written(scene):
    scene.primary.on("SET sql_log_bin = 0", lambda c, _: c.ok(session=r.tracked_variable("sql_log_bin", "OFF")))
    with scene.connect() as client:
        assert on_replica(client)
        client.query("SET sql_log_bin = 0")
        client.query("INSERT")
        assert place(client) == b"db1"
        assert place(client) == b"db1"


def test_a_server_that_does_not_answer_satisfies_nobody(scene):
    asked, answer = threading.Event(), threading.Event()

    def silence():
        asked.set()
        answer.wait(20)
        return scene.at(1)
    with scene.connect() as client:
        assert on_replica(client)
        scene.apply(silence)
        scene.write(client)
        assert place(client) == b"db1"
        assert asked.is_set()
        answer.set()
        wait_until(lambda: on_replica(client), "it has answered")


def test_questions_end_when_nobody_asks(patient):
    with patient.connect() as client:
        patient.apply(patient.at(1))
        patient.write(client)
        assert on_replica(client)
        assert patient.polls(patient.replicas[0])
        wait_until(lambda: _is_quiet(patient), "no more questions", 20)


def _is_quiet(scene):
    before = scene.stats()["polls"]
    time.sleep(0.3)
    return scene.stats()["polls"] == before


def test_many_who_wait_ask_together(patient):
    """One question at a time to each server, whoever waits."""
    clients = [patient.connect() for _ in range(30)]
    for client in clients:
        patient.write(client)
    before, begin = patient.stats()["polls"], time.monotonic()
    in_the_meantime(0.1, lambda: patient.apply(patient.at(1)))
    for client in clients:
        client.send(w.QUERY, READ)
    for client in clients:
        assert client.read().text_rows()[0][0] in (b"db2", b"db3")
    took_ms = 1000 * (time.monotonic() - begin)
    assert patient.stats()["polls"] - before < 2 * 2 * 2 * max(took_ms, 125), \
        "two workers, two servers, half a millisecond at the least"
    for client in clients:
        client.close()


@pytest.mark.parametrize("caps", [w.MODERN_CAPS, w.OLD_CAPS | w.SESSION_TRACK])
def test_clients_do_not_hear_of_it(scene, caps):
    said = r.tracked_variable("last_gtid", "0-1-7") + r.tracked_variable("time_zone", "+01:00")
    scene.primary.on("INSERT", lambda c, _: c.ok(affected=1, session=said))
    with scene.connect(caps=caps) as client:
        done = client.query("INSERT").oks[0]
        assert b"last_gtid" not in done.session and b"time_zone" in done.session


def test_without_gtids_who_has_written_reads_on_the_primary():
    scene = Scene()
    try:
        for server in scene.servers:
            server.log_bin, server.position = 0, ""
        with scene.start(consistency_wait=WAIT_SETTING), scene.connect() as client, scene.connect() as other:
            assert on_replica(client) and on_replica(other)
            client.query("INSERT INTO t VALUES (1)")
            assert place(client) == b"db1"
            assert place(client) == b"db1"
            explained = scene.proxy.json(f"explain session {client.greeting.connection_id} {READ}")[0]
            assert (explained["place"], explained["rule"]) == ("primary", "not_caught_up")
            explained = scene.proxy.json(f"explain session {other.greeting.connection_id} {READ}")[0]
            assert (explained["place"], explained["rule"]) == ("replica", "read")
            assert on_replica(other)
            other.query("INSERT INTO t VALUES (1)")
            assert place(other) == b"db1"
            assert scene.proxy.log().count("keeps no GTIDs") == 1
    finally:
        scene.stop()


def test_a_replica_that_restarted_between_two_probes_is_not_trusted():
    """Who has read there gave the connection up and saw no end of it; another session did. Nobody goes back in time."""
    scene = Scene()
    scene.replicas = scene.replicas[:1]
    for server in (scene.primary, *scene.replicas):
        server.position = scene.at(1)
    listed = [{"name": s.name, "address": s.address, "role": s.role, "max_connections": 1 if s.role == "replica" else 100}
              for s in (scene.primary, *scene.replicas)]
    replica, = scene.replicas
    with Proxy({"main": listed}, listeners=LISTENERS, interval="30s", extra={"workers": 1},
               cluster_settings={"consistency_wait": WAIT_SETTING}) as scene.proxy:
        with scene.connect() as client, scene.connect() as other:
            assert place(client) == b"db2"
            assert place(other) == b"db2"  # the only connection is this one's now
            replica.position = scene.at()
            for connection in list(replica.connections):  # the monitor's comes later
                if connection.user != b"monitor":
                    connection.close()
            wait_until(lambda: "lost while idle" in scene.proxy.log(), "the other one's loss is noticed")
            assert place(client) == b"db1"
    scene.stop()


def test_where_the_primary_has_no_reads_who_waits_in_vain_hears_it():
    scene = Scene()
    scene.forget()
    listed = [{"name": s.name, "address": s.address, "role": s.role} for s in scene.servers]
    with Proxy({"main": listed}, listeners=LISTENERS, timeouts={"primary_wait": "1s"},
               cluster_settings={"consistency_wait": "100ms", "primary_reads": "never"}) as scene.proxy:
        with scene.connect() as client:
            scene.write(client)
            for _ in range(2):
                error = client.command(w.QUERY, READ).error
                assert error.code == 1290 and "caught up" in error.message, error
            scene.apply(scene.at(1))
            wait_until(lambda: not client.command(w.QUERY, READ).error, "the replicas have it")
            assert on_replica(client)
    scene.stop()
