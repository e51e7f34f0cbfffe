"""A service manager as headgate sees one: the socket of sd_notify(3)."""

import os
import queue
import socket
import threading


class Manager:
    """Listens to one process, all the time: what does not fit into the kernel's short queue would be dropped."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "notify")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)
        self.heard = []  # all messages that were asked for, each a dict of its variables
        self.waiting = queue.Queue()
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self):
        while message := self.sock.recv(65536):
            self.waiting.put(dict(line.split("=", 1) for line in message.decode().splitlines()))

    def environment(self, watchdog_us=None):
        """What a manager sets for its services."""
        watchdog = {} if watchdog_us is None else {"WATCHDOG_USEC": str(watchdog_us)}
        return {"NOTIFY_SOCKET": self.path, **watchdog}

    def hear(self, timeout=60):
        """The next message."""
        try:
            self.heard.append(self.waiting.get(timeout=timeout))
        except queue.Empty:
            raise TimeoutError(f"nothing more was heard; before: {self.heard[-20:]}") from None
        return self.heard[-1]

    def hear_until(self, condition, most=100000):
        """The first message of which condition is true."""
        for _ in range(most):
            message = self.hear()
            if condition(message):
                return message
        raise AssertionError(f"not heard in {most} messages: {self.heard[-20:]}")

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as farewell:
            farewell.sendto(b"", self.path)
        self.thread.join(60)
        self.sock.close()
        os.unlink(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
