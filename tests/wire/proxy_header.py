"""Headers of the PROXY protocol, version 2, as a load balancer writes them; and read again, both versions."""

import ipaddress
import struct

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def tlv(kind, value):
    return struct.pack(">BH", kind, len(value)) + value


def v2(source, target, source_port, target_port, tls=None):
    """tls: the version that the client used towards the load balancer."""
    ends = [ipaddress.ip_address(end) for end in (source, target)]
    body = b"".join(end.packed for end in ends) + struct.pack(">HH", source_port, target_port)
    if tls:
        body += tlv(0x20, b"\x01\0\0\0\0" + tlv(0x21, tls.encode()))
    return SIGNATURE + struct.pack(">BBH", 0x21, 0x11 if ends[0].version == 4 else 0x21, len(body)) + body


def v2_local():
    return SIGNATURE + b"\x20\0\0\0"


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def with_crc(header):
    """The header with a checksum."""
    length = struct.unpack(">H", header[14:16])[0] + 7
    header = header[:14] + struct.pack(">H", length) + header[16:] + tlv(3, b"\0\0\0\0")
    return header[:-4] + struct.pack(">I", crc32c(header))


def read(sock):
    """The header at the start of a connection, either version: (source, source port), or None for LOCAL and UNKNOWN."""
    first = _exactly(sock, 6)
    if first == b"PROXY ":
        line = first
        while not line.endswith(b"\r\n"):
            line += _exactly(sock, 1)
        words = line.split()
        assert len(line) <= 107 and words[1] in (b"TCP4", b"TCP6", b"UNKNOWN")
        return (words[2].decode(), int(words[4])) if words[1] != b"UNKNOWN" else None
    fixed = first + _exactly(sock, 10)
    assert fixed[:12] == SIGNATURE
    command, family, length = struct.unpack(">BBH", fixed[12:])
    body = _exactly(sock, length)
    if command == 0x20:
        return None
    assert command == 0x21 and (family, length) in ((0x11, 12), (0x21, 36))
    size = 4 if family == 0x11 else 16
    return str(ipaddress.ip_address(body[:size])), struct.unpack(">H", body[2 * size:2 * size + 2])[0]


def _exactly(sock, count):
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        assert part, f"the connection ended after {data!r}"
        data += part
    return data
