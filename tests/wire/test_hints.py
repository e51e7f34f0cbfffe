"""Hints in comments, against scripted servers: where a statement runs, how new its read is, what is refused and told."""

import threading

import pytest

import mysqlwire as w
import positions
import replies as r
from client import execute
from positions import READ, Scene
from proxy import wait_until

pytestmark = [pytest.mark.room("route"), pytest.mark.threads]


@pytest.fixture(scope="module")
def running_patiently():
    yield from positions.running(consistency_wait="20s", timeouts={"primary_wait": "20s"})


@pytest.fixture(scope="module")
def running_hastily():
    yield from positions.running()


@pytest.fixture
def scene(running_patiently):
    """Replicas have all the time that a busy machine needs."""
    yield from running_patiently.anew()


@pytest.fixture
def hasty(running_hastily):
    """Replicas have little time: for reads that no replica should get, or that are tried again and again."""
    yield from running_hastily.anew()


def place(client, hint="", sql=READ):
    return client.value(f"{sql} /* headgate: {hint} */" if hint else sql)


def refused(client, sql):
    """The words of headgate's refusal."""
    error = client.command(w.QUERY, sql).error
    assert error and error.code == 1235, error
    return error.message


# ---- where ----

def test_a_read_goes_where_its_hint_says(scene):
    with scene.connect() as client:
        for name in (b"db2", b"db3", b"db1", b"db3", b"db2"):
            assert place(client, f"server={name.decode()}") == name
        assert place(client, "primary") == b"db1"
        obeyed = scene.stats()["hints_obeyed"]
        assert place(client) in (b"db2", b"db3"), "a hint is for one statement"
        assert place(client, "primary") == b"db1" and scene.stats()["hints_obeyed"] == obeyed + 1


@pytest.mark.parametrize("sql", ["/* headgate: primary */ SELECT a FROM t", "SELECT /*headgate:primary*/ a FROM t",
                                 "-- headgate: primary\nSELECT a FROM t", "SELECT a FROM t # HEADGATE: PRIMARY",
                                 "SELECT a FROM t /* headgate: primary */;", "(SELECT a FROM t /* headgate: primary */)"])
def test_wherever_a_comment_may_stand(scene, sql):
    for server in scene.servers:
        server.on(sql, lambda c, _: c.reply(r.result(c.caps, [("a", w.VAR_STRING)], [[c.server.name]])))
    with scene.connect() as client:
        assert client.value(READ) != b"db1"
        assert client.value(sql) == b"db1"
        assert scene.primary.sqls()[-1] == sql, "the server gets the text as it was"


@pytest.mark.parametrize("sql", ["SELECT '/* headgate: primary */' FROM t", "SELECT a FROM t /* headgates: primary */",
                                 "SELECT a FROM t /*+ headgate: primary */", "SELECT a FROM t /*!99999 headgate: primary */"])
def test_what_only_looks_like_one_is_none(scene, sql):
    before = scene.stats()
    with scene.connect() as client:
        assert client.value(sql) != b"db1"
    assert {k: v for k, v in scene.stats().items() if "hints" in k} == {k: v for k, v in before.items() if "hints" in k}


def test_a_prepared_statement_has_its_text_s_hints_at_each_execution(scene):
    sql = "SELECT a FROM t /* headgate: server=db3 */"
    for server in scene.servers:
        server.prepared[sql] = server.prepared[READ] = (0, [("a", w.VAR_STRING)])
        for text in (sql, READ):
            server.on((w.EXECUTE, text), lambda c, _: c.reply(
                r.binary_result(c.caps, [("a", w.VAR_STRING)], [[c.server.name.encode()]])))
    with scene.connect() as client:
        hinted = client.command(w.PREPARE, sql).statement_id
        plain = client.command(w.PREPARE, READ).statement_id
        assert place(client, "server=db2") == b"db2"
        for _ in range(3):
            assert b"db3" in client.command(w.EXECUTE, execute(hinted)).results[-1][0]
            assert place(client, "server=db2") == b"db2"
            assert b"db2" in client.command(w.EXECUTE, execute(plain)).results[-1][0]


