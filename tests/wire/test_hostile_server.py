"""Servers that speak nonsense: the client hears a clear error at a packet boundary, or the end; others are served."""

import contextlib

import pytest

import mysqlwire as w
import replies as r
from client import Client, execute
from proxy import memory_margin, wait_until

pytestmark = pytest.mark.room("relay")

TIMEOUTS = {"login": "5s", "primary_wait": "500ms", "pool_wait": "2s"}
COLUMNS = [("a", w.LONGLONG), ("b", w.VAR_STRING)]
CLIENT_SIDE = set(range(2000, 3000)) | set(range(5000, 6000))

GREETINGS = {
    "garbage": lambda c: c.pipe.send(b"\x00\x01\x02 nonsense " * 20),
    "http": lambda c: c.pipe.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "protocol_9": lambda c: c.pipe.send(w.packet(0, b"\x093.20\0" + bytes(20))),
    "too_many_connections": lambda c: c.pipe.send(w.packet(0, b"\xff\x10\x04Too many connections")),
    "too_many_connections_with_state": lambda c: c.pipe.send(w.packet(0, r.err(1040, "Too many connections", "08004"))),
    "host_blocked": lambda c: c.pipe.send(w.packet(0, b"\xff\x69\x04Host is blocked")),
    "cut": lambda c: c.pipe.send(w.packet(0, c.server.greeting(1).payload())[:30]),
    "huge_length": lambda c: c.pipe.send(b"\xff\xff\xff\x00" + b"\x0a" * 5000),
    "empty_packet": lambda c: c.pipe.send(w.packet(0, b"")),
    "closes": lambda c: None,
}

LOGINS = {
    "closes": lambda c: None,
    "unknown_plugin": lambda c: c.reply([b"\xfeno_such_plugin\0" + b"x" * 21]),
    "old_password": lambda c: c.reply([b"\xfe"]),
    "garbage": lambda c: c.pipe.send(b"\xaa" * 50),
    "endless_switches": lambda c: [c.reply([b"\xfemysql_native_password\0" + b"y" * 20 + b"\0"]) or c.pipe.read_packet()
                                   for _ in range(100)],
    "refuses": lambda c: c.reply([r.err(1045, "Access denied for user 'app'", "28000")]),
    "malformed_ok": lambda c: c.reply([b"\x00\xfe"]),
}


def rows(c):
    return r.result(c.caps, COLUMNS, [[1, "one"], [2, "two"]])


REPLIES = {
    "closes_at_once": lambda c: None,
    "closes_amid_a_header": lambda c: c.pipe.send(b"\x05\x00"),
    "closes_amid_definitions": lambda c: c.reply(rows(c)[:2]),
    "closes_amid_rows": lambda c: c.reply(rows(c)[:-1]),
    "closes_amid_a_row": lambda c: c.pipe.send(w.packets(1, rows(c))[:-12]),
    "closes_amid_a_big_row": lambda c: c.pipe.send(w.packets(1, rows(c)[:-1]) + b"\xff\xff\x00\x07" + b"x" * 1000),
    "closes_amid_a_fragmented_row": lambda c: c.pipe.send(w.packets(1, rows(c)[:3]) + b"\xff\xff\xff\x04" + bytes(M)),
    "eof_where_a_reply_begins": lambda c: c.reply([r.eof()]),
    "empty_packet": lambda c: c.reply([b""]),
    "column_count_of_nothing": lambda c: c.reply([b"\xfc"]),
    "column_count_without_end": lambda c: c.reply([b"\xfe" + b"\xff" * 8]),
    "malformed_ok": lambda c: c.reply([b"\x00\xff\xff"]),
    "cut_ok": lambda c: c.reply([b"\x00"]),
    "error_without_code": lambda c: c.reply([b"\xff"]),
    "garbage": lambda c: c.pipe.send(bytes(range(256)) * 8),
    "wrong_sequence": lambda c: c.pipe.send(w.packet(77, b"\xff\xff")),
}
M = w.MAX_FRAGMENT


def then_ends(script):
    def scripted(c, *_):
        with contextlib.suppress(OSError, w.WireError):
            script(c)
        return False
    return scripted


