"""Answers that headgate gives itself: none too many, none lost, and few kept for a client that does not read."""

import contextlib
import threading

import pytest

import mysqlwire as w
from client import execute
from proxy import memory_margin, wait_until

pytestmark = pytest.mark.room("session", "command", "frontend")

MIB = 1 << 20
READ = "SELECT a FROM t WHERE a = ?"
UNKNOWN_COMMAND = 0x05
LISTENERS = ["primary", "tcp"]   # a unix socket, and TCP


class Writer:
    """Writes a block again and again on a thread, then one block more: `sent` bytes so far."""

    def __init__(self, sock, block, limit, last=b""):
        self.sock, self.block, self.limit, self.last = sock, block, limit, last
        self.sent, self._seen, self._same = 0, 0, 0
        self.thread = threading.Thread(target=self._write)

    def _write(self):
        with contextlib.suppress(OSError):   # a test may end by hanging up
            for _ in range(self.limit // len(self.block)):
                self.sock.sendall(self.block)
                self.sent += len(self.block)
            self.sock.sendall(self.last)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.thread.join(20)
        assert not self.thread.is_alive()

    def has_stopped(self):
        """It is over, or the same for thirty looks."""
        self._same = self._same + 1 if self.sent and self.sent == self._seen else 0
        self._seen = self.sent
        return self._same >= 30 or not self.thread.is_alive()


@pytest.mark.parametrize("listener", LISTENERS)
def test_client_that_reads_late_has_every_answer(rig, listener):
    """What headgate said by itself waits before it; the reply of a server must come all the same."""
    count = 400000
    pings = w.packet(0, w.int1(w.PING)) * 1000
    with rig.connect(listener) as client:
        client.query("DO 1")
        with Writer(client.pipe.sock, pings, count * 5, w.packet(0, b"\x03SELECT 'at last'")) as writer:
            wait_until(writer.has_stopped, "the client's writing stalls or ends", 20)
            for _ in range(count):
                assert client.pipe.read_packet()[:1] == b"\0"
            assert client.read().text_rows() == [(b"db1",)]
        assert client.query("DO 'in step'").oks


@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize("byte", [w.PING, UNKNOWN_COMMAND], ids=["ok", "error"])
def test_client_that_never_reads_is_not_read(rig, listener, byte):
    """Answers to it do not pile up in memory; it is slowed down instead, and nobody else is."""
    with rig.connect(listener) as client:
        client.query("DO 1")
        before = rig.proxy.rss()
        with Writer(client.pipe.sock, w.packet(0, w.int1(byte)) * 4000, 32 * MIB) as writer:
            wait_until(writer.has_stopped, "the client's writing stalls", 30)
            assert writer.sent < 24 * MIB
            assert rig.proxy.rss() < before + memory_margin()
            assert rig.is_served(listener)
            client.pipe.sock.shutdown(2)


def test_long_data_is_not_answered_even_if_it_has_nowhere_to_go(rig):
    """The statement, known to the replica, cannot be prepared on the primary where the transaction is."""
    rig.replica.prepared[READ] = (1, [("a", w.LONGLONG)])
    rig.primary.on(w.PREPARE, lambda c, _: c.error(1146, "Table 'test.t' doesn't exist", "42S02"))
    with rig.connect("split") as client:
        statement = client.command(w.PREPARE, READ).statement_id
        client.query("START TRANSACTION")
        client.pipe.send(w.packet(0, w.int1(w.LONG_DATA) + w.int4(statement) + w.int2(0) + b"data")
                         + w.packet(0, b"\x03SELECT 'first'"))
        rig.primary.wait_for(lambda: rig.primary.commands(w.PREPARE))
        assert client.read().text_rows() == [(b"db1",)]
        assert client.command(w.EXECUTE, execute(statement, [1])).error
        assert client.query("SELECT 'second'").text_rows() == [(b"db1",)]
    assert rig.primary.sqls()[-2:] == ["SELECT 'first'", "SELECT 'second'"]
    assert not rig.replica.commands(w.LONG_DATA)
