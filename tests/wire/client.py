"""A scripted client: logs in, sends commands byte for byte, reads replies packet for packet."""

import os
import socket
import ssl

import attributes as a
import mysqlwire as w
import replies as r
from handshake import (CACHING_SHA2, NATIVE, SHA256, Greeting, Response, change_user, native_token,
                       parse_auth_switch, rsa_password, sha2_token)
from compressed_socket import ALGORITHMS, PACK


SSL_REQUEST_BYTES = 32


def dial(address, timeout=50.0):
    """A connected socket: "host:port", "[v6]:port", or the path of a unix socket."""
    if address.startswith("/"):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(timeout)
        sock.connect(address)
        return sock
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=timeout)


TLS = os.environ.get("WIRE_TLS") == "1"  # every client encrypts


def tls_context():
    """A client's context that accepts every certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Client:
    """A logged-in connection. `connect` raises replies.Err where the server refuses.

    With `tls`, True or an ssl.SSLContext, it asks for TLS before it logs in.

    With `pack`, "zlib" or "zstd", it asks for the compressed protocol, offered or not, and speaks it after the login.
    """

    def __init__(self, address, timeout=50.0, pack=PACK, tls=TLS):
        self.address = address
        self.tls = tls_context() if tls is True else tls
        self.pack = pack
        self.zstd_level = 3
        self.pipe = w.Pipe(dial(address, timeout), timeout)
        self.greeting = None
        self.caps = 0
        self.infile = None   # (name): bytes, or an iterable of them, for LOAD DATA LOCAL
        self.login_ok = None

    @classmethod
    def connect(cls, address, user="app", password="app_pw", schema="", caps=w.MODERN_CAPS, timeout=50.0,
                attributes=None, collation=45, pack=PACK, tls=TLS):
        client = cls(address, timeout, pack, tls)
        try:
            client.read_greeting()
            client.log_in(user, password, schema, caps, attributes, collation)
        except BaseException:
            client.close()
            raise
        return client

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    # ---- login ----

    def read_greeting(self):
        payload = self.pipe.read_packet()
        if payload[:1] == b"\xff":
            raise r.parse_err(payload)
        self.greeting = Greeting.parse(payload)
        return self.greeting

    def response(self, user, password, schema="", caps=w.MODERN_CAPS, attributes=None, collation=45):
        """The payload of our answer to the greeting; remembers the capabilities agreed."""
        caps |= w.CONNECT_WITH_DB if schema else 0
        self.caps = caps & (self.greeting.caps | w.CONNECT_WITH_DB)
        if self.tls:
            self.caps |= w.SSL
        if self.pack:
            self.caps |= ALGORITHMS[self.pack].caps
        return Response(w.text(user), native_token(password, self.greeting.nonce), self.caps, w.text(schema),
                        collation, attributes=attributes or {"_client_name": "wire"},
                        zstd_level=self.zstd_level).payload()

    def log_in(self, user, password, schema="", caps=w.MODERN_CAPS, attributes=None, collation=45):
        response = self.response(user, password, schema, caps, attributes, collation)
        if self.tls:
            self.pipe.send_packet(response[:SSL_REQUEST_BYTES])
            self.pipe.sock = self.tls.wrap_socket(self.pipe.sock)
        self.pipe.send_packet(response)
        self.finish_login(password)
        if self.pack:
            self.pipe.pack(self.pack)

    def finish_login(self, password):
        nonce = self.greeting.nonce
        while True:
            payload = self.pipe.read_packet()
            if payload[:1] == b"\xff":
                raise r.parse_err(payload)
            if payload[:1] == b"\x00":
                break
            if payload[:1] == b"\xfe":
                plugin, nonce = parse_auth_switch(payload)
                self.pipe.send_packet(self._first_proof(plugin, password, nonce))
            elif payload[:1] == b"\x01":
                self._prove_more(payload[1:], password, nonce)
            else:
                raise w.WireError(f"neither OK nor ERR after login: {payload[:20]!r}")
        self.login_ok = r.parse_ok(payload, self.caps)

    @staticmethod
    def _first_proof(plugin, password, nonce):
        if plugin == NATIVE:
            return native_token(password, nonce)
        if plugin == CACHING_SHA2:
            return sha2_token(password, nonce)
        if plugin == SHA256:
            return b"\x01" if password else b"\x00"
        raise w.WireError(f"unexpected plugin {plugin!r}")

    def _prove_more(self, data, password, nonce):
        """The server's cache did not know the password (4), or here is its public key; 3: it did."""
        if data == b"\x04":
            self.pipe.send_packet(b"\x02")
        elif data.startswith(b"-----"):
            self.pipe.send_packet(rsa_password(password, nonce, data))
        elif data != b"\x03":
            raise w.WireError(f"unexpected data in a login: {data[:20]!r}")

    # ---- commands ----

    def send(self, byte, body=b"", attributes=()):
        """Send a command; the reply is read by read()."""
        if byte == w.QUERY and self.caps & w.QUERY_ATTRIBUTES:
            body = a.before_text(attributes) + w.text(body)
        self.pipe.restart()
        self.pipe.send_packet(w.int1(byte) + w.text(body), seq=0)

    def read(self, shape=r.GENERIC, cursor=False, keep=True):
        return r.ReplyReader(self.pipe, self.caps, keep, self._send_file).read(shape, cursor)

    def command(self, byte, body=b"", cursor=False, attributes=()):
        """Send and read whole; an ERR is in the reply, not raised."""
        self.send(byte, body, attributes)
        shape = r.SHAPES.get(byte, r.GENERIC)
        return None if shape == r.NOTHING else self.read(shape, cursor)

    def query(self, sql, attributes=()):
        """Send and read whole; raises replies.Err."""
        reply = self.command(w.QUERY, sql, attributes=attributes)
        if reply.error:
            raise reply.error
        return reply

    def rows(self, sql, attributes=()):
        return self.query(sql, attributes).text_rows()

    def value(self, sql, attributes=()):
        rows = self.rows(sql, attributes)
        return rows[0][0] if rows else None

    def change_user(self, user, password, schema="", collation=45):
        self.pipe.restart()
        self.pipe.send_packet(change_user(user, native_token(password, self.greeting.nonce), schema, collation,
                                          attributes={} if self.caps & w.CONNECT_ATTRS else None), seq=0)
        self.finish_login(password)

    def _send_file(self, name):
        data = self.infile(name) if self.infile else b""
        for piece in [data] if isinstance(data, bytes) else data:
            if piece:
                self.pipe.send_packet(piece)
        self.pipe.send_packet(b"")

    def quit(self):
        self.send(w.QUIT)
        self.close()

    def close(self):
        self.pipe.close()


def execute(statement_id, values=(), flags=0, types=True):
    """The body of COM_STMT_EXECUTE; values are bytes, int or None."""
    body = w.int4(statement_id) + w.int1(flags) + w.int4(1)
    if not values:
        return body
    bitmap = bytearray((len(values) + 7) // 8)
    kinds = data = b""
    for index, value in enumerate(values):
        if value is None:
            bitmap[index // 8] |= 1 << index % 8
        kinds += w.int2(w.LONGLONG if isinstance(value, int) else w.VAR_STRING)
        if isinstance(value, int):
            data += value.to_bytes(8, "little", signed=True)
        elif value is not None and value is not SENT_BEFORE:
            data += w.lenenc_bytes(value)
    return body + bytes(bitmap) + (b"\1" + kinds if types else b"\0") + data


SENT_BEFORE = object()  # a parameter whose data COM_STMT_SEND_LONG_DATA has brought