def test_a_read_only_transaction_begins_where_its_hint_says_and_stays_there(scene):
    with scene.connect() as client:
        client.query("START TRANSACTION READ ONLY /* headgate: server=db3 */")
        assert place(client) == b"db3"
        assert place(client, "server=db3") == b"db3"
        assert "another server" in refused(client, f"{READ} /* headgate: server=db2 */")
        assert "another server" in refused(client, f"{READ} /* headgate: primary */")
        assert "fresher" in refused(client, f"{READ} /* headgate: consistency=strong */")
        assert place(client) == b"db3"
        client.query("COMMIT /* headgate: consistency=strong, server=db3 */")
        client.query("START TRANSACTION READ ONLY /* headgate: primary */")
        assert place(client) == b"db1"
        client.query("COMMIT")


NOT_THERE = ["INSERT INTO t VALUES (1) /* headgate: server=db2 */", "SELECT a FROM t /* headgate: server=db2 */ FOR UPDATE",
             "SET time_zone = '+01:00' /* headgate: server=db2 */", "BEGIN /* headgate: server=db2 */",
             "SELECT a FROM t /* headgate: primary, server=db2 */"]


@pytest.mark.parametrize("sql", NOT_THERE)
def test_what_must_run_elsewhere_is_refused(scene, sql):
    with scene.connect() as client:
        before = scene.stats()["hints_refused"]
        assert "a hint asks for another server" in refused(client, sql)
        assert scene.stats()["hints_refused"] == before + 1
        assert scene.explained(sql)["place"] == "refused"
        assert sql not in [s for server in scene.servers for s in server.sqls()]
        assert place(client) != b"db1", "nothing else has changed"


def test_a_pinned_session_reads_where_its_state_is(scene):
    with scene.connect() as client:
        client.query("CREATE TEMPORARY TABLE own (a INT)")
        assert place(client, "primary") == place(client, "server=db1") == b"db1"
        assert "another server" in refused(client, f"{READ} /* headgate: server=db2 */")
        explained = scene.explained(f"{READ} /* headgate: server=db2 */", client)
        assert (explained["place"], explained["rule"]) == ("refused", "hint_elsewhere")


def test_a_server_that_does_not_exist_or_takes_no_reads(scene):
    with scene.connect() as client:
        assert "does not have" in refused(client, f"{READ} /* headgate: server=db9 */")
        assert "does not have" in refused(client, "INSERT /* headgate: server=db9 */ INTO t VALUES (1)")
        sql = f"{READ} /* headgate: server=db3 */"
        scene.proxy.admin("drain db3")  # which workers hear of by mail
        try:
            wait_until(lambda: client.command(w.QUERY, sql).error, "it takes no reads")
            assert "takes no reads" in refused(client, sql)
        finally:
            scene.proxy.admin("enable db3")
        wait_until(lambda: not client.command(w.QUERY, sql).error, "it takes reads")
        assert client.value(sql) == b"db3"


def test_listeners_of_one_place(scene):
    with scene.connect("primary") as writer, scene.connect("replica") as reader:
        assert place(writer, "primary") == b"db1"
        assert "another server" in refused(writer, f"{READ} /* headgate: server=db2 */")
        for name in (b"db2", b"db3", b"db2"):
            assert place(reader, f"server={name.decode()}") == name
        assert "another server" in refused(reader, f"{READ} /* headgate: primary */")
        assert "fresher" in refused(reader, f"{READ} /* headgate: consistency=strong */")


def test_a_hinted_server_that_loses_the_connection_is_tried_again(scene):
    with scene.connect() as client:
        assert place(client, "server=db2") == b"db2"
        for connection in scene.replicas[0].application_connections():
            connection.close()
        assert place(client, "server=db2") == b"db2"


# ---- what is not understood ----

@pytest.mark.parametrize("hint", ["replica", "primary=1", "consistency=some", "timeout=5", "after=", "server"])
def test_what_is_not_understood_is_told_and_changes_nothing(scene, hint):
    with scene.connect() as client:
        assert place(client) in (b"db2", b"db3")
        before = scene.stats()["hints_unknown"]
        assert place(client, hint) in (b"db2", b"db3")
        assert scene.stats()["hints_unknown"] == before + 1
        assert scene.explained(f"{READ} /* headgate: {hint} */")["hints"] == f"[{hint}]"
        assert place(client, f"{hint}, primary") == b"db1", "what stands beside it counts"


