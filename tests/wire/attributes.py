"""Query attributes as MySQL's clients send them, ahead of a text and behind the parameters of an execution.

An attribute is (name, value): bytes, text, int, None for NULL, or Raw for any type and bytes.
"""

from dataclasses import dataclass

import mysqlwire as w

HAS_COUNT = 0x08  # flag of COM_STMT_EXECUTE: attributes although there are no parameters


@dataclass
class Raw:
    """A value of that type, as these bytes."""
    type: int
    data: bytes


SENT_BEFORE = Raw(w.VAR_STRING, b"")  # a parameter whose data COM_STMT_SEND_LONG_DATA has brought


def _typed(value):
    if isinstance(value, Raw):
        return value
    if isinstance(value, int):
        return Raw(w.LONGLONG, value.to_bytes(8, "little", signed=True))
    return Raw(w.VAR_STRING, b"" if value is None else w.lenenc_bytes(w.text(value)))


def _bitmap(values):
    bitmap = bytearray((len(values) + 7) // 8)
    for index, value in enumerate(values):
        if value is None:
            bitmap[index // 8] |= 1 << index % 8
    return bytes(bitmap)


def _body(pairs, types):
    raws = [_typed(value) for _, value in pairs]
    named = b"".join(w.int2(raw.type) + w.lenenc_bytes(w.text(name)) for (name, _), raw in zip(pairs, raws))
    return (_bitmap([value for _, value in pairs]) + (b"\1" + named if types else b"\0")
            + b"".join(raw.data for raw in raws))


def before_text(pairs=()):
    """What stands between COM_QUERY and its text."""
    return w.lenenc(len(pairs)) + b"\1" + (_body(pairs, True) if pairs else b"")


def execute(statement_id, values=(), pairs=(), flags=HAS_COUNT, types=True):
    """The body of COM_STMT_EXECUTE on a connection with QUERY_ATTRIBUTES."""
    everything = [(b"", value) for value in values] + list(pairs)
    body = w.int4(statement_id) + w.int1(flags) + w.int4(1)
    if not values and not flags & HAS_COUNT:
        return body
    return body + w.lenenc(len(everything)) + (_body(everything, types) if everything else b"")


def _read_value(reader, kind):
    sizes = {w.TINY: 1, 0x02: 2, w.LONG: 4, 0x04: 4, w.DOUBLE: 8, w.LONGLONG: 8}
    if kind & 0xFF in sizes:
        return reader.bytes(sizes[kind & 0xFF])
    if kind in (0x07, 0x0A, 0x0B, w.DATETIME):
        return reader.bytes(reader.int(1))
    return reader.lenenc_bytes()


def split(body):
    """(pairs, text) of a COM_QUERY's body, as a server reads it; a WireError where that answers 1835."""
    reader = w.Reader(body)
    count = reader.lenenc()
    if reader.lenenc() != 1:
        raise w.WireError("not one set of attributes")
    if not count:
        return [], reader.rest()
    bitmap = reader.bytes((count + 7) // 8)
    if not reader.int(1):
        raise w.WireError("attributes without types")
    kinds = [(reader.int(2), reader.lenenc_bytes()) for _ in range(count)]
    pairs = [(name, None if bitmap[i // 8] >> i % 8 & 1 else _read_value(reader, kind))
             for i, (kind, name) in enumerate(kinds)]
    return pairs, reader.rest()
