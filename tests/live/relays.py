"""Relays between headgate and a server, under addresses of their own, that do to the traffic what a test wants."""

import contextlib
import socket
import threading

from headgate import Headgate


class Relay:
    """An address whose target can be changed: for new connections only."""

    def __init__(self, node):
        self.target = (node.host, node.port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.target, 20)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            self.connections += [client, server]
            for source, sink, passes in zip((client, server), (server, client), self.ways()):
                threading.Thread(target=self._copy, args=(source, sink, passes), daemon=True).start()

    def ways(self):
        """Of one connection, to the server and back: what passes. False: it breaks off here."""
        return self.passes, self.passes

    def passes(self, data):
        return True

    def _copy(self, source, sink, passes):
        with contextlib.suppress(OSError):
            while (data := source.recv(65536)) and passes(data):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        for end in (self.listener, *self.connections):
            end.close()


class Cutter(Relay):
    """As long as is_cutting, a connection breaks off at each statement that has `word`: logins and probes pass."""

    def __init__(self, node, word):
        super().__init__(node)
        self.word, self.is_cutting, self.count = word, True, 0

    def passes(self, data):
        is_cut = self.is_cutting and self.word in data
        self.count += is_cut
        return not is_cut


class Breaker(Relay):
    """As long as is_breaking, the application's statements reach the server, and each of its replies breaks off before the
    first byte. Logins and probes pass, and whatever headgate says of its own.
    """

    STATEMENTS = (b"\x03SELECT", b"\x16", b"\x17")  # COM_QUERY, COM_STMT_PREPARE, COM_STMT_EXECUTE

    def __init__(self, node, user):
        super().__init__(node)
        self.user, self.is_breaking, self.count = user, False, 0

    def ways(self):
        said = {"is_users": False, "is_asking": False}

        def up(data):
            said["is_users"] |= self.user + b"\0" in data[:512] and data[3:4] == b"\1"
            said["is_asking"] = self.is_breaking and said["is_users"] and data[4:].startswith(self.STATEMENTS)
            return True

        def down(_):
            self.count += said["is_asking"]
            return not said["is_asking"]
        return up, down


class Relayed(Headgate):
    """relays: of each server, by name. Without TLS to the servers, where relays could not read (MariaDB 11, MySQL)."""

    def __init__(self, cluster, relays, **options):
        super().__init__(cluster, **options)
        self.clusters = {"main": [{"name": name, "address": relay.address, "tls": "off"} for name, relay in relays.items()]}
