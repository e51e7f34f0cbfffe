"""Query attributes, against scripted servers of MySQL's family: they pass as they are, headgate finds the text behind
them, and those that begin with `headgate.` are hints."""

import threading

import pytest

import attributes as a
import mysqlwire as w
import paced_writes
import replies as r
from client import Client
from fakeserver import CAPS, FakeServer
from proxy import Proxy, wait_until

pytestmark = pytest.mark.room("mysql", "session", "command", "frontend")

MYSQL = dict(version=b"9.0.1", caps=CAPS & 0xFFFFFFFF | w.LONG_PASSWORD | w.QUERY_ATTRIBUTES)
ASKED = w.MODERN_CAPS | w.LONG_PASSWORD | w.QUERY_ATTRIBUTES
READ = "SELECT a FROM t"
EVENTUAL = ({"name": "split", "mode": "split", "kind": "unix", "settings": {"consistency": "eventual"}},)
COLUMNS = [("a", w.LONGLONG), ("b", w.VAR_STRING)]


class Scene:
    def __init__(self, caps_of_db3=None):
        self.servers = [FakeServer("db1", **MYSQL), FakeServer("db2", role="replica", **MYSQL),
                        FakeServer("db3", role="replica", **{**MYSQL, "caps": caps_of_db3 or MYSQL["caps"]})]
        listed = [{"name": s.name, "address": s.address, "role": s.role} for s in self.servers]
        self.proxy = Proxy({"main": listed}, listeners=EVENTUAL)

    def __enter__(self):
        self.proxy.start()
        return self

    def __exit__(self, *exception):
        self.proxy.__exit__(*exception)
        for server in self.servers:
            server.stop()

    def connect(self, caps=ASKED, **options):
        return Client.connect(self.proxy.address["split"], caps=caps, timeout=60.0, **options)

    def stats(self):
        return {row["name"]: row["value"] for row in self.proxy.show("stats")}

    def misread(self):
        """What servers could not read."""
        return [error for server in self.servers for _, error in server.log if "WireError" in error]

    def seen(self, sql):
        """(server, attributes) of each time that a server was sent this text."""
        return [(server.name, list(k.attributes)) for server in self.servers for k in server.commands(w.QUERY)
                if k.sql() == sql]


@pytest.fixture(scope="module")
def running():
    with Scene() as scene:
        yield scene


@pytest.fixture
def scene(running):
    for server in running.servers:
        server.forget()
    yield running
    assert running.proxy.is_running(), running.proxy.log()[-6000:]
    running.proxy.check_log()


def place(client, *pairs, sql=READ):
    return client.value(sql, attributes=pairs)


# ---- the capability ----

def test_it_is_offered_where_all_servers_have_it(scene):
    """A client's connections to servers have it if the client has."""
    for caps in (ASKED, ASKED & ~w.QUERY_ATTRIBUTES):
        with scene.connect(caps=caps) as client:
            assert client.greeting.caps & w.QUERY_ATTRIBUTES
            assert place(client) in (b"db2", b"db3")
            client.query("INSERT INTO t VALUES (1)")
        has_it = [bool(connection.response.caps & w.QUERY_ATTRIBUTES) for server in scene.servers
                  for connection in server.application_connections()]
        assert len(has_it) >= 2 and set(has_it) == {bool(caps & w.QUERY_ATTRIBUTES)}
        assert not scene.misread()
        for server in scene.servers:
            server.forget()


def test_a_cluster_with_one_server_that_has_it_not_offers_what_all_can():
    with Scene(caps_of_db3=MYSQL["caps"] & ~w.QUERY_ATTRIBUTES) as scene:
        for _ in range(4):
            with scene.connect() as client:
                assert not client.greeting.caps & w.QUERY_ATTRIBUTES
                assert place(client) in (b"db2", b"db3")
        for server in scene.servers:
            assert not any(c.caps & w.QUERY_ATTRIBUTES for c in server.connections)
        assert not scene.misread()


# ---- they pass ----

