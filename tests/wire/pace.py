"""Writing so that the reader sees each piece alone: the next is written when the last has been read.

The kernel knows: a unix socket's outgoing queue empties as its peer reads; for TCP the peer's own receive queue stands
in the table of sockets. (TCP's outgoing queue waits for acknowledgements, which may be 40 ms late.)
"""

import fcntl
import socket
import struct
import termios
import time


def _outgoing(sock):
    return struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)))[0]


def _as_in_table(address):
    host, port = address[:2]
    return socket.inet_aton(host)[::-1].hex().upper() + f":{port:04X}"


def _unread_by_peer(sock):
    """Bytes that the peer's kernel holds and its process has not read; 0 when there is no such socket any more."""
    here, there = _as_in_table(sock.getsockname()), _as_in_table(sock.getpeername())
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in table:
            words = line.split()
            if words[1] == there and words[2] == here:
                return int(words[4].split(":")[1], 16)
    return 0


def is_read(sock):
    """Has the peer read everything that was written here?"""
    return (_outgoing(sock) if sock.family == socket.AF_UNIX else _unread_by_peer(sock)) == 0


def wait_read(sock, timeout=10.0):
    deadline = time.monotonic() + timeout
    while not is_read(sock):
        if time.monotonic() > deadline:
            raise TimeoutError("the peer does not read")
        time.sleep(0.0001)


def write_pieces(sock, pieces):
    """One write for each piece, none before its predecessor was read."""
    for piece in pieces:
        if piece:
            sock.sendall(piece)
            wait_read(sock)


def cut_at(data, *points):
    """data in pieces, cut at these offsets."""
    edges = [0, *points, len(data)]
    return [data[a:b] for a, b in zip(edges, edges[1:])]


def one_by_one(data):
    return [data[i:i + 1] for i in range(len(data))]
