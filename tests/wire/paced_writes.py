"""Writing so that the reader sees each piece alone: the next is written when the last has been read.

The kernel knows: a unix socket's outgoing queue empties as its peer reads; for TCP it tells of the
peer's own receive queue. (TCP's outgoing queue waits for acknowledgements, which may be 40 ms late.)
"""

import errno
import fcntl
import socket
import struct
import termios
import time

import sockdiag


def _outgoing(sock):
    if sock.fileno() < 0:
        raise OSError(errno.EBADF, "it was closed meanwhile")
    return struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)))[0]


def is_read(sock):
    """Has the peer read everything that was written here?"""
    if sock.family == socket.AF_UNIX:
        return _outgoing(sock) == 0
    return sockdiag.unread(sock.getpeername(), sock.getsockname()) == 0


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