VALUES = [("string", b"a b"), ("empty", b""), ("null", None), ("number", -5), ("huge", b"x" * 70000),
          ("moment", a.Raw(w.DATETIME, b"\4\xe8\7\1\2")), ("double", a.Raw(w.DOUBLE, bytes(8))),
          ("tiny", a.Raw(w.TINY | w.UNSIGNED, b"\xff")), ("json", a.Raw(245, w.lenenc_bytes(b"{}")))]


@pytest.mark.parametrize("pairs", [VALUES[:1], VALUES[:4], [VALUES[5], VALUES[6], VALUES[7], VALUES[8], VALUES[2]], [("", b"")],
                                   [(f"n{i}", b"v") for i in range(40)]], ids=["one", "four", "types", "nameless", "forty"])
def test_attributes_reach_the_server_as_they_are(scene, pairs):
    expected = a.split(a.before_text(pairs))[0]
    with scene.connect() as client:
        assert place(client, *pairs) in (b"db2", b"db3"), "the text behind them is read"
        client.query("INSERT INTO t VALUES (1)", pairs)
        client.query("BEGIN", pairs)
        assert place(client, *pairs) == b"db1", "in a transaction"
        client.query("COMMIT", pairs)
    assert scene.seen("INSERT INTO t VALUES (1)") == [("db1", expected)]
    assert scene.seen("COMMIT") == [("db1", expected)]
    assert [found for _, found in scene.seen(READ)] == [expected, expected]


def test_headgate_s_own_reach_it_too(scene):
    with scene.connect() as client:
        assert place(client, ("headgate.primary", b"1"), ("mine", b"2")) == b"db1"
    assert scene.seen(READ) == [("db1", [(b"headgate.primary", b"1"), (b"mine", b"2")])]


def test_statements_of_headgate_s_own_are_none_to_the_server(scene):
    """Set-up, schemas and variables on connections whose server looks for attributes."""
    with scene.connect(schema="test") as client:
        client.query("SET sql_mode = 'ANSI'")
        assert place(client) in (b"db2", b"db3")
        client.command(w.RESET_CONNECTION)
        assert place(client) in (b"db2", b"db3")
    own = [k for server in scene.servers for k in server.commands(w.QUERY) if k.sql().startswith("SET ")]
    assert len(own) >= 5
    assert not any(k.attributes for k in own)
    assert not scene.misread()


# ---- hints ----

def test_a_read_goes_where_its_attributes_say(scene):
    with scene.connect() as client:
        for name in (b"db2", b"db3", b"db1", b"db3"):
            assert place(client, ("headgate.server", name)) == name
        for on in (b"1", b"on", b"TRUE", b"yes", 1):
            assert place(client, ("HeadGate.Primary", on)) == b"db1"
        assert place(client) in (b"db2", b"db3"), "a hint is for one statement"
        for off in (b"0", b"off", b"False", b"no", 0, None):
            assert place(client, ("headgate.primary", off)) in (b"db2", b"db3")


def explained(scene, sql, *pairs, client=None):
    """What `explain` says of the statement with these attributes, which are said with it."""
    beside = ", ".join(f"{name} = '{value.decode()}'" for name, value in pairs)
    about = f"session {client.greeting.connection_id} " if client else ""
    return scene.proxy.json(f"explain {about}with {beside} {sql}")[0]


IN_WORDS = [(READ, [("headgate.server", b"db2")], "replica"), (READ, [("HeadGate.Server", b"db1")], "primary"),
            (READ, [("headgate.primary", b"1")], "primary"), (READ, [("headgate.primary", b"0")], "replica"),
            (READ, [("headgate.server", b"db9")], "refused"), (READ, [("headgate.after", b"nonsense")], "refused"),
            (READ, [("headgate.primary", b"maybe")], "replica"), (f"{READ} /* headgate: primary */", [], "primary"),
            (f"{READ} /* headgate: primary */", [("headgate.primary", b"off")], "replica"),
            (READ, [("headgate.timeout", b"20s"), ("traceparent", b"00-1"), ("headgate.server", b"db1")], "primary"),
            ("INSERT INTO t VALUES (3)", [("headgate.server", b"db2")], "refused")]


