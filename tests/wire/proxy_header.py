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
