"""Two replies compared: what a client sees of them, without what is different by nature."""

import re

import mysqlwire as w
import replies as r

# Sent with an OK because headgate asks servers to track it: not the client's.
BY_DEFAULT = {b"autocommit", b"character_set_client", b"character_set_connection", b"character_set_results", b"time_zone",
              b"redirect_url"}


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


# NO_GOOD_INDEX_USED, NO_INDEX_USED; of a column all but BLOB, UNSIGNED, BINARY.
PLAN_STATUS = 0x30
OF_PLAN = ~0xB0 & 0xFFFF


def without_plan(payload):
    """A packet without what MySQL makes of its plan, which depends on the server's statistics: statuses, and columns' flags."""
    if isinstance(payload, tuple):
        return (*payload[:3], payload[3] & ~PLAN_STATUS, *payload[4:])
    if payload[:4] == b"\x03def":
        return payload[:-5] + w.int2(int.from_bytes(payload[-5:-3], "little") & ~OF_PLAN) + payload[-3:]
    if payload[:1] == b"\xfe" and (len(payload) == 5 or payload[1:3] == b"\0\0"):
        return payload[:3] + w.int2(int.from_bytes(payload[3:5], "little") & ~PLAN_STATUS) + payload[5:]
    return payload


def in_words(reply):
    """A reply as a person reads it: its results, its OKs, its error."""
    said = []
    for index, rows in enumerate(reply.results):
        try:
            found = reply.text_rows(index)
        except w.WireError:      # rows of the binary protocol
            found = rows
        said.append(f"{len(rows)} rows {found[:6]}")
    said += [f"OK affected={o.affected} id={o.insert_id} status={o.status:#06x} warnings={o.warnings} {o.info.decode(errors='replace')}"
             .rstrip() for o in reply.oks]
    if reply.error:
        said.append(f"ERROR {reply.error.code} ({reply.error.state}): {reply.error.message}")
    elif not reply.oks:
        said.append(f"status={reply.status:#06x} warnings={reply.warnings}")
    return "; ".join(said)