@pytest.mark.parametrize("in_session", [False, True], ids=["a new session", "this one"])
@pytest.mark.parametrize("sql, pairs, place_", IN_WORDS)
def test_explain_says_of_attributes_what_they_do(scene, sql, pairs, place_, in_session):
    with scene.connect() as client:
        beside = pairs or [("headgate.x", b"1")]  # not understood: the comment's word counts
        told = explained(scene, sql, *beside, client=client if in_session else None)
        assert told["place"] == place_, told
        for name, value in beside:
            known = f"{name}={value.decode()}"
            wanted = f"[{known}]" if known in ("headgate.primary=maybe", "headgate.x=1") else known
            assert (wanted in told["hints"].split(", ")) == name.lower().startswith("headgate."), told
        reply = client.command(w.QUERY, sql, attributes=pairs)
        assert (reply.error is not None) == (place_ == "refused"), reply.error
        if place_ != "refused":
            assert (reply.text_rows() == [(b"db1",)]) == (place_ == "primary")


@pytest.mark.parametrize("line", ["explain with headgate.server SELECT 1", "explain with headgate.server = db2"])
def test_explain_of_half_an_attribute_says_how_it_is_done(scene, line):
    assert scene.proxy.json(line)["error"]
    with scene.connect() as client:
        line = line.replace("explain", f"explain session {client.greeting.connection_id}")
        assert scene.proxy.json(line)["error"]


def test_attributes_have_the_last_word_over_comments(scene):
    hinted = f"{READ} /* headgate: server=db2 */"
    with scene.connect() as client:
        assert place(client, sql=hinted) == b"db2"
        assert place(client, ("headgate.server", b"db3"), sql=hinted) == b"db3"
        assert place(client, ("headgate.server", b"db3"), ("headgate.server", b"db2")) == b"db2"
        assert place(client, ("headgate.primary", b"0"), sql=f"{READ} /* headgate: primary */") in (b"db2", b"db3")


def test_what_must_run_elsewhere_is_refused(scene):
    with scene.connect() as client:
        before = scene.stats()["hints_refused"]
        for sql, pair in ((READ, ("headgate.server", b"db9")), ("INSERT INTO t VALUES (2)", ("headgate.server", b"db2")),
                          (READ, ("headgate.after", b"mariadb:0-1")), (READ, ("headgate.after", b"nonsense"))):
            error = client.command(w.QUERY, sql, attributes=[pair]).error
            assert error and error.code == 1235, (sql, pair, error)
        assert scene.stats()["hints_refused"] == before + 4
    assert not scene.seen("INSERT INTO t VALUES (2)")


@pytest.mark.parametrize("pair", [("headgate.primary", b""), ("headgate.primary", b"maybe"), ("headgate.primary", 2),
                                  ("headgate.timeout", 500), ("headgate.consistency", b"some"), ("headgate.", b"1"),
                                  ("headgate.colour", b"blue"), ("headgate.server", b""),
                                  ("headgate.timeout", a.Raw(w.DATETIME, b"\0"))], ids=str)
def test_what_is_not_understood_is_told_and_changes_nothing(scene, pair):
    with scene.connect() as client:
        before = scene.stats()["hints_unknown"]
        assert place(client, pair) in (b"db2", b"db3")
        assert scene.stats()["hints_unknown"] == before + 1
        assert place(client, pair, ("headgate.server", b"db1")) == b"db1", "what stands beside it counts"


def test_names_that_only_look_alike_are_none(scene):
    with scene.connect() as client:
        before = scene.stats()
        for name in ("headgate", "primary", "headgate_primary", "xheadgate.primary", "router.access_mode"):
            assert place(client, (name, b"1")) in (b"db2", b"db3")
        assert {k: v for k, v in scene.stats().items() if "hints" in k} == {k: v for k, v in before.items() if "hints" in k}


