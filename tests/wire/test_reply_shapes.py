"""Replies of every shape pass unchanged, however their bytes arrive."""

import pytest

import mysqlwire as w
import paced_writes
from reply_shapes import SHAPES, wire

pytestmark = pytest.mark.room("relay", "mysql")

# With every shape of these at every byte the run would be long: they differ from others only in size.
LONG = {"three_hundred_columns", "ok_longer_than_255_bytes", "error_with_longest_text", "cells_with_longer_lengths"}
FORMS = {"deprecate_eof": w.MODERN_CAPS, "old": w.OLD_CAPS, "extended_metadata": w.MODERN_CAPS | w.EXTENDED_METADATA}


@pytest.fixture(params=FORMS)
def caps(request):
    return FORMS[request.param]


def passes(client, expected):
    """The reply to QUERY arrives as those bytes, and the session is in step after it."""
    client.send(w.QUERY, "q")
    return client.pipe.read_exactly(len(expected)) == expected


@pytest.mark.parametrize("name", SHAPES)
def test_reply_passes_whole(front, caps, name):
    front.primary.on("q", lambda c, _: c.pipe.send(wire(c, name)))
    with front.connect(caps=caps) as client:
        expected = as_client_sees(client, name)
        assert passes(client, expected)
        assert passes(client, expected)
        assert client.query("DO 'in step'").oks


@pytest.mark.parametrize("name", SHAPES)
def test_reply_passes_byte_by_byte(front, caps, name):
    front.primary.on("q", lambda c, _: paced_writes.write_pieces(c.pipe.sock, paced_writes.one_by_one(wire(c, name))))
    if name == "three_hundred_columns":
        front.primary.on("q", lambda c, _: paced_writes.write_pieces(c.pipe.sock, paced_writes.cut_at(wire(c, name), *range(1, 400))))
    with front.connect(caps=caps) as client:
        assert passes(client, as_client_sees(client, name))
        assert client.query("DO 'in step'").oks


@pytest.mark.parametrize("name", sorted(SHAPES.keys() - LONG))
def test_reply_passes_cut_at_every_byte(front, caps, name):
    cut = [0]
    front.primary.on("q", lambda c, _: paced_writes.write_pieces(c.pipe.sock, paced_writes.cut_at(wire(c, name), cut[0])))
    with front.connect(caps=caps) as client:
        expected = as_client_sees(client, name)
        for cut[0] in range(1, len(expected)):
            assert passes(client, expected), f"cut at byte {cut[0]}"
        assert client.query("DO 'in step'").oks


def test_query_passes_cut_at_every_byte(front):
    sql = "DO 'cut anywhere'"
    data = w.packet(0, b"\x03" + sql.encode())
    with front.connect() as client:
        for cut in range(1, len(data)):
            paced_writes.write_pieces(client.pipe.sock, paced_writes.cut_at(data, cut))
            assert client.read().oks, f"cut at byte {cut}"
        paced_writes.write_pieces(client.pipe.sock, paced_writes.one_by_one(data))
        assert client.read().oks
    assert front.primary.sqls().count(sql) == len(data)


def test_pipelined_queries_are_answered_in_order(front):
    for number in range(20):
        front.primary.on(f"DO {number}", lambda c, _, n=number: c.ok(affected=n))
    with front.connect() as client:
        client.pipe.send(b"".join(w.packet(0, b"\x03DO %d" % n) for n in range(20)))
        assert [client.read().oks[0].affected for _ in range(20)] == list(range(20))


def test_pipelined_queries_pass_cut_at_every_byte(front):
    front.primary.on("DO 1", lambda c, _: c.ok(affected=1))
    front.primary.on("DO 2", lambda c, _: c.error(1064, "two"))
    data = w.packet(0, b"\x03DO 1") + w.packet(0, b"\x03DO 2") + w.packet(0, b"\x0e")
    with front.connect() as client:
        for cut in range(1, len(data)):
            paced_writes.write_pieces(client.pipe.sock, paced_writes.cut_at(data, cut))
            assert client.read().oks[0].affected == 1
            assert client.read().error.code == 1064
            assert client.read().oks[0].affected == 0, f"cut at byte {cut}"


def test_client_that_hangs_up_after_its_queries_has_them_run(front):
    """The bytes of a closed connection are not lost: QUIT behind a query is how many clients end."""
    with front.connect() as client:
        client.pipe.send(w.packet(0, b"\x03DO 'last words'") + w.packet(0, b"\x01"))
        client.read()
        assert client.pipe.read_to_end() == b""
    assert "DO 'last words'" in front.primary.sqls()


class Agreed:
    """Stands for a server's connection when a reply is built for the client's capabilities."""

    def __init__(self, caps):
        self.caps = caps


def as_client_sees(client, name):
    return wire(Agreed(client.caps), name)