def test_a_hint_behind_the_first_statement_counts_for_nothing(scene):
    with scene.connect() as client:
        before = scene.stats()["hints_unknown"]
        assert client.value(f"{READ}; /* headgate: primary */") in (b"db2", b"db3")
        assert scene.stats()["hints_unknown"] == before + 1


def test_the_log_says_what_was_not_understood(scene):
    with scene.connect() as client:  # at most so many lines a second: others may have had them
        wait_until(lambda: place(client, "colour=blue") and "colour=blue" in scene.proxy.log(), "a line about it")


def test_explain_shows_hints_and_what_they_do(scene):
    with scene.connect() as client:
        for hint, where, rule in (("primary", "primary", "hint"), ("server=db2", "replica", "hint"),
                                  ("server=db1", "primary", "hint"), ("timeout=1s", "replica", "read"),
                                  ("consistency=strong", "replica", "read"), ("server=no", "refused", "hint_no_server")):
            for about in (None, client):
                explained = scene.explained(f"{READ} /* headgate: {hint} */", about)
                assert (explained["place"], explained["rule"], explained["hints"]) == (where, rule, hint)


# ---- how new ----

@pytest.mark.parametrize("listener", ["split", "eventual"])
def test_strong_asks_the_primary_once(hasty, listener):
    with hasty.connect(listener) as client:
        assert place(client) != b"db1"
        hasty.primary.position = hasty.at(1)
        assert place(client, "consistency=strong") == b"db1"
        assert place(client, "consistency=eventual") != b"db1"
        hasty.apply(hasty.at(1))
        wait_until(lambda: place(client, "consistency=strong") != b"db1", "the replicas have it")


def test_an_eventual_session_s_own_writes_are_there_for_who_asks(hasty):
    with hasty.connect("eventual") as client:
        hasty.write(client)
        assert place(client) != b"db1"
        assert place(client, "consistency=session") == b"db1"
        hasty.apply(hasty.at(1))
        wait_until(lambda: place(client, "consistency=session") != b"db1", "the replicas have it")


def test_eventual_waits_for_nothing(hasty):
    for listener in ("split", "strong"):
        with hasty.connect(listener) as client:
            hasty.write(client)
            assert place(client, "consistency=eventual") != b"db1"
            assert place(client) == b"db1", "a hint is for one statement"
            hasty.number += 10


def test_session_in_a_strong_session(hasty):
    with hasty.connect("strong") as client:
        hasty.primary.position = hasty.at(1)
        assert place(client) == b"db1"
        with hasty.connect("split") as other:
            assert place(other) != b"db1"
        hasty.apply(hasty.at(1))
        wait_until(lambda: place(client) != b"db1", "the replicas have it")
        hasty.primary.position = hasty.at(2)
        assert place(client, "consistency=session") != b"db1"
        assert place(client) == b"db1"


def test_a_hinted_replica_is_waited_for():
    """It may not be the primary's: so it waits as long as for a server, and then hears why."""
    scene = Scene()
    with scene.start(timeouts={"primary_wait": "4s"}), scene.connect() as client:
        scene.number = 100
        assert place(client, "server=db2") == b"db2"
        scene.write(client)
        error = client.command(w.QUERY, f"{READ} /* headgate: server=db2 */").error
        assert error.code == 1290 and "caught up" in error.message, error
        assert place(client, "server=db2, consistency=eventual") == b"db2"
        got = []
        thread = threading.Thread(target=lambda: got.append(place(client, "server=db3")))
        scene.replicas[1].position = scene.at(1)
        thread.start()
        thread.join(20)
        assert got == [b"db3"]
    scene.stop()


# ---- how long ----

class Silence:
    """What a server does that does not answer; every KILL it is sent is noted."""

    def __init__(self, *servers):
        self.is_over, self.kills = threading.Event(), []
        for server in servers:
            server.on(w.QUERY, self._answer)

    def _answer(self, connection, payload):
        if payload[1:5] == b"KILL":
            self.kills.append(payload[1:].decode())
            connection.ok()
        elif b"slow" in payload:
            self.is_over.wait(30)
            connection.ok()
        else:
            return connection.by_itself(payload)
        return True


def timed_out(client, sql):
    """The words of the error that says so."""
    error = client.command(w.QUERY, sql).error
    assert error and error.code == 1969, error
    return error.message


