"""A TLS client over a socket whose every encrypted byte the test holds: it can be cut, delayed or joined with others."""

import ssl

import mysqlwire as w
import paced_writes
from client import SSL_REQUEST_BYTES, Client, tls_context


class TlsSocket:
    """What Pipe needs of a socket. `write` sends encrypted bytes: the test may replace it."""

    def __init__(self, sock, context=None, session=None):
        self.sock = sock
        self.family = sock.family
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = (context or tls_context()).wrap_bio(self.incoming, self.outgoing, session=session)
        self.write = sock.sendall

    def _receive(self):
        data = self.sock.recv(65536)
        if data:
            self.incoming.write(data)
        else:
            self.incoming.write_eof()

    def _try(self, function, *arguments):
        while True:
            try:
                done = function(*arguments)
            except ssl.SSLWantReadError:
                done = None
            if self.outgoing.pending:
                self.write(self.outgoing.read())
            if done is not None:
                return done
            self._receive()

    def client_hello(self):
        """The first bytes of the handshake, not sent."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return self.outgoing.read()

    def handshake(self):
        self._try(lambda: self.tls.do_handshake() or True)

    def sendall(self, data):
        view = memoryview(data)
        while view:
            view = view[self._try(self.tls.write, view):]

    def recv(self, size):
        try:
            return self._try(self.tls.read, size)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def settimeout(self, timeout):
        self.sock.settimeout(timeout)

    def getpeername(self):
        return self.sock.getpeername()

    def getsockname(self):
        return self.sock.getsockname()

    def fileno(self):
        return self.sock.fileno()

    def shutdown(self, how):
        self.sock.shutdown(how)

    def close(self):
        self.sock.close()


class TlsServerSocket(TlsSocket):
    """The other end: a TLS server. `early`: bytes of the client's handshake that were read already."""

    def __init__(self, sock, context, early=b""):
        self.sock = sock
        self.family = sock.family
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.incoming.write(early)
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.write = sock.sendall
        self.handshake()


def greeted(address):
    """A client that has read the greeting, and the packet with which it asks for TLS."""
    client = Client(address, tls=tls_context())
    client.read_greeting()
    response = client.response("app", "app_pw")
    return client, w.packet(1, response[:SSL_REQUEST_BYTES]), response


def finish(client, response):
    """The handshake is done: the login goes through TLS."""
    client.pipe.seq = 1
    client.pipe.send_packet(response)
    client.finish_login("app_pw")


def split(secure, pieces):
    """From now on what TLS writes is written in pieces of so many bytes, each after the one before it was read."""
    def write(data):
        cuts = range(pieces, len(data), pieces)
        paced_writes.write_pieces(secure.sock, paced_writes.cut_at(data, *cuts))
    secure.write = write
