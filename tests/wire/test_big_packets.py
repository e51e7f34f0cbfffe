"""Packets of 16 MiB and more, both ways, and in memory that does not grow with them."""

import hashlib

import pytest

import mysqlwire as w
import replies as r
from client import execute
from proxy import memory_margin

pytestmark = pytest.mark.room("relay", "mysql")

M = w.MAX_FRAGMENT
COLUMNS = [("a", w.BLOB)]


def blob(size):
    """Bytes that do not repeat with any power of two."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


@pytest.mark.parametrize("size", [M - 6, M - 5, M - 1, M, M + 1, 2 * M - 10, 2 * M + 5])
@pytest.mark.parametrize("caps", [w.MODERN_CAPS, w.OLD_CAPS], ids=["deprecate_eof", "old"])
def test_rows_pass(front, caps, size):
    """Sizes so that the row ends just before, at and after the end of a fragment."""
    prefix = len(w.lenenc(size))
    value = blob(size - prefix)
    row = r.text_row([value])
    front.primary.on("q", lambda c, _: c.reply(r.result(c.caps, COLUMNS, [[value]])))
    with front.connect(caps=caps) as client:
        client.send(w.QUERY, "q")
        expected = w.packets(1, r.result(client.caps, COLUMNS, [[value]]))
        assert client.pipe.read_exactly(len(expected)) == expected, f"row of {len(row)} bytes"
        assert client.query("DO 'in step'").oks


@pytest.mark.parametrize("size", [M - 1, M, M + 1, 2 * M])
def test_queries_pass(front, size):
    """The command byte counts: a text of M-1 bytes fills the first fragment exactly."""
    got = []
    front.primary.on(w.QUERY, lambda c, payload: (got.append((len(payload), hashlib.sha1(payload).digest())), c.ok())[1])
    sql = b"DO '" + b"x" * (size - 6) + b"'"
    payload = b"\x03" + sql
    with front.connect() as client:
        reply = client.command(w.QUERY, sql)
        assert reply.oks
        assert reply.packets[0][0] == len(payload) // M + 1
        assert got[-1] == (len(payload), hashlib.sha1(payload).digest())


def test_long_statement_is_read_or_goes_to_the_primary(rig):
    """A text longer than the reader's cap may end in FOR UPDATE."""
    sql = "SELECT '" + "x" * (1 << 20) + "' FROM t FOR UPDATE"
    with rig.connect("split") as client:
        assert client.rows(sql) == [(b"db1",)]


def test_execution_with_a_big_parameter_passes(front):
    got = []
    front.primary.on(w.EXECUTE, lambda c, payload: (got.append(hashlib.sha1(payload[-2 * M:]).digest()), c.ok())[1])
    with front.connect() as client:
        statement = client.command(w.PREPARE, "INSERT INTO t VALUES (?)").statement_id
        value = blob(2 * M)
        assert client.command(w.EXECUTE, execute(statement, [value])).oks
        assert got == [hashlib.sha1(value).digest()]


def test_memory_does_not_grow_with_packets(rig):
    value = blob(40 << 20)
    rig.primary.on("q", lambda c, _: c.reply(r.result(c.caps, COLUMNS, [[value]])))
    with rig.connect() as client:
        client.query("DO 1")
        before = rig.proxy.rss()
        peak = 0
        for _ in range(2):
            assert len(client.query("q").results[0][0]) > len(value)
            client.command(w.QUERY, b"DO '" + value + b"'")
            peak = max(peak, rig.proxy.rss())
        assert peak < before + memory_margin(), f"{(peak - before) >> 20} MiB more"