def test_a_statement_ends_with_its_hint_s_time(scene):
    silence = Silence(*scene.servers)
    try:
        with scene.connect() as client:
            for sql in ("SELECT slow FROM t /* headgate: timeout=200ms */", "DO slow /* headgate: timeout=200ms */"):
                assert "query timeout of 200ms" in timed_out(client, sql)
                kill = wait_until(lambda: silence.kills and silence.kills.pop(), "the server is told to end it")
                assert kill.startswith("KILL QUERY "), kill
            assert place(client) in (b"db2", b"db3"), "the session goes on"
    finally:
        silence.is_over.set()


def test_the_next_statement_has_all_the_time(scene):
    silence = Silence(*scene.servers)
    with scene.connect() as client:
        timed_out(client, "SELECT slow FROM t /* headgate: timeout=100ms */")
        timer = threading.Timer(0.5, silence.is_over.set)
        timer.start()
        assert client.command(w.QUERY, "SELECT slow FROM t").error is None
        timer.join()


def test_each_execution_has_its_text_s_time(scene):
    sql, is_over = "SELECT a FROM t /* headgate: timeout=1s */", threading.Event()
    for server in scene.servers:
        server.prepared[sql] = (0, [("a", w.VAR_STRING)])
        server.on((w.EXECUTE, sql), lambda c, _: is_over.wait(30))
    try:
        with scene.connect() as client:
            statement = client.command(w.PREPARE, sql).statement_id
            for _ in range(2):
                error = client.command(w.EXECUTE, execute(statement)).error
                assert error.code == 1969 and "timeout of 1s" in error.message, error
    finally:
        is_over.set()


def test_the_shorter_time_counts():
    scene = Scene()
    silence = Silence(*scene.servers)
    with scene.start(timeouts={"query": "400ms"}), scene.connect() as client:
        assert "400ms" in timed_out(client, "SELECT slow FROM t")
        assert "400ms" in timed_out(client, "SELECT slow FROM t /* headgate: timeout=1h */")
        assert "300ms" in timed_out(client, "SELECT slow FROM t /* headgate: timeout=300ms */")
        silence.is_over.set()
    scene.stop()


# ---- carried to another connection ----

def token_of(client):
    reply = client.query("SHOW HEADGATE TOKEN")
    assert reply.names() == ["headgate_token"]
    return reply.text_rows()[0][0].decode()


def settled(scene, client, expected):
    """The token, once the primary has said where it is: before, it is a word that asks for more."""
    return wait_until(lambda: token_of(client) == expected and expected, f"the token {expected}")


@pytest.mark.parametrize("caps", [w.MODERN_CAPS, w.OLD_CAPS, w.MODERN_CAPS & ~w.DEPRECATE_EOF,
                                  w.MODERN_CAPS & ~w.EXTENDED_METADATA], ids=["modern", "old", "eofs", "plain"])
def test_a_token_is_one_row_as_a_server_would_say_it(hasty, caps):
    with hasty.connect(caps=caps) as client:
        assert token_of(client) == "mariadb:none"
        hasty.write(client)
        reply = client.query("SHOW headgate /* x */ Token;")
        assert reply.text_rows() == [(f"mariadb:0-{hasty.number + 1}".encode(),)]
        expected = r.result(client.caps, [("headgate_token", w.VAR_STRING)], [[reply.text_rows()[0][0]]])
        got = [payload for _, payload in reply.packets]
        assert len(got) == len(expected) and got[0] == expected[0] and got[-1] == expected[-1]
        assert [seq for seq, _ in reply.packets] == list(range(1, len(expected) + 1))
        client.query("BEGIN")
        assert client.query("SHOW HEADGATE TOKEN").status & w.IN_TRANS
        client.query("COMMIT")
    assert not [s for server in hasty.servers for s in server.sqls() if "TOKEN" in s.upper()]


def test_what_one_connection_wrote_another_reads(hasty):
    with hasty.connect() as writer, hasty.connect() as reader, hasty.connect() as other:
        assert place(reader) in (b"db2", b"db3") and place(other) in (b"db2", b"db3")
        hasty.write(writer)
        after = f"after={token_of(writer)}"
        assert place(other) in (b"db2", b"db3"), "who was told nothing asks for nothing"
        assert place(reader, after) == b"db1", "no replica has it"
        hasty.apply(hasty.at(1))
        wait_until(lambda: place(reader, after) in (b"db2", b"db3"), "the replicas have it")
        assert place(reader, after) in (b"db2", b"db3")