def test_a_statement_ends_with_its_attribute_s_time(scene):
    is_over, kills = threading.Event(), []

    def slow(connection, payload):
        if payload[1:5] == b"KILL":
            kills.append(payload[1:])
            connection.ok()
        elif b"slow" in payload:
            is_over.wait(60)
            connection.ok()
        else:
            return connection.by_itself(payload)
        return True
    for server in scene.servers:
        server.on(w.QUERY, slow)
    try:
        with scene.connect() as client:
            error = client.command(w.QUERY, "SELECT slow FROM t", attributes=[("headgate.timeout", b"200ms")]).error
            assert error and error.code == 3024 and "200ms" in error.message, error
            wait_until(lambda: kills, "the server is told to end it", 60)
            assert place(client) in (b"db2", b"db3")
    finally:
        is_over.set()


# ---- the text behind them, wherever it is read ----

TRACE = ("trace", b"SELECT 1; KILL 7 -- headgate: primary")


def test_kill_is_headgate_s(scene):
    with scene.connect() as victim, scene.connect() as killer:
        assert place(victim, TRACE) in (b"db2", b"db3")
        number = victim.greeting.connection_id
        assert killer.command(w.QUERY, f"KILL {number}", attributes=[TRACE]).error is None
        with pytest.raises((w.WireError, r.Err, OSError)):
            victim.query("DO 1")
    assert not any("KILL" in sql for server in scene.servers for sql in server.sqls())


def test_show_headgate_token_is_answered(scene):
    with scene.connect() as client:
        assert client.value("SHOW HEADGATE TOKEN", attributes=[TRACE]).startswith(b"mysql:")


def test_a_lost_read_is_run_again_with_them(scene):
    died = []

    def die_once(connection, _):
        if died:
            connection.reply(r.result(connection.caps, [("a", w.VAR_STRING)], [[connection.server.name]]))
            return True
        died.append(connection.server.name)
        return False
    for server in scene.servers[1:]:
        server.on(READ, die_once)
    with scene.connect() as client:
        assert place(client, TRACE) in (b"db2", b"db3")
    assert len(scene.seen(READ)) == 2
    assert all(found == [(b"trace", TRACE[1])] for _, found in scene.seen(READ))


def test_a_read_that_a_replica_refuses_goes_to_the_primary_and_is_remembered(scene):
    sql = "SELECT writes_after_all FROM t"
    for server in scene.servers[1:]:
        server.on(sql, lambda c, _: c.error(1290, "The MySQL server is running with the --read-only option so it "
                                                  "cannot execute this statement"))
    with scene.connect() as client:
        assert place(client, TRACE, sql=sql) == b"db1"
        asked = len(scene.seen(sql))
        assert place(client, ("trace", b"another"), sql=sql) == b"db1"
        assert place(client, sql=sql) == b"db1"
        assert len(scene.seen(sql)) == asked + 2, "its digest is that of its text"
        assert place(client, TRACE) in (b"db2", b"db3"), "and of no other's"


def test_statements_are_counted_by_their_text(scene):
    sql = "SELECT counted FROM t WHERE a = 7"
    with scene.connect() as client:
        for pairs in ([], [TRACE], [("trace", b"another"), ("n", 7)]):
            assert client.value(sql, pairs) in (b"db2", b"db3")
    found = [row["count"] for row in scene.proxy.show("digests") if "counted" in row["text"]]
    assert found == [3], scene.proxy.show("digests")


# ---- hostile bytes ----

MALFORMED = [b"", b"\0", b"\0\0" + READ.encode(), b"\0\2" + READ.encode(), b"\xfb\1", b"\xff" * 8, b"\1\1\0",
             b"\1\1\0\0" + READ.encode(), a.before_text([("x", b"v")])[:-1], b"\xfe" + b"\xff" * 8 + b"\1" + READ.encode(),
             w.lenenc(70000) + b"\1" + READ.encode(), a.before_text([("x", a.Raw(w.YEAR, b"\1\0"))]) + READ.encode(),
             a.before_text([("x", a.Raw(0x4003, bytes(4)))]) + READ.encode(),
             a.before_text([("x", a.Raw(w.DATETIME, b"\x0e" + bytes(14)))]) + READ.encode()]


