"""Addresses that are not the servers' own: what is between headgate and a server does as a test wishes."""

import contextlib
import socket
import threading

from headgate import Headgate


class Relay:
    """An address whose target can be changed: for new connections only."""

    def __init__(self, node):
        self.target = (node.host, node.port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
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
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    def passes(self, data):
        """False: the connection breaks off here."""
        return True

    def _copy(self, source, sink):
        with contextlib.suppress(OSError):
            while (data := source.recv(65536)) and self.passes(data):
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


class Relayed(Headgate):
    """relays: of each server, by name."""

    def __init__(self, cluster, relays, **options):
        super().__init__(cluster, **options)
        self.clusters = {"main": [{"name": name, "address": relay.address} for name, relay in relays.items()]}