def clear_end(client):
    """Reads whole packets until an ERR or the end. After an ERR the session is in step, or closed."""
    try:
        while (packet := client.pipe.read_packet())[:1] != b"\xff" or len(packet) < 3:
            pass
    except w.Closed:
        return None
    try:
        client.send(w.QUERY, "DO 'in step'")
        assert client.read().oks
    except (w.Closed, BrokenPipeError) as end:
        assert not getattr(end, "partial", False)
    return r.parse_err(packet)


@pytest.mark.parametrize("name", GREETINGS)
def test_nonsense_greeting_is_an_error_for_that_client_alone(rig, name):
    with rig.connect() as bystander:
        bystander.query("DO 'before'")
        rig.primary.on_connect = then_ends(GREETINGS[name])
        with pytest.raises((r.Err, w.Closed)) as refused:
            Client.connect(rig.proxy.address["primary"], timeout=20)
        if isinstance(refused.value, r.Err):
            assert refused.value.code not in CLIENT_SIDE
            assert refused.value.state
        else:
            assert not refused.value.partial
        assert bystander.query("DO 'after'").oks
    rig.primary.on_connect = None
    rig.proxy.wait_server("db1", lambda row: row["state"] == "up")
    assert rig.is_served()


@pytest.mark.parametrize("name", LOGINS)
def test_nonsense_login_is_an_error_for_that_client_alone(rig, name):
    with rig.connect() as bystander:
        bystander.query("DO 'before'")
        rig.primary.on_login = then_ends(LOGINS[name])
        with pytest.raises((r.Err, w.Closed)) as refused:
            Client.connect(rig.proxy.address["primary"], timeout=20)
        if isinstance(refused.value, r.Err):
            assert refused.value.code not in CLIENT_SIDE
        assert bystander.query("DO 'after'").oks
        rig.primary.on_login = None
    rig.proxy.wait_server("db1", lambda row: row["state"] == "up")
    assert rig.is_served()


@pytest.mark.parametrize("caps", [w.MODERN_CAPS, w.OLD_CAPS], ids=["deprecate_eof", "old"])
@pytest.mark.parametrize("name", REPLIES)
def test_nonsense_reply_ends_that_session_alone(rig, name, caps):
    rig.primary.on("nonsense", then_ends(REPLIES[name]))
    with rig.connect() as bystander, rig.connect(caps=caps) as client:
        client.send(w.QUERY, "nonsense")
        error = clear_end(client)
        assert error is None or error.code not in CLIENT_SIDE
        assert bystander.query("DO 'meanwhile'").oks
    assert rig.is_served()


def test_loss_before_the_reply_is_an_error_in_words(rig):
    rig.primary.on("lost", then_ends(lambda c: None))
    with rig.connect() as client:
        client.send(w.QUERY, "lost")
        error = r.parse_err(client.pipe.read_packet())
        assert client.pipe.headers[0][1] == 1
        assert error.code in (1927, 1053, 1158) and error.message


def test_loss_between_rows_is_an_error_or_an_end_at_a_boundary(rig):
    rig.primary.on("lost", then_ends(REPLIES["closes_amid_rows"]))
    with rig.connect() as client:
        client.send(w.QUERY, "lost")
        seen = []
        with contextlib.suppress(w.Closed):
            while not seen or seen[-1][0][:1] != b"\xff":
                seen.append((client.pipe.read_packet(), client.pipe.seq))
        assert [seq for _, seq in seen] == list(range(1, len(seen) + 1))
        assert len(seen) in (5, 6)


COMMANDS = [w.PREPARE, w.EXECUTE, w.FETCH, w.RESET, w.INIT_DB, w.FIELD_LIST, w.STATISTICS, w.SET_OPTION, w.RESET_CONNECTION]
# What is nonsense for most is a proper answer to some.
PROPER = {(w.FETCH, "eof_where_a_reply_begins"), (w.FIELD_LIST, "eof_where_a_reply_begins"),
          (w.SET_OPTION, "eof_where_a_reply_begins"), (w.STATISTICS, "eof_where_a_reply_begins"),
          (w.STATISTICS, "column_count_of_nothing")}