def test_a_token_is_waited_for_as_for_the_session_s_own_writes():
    scene = Scene()
    scene.forget()  # before anybody is connected
    with scene.start(consistency_wait="20s"), scene.connect() as writer, scene.connect() as reader:
        assert place(reader) in (b"db2", b"db3")
        scene.write(writer)
        after = f"after={token_of(writer)}"
        got = []
        thread = threading.Thread(target=lambda: got.append(place(reader, after)))
        thread.start()
        wait_until(lambda: scene.proxy.show("stats") and scene.stats()["reads_waited"] == 1, "it waits")
        scene.apply(scene.at(1))
        thread.join(20)
        assert got and got[0] in (b"db2", b"db3")
    scene.stop()


def test_from_then_on_the_session_asks_for_it_too(hasty):
    """Nobody goes back in time: neither without the hint."""
    with hasty.connect() as writer, hasty.connect() as reader:
        assert place(reader) != b"db1"
        hasty.write(writer)
        assert place(reader, f"primary, after={token_of(writer)}") == b"db1"
        assert place(reader) == b"db1"
        hasty.apply(hasty.at(1))
        wait_until(lambda: place(reader) != b"db1", "the replicas have it")


def test_what_was_seen_is_carried_too(hasty):
    """On the primary, and on a replica that may be ahead of others: the primary says how far that was."""
    with hasty.connect() as client, hasty.connect() as reader:
        assert place(client) != b"db1"
        hasty.primary.position = hasty.at(3)
        settled(hasty, client, f"mariadb:0-{hasty.number + 3}")
        hasty.primary.position = hasty.at(5)
        client.query("BEGIN")
        client.query(READ)
        client.query("COMMIT")
        token = settled(hasty, client, f"mariadb:0-{hasty.number + 5}")
        assert place(reader, f"after={token}") == b"db1"


@pytest.mark.parametrize("listener", ["eventual", "primary", "replica", "strong"])
def test_every_listener_s_sessions_have_tokens(hasty, listener):
    with hasty.connect(listener) as client:
        assert place(client)
        hasty.primary.position = hasty.at(3)
        settled(hasty, client, f"mariadb:0-{hasty.number + 3}")


def test_who_has_a_token_may_be_eventual(hasty):
    with hasty.connect() as writer, hasty.connect("eventual") as reader:
        hasty.write(writer)
        after = f"after={token_of(writer)}"
        assert place(reader) != b"db1"
        assert place(reader, after) == b"db1"
        assert place(reader, f"{after}, consistency=eventual") == b"db1", "a token is asked for at any level"
        assert place(reader) != b"db1"
        hasty.apply(hasty.at(1))
        wait_until(lambda: place(reader, after) != b"db1", "the replicas have it")


def test_the_newest_is_what_the_primary_has(hasty):
    with hasty.connect() as client:
        assert place(client) != b"db1"
        hasty.primary.position = hasty.at(1)
        assert place(client, "after=mariadb:newest") == b"db1"
        hasty.apply(hasty.at(1))
        wait_until(lambda: place(client, "after=mariadb:newest") != b"db1", "the replicas have it")
        assert place(client, "after=mariadb:none") != b"db1"


def test_a_primary_that_does_not_answer_makes_a_token_that_asks_for_more(hasty):
    asked, answer = threading.Event(), threading.Event()

    def silence():
        asked.set()
        answer.wait(30)
        return hasty.at(1)
    hasty.primary.position = silence
    try:
        with hasty.connect("eventual") as client:
            assert token_of(client) == "mariadb:newest"
            assert asked.is_set()
    finally:
        answer.set()


@pytest.mark.parametrize("token", ["nonsense", "mariadb:0-1-2", "mysql:0123456789abcdef-5", "mysql:newest", "0-1-100",
                                   "mariadb:0-1:1-1:2-1:3-1:4-1"])
