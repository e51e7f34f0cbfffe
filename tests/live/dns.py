"""A name server that says what a test wants: UDP, on loopback."""

import ipaddress
import socket
import struct
import threading

A, AAAA, NXDOMAIN = 1, 28, 3


class Dns:
    """`names[name]` is a list of addresses (IPv4, IPv6, or both); what is not there does not exist. A thread answers."""

    def __init__(self, names, ttl=1):
        self.names, self.ttl = dict(names), ttl
        self.asked = {}  # name → questions so far
        self.socket = None

    def __enter__(self):
        self._open(("127.0.0.1", 0))
        self.place = self.socket.getsockname()
        return self

    def __exit__(self, *exception):
        self.die()

    @property
    def address(self):
        return f"{self.place[0]}:{self.place[1]}"

    def die(self):
        """Nobody listens there any more."""
        if self.socket is not None:
            self.socket, old = None, self.socket
            self.thread.join(10)
            old.close()

    def revive(self):
        self._open(self.place)

    def _open(self, place):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(place)
        self.socket.settimeout(0.05)  # how soon it is noticed that it is to die
        self.thread = threading.Thread(target=self._serve, args=(self.socket,), daemon=True)
        self.thread.start()

    def _serve(self, own):
        while self.socket is own:
            try:
                packet, client = own.recvfrom(4096)
                if packet:
                    own.sendto(self._answer(packet), client)
            except OSError:  # nothing came, or a client has gone
                continue

    def _answer(self, packet):
        labels, at = [], 12
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode("ascii"))
            at += 1 + packet[at]
        name, kind = ".".join(labels), struct.unpack(">H", packet[at + 1:at + 3])[0]
        addresses = self.names.get(name)
        self.asked[name] = self.asked.get(name, 0) + 1
        found = [ipaddress.ip_address(text) for text in addresses or ()]
        found = [one.packed for one in found if (one.version == 4) == (kind == A)] if kind in (A, AAAA) else []
        header = packet[:2] + struct.pack(">HHHHH", 0x8180 | (NXDOMAIN if addresses is None else 0), 1, len(found), 0, 0)
        records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, self.ttl, len(data)) + data for data in found)
        return header + packet[12:at + 5] + records