NONSENSE = [(byte, name) for byte in COMMANDS for name in ("closes_at_once", "garbage", "column_count_of_nothing",
                                                          "eof_where_a_reply_begins") if (byte, name) not in PROPER]


@pytest.mark.parametrize("byte, name", NONSENSE)
def test_nonsense_reply_to_any_command_ends_that_session_alone(rig, byte, name):
    with rig.connect() as bystander, rig.connect() as client:
        statement = client.command(w.PREPARE, "SELECT ?").statement_id
        assert client.command(w.EXECUTE, execute(statement, [1])).oks
        rig.primary.on(byte, then_ends(REPLIES[name]))
        bodies = {w.PREPARE: "SELECT 1", w.EXECUTE: execute(statement, [1]), w.FETCH: w.int4(statement) + w.int4(1),
                  w.RESET: w.int4(statement), w.INIT_DB: "app", w.FIELD_LIST: b"t\0", w.SET_OPTION: w.int2(0)}
        client.send(byte, bodies.get(byte, b""))
        clear_end(client)
        assert bystander.query("DO 'meanwhile'").oks
    rig.primary.forget()
    assert rig.is_served()


def test_unsolicited_packet_before_the_request_ends_that_session(rig):
    with rig.connect() as client:
        client.query("DO 'mine'")
        used = next(c for c in rig.primary.application_connections() if "DO 'mine'" in c.sqls())
        used.pipe.send(w.packet(1, r.ok(used.caps)))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.send(w.QUERY, "DO 'next'")
        error = clear_end_or_answer(client)
        assert error is None or error.code not in CLIENT_SIDE
    assert rig.is_served()


@pytest.mark.parametrize("seq", [0, 1])
@pytest.mark.parametrize("code", [4031, 1927])
def test_farewell_of_an_idle_upstream_is_no_answer_to_a_later_command(rig, seq, code):
    """wait_timeout ran out at the server, or somebody killed the connection there."""
    with rig.connect() as client:
        client.query("DO 'mine %d %d'" % (seq, code))
        used = next(c for c in rig.primary.application_connections() if "DO 'mine %d %d'" % (seq, code) in c.sqls())
        used.pipe.send(w.packet(seq, r.err(code, "the server is tired of you")))
        used.close()
        assert client.query("DO 'later %d %d'" % (seq, code)).oks
        assert rig.primary.sqls().count("DO 'later %d %d'" % (seq, code)) == 1 and used.sqls()[-1].startswith("DO 'mine")
    assert rig.is_served()


@pytest.mark.parametrize("sql", ["SELECT a FROM t", "INSERT INTO t VALUES (1)"])
def test_idle_upstream_that_closes_disturbs_nobody(rig, sql):
    with rig.connect() as bystander, rig.connect() as client:
        bystander.query("DO 'bystander'")
        client.query("DO 'closed on'")
        used = next(c for c in rig.primary.application_connections() if "DO 'closed on'" in c.sqls())
        used.close()
        assert client.query(sql).error is None and sql not in used.sqls()
        assert bystander.query("DO 'meanwhile'").oks
    assert rig.is_served()


def test_memory_and_descriptors_are_back_after_hostile_replies(rig):
    def hostile(number):
        name = list(REPLIES)[number % len(REPLIES)]
        rig.primary.on("nonsense", then_ends(REPLIES[name]))
        with rig.connect() as client:
            client.send(w.QUERY, "nonsense")
            clear_end(client)

    for number in range(40):
        hostile(number)
    settled = wait_until(lambda: all(c.is_closed.is_set() for c in rig.primary.application_connections()) and rig.proxy.fds(),
                         "the warm-up's connections are gone")
    before = rig.proxy.rss()
    for number in range(100):
        hostile(number)
    wait_until(lambda: rig.proxy.fds() <= settled, "as many descriptors as before")
    assert rig.proxy.rss() < before + memory_margin() // 4


def clear_end_or_answer(client):
    """The Err, or None for an answer or an end."""
    try:
        payload = client.pipe.read_packet()
    except w.Closed as closed:
        assert not closed.partial
        return None
    return r.parse_err(payload) if payload[:1] == b"\xff" else None
