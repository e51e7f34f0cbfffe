"""Server replies: their payloads built, and a whole reply read by its shape."""

import struct
from dataclasses import dataclass, field

from mysqlwire import (AUTOCOMMIT, CURSOR_EXISTS, DEPRECATE_EOF, DOUBLE, EXTENDED_METADATA, LONG, LONGLONG,
                       MAX_FRAGMENT, MORE_RESULTS, SESSION_TRACK, STATE_CHANGED, TINY, VAR_STRING, Reader, WireError,
                       int1, int2, int4, lenenc, lenenc_bytes, packet, text)

# ---- single packets ----


def ok(caps, affected=0, insert_id=0, status=AUTOCOMMIT, warnings=0, info=b"", session=b"", head=0x00):
    """An OK, or with head 0xFE an OK that ends rows. `session`: encoded entries, written only if caps allow.

    The text is length-encoded with and without SESSION_TRACK, whatever the documents say: servers and clients agree.
    """
    if not caps & SESSION_TRACK:
        session = b""
    status = status | STATE_CHANGED if session else status & ~STATE_CHANGED
    out = int1(head) + lenenc(affected) + lenenc(insert_id) + int2(status) + int2(warnings)
    if info or session:
        out += lenenc_bytes(text(info))
    if session:
        out += lenenc_bytes(session)
    return out


def err(code, message, state="HY000"):
    return b"\xff" + int2(code) + b"#" + state.encode() + text(message)


def eof(status=AUTOCOMMIT, warnings=0):
    return b"\xfe" + int2(warnings) + int2(status)


def tracked_variable(name, value):
    return b"\0" + lenenc_bytes(lenenc_bytes(text(name)) + lenenc_bytes(text(value)))


def tracked_schema(name):
    return b"\1" + lenenc_bytes(lenenc_bytes(text(name)))


def column(caps, name, kind=VAR_STRING, charset=45, flags=0, table=b"t", schema=b"test"):
    """A column definition."""
    out = lenenc_bytes(b"def") + lenenc_bytes(schema) + 2 * lenenc_bytes(table)
    out += lenenc_bytes(text(name)) + lenenc_bytes(text(name))
    if caps & EXTENDED_METADATA:
        out += lenenc_bytes(b"")
    return out + lenenc(0x0C) + int2(charset) + int4(1024) + int1(kind) + int2(flags) + int1(0) + int2(0)


def text_row(values):
    return b"".join(b"\xfb" if v is None else lenenc_bytes(text(str(v) if isinstance(v, int) else v))
                    for v in values)