def test_what_is_no_token_of_this_family_is_refused(hasty, token):
    with hasty.connect() as client:
        assert "token" in refused(client, f"{READ} /* headgate: after={token} */")
        assert "token" in refused(client, f"INSERT INTO t VALUES (1) /* headgate: after={token} */")
        assert hasty.explained(f"{READ} /* headgate: after={token} */")["rule"] == "hint_bad_token"


def test_a_token_that_no_server_has_is_found_out(hasty):
    """Of another cluster, or lost with an old primary: the reads wait in vain, and then no more."""
    with hasty.connect() as client:
        before = hasty.stats()["positions_dropped"]
        assert place(client, f"after=mariadb:0-{hasty.number + 90}") == b"db1"
        wait_until(lambda: place(client) != b"db1", "it is forgotten")
        assert hasty.stats()["positions_dropped"] == before + 1


def test_where_reads_cannot_wait_a_token_is_refused(hasty):
    with hasty.connect("replica") as reader, hasty.connect() as client:
        assert "fresher" in refused(reader, f"{READ} /* headgate: after=mariadb:0-1 */")
        assert place(reader, "after=mariadb:none") in (b"db2", b"db3")
        client.query("START TRANSACTION READ ONLY")
        assert place(client) != b"db1"
        assert "fresher" in refused(client, f"{READ} /* headgate: after=mariadb:0-1 */")
        client.query("COMMIT")


def test_a_transaction_that_begins_waits_for_its_token(hasty):
    with hasty.connect() as writer, hasty.connect() as reader:
        hasty.write(writer)
        reader.query(f"START TRANSACTION READ ONLY /* headgate: after={token_of(writer)} */")
        assert place(reader) == b"db1"
        reader.query("COMMIT")


def test_each_execution_waits_for_its_text_s_token(hasty):
    with hasty.connect() as writer, hasty.connect() as reader:
        hasty.write(writer)
        sql = f"{READ} /* headgate: after={token_of(writer)} */"
        for server in hasty.servers:
            server.prepared[sql] = (0, [("a", w.VAR_STRING)])
            server.on((w.EXECUTE, sql), lambda c, _: c.reply(
                r.binary_result(c.caps, [("a", w.VAR_STRING)], [[c.server.name.encode()]])))
        statement = reader.command(w.PREPARE, sql).statement_id
        assert b"db1" in reader.command(w.EXECUTE, execute(statement)).results[-1][0]


def test_no_token_says_what_is_not_logged(hasty):
    hasty.primary.on("SET sql_log_bin = 0", lambda c, _: c.ok(session=r.tracked_variable("sql_log_bin", "OFF")))
    with hasty.connect() as client:
        client.query("SET sql_log_bin = 0")
        assert "sql_log_bin" in refused(client, "SHOW HEADGATE TOKEN")


def test_a_token_is_not_prepared(hasty):
    with hasty.connect() as client:
        assert client.command(w.PREPARE, "SHOW HEADGATE TOKEN").error.code == 1295
        assert hasty.explained("SHOW HEADGATE TOKEN")["place"] == "here"


def test_without_gtids_a_token_leads_to_the_primary():
    scene = Scene()
    for server in scene.servers:
        server.log_bin, server.position = 0, ""
    with scene.start(), scene.connect() as writer, scene.connect() as reader:
        writer.query("INSERT INTO t VALUES (1)")
        assert place(reader) != b"db1"
        token = token_of(writer)
        assert token == "mariadb:newest"
        assert place(reader, f"after={token}") == b"db1"
    scene.stop()


def test_a_primary_of_many_sources_makes_tokens_that_ask_for_more():
    """More than a token can name: but of one's own writes alone it can."""
    scene = Scene()
    for server in scene.servers:
        server.position = ",".join(f"{domain}-1-100" for domain in range(9))
    scene.primary.on("INSERT", lambda c, _: c.ok(affected=1, session=r.tracked_variable("last_gtid", "3-1-101")))
    with scene.start(consistency_wait="20s"), scene.connect() as writer, scene.connect() as client:
        writer.query("INSERT")
        assert token_of(writer) == "mariadb:3-101"
        client.query("BEGIN")
        client.query(READ)
        client.query("COMMIT")
        before = scene.stats()["polls"]
        assert token_of(client) == "mariadb:newest"
        assert scene.stats()["polls"] > before, "the primary was asked"
    scene.stop()
