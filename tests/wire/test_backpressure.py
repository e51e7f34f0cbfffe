"""A slow reader slows its own server, a slow server its own writer; nobody else, and not headgate's memory."""

import contextlib
import socket
import threading

import pytest

import mysqlwire as w
import replies as r
from client import Client
from fakeserver import FakeServer
from proxy import Proxy, memory_margin, wait_until

pytestmark = pytest.mark.room("relay", "net")

ROW = r.text_row(["x" * 65500])
COLUMNS = [("a", w.BLOB)]
MIB = 1 << 20


class Torrent:
    """A script that answers with rows until it is told to stop; `sent` bytes so far."""

    def __init__(self, row=ROW):
        self.row, self.sent = row, 0
        self.enough = threading.Event()
        self.finished = threading.Event()

    def __call__(self, c, _):
        c.pipe.sock.settimeout(60)
        c.pipe.send_packets(r.result(c.caps, COLUMNS, [])[:-1])
        while not self.enough.is_set():
            c.pipe.send_packet(self.row, seq=c.pipe.seq + 1 & 0xFF)
            self.sent += len(self.row) + 4
        c.pipe.send_packet(r.end_of_rows(c.caps), seq=c.pipe.seq + 1 & 0xFF)
        self.finished.set()

    def has_stalled(self):
        """Two looks in a row find the same count."""
        if self.sent == self._seen and self.sent:
            self._same += 1
        else:
            self._seen, self._same = self.sent, 0
        return self._same >= 30

    _seen, _same = 0, 0


@pytest.mark.parametrize("listener", ["primary", "tcp", "replica"])
def test_slow_reader_pauses_server(rig, listener):
    """The primary is on a unix socket, the replica on TCP; so are the listeners, but "tcp"."""
    torrent = Torrent()
    (rig.replica if listener == "replica" else rig.primary).on("torrent", torrent)
    with rig.connect(listener) as client:
        client.query("DO 1")
        before = rig.proxy.rss()
        client.send(w.QUERY, "torrent")
        wait_until(torrent.has_stalled, "the server's writing stalls", 20)
        assert torrent.sent < 32 * MIB
        assert rig.proxy.rss() < before + memory_margin()
        assert rig.is_served()
        stalled_at = torrent.sent
        reader = r.ReplyReader(client.pipe, client.caps, keep=False)
        thread = threading.Thread(target=reader.read)
        thread.start()
        wait_until(lambda: torrent.sent > stalled_at + 64 * MIB, "the server writes on", 30)
        torrent.enough.set()
        thread.join(30)
        assert torrent.finished.wait(30) and not thread.is_alive()
        assert reader.row_count * (len(ROW) + 4) == torrent.sent
        assert rig.proxy.rss() < before + memory_margin()
        assert client.query("DO 'in step'").oks


def test_paused_session_costs_no_cpu(rig):
    torrent = Torrent()
    rig.primary.on("torrent", torrent)
    with rig.connect() as client:
        client.send(w.QUERY, "torrent")
        wait_until(torrent.has_stalled, "the server's writing stalls", 20)
        before, looks = rig.proxy.cpu_seconds(), [0]

        def a_second_of_looks():
            looks[0] += 1
            return looks[0] > 100
        wait_until(a_second_of_looks, "a second of looking")
        assert rig.proxy.cpu_seconds() - before < 0.3
        torrent.enough.set()


def test_gone_reader_ends_the_servers_connection(rig):
    torrent = Torrent()
    rig.primary.on("torrent", torrent)
    with rig.connect() as client:
        client.send(w.QUERY, "torrent")
        wait_until(torrent.has_stalled, "the server's writing stalls", 20)
        used = next(c for c in rig.primary.application_connections() if "torrent" in c.sqls())
    assert used.is_closed.wait(10)
    assert rig.is_served()


def test_slow_server_pauses_writer(rig):
    """A server that does not read its command leaves the client's send blocked, and headgate's memory flat."""
    go_on = threading.Event()

    def deaf(c, _):
        go_on.wait(30)
        return True
    rig.primary.on("DO 'deaf'", deaf)
    with rig.connect() as client:
        client.query("DO 1")
        before = rig.proxy.rss()
        client.pipe.send(w.packet(0, b"\x03DO 'deaf'"))
        big = w.packet(0, b"\x03DO '" + b"x" * (100 * MIB) + b"'")
        sent = [0]

        def write():
            view = memoryview(big)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):   # the test ends by hanging up
                while sent[0] < len(big):
                    sent[0] += client.pipe.sock.send(view[sent[0]:sent[0] + 65536])
        client.pipe.sock.settimeout(60)
        writer = threading.Thread(target=write)
        writer.start()
        stalled = Stall(lambda: sent[0])
        wait_until(stalled, "the client's writing stalls", 20)
        assert sent[0] < 32 * MIB
        assert rig.proxy.rss() < before + memory_margin()
        assert rig.is_served()
        go_on.set()
        client.pipe.sock.shutdown(socket.SHUT_RDWR)
        writer.join(10)


class Stall:
    """True once a count above zero stays the same for thirty looks."""

    def __init__(self, count):
        self.count, self.seen, self.same = count, 0, 0

    def __call__(self):
        now = self.count()
        self.same = self.same + 1 if now and now == self.seen else 0
        self.seen = now
        return self.same >= 30


def test_slow_login_of_a_server_delays_nobody_else(rig):
    """A server that accepts and says nothing holds up its own client only."""
    slow = FakeServer("slow")
    quick = FakeServer("quick")
    hold, release = threading.Event(), threading.Event()
    listed = {name: [{"name": name, "address": server.address, "role": "primary"}]
              for name, server in (("slow", slow), ("quick", quick))}
    listeners = [{"name": name, "mode": "primary", "kind": "unix", "cluster": name} for name in listed]
    with Proxy(listed, listeners=listeners, timeouts={"login": "2s", "primary_wait": "3s"}) as proxy:
        slow.on_connect = lambda c: (hold.set(), release.wait(20), False)[-1]
        waiting = Client(proxy.address["slow"])
        waiting.read_greeting()
        waiting.pipe.send_packet(waiting.response("app", "app_pw"))
        assert hold.wait(10)
        with Client.connect(proxy.address["quick"]) as client:
            assert client.query("DO 1").oks
        payload = waiting.pipe.read_to_end()
        assert payload == b"" or payload[4] == 0xFF
        release.set()
    slow.stop()
    quick.stop()