@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: body[:12].hex())
def test_what_no_server_takes_is_refused_as_a_server_would(scene, body):
    before = sum(len(server.commands()) for server in scene.servers)
    with scene.connect() as client:
        client.pipe.send_packet(w.int1(w.QUERY) + body, seq=0)
        error = client.read().error
        assert (error.code, error.state, error.message) == (1835, "HY000", "Malformed communication packet."), error
        assert sum(len(server.commands()) for server in scene.servers) - before <= 2, "none but those of its login"
        assert place(client) in (b"db2", b"db3"), "the session goes on"


def test_split_at_every_byte(scene):
    pairs = [("headgate.server", b"db3"), ("n", -1), ("z", None), ("d", a.Raw(w.DATETIME, b"\4\xe8\7\1\2"))]
    packet = w.packet(0, w.int1(w.QUERY) + a.before_text(pairs) + READ.encode())
    with scene.connect() as client:
        for at in range(1, len(packet)):
            paced_writes.write_pieces(client.pipe.sock, paced_writes.cut_at(packet, at))
            assert client.read().text_rows() == [(b"db3",)]
        paced_writes.write_pieces(client.pipe.sock, paced_writes.one_by_one(packet))
        assert client.read().text_rows() == [(b"db3",)]


@pytest.mark.parametrize("size", [40000, 70000, 200000, w.MAX_FRAGMENT])
def test_attributes_longer_than_what_is_read(scene, size):
    """A text whose beginning is out of sight is nobody's harmless read."""
    pair = ("long", b"v" * size)
    with scene.connect() as client:
        seen = place(client, pair)
        assert (seen == b"db1") == (size > 65536), seen
        assert (place(client) == b"db1") == (size > 65536), "and what it leaves behind nobody knows"
    assert scene.seen(READ)[-1][1] in ([(b"long", pair[1])], []), "whole"


def test_hints_in_front_of_a_text_out_of_sight(scene):
    """They are in sight: so they count; what cannot be read does not."""
    sql = f"SELECT '{'x' * 100000}' FROM t"
    with scene.connect() as client:
        for pairs, where in (([("headgate.server", b"db1")], True), ([("headgate.server", b"db2")], False),
                             ([("long", b"v" * 100000), ("headgate.server", b"db2")], True)):
            reply = client.command(w.QUERY, sql, attributes=pairs)
            assert (reply.error is None) == where, (pairs[-1], reply.error)


# ---- executions ----

def executed(c, payload):
    c.reply(r.binary_result(c.caps, COLUMNS, [[int.from_bytes(payload[1:5], "little"), payload[10:]]], status=c.status))


@pytest.fixture
def known(scene):
    for server, first in zip(scene.servers, (1001, 2001, 3001)):
        server.prepared["SELECT a, b FROM t WHERE a = ?"] = (1, COLUMNS)
        server.prepared["SELECT a, b FROM t"] = (0, COLUMNS)
        server.first_statement_id = first
        for sql in ("SELECT a, b FROM t WHERE a = ?", "SELECT a, b FROM t"):
            server.on((w.EXECUTE, sql), executed)
    return scene


def run(client, body):
    """(server's number, what it was sent behind the id, flags and count)"""
    reply = client.command(w.EXECUTE, body)
    assert not reply.error, reply.error
    reader = w.Reader(reply.results[-1][0], 2)
    return reader.int(8) // 1000, reader.lenenc_bytes()


def prepare(client, sql):
    return client.command(w.PREPARE, sql).statement_id


def test_executions_take_hints_and_pass_as_they_are(known):
    pairs = [("trace", b"t"), ("headgate.server", b"db3"), ("n", 7)]
    with known.connect() as client:
        one, none = prepare(client, "SELECT a, b FROM t WHERE a = ?"), prepare(client, "SELECT a, b FROM t")
        for statement, values in ((one, [5]), (one, [None]), (one, ["text"]), (none, [])):
            for name, number in ((b"db3", 3), (b"db2", 2), (b"db1", 1)):
                pairs[1] = ("headgate.server", name)
                body = a.execute(statement, values, pairs)
                assert run(client, body) == (number, body[9:])
        before = known.stats()["hints_unknown"]
        assert run(client, a.execute(one, [5], [("headgate.server", None)]))[0] in (2, 3)
        assert run(client, a.execute(one, [5], [("headgate.nonsense", b"")]))[0] in (2, 3)
        assert known.stats()["hints_unknown"] == before + 1


