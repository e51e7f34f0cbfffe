"""The connection phase, both sides: greeting, response, native password."""

import hashlib
from dataclasses import dataclass, field

from mysqlwire import (CONNECT_ATTRS, CONNECT_WITH_DB, LONG_PASSWORD, PLUGIN_AUTH, PLUGIN_AUTH_LENENC, Reader,
                       WireError, ZSTD, int1, int2, int4, lenenc_bytes, text)

NATIVE = b"mysql_native_password"
CACHING_SHA2 = b"caching_sha2_password"
SHA256 = b"sha256_password"


def sha2_token(password, nonce):
    """The 32-byte proof of caching_sha2_password; empty for an empty password."""
    if not password:
        return b""
    once = hashlib.sha256(password.encode()).digest()
    mask = hashlib.sha256(hashlib.sha256(once).digest() + nonce).digest()
    return bytes(a ^ b for a, b in zip(once, mask))


def rsa_password(password, nonce, pem):
    """The password for a server's public key, as both SHA-2 plugins want it on an open wire."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding
    clear = password.encode() + b"\0"
    mixed = bytes(c ^ nonce[i % len(nonce)] for i, c in enumerate(clear))
    key = serialization.load_pem_public_key(pem)
    oaep = padding.OAEP(mgf=padding.MGF1(algorithm=hashes.SHA1()), algorithm=hashes.SHA1(), label=None)
    return key.encrypt(mixed, oaep)


def native_token(password, nonce):
    """The proof of mysql_native_password; empty for an empty password."""
    if not password:
        return b""
    stage1 = hashlib.sha1(text(password)).digest()
    mask = hashlib.sha1(nonce[:20] + hashlib.sha1(stage1).digest()).digest()
    return bytes(a ^ b for a, b in zip(stage1, mask))


@dataclass
class Greeting:
    """What a server says first. `caps` holds MariaDB's extended word above bit 31."""
    version: bytes
    connection_id: int
    nonce: bytes
    caps: int
    collation: int = 45
    status: int = 2
    plugin: bytes = NATIVE

    def payload(self):
        extended = self.caps >> 32 if not self.caps & LONG_PASSWORD else 0
        return (int1(10) + self.version + b"\0" + int4(self.connection_id) + self.nonce[:8] + b"\0"
                + int2(self.caps & 0xFFFF) + int1(self.collation) + int2(self.status)
                + int2(self.caps >> 16 & 0xFFFF) + int1(21) + bytes(6) + int4(extended)
                + self.nonce[8:20] + b"\0" + self.plugin + b"\0")

    @classmethod
    def parse(cls, payload):
        reader = Reader(payload)
        if reader.int(1) != 10:
            raise WireError("not a protocol 10 greeting")
        version, connection_id = reader.until_nul(), reader.int(4)
        nonce = reader.bytes(8)
        if reader.int(1) != 0:
            raise WireError("no filler after the first part of the nonce")
        caps = reader.int(2)
        collation, status = reader.int(1), reader.int(2)
        caps |= reader.int(2) << 16
        nonce_len = reader.int(1)
        reader.bytes(6)
        extended = reader.int(4)
        if not caps & LONG_PASSWORD:
            caps |= extended << 32
        nonce += reader.bytes(max(13, nonce_len - 8))[:12]
        plugin = reader.until_nul() if caps & PLUGIN_AUTH else b""
        return cls(version, connection_id, nonce, caps, collation, status, plugin)


@dataclass
class Response:
    """What a client answers. `caps` is what it sends, already within what was offered."""
    user: bytes
    token: bytes
    caps: int
    schema: bytes = b""
    collation: int = 45
    max_packet: int = 1 << 30
    plugin: bytes = NATIVE
    attributes: dict = field(default_factory=dict)
    zstd_level: int = 0

    def payload(self):
        out = (int4(self.caps & 0xFFFFFFFF) + int4(self.max_packet) + int1(self.collation) + bytes(19)
               + int4(self.caps >> 32) + self.user + b"\0")
        out += lenenc_bytes(self.token) if self.caps & PLUGIN_AUTH_LENENC else int1(len(self.token)) + self.token
        if self.caps & CONNECT_WITH_DB:
            out += self.schema + b"\0"
        if self.caps & PLUGIN_AUTH:
            out += self.plugin + b"\0"
        if self.caps & CONNECT_ATTRS:
            pairs = b"".join(lenenc_bytes(text(k)) + lenenc_bytes(text(v)) for k, v in self.attributes.items())
            out += lenenc_bytes(pairs)
        if self.caps & ZSTD:
            out += int1(self.zstd_level)
        return out

    @classmethod
    def parse(cls, payload):
        reader = Reader(payload)
        caps, max_packet, collation = reader.int(4), reader.int(4), reader.int(1)
        reader.bytes(19)
        extended = reader.int(4)
        if not caps & LONG_PASSWORD:
            caps |= extended << 32
        user = reader.until_nul()
        token = reader.lenenc_bytes() if caps & PLUGIN_AUTH_LENENC else reader.bytes(reader.int(1))
        schema = reader.until_nul() if caps & CONNECT_WITH_DB else b""
        plugin = reader.until_nul() if caps & PLUGIN_AUTH and reader.left() else b""
        attributes = {}
        if caps & CONNECT_ATTRS and reader.left():
            pairs = Reader(reader.lenenc_bytes())
            while pairs.left():
                key = pairs.lenenc_bytes()
                attributes[key] = pairs.lenenc_bytes()
        level = reader.int(1) if caps & ZSTD else 0
        return cls(user, token, caps, schema, collation, max_packet, plugin, attributes, level)


def change_user(user, token, schema, collation=45, plugin=NATIVE, attributes=None):
    """The payload of COM_CHANGE_USER, command byte included."""
    out = b"\x11" + text(user) + b"\0" + int1(len(token)) + token + text(schema) + b"\0" + int2(collation)
    out += plugin + b"\0"
    if attributes is not None:
        out += lenenc_bytes(b"".join(lenenc_bytes(text(k)) + lenenc_bytes(text(v)) for k, v in attributes.items()))
    return out


def parse_change_user(payload):
    """(user, token, schema, collation, attributes) of a COM_CHANGE_USER."""
    reader = Reader(payload, 1)
    user, token, schema, collation = reader.until_nul(), reader.bytes(reader.int(1)), reader.until_nul(), reader.int(2)
    reader.until_nul()
    attributes = {}
    pairs = Reader(reader.lenenc_bytes()) if reader.left() else Reader(b"")
    while pairs.left():
        key = pairs.lenenc_bytes()
        attributes[key] = pairs.lenenc_bytes()
    return user, token, schema, collation, attributes


def parse_auth_switch(payload):
    """(plugin, nonce) of an AuthSwitchRequest."""
    reader = Reader(payload, 1)
    return reader.until_nul(), reader.rest().rstrip(b"\0")
