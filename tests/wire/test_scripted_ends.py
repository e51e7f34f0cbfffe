"""The scripted client and server agree with each other and with the protocol's documents, before headgate is put between them."""

import threading

import pytest

import mysqlwire as w
import paced_writes
import replies as r
from client import TLS, Client, execute
from fakeserver import FakeServer
from handshake import Greeting, native_token
from reply_shapes import SHAPES

pytestmark = [pytest.mark.room("mysql"), pytest.mark.threads,
              pytest.mark.skipif(TLS, reason="the scripted server has no TLS")]


@pytest.fixture
def server():
    server = FakeServer(first_statement_id=77)
    yield server
    server.stop()


def test_native_token_is_the_documented_one():
    assert native_token("secret", b"abcdefghijklmnopqrst").hex() == "8817c50fa779daef010ee7577825b0847df9842e"


def test_greeting_is_read_as_written():
    written = Greeting(b"5.5.5-10.11.9-MariaDB", 0x01020304, b"abcdefghijklmnopqrst", w.MODERN_CAPS | w.BULK_OPERATIONS)
    assert Greeting.parse(written.payload()) == written


def test_packets_of_16_mib_end_with_an_empty_fragment():
    sizes = [len(piece) for piece in w.fragments(bytes(2 * w.MAX_FRAGMENT))]
    assert sizes == [w.MAX_FRAGMENT, w.MAX_FRAGMENT, 0]


@pytest.mark.parametrize("caps", [w.MODERN_CAPS, w.OLD_CAPS, w.MODERN_CAPS | w.EXTENDED_METADATA])
@pytest.mark.parametrize("name", SHAPES)
def test_reader_ends_where_the_reply_ends(server, name, caps):
    server.on("q", lambda c, _: c.reply(SHAPES[name](c)))
    with Client.connect(server.address, caps=caps) as client:
        assert client.command(w.QUERY, "q").packets
        assert client.value("SELECT @@server_id") == b"7"


def test_wrong_password_is_refused(server):
    with pytest.raises(r.Err) as refused:
        Client.connect(server.address, password="nonsense")
    assert refused.value.code == 1045


def test_prepared_statement_has_the_servers_ids(server):
    server.prepared["SELECT ?"] = (1, [("a", w.LONGLONG)])
    with Client.connect(server.address) as client:
        first, second = (client.command(w.PREPARE, "SELECT ?") for _ in range(2))
        assert (first.statement_id, second.statement_id, first.params) == (77, 84, 1)
        assert client.command(w.EXECUTE, execute(84, [5])).oks[0].insert_id == 84
        client.command(w.CLOSE, w.int4(84))
        assert client.command(w.EXECUTE, execute(84, [5])).error.code == 1243


def test_probes_are_answered_under_the_names_they_use(server):
    server.role = "replica"
    with Client.connect(server.address, "monitor", "monitor_pw") as client:
        reply = client.query("SELECT @@global.read_only AS ro, IFNULL(@@server_id, 0), @@super_read_only")
        assert reply.names() == ["ro", "IFNULL(@@server_id, 0)", "@@super_read_only"]
        assert reply.text_rows() == [(b"1", b"7", b"0")]
        assert client.query("SHOW ALL SLAVES STATUS").text_rows()[0][3] == b"Yes"


@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_pieces_are_read_alone(tmp_path, kind):
    import socket
    if kind == "tcp":
        listener = socket.create_server(("127.0.0.1", 0))
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(tmp_path / "s"))
        listener.listen()
    sender = socket.socket(listener.family)
    sender.connect(listener.getsockname())
    reader, _ = listener.accept()
    seen = []
    thread = threading.Thread(target=lambda: [seen.append(reader.recv(100)) for _ in range(5)])
    thread.start()
    paced_writes.write_pieces(sender, paced_writes.one_by_one(b"abcde"))
    thread.join()
    assert seen == [b"a", b"b", b"c", b"d", b"e"]
    for sock in (listener, sender, reader):
        sock.close()
