"""Picking TCP ports that nobody uses."""

import errno
import random
import socket

from .errors import SandboxError

_FIRST = 10240


def has_ipv6_loopback():
    """Whether ::1 can be bound here (containers often have none)."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


def loopback_addresses():
    """The loopback addresses a server can listen on here."""
    return ["127.0.0.1", "::1"] if has_ipv6_loopback() else ["127.0.0.1"]


def _last():
    """The highest port below those the kernel hands to outgoing connections.

    A port from that range could be taken by any client while a killed
    server waits to be started again; one below it stays free.
    """
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as f:
            return max(int(f.read().split()[0]) - 1, _FIRST + 1000)
    except (OSError, ValueError):
        return 32767


def _is_free(port, addresses):
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind((address, port))
            except OSError as e:
                if e.errno in (errno.EADDRINUSE, errno.EACCES):
                    return False
                raise
    return True


def pick_port(taken=()):
    """A port that is free on every loopback address now, and not in taken."""
    addresses = loopback_addresses()
    for _ in range(1000):
        port = random.randint(_FIRST, _last())
        if port not in taken and _is_free(port, addresses):
            return port
    raise SandboxError(f"found no free TCP port between {_FIRST} and {_last()} in 1000 tries")
