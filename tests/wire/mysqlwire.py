"""Integers, strings and packets of the MySQL protocol, and the numbers both ends agree on.

Nothing here knows a socket but `Pipe`, which reads logical packets from one and remembers each header it saw.
"""

import socket
import struct

MAX_FRAGMENT = 0xFFFFFF

# ---- capabilities (bits 32 and up: MariaDB's extended word) ----
LONG_PASSWORD, FOUND_ROWS, LONG_FLAG, CONNECT_WITH_DB = 1 << 0, 1 << 1, 1 << 2, 1 << 3
COMPRESS, LOCAL_FILES, IGNORE_SPACE, PROTOCOL_41 = 1 << 5, 1 << 7, 1 << 8, 1 << 9
INTERACTIVE, SSL, TRANSACTIONS, SECURE_CONNECTION = 1 << 10, 1 << 11, 1 << 13, 1 << 15
MULTI_STATEMENTS, MULTI_RESULTS, PS_MULTI_RESULTS = 1 << 16, 1 << 17, 1 << 18
PLUGIN_AUTH, CONNECT_ATTRS, PLUGIN_AUTH_LENENC = 1 << 19, 1 << 20, 1 << 21
EXPIRED_PASSWORDS, SESSION_TRACK, DEPRECATE_EOF = 1 << 22, 1 << 23, 1 << 24
ZSTD = 1 << 26
QUERY_ATTRIBUTES, BULK_OPERATIONS, EXTENDED_METADATA = 1 << 27, 1 << 34, 1 << 35

BASE_CAPS = (LONG_FLAG | PROTOCOL_41 | TRANSACTIONS | SECURE_CONNECTION | PLUGIN_AUTH | CONNECT_ATTRS
             | PLUGIN_AUTH_LENENC)
MODERN_CAPS = (BASE_CAPS | LOCAL_FILES | MULTI_STATEMENTS | MULTI_RESULTS | PS_MULTI_RESULTS | SESSION_TRACK
               | DEPRECATE_EOF)
OLD_CAPS = MODERN_CAPS & ~(SESSION_TRACK | DEPRECATE_EOF)

# ---- status flags ----
IN_TRANS, AUTOCOMMIT, MORE_RESULTS = 0x0001, 0x0002, 0x0008
CURSOR_EXISTS, LAST_ROW_SENT, PS_OUT_PARAMS = 0x0040, 0x0080, 0x1000
IN_TRANS_READONLY, STATE_CHANGED = 0x2000, 0x4000

# ---- commands ----
(QUIT, INIT_DB, QUERY, FIELD_LIST) = (0x01, 0x02, 0x03, 0x04)
(STATISTICS, PROCESS_KILL, DEBUG, PING, CHANGE_USER) = (0x09, 0x0C, 0x0D, 0x0E, 0x11)
(PREPARE, EXECUTE, LONG_DATA, CLOSE, RESET) = (0x16, 0x17, 0x18, 0x19, 0x1A)
(SET_OPTION, FETCH, RESET_CONNECTION, BULK_EXECUTE) = (0x1B, 0x1C, 0x1F, 0xFA)

# ---- column types ----
(TINY, LONG, DOUBLE, LONGLONG, BLOB, VAR_STRING) = (0x01, 0x03, 0x05, 0x08, 0xFC, 0xFD)
(DATETIME, YEAR, UNSIGNED) = (0x0C, 0x0D, 0x8000)


class WireError(Exception):
    """The peer said something that is not the protocol."""


class Closed(WireError):
    """The peer closed; `partial` tells whether that was in the middle of a packet."""

    def __init__(self, partial=False):
        super().__init__("closed in the middle of a packet" if partial else "closed at a packet boundary")
        self.partial = partial


# ---- integers and strings ----

def int1(n): return struct.pack("<B", n)
def int2(n): return struct.pack("<H", n)
def int3(n): return struct.pack("<I", n)[:3]
def int4(n): return struct.pack("<I", n)
def int8(n): return struct.pack("<Q", n)


def lenenc(n):
    if n < 0xFB:
        return int1(n)
    if n < 1 << 16:
        return b"\xfc" + int2(n)
    if n < 1 << 24:
        return b"\xfd" + int3(n)
    return b"\xfe" + int8(n)


def lenenc_bytes(data):
    return lenenc(len(data)) + data


def text(value):
    return value.encode() if isinstance(value, str) else value


