"""Through headgate ≡ direct: every reply to a long list of statements, byte for byte.

The list is run three times from the same beginning: directly, through the listener for the primary, and through the one
that splits (where replicas are let catch up after each statement: their lag is not this test's matter).
"""

import re

import pytest

import mysqlwire as w
import replies as r
import statements
from client import execute
from headgate import direct

FORMS = {"deprecate_eof": w.MODERN_CAPS & ~w.SESSION_TRACK | w.EXTENDED_METADATA,
         "old": w.OLD_CAPS | w.FOUND_ROWS,
         "tracking": w.MODERN_CAPS}
# Sent with an OK because headgate asks servers to track it: not the client's.
BY_DEFAULT = {b"autocommit", b"character_set_client", b"character_set_connection", b"character_set_results", b"time_zone",
              b"redirect_url"}


def run(client, statement):
    """The replies to one entry of the list, as comparable bytes."""
    if isinstance(statement, str):
        return [client.command(w.QUERY, statement)]
    if statement[0] == "command":
        return [client.command(*statement[1:])]
    _, sql, *executions = statement
    prepared = client.command(w.PREPARE, sql)
    found = [prepared]
    if not prepared.error:
        found += [client.command(w.EXECUTE, execute(prepared.statement_id, values)) for values in executions]
        client.command(w.CLOSE, w.int4(prepared.statement_id))
    return found


def comparable(reply, caps):
    """The packets of a reply, without the number a statement happens to have."""
    out = []
    for seq, payload in reply.packets:
        if reply.statement_id is not None and payload[:5] == b"\0" + w.int4(reply.statement_id):
            payload = payload[:1] + b"<id>" + payload[5:]
        if payload[:1] == b"\xff":
            payload = re.sub(rb"(handler \()\d+|^(.{9}Unknown thread id: )\d+", rb"\1\2N", payload)
        out.append((seq, tracked_by_default(payload, caps)))
    return out


def tracked_by_default(payload, caps):
    """An OK with only those entries that a server sends to a client that asked for nothing special."""
    if not caps & w.SESSION_TRACK or payload[:1] not in (b"\x00", b"\xfe") or len(payload) < 7:
        return payload
    try:
        done = r.parse_ok(payload, caps)
    except w.WireError:
        return payload
    entries, reader = [], w.Reader(done.session)
    while reader.left():
        kind, data = reader.int(1), w.Reader(reader.lenenc_bytes())
        if kind == 1:
            entries.append((kind, data.lenenc_bytes()))
        while kind == 0 and data.left():
            name, value = data.lenenc_bytes(), data.lenenc_bytes()
            if name in BY_DEFAULT:
                entries.append((kind, name, value))
    # In which order a server lists several variables depends on how many it tracks.
    return (payload[:1], done.affected, done.insert_id, done.status & ~w.STATE_CHANGED, done.warnings, done.info,
            sorted(entries))


def record(cluster, connect, caps, settle):
    """{index: replies} for the whole list on a new connection, from an empty schema."""
    cluster.node("db1").sql("DROP DATABASE test; CREATE DATABASE test")
    cluster.sync()
    recorded = []
    with connect(caps=caps) as client:
        for statement in statements.ALL:
            try:
                recorded.append([comparable(reply, client.caps) for reply in run(client, statement)])
            except (w.WireError, TimeoutError, OSError) as error:
                recorded.append(repr(error))
                client.close()
                client = connect(caps=caps)
            if settle:
                cluster.sync()
    return recorded


@pytest.fixture(scope="module", params=FORMS)
def caps(request):
    return FORMS[request.param]


@pytest.fixture(scope="module")
def directly(cluster, caps):
    return record(cluster, lambda **options: direct(cluster, **options), caps, False)


@pytest.fixture(scope="module", params=["writes", "split"])
def through(request, cluster, running, caps, directly):
    return record(cluster, lambda **options: running.wire(request.param, **options), caps, request.param == "split")


@pytest.mark.parametrize("index", range(len(statements.ALL)), ids=lambda i: f"{i}-{str(statements.ALL[i])[:50]}")
def test_reply_is_the_same(directly, through, index):
    assert through[index] == directly[index]


def test_list_is_run_to_its_end_directly(directly):
    """The yardstick itself: no entry of the list loses the connection."""
    assert not [entry for entry in directly if isinstance(entry, str)]