@pytest.mark.parametrize("flags", [a.HAS_COUNT, 0])
def test_types_are_told_to_a_server_that_has_not_heard_them(known, flags):
    """Whatever the flags say there is a count; attributes need types, and their names are for one execution."""
    with known.connect() as client:
        statement = prepare(client, "SELECT a, b FROM t WHERE a = ?")
        assert run(client, a.execute(statement, [5], [("headgate.server", b"db3"), ("x", b"1")], flags))[0] == 3
        again = a.execute(statement, [6], flags=flags, types=False)
        client.query("BEGIN")
        assert run(client, again) == (1, a.execute(statement, [6], flags=flags)[9:]), "with the types"
        assert run(client, again) == (1, again[9:]), "which it knows now"
        client.query("COMMIT")
        assert run(client, again)[0] == 3, "back to the session's replica"


def test_executions_without_parameters_and_without_the_flag_have_nothing(known):
    with known.connect() as client:
        statement = prepare(client, "SELECT a, b FROM t")
        assert run(client, a.execute(statement, flags=0))[1] == b""
        assert run(client, a.execute(statement))[1] == b"\0"


def test_what_has_too_few_parameters_is_the_server_s_to_refuse(known):
    with known.connect() as client:
        statement = prepare(client, "SELECT a, b FROM t WHERE a = ?")
        body = a.execute(statement)
        assert run(client, body)[1] == body[9:]


def test_hints_behind_long_data_are_not_found(known):
    """Nobody says which parameters were sent in pieces: then the values' places are not known."""
    with known.connect() as client:
        statement = prepare(client, "SELECT a, b FROM t WHERE a = ?")
        client.send(w.LONG_DATA, w.int4(statement) + w.int2(0) + b"piece")
        before = known.stats()["hints_unknown"]
        body = a.execute(statement, [a.SENT_BEFORE], [("headgate.server", b"db1")])
        assert run(client, body) in ((2, body[9:]), (3, body[9:]))
        assert known.stats()["hints_unknown"] == before + 1
        assert run(client, a.execute(statement, [1], [("headgate.server", b"db1")]))[0] == 1, "the pieces are used up"


def test_executions_split_at_every_byte(known):
    with known.connect() as client:
        statement = prepare(client, "SELECT a, b FROM t WHERE a = ?")
        body = a.execute(statement, [5], [("headgate.server", b"db3"), ("x", b"1")])
        packet = w.packet(0, w.int1(w.EXECUTE) + body)
        for at in range(1, len(packet)):
            paced_writes.write_pieces(client.pipe.sock, paced_writes.cut_at(packet, at))
            assert w.Reader(client.read().results[-1][0], 2).int(8) // 1000 == 3


@pytest.mark.parametrize("names,values", [(40000, 10), (10, 300000), (60000, w.MAX_FRAGMENT)])
def test_long_names_and_long_values(known, names, values):
    """All names are read, and of the values what a window holds."""
    with known.connect() as client:
        statement = prepare(client, "SELECT a, b FROM t WHERE a = ?")
        pairs = [("n" * names, b"x"), ("headgate.server", b"db1"), ("long", b"v" * values)]
        body = a.execute(statement, [5], pairs)
        reply = client.command(w.EXECUTE, body)
        assert not reply.error, reply.error
        assert w.Reader(reply.results[-1][0], 2).int(8) // 1000 == 1
        client.command(w.QUERY, "DO 1")
    assert [k.body[9:] for k in known.servers[0].commands(w.EXECUTE)] == [body[9:]]


def test_malformed_executions_are_refused(known):
    with known.connect() as client:
        statement = prepare(client, "SELECT a, b FROM t WHERE a = ?")
        whole = a.execute(statement, [5], [("x", b"1")])
        for cut in range(9, len(whole) - 10):
            error = client.command(w.EXECUTE, whole[:cut]).error
            assert error and error.code == 1835, (cut, error)
        assert run(client, whole)[0] in (2, 3)