def binary_row(kinds, values):
    """A row of the binary protocol."""
    bitmap = bytearray((len(values) + 9) // 8)
    body = b""
    for index, (kind, value) in enumerate(zip(kinds, values)):
        if value is None:
            bitmap[(index + 2) // 8] |= 1 << (index + 2) % 8
        else:
            body += binary_value(kind, value)
    return b"\0" + bytes(bitmap) + body


def binary_value(kind, value):
    formats = {TINY: "<b", LONG: "<i", LONGLONG: "<q", DOUBLE: "<d"}
    if kind in formats:
        return struct.pack(formats[kind], value)
    return lenenc_bytes(text(value))


# ---- whole replies, as lists of payloads ----

def end_of_rows(caps, status=AUTOCOMMIT, warnings=0, session=b""):
    if caps & DEPRECATE_EOF:
        return ok(caps, status=status, warnings=warnings, session=session, head=0xFE)
    return eof(status, warnings)


def definitions(caps, columns):
    """Definitions and, where that is still spoken, their EOF."""
    out = [column(caps, name, kind) for name, kind in columns]
    return out if caps & DEPRECATE_EOF else [*out, eof()]


def result(caps, columns, rows, status=AUTOCOMMIT, warnings=0, session=b""):
    """A text result set; columns are (name, type)."""
    return [lenenc(len(columns)), *definitions(caps, columns), *(text_row(row) for row in rows),
            end_of_rows(caps, status, warnings, session)]


def binary_result(caps, columns, rows, status=AUTOCOMMIT):
    kinds = [kind for _, kind in columns]
    return [lenenc(len(columns)), *definitions(caps, columns), *(binary_row(kinds, row) for row in rows),
            end_of_rows(caps, status)]


def opened_cursor(caps, columns):
    """The answer to an EXECUTE that opened a cursor: definitions only."""
    defs = [column(caps, name, kind) for name, kind in columns]
    return [lenenc(len(columns)), *defs, end_of_rows(caps, AUTOCOMMIT | CURSOR_EXISTS)]


def prepared(caps, statement_id, params, columns):
    """PREPARE_OK and its definitions; params is a count."""
    out = [b"\0" + int4(statement_id) + int2(len(columns)) + int2(params) + b"\0" + int2(0)]
    if params:
        out += definitions(caps, [("?", VAR_STRING)] * params)
    if columns:
        out += definitions(caps, columns)
    return out


def infile(name):
    return b"\xfb" + text(name)


# ---- reading ----

GENERIC, ROWS, FIELDS, STRING, EOF_ONLY, PREPARED, NOTHING = (
    "generic", "rows", "fields", "string", "eof", "prepared", "nothing")


@dataclass
class Ok:
    affected: int
    insert_id: int
    status: int
    warnings: int
    info: bytes
    session: bytes
    padding: int = 0    # zero bytes before the session state: MariaDB 10.11, in schemas of wide character sets


def parse_ok(payload, caps):
    reader = Reader(payload, 1)
    affected, insert_id, status, warnings = reader.lenenc(), reader.lenenc(), reader.int(2), reader.int(2)
    info = reader.lenenc_bytes() if reader.left() else b""
    session, padding = reader.lenenc_bytes() if caps & SESSION_TRACK and status & STATE_CHANGED else b"", 0
    while reader.left() and not session and padding < 3 and caps & SESSION_TRACK and status & STATE_CHANGED:
        session, padding = reader.lenenc_bytes(), padding + 1
    if reader.left():
        raise WireError(f"{reader.left()} bytes after an OK")
    return Ok(affected, insert_id, status, warnings, info, session, padding)


@dataclass
class Err(Exception):
    code: int
    state: str
    message: str


def parse_err(payload):
    code, at, state = int.from_bytes(payload[1:3], "little"), 3, ""
    if payload[3:4] == b"#":
        state, at = payload[4:9].decode(), 9
    return Err(code, state, payload[at:].decode(errors="replace"))


@dataclass
class Reply:
    """All of one reply: `packets` are (seq, payload); `rows` only of the last result when they were kept."""
    packets: list = field(default_factory=list)
    results: list = field(default_factory=list)   # of lists of raw row payloads, one per result set
    columns: list = field(default_factory=list)   # of lists of definition payloads
    oks: list = field(default_factory=list)
    error: Err = None
    statement_id: int = None
    params: int = 0
    status: int = 0
    warnings: int = 0

    def wire(self):
        return b"".join(packet(seq, payload) for seq, payload in self.packets)

    def text_rows(self, index=-1):
        """Rows of a text result set as tuples of bytes or None."""
        out = []
        for payload in self.results[index]:
            reader = Reader(payload)
            row = []
            while reader.left():
                row.append(reader.value())
            out.append(tuple(row))
        return out

    def names(self, index=-1):
        return [column_name(payload) for payload in self.columns[index]]


def column_name(payload):
    reader = Reader(payload)
    for _ in range(4):
        reader.lenenc_bytes()
    return reader.lenenc_bytes().decode()


class ReplyReader:
    """Follows one reply on a pipe by its shape.

    keep=False forgets rows (for replies that do not fit memory); on_infile(name) must send the file.
    """

    def __init__(self, pipe, caps, keep=True, on_infile=None):
        self.pipe, self.caps, self.keep, self.on_infile = pipe, caps, keep, on_infile
        self.reply = Reply()
        self.row_count = 0

    def next(self):
        return self.pipe.read_packet()

    def note(self, payload):
        self.reply.packets.append((self.pipe.headers[0][1], payload))
        return payload

    def read(self, shape=GENERIC, cursor=False):
        if shape == GENERIC:
            while self._one_result(cursor):
                pass
        elif shape == ROWS:
            self._rows()
        elif shape == FIELDS:
            self._fields()
        elif shape == STRING:
            self.note(self.next())
            self._error(self.reply.packets[0][1])
        elif shape == EOF_ONLY:
            payload = self.note(self.next())
            if not self._error(payload):
                self._terminator(payload)
        elif shape == PREPARED:
            self._prepared()
        return self.reply

    def _error(self, payload):
        if payload[:1] == b"\xff":
            self.reply.error = parse_err(payload)
            return True
        return False

    def _one_result(self, cursor):
        """Reads one OK, ERR or result set; True if another follows."""
        payload = self.note(self.next())
        while payload[:1] == b"\xfb" and len(payload) > 1:
            self.on_infile(payload[1:])
            payload = self.note(self.next())
        if self._error(payload):
            return False
        if payload[:1] == b"\x00":
            done = parse_ok(payload, self.caps)
            self.reply.oks.append(done)
            self.reply.status, self.reply.warnings = done.status, done.warnings
            return bool(done.status & MORE_RESULTS)
        if payload[:1] == b"\xfe":
            raise WireError("EOF where a reply begins")
        count = Reader(payload).lenenc()
        self.reply.columns.append([])
        for _ in range(count):
            definition = self.note(self.next())
            if self._error(definition):
                return False
            self.reply.columns[-1].append(definition)
        self.reply.results.append([])
        if not self.caps & DEPRECATE_EOF:
            between = self.note(self.next())
            if between[:1] != b"\xfe" or len(between) != 5:
                raise WireError("no EOF after the definitions")
            if cursor and int.from_bytes(between[3:5], "little") & CURSOR_EXISTS:
                self.reply.status = int.from_bytes(between[3:5], "little")
                return False
        return self._rows()

    def _rows(self):
        if not self.reply.results:
            self.reply.results.append([])
        while True:
            payload = self.next()
            first = payload[:1]
            if first == b"\xff":
                self.note(payload)
                self._error(payload)
                return False
            if first == b"\xfe" and len(payload) < (MAX_FRAGMENT if self.caps & DEPRECATE_EOF else 9):
                self._terminator(self.note(payload))
                return bool(self.reply.status & MORE_RESULTS)
            self.row_count += 1
            if self.keep:
                self.note(payload)
                self.reply.results[-1].append(payload)

    def _terminator(self, payload):
        if self.caps & DEPRECATE_EOF and len(payload) != 5:
            done = parse_ok(payload, self.caps)
            self.reply.oks.append(done)
            self.reply.status, self.reply.warnings = done.status, done.warnings
        elif payload[:1] == b"\xfe" and len(payload) == 5:
            self.reply.warnings = int.from_bytes(payload[1:3], "little")
            self.reply.status = int.from_bytes(payload[3:5], "little")
        else:
            raise WireError(f"no terminator: {payload[:20]!r}")

    def _fields(self):
        self.reply.columns.append([])
        while True:
            payload = self.note(self.next())
            if self._error(payload):
                return
            if payload[:1] == b"\xfe" and (len(payload) < 9 or self.caps & DEPRECATE_EOF):
                self._terminator(payload)
                return
            self.reply.columns[-1].append(payload)

    def _prepared(self):
        payload = self.note(self.next())
        if self._error(payload):
            return
        reader = Reader(payload, 1)
        self.reply.statement_id, columns, self.reply.params = reader.int(4), reader.int(2), reader.int(2)
        ends = 0 if self.caps & DEPRECATE_EOF else 1
        for count in (self.reply.params, columns):
            if count:
                defs = [self.note(self.next()) for _ in range(count + ends)]
                self.reply.columns.append(defs[:count])


SHAPES = {0x01: NOTHING, 0x04: FIELDS, 0x09: STRING, 0x0D: EOF_ONLY, 0x16: PREPARED, 0x18: NOTHING, 0x19: NOTHING,
          0x1B: EOF_ONLY, 0x1C: ROWS}

