"""A service manager as headgate sees one: the socket of sd_notify(3)."""

import os
import socket


class Manager:
    """Listens to one process; `heard` has all messages so far, each a dict of its variables."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "notify")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)
        self.heard = []

    def environment(self, watchdog_us=None):
        """What a manager sets for its services."""
        watchdog = {} if watchdog_us is None else {"WATCHDOG_USEC": str(watchdog_us)}
        return {"NOTIFY_SOCKET": self.path, **watchdog}

    def hear(self, timeout=60):
        """The next message."""
        self.sock.settimeout(timeout)
        lines = self.sock.recv(65536).decode().splitlines()
        self.heard.append(dict(line.split("=", 1) for line in lines))
        return self.heard[-1]

    def hear_until(self, condition, most=100000):
        """The first message of which condition is true."""
        for _ in range(most):
            message = self.hear()
            if condition(message):
                return message
        raise AssertionError(f"not heard in {most} messages: {self.heard[-20:]}")

    def close(self):
        self.sock.close()
        os.unlink(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