class Reader:
    """Reads forward through a payload; past its end is a WireError."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def left(self):
        return len(self.data) - self.at

    def bytes(self, count):
        if count > self.left():
            raise WireError(f"{count} bytes wanted, {self.left()} left")
        self.at += count
        return self.data[self.at - count:self.at]

    def int(self, size):
        return int.from_bytes(self.bytes(size), "little")

    def lenenc(self):
        first = self.int(1)
        if first < 0xFB:
            return first
        sizes = {0xFC: 2, 0xFD: 3, 0xFE: 8}
        if first not in sizes:
            raise WireError(f"length byte {first:#x}")
        return self.int(sizes[first])

    def lenenc_bytes(self):
        return self.bytes(self.lenenc())

    def value(self):
        """A cell of a text row: bytes, or None for NULL."""
        if self.left() and self.data[self.at] == 0xFB:
            self.at += 1
            return None
        return self.lenenc_bytes()

    def until_nul(self):
        end = self.data.find(b"\0", self.at)
        if end < 0:
            raise WireError("string without its NUL")
        found = self.data[self.at:end]
        self.at = end + 1
        return found

    def rest(self):
        return self.bytes(self.left())


# ---- packets ----

def fragments(payload):
    """A logical payload as it is cut for the wire; an exact multiple of the maximum ends with an empty one."""
    at = 0
    while True:
        piece = payload[at:at + MAX_FRAGMENT]
        yield piece
        at += len(piece)
        if len(piece) < MAX_FRAGMENT:
            return


def packet(seq, payload):
    """A logical payload as wire bytes, numbered from `seq`."""
    parts = []
    for number, piece in enumerate(fragments(payload), seq):
        parts += (int3(len(piece)), int1(number & 0xFF), piece)
    return b"".join(parts)


def packets(seq, payloads):
    """Several payloads numbered on from `seq`."""
    out = []
    for payload in payloads:
        out.append(packet(seq, payload))
        seq += len(payload) // MAX_FRAGMENT + 1
    return b"".join(out)


class Pipe:
    """One end of a connection: sends bytes, reads logical packets.

    `seq` is the number of the last fragment seen, either way; `headers` are (length, seq) of each fragment of the
    last packet read; `bytes_read` counts everything.
    """

    def __init__(self, sock, timeout=50.0):
        sock.settimeout(timeout)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self.seq = -1
        self.headers = []
        self.bytes_read = 0
        self._pending = bytearray()

    def send(self, data):
        self.sock.sendall(data)

    def send_packet(self, payload, seq=None):
        """Send a logical payload, numbered after the last fragment seen."""
        first = (self.seq + 1) & 0xFF if seq is None else seq
        self.send(packet(first, payload))
        self.seq = first + len(payload) // MAX_FRAGMENT

    def send_packets(self, payloads):
        data = packets(self.seq + 1 & 0xFF, payloads)
        self.seq += sum(len(p) // MAX_FRAGMENT + 1 for p in payloads)
        self.send(data)

    def pack(self, algorithm, **how):
        """From here on both sides speak the compressed protocol."""
        from compressed_socket import PackedSocket
        self.sock = PackedSocket(self.sock, algorithm, pending=bytes(self._pending), **how)
        self._pending.clear()

    def restart(self):
        """A command begins."""
        if hasattr(self.sock, "restart"):
            self.sock.restart()

    def read_exactly(self, count):
        """Count bytes, or Closed."""
        while len(self._pending) < count:
            try:
                got = self.sock.recv(max(65536, min(count - len(self._pending), 1 << 20)))
            except (ConnectionResetError, BrokenPipeError):
                got = b""
            if not got:
                raise Closed(partial=bool(self._pending))
            self._pending += got
        data = bytes(self._pending[:count])
        del self._pending[:count]
        self.bytes_read += count
        return data

    def read_packet(self):
        """The payload of the next logical packet."""
        self.headers = []
        parts = []
        while True:
            header = self.read_exactly(4)
            length, self.seq = int.from_bytes(header[:3], "little"), header[3]
            self.headers.append((length, self.seq))
            try:
                parts.append(self.read_exactly(length))
            except Closed:
                raise Closed(partial=True) from None
            if length < MAX_FRAGMENT:
                return parts[0] if len(parts) == 1 else b"".join(parts)

    def read_to_end(self):
        """Everything until the peer closes."""
        out = bytearray(self._pending)
        self._pending.clear()
        while True:
            try:
                got = self.sock.recv(65536)
            except (ConnectionResetError, BrokenPipeError):
                return bytes(out)
            if not got:
                return bytes(out)
            out += got

    def close(self):
        self.sock.close()
