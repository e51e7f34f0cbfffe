"""The compressed protocol towards clients: who gets it, its frames cut anywhere, and what is wrong with them."""

import hashlib
import zlib

import pytest

import mysqlwire as w
import paced_writes
import compressed_socket
import replies as r
import web
from client import Client, execute
from fakeserver import CAPS, FakeServer
from proxy import Proxy, memory_margin, wait_until
from test_backpressure import Torrent

pytestmark = pytest.mark.room("net")

BOTH = pytest.mark.parametrize("algorithm", ["zlib", "zstd"])
MIB = 1 << 20


@pytest.fixture(scope="module")
def mysql_proxy():
    """headgate before a scripted server that says it is MySQL: both algorithms are offered."""
    server = FakeServer("db1", version=b"8.4.0", caps=w.LONG_PASSWORD | w.CONNECT_WITH_DB | w.MODERN_CAPS)
    listeners = [{"name": name, "mode": "primary", "kind": "unix", "settings": settings} for name, settings in {
        "all": {}, "off": {"compression": "off"}, "zstd": {"compression": "zstd"}, "zlib": {"compression": "zlib"},
        "large": {"compression_threshold": "1KiB"}}.items()]
    with Proxy({"main": [{"name": "db1", "address": server.address, "role": "primary"}]}, listeners=listeners,
               extra={"http": {"address": "127.0.0.1:0"}}) as proxy:
        yield Mysql(proxy, server)
    server.stop()


@pytest.fixture
def mysql(mysql_proxy):
    mysql_proxy.primary.forget()
    return mysql_proxy


class Mysql:
    def __init__(self, proxy, server):
        self.proxy, self.primary = proxy, server

    def connect(self, listener="all", **options):
        return Client.connect(self.proxy.address[listener], **options)


def offered(address):
    client = Client(address)
    try:
        return client.read_greeting().caps & (w.COMPRESS | w.ZSTD)
    finally:
        client.close()


def test_what_servers_of_the_family_have_is_offered(mysql, rig):
    address = mysql.proxy.address
    assert {name: offered(address[name]) for name in ("all", "off", "zstd", "zlib")} == {
        "all": w.COMPRESS | w.ZSTD, "off": 0, "zstd": w.ZSTD, "zlib": w.COMPRESS}
    assert offered(rig.proxy.address["primary"]) == w.COMPRESS


@BOTH
def test_rows_come_packed(mysql, algorithm):
    """In one frame, numbered after the command's; show sessions tells of it."""
    row = [b"x" * 1000]
    mysql.primary.on("rows", lambda c, _: c.reply(r.result(c.caps, [("a", w.BLOB)], [row])))
    with mysql.connect(pack=algorithm) as client:
        assert client.rows("rows") == [tuple(row)]
        (size, number, unpacked), = client.pipe.sock.headers
        assert number == 1 and size < 200 and unpacked > 1000
        assert algorithm in [session["compression"] for session in mysql.proxy.show("sessions")]


def test_both_asked_for_is_zlib(mysql):
    """As MySQL 9 does."""
    client = Client(mysql.proxy.address["all"], pack="zlib")
    with client:
        client.read_greeting()
        caps = client.greeting.caps & (w.MODERN_CAPS | w.COMPRESS | w.ZSTD)
        client.log_in("app", "app_pw", caps=caps)
        assert client.caps & w.ZSTD and client.query("DO 1").oks


def test_zlib_without_an_offer_is_understood(mysql):
    """PHP's mysqlnd compresses whatever was offered. Its commands are unpacked; what it gets is not packed."""
    row = [b"x" * 1000]
    mysql.primary.on("rows", lambda c, _: c.reply(r.result(c.caps, [("a", w.BLOB)], [row])))
    with mysql.connect("off", pack="zlib") as client:
        assert client.rows("rows") == [tuple(row)]
        assert client.query("DO '" + "y" * 300 + "'").oks
        assert {unpacked for _, _, unpacked in client.pipe.sock.headers} == {0}


def test_zstd_without_an_offer_is_no_agreement(mysql):
    """A client that asks for it all the same is spoken to uncompressed: so does MySQL 9."""
    with mysql.connect("zlib", caps=w.MODERN_CAPS | w.ZSTD) as client:
        assert client.query("DO 1").oks


@pytest.mark.parametrize("level", [0, 23, 255])
def test_zstd_has_22_levels(mysql, level):
    with Client(mysql.proxy.address["all"], pack="zstd") as client:
        client.zstd_level = level
        client.read_greeting()
        with pytest.raises(r.Err) as error:
            client.log_in("app", "app_pw")
        assert error.value.code == 3923


@BOTH
def test_every_level_is_spoken(mysql, algorithm):
    for level in (1, 3, 9, 22):
        with Client(mysql.proxy.address["all"], pack=algorithm) as client:
            client.zstd_level = level
            client.read_greeting()
            client.log_in("app", "app_pw")
            assert client.query("DO '" + "y" * 300 + "'").oks


def test_metrics_count_both_sizes(mysql):
    row = [b"x" * 100000]
    mysql.primary.on("rows", lambda c, _: c.reply(r.result(c.caps, [("a", w.BLOB)], [row])))

    def counts():
        page = web.metrics(web.address_of(mysql.proxy))
        return {words: page.value("headgate_listener_compression_bytes_total", listener="all", bytes=words)
                for words in ("received", "received compressed", "sent", "sent compressed")}
    before = counts()
    with mysql.connect(pack="zlib") as client:
        client.rows("rows")
        client.query("DO 1")
        passed = {words: count - before[words] for words, count in counts().items()}
        assert passed["sent"] > 100000 > 5000 > passed["sent compressed"] > 0
        assert passed["received"] > 0 < passed["received compressed"]


def test_short_replies_are_sent_as_they_are(mysql):
    rows = {"short": b"x" * 900, "long": b"x" * 1100}
    for name, value in rows.items():
        mysql.primary.on(name, lambda c, _, value=value: c.reply(r.result(c.caps, [("a", w.BLOB)], [[value]])))
    with mysql.connect("large", pack="zlib") as client:
        assert client.rows("short") == [(rows["short"],)]
        assert client.pipe.sock.headers[-1][2] == 0
        assert client.rows("long") == [(rows["long"],)]
        assert client.pipe.sock.headers[-1][2] > 1100


@BOTH
def test_frames_pass_cut_at_every_byte(mysql, algorithm):
    """A command in three frames, one of them not packed, in two writes for each place to cut them."""
    sql = "DO '" + "abc" * 60 + "'"
    got = []
    mysql.primary.on(sql, lambda c, payload: (got.append(payload[1:]), c.ok())[1])
    command = w.packet(0, b"\x03" + sql.encode())
    kind = compressed_socket.ALGORITHMS[algorithm]
    frames = (compressed_socket.frame(0, command[:2], kind, raw=True) + compressed_socket.frame(1, command[2:150], kind)
              + compressed_socket.frame(2, command[150:], kind, raw=True))
    with mysql.connect(pack=algorithm) as client:
        for at in range(1, len(frames)):
            paced_writes.write_pieces(client.pipe.sock.sock, [frames[:at], frames[at:]])
            client.pipe.sock.number = 3
            assert client.read().oks
        paced_writes.write_pieces(client.pipe.sock.sock, paced_writes.one_by_one(frames))
        client.pipe.sock.number = 3
        assert client.read().oks
    assert got == [sql.encode()] * len(frames)


@BOTH
def test_commands_at_once_are_answered_each_from_one(mysql, algorithm):
    kind = compressed_socket.ALGORITHMS[algorithm]
    with mysql.connect(pack=algorithm) as client:
        frames = compressed_socket.frame(0, w.packet(0, b"\x03DO 1"), kind, raw=True)
        client.pipe.sock.sock.sendall(frames * 3)
        for _ in range(3):
            client.pipe.sock.number = 1
            assert client.read().oks


@BOTH
def test_long_commands_and_long_rows_pass(mysql, algorithm):
    """Of more than 16 MiB, both ways, in memory that does not grow with them."""
    size = 2 * w.MAX_FRAGMENT + 5
    sql = b"DO '" + bytes(range(35, 90)) * (size // 55) + b"'"
    got = []
    mysql.primary.on(sql.decode(), lambda c, payload: (
        got.append(hashlib.sha1(payload[1:]).digest()), c.reply(r.result(c.caps, [("a", w.BLOB)], [[payload[1:]]])))[1])
    with mysql.connect(pack=algorithm) as client:
        before = mysql.proxy.rss()
        assert client.rows(sql) == [(sql,)]
        assert got == [hashlib.sha1(sql).digest()]
        assert mysql.proxy.rss() - before < memory_margin()


@BOTH
def test_a_bomb_takes_no_memory(mysql, algorithm):
    """16 MiB in a frame of some kilobytes: a window of it at a time is unpacked, and it is the statement it says it is."""
    got = []
    sql = "DO '" + "x" * (compressed_socket.MAX_FRAME - 10) + "'"
    mysql.primary.on(sql, lambda c, payload: (got.append(len(payload)), c.ok())[1])
    command = w.packet(0, b"\x03" + sql.encode())
    assert len(command) == compressed_socket.MAX_FRAME
    with mysql.connect(pack=algorithm) as client:
        before = mysql.proxy.rss()
        client.pipe.restart()
        client.pipe.sock.sendall(command)
        assert client.read().oks
        assert got == [compressed_socket.MAX_FRAME - 4]
        assert mysql.proxy.rss() - before < memory_margin()


def wrong(number=0, unpacked=13, contents=None, tail=b""):
    contents = zlib.compress(w.packet(0, b"\x03SELECT 1")) if contents is None else contents
    return w.int3(len(contents + tail)) + w.int1(number) + w.int3(unpacked) + contents + tail


@pytest.mark.parametrize("frame, code", [
    (wrong(number=3), 1156), (wrong(unpacked=12), 1157), (wrong(tail=b"x"), 1157), (wrong(contents=b"no zlib"), 1157),
    (wrong(contents=b""), 1157), (wrong(contents=zlib.compress(w.packet(0, b"\x03SELECT 1"))[:-1] + b"?"), 1157)],
    ids=["number", "longer", "tail", "no zlib", "empty", "checksum"])
def test_wrong_frames_end_the_session_with_words(mysql, frame, code):
    """Servers say 1156; of contents that cannot be unpacked they have 1157, or just close. Nothing of them is run."""
    with mysql.connect(pack="zlib") as client:
        client.pipe.sock.sock.sendall(frame)
        client.pipe.sock.number = client.pipe.sock.number if code == 1156 else 1
        raw = client.pipe.sock.sock.recv(1000)
        assert r.parse_err(raw[compressed_socket.HEADER_BYTES + 4:]).code == code
        assert client.pipe.sock.sock.recv(1000) == b""
    assert "SELECT 1" not in mysql.primary.sqls()
    wait_until(lambda: "broke the protocol" in mysql.proxy.log(), "the log says why")
    with mysql.connect() as client:
        assert client.query("DO 'in step'").oks


def test_a_frame_of_less_than_it_says_ends_the_session(mysql):
    with mysql.connect(pack="zlib") as client:
        client.pipe.sock.sock.sendall(wrong(unpacked=14))
        while client.pipe.sock.sock.recv(1000):
            pass


@BOTH
def test_change_user_stays_packed(mysql, algorithm):
    with mysql.connect(pack=algorithm) as client:
        client.change_user("other", "other_pw", "app")
        assert client.query("DO '" + "y" * 300 + "'").oks
        assert client.pipe.sock.headers


@BOTH
def test_a_file_passes(mysql, algorithm):
    files = []

    def script(c, _):
        c.reply([r.infile("f.csv")])
        size = 0
        while piece := c.pipe.read_packet():
            size += len(piece)
        files.append(size)
        c.ok()
    mysql.primary.on("LOAD DATA LOCAL INFILE 'f.csv' INTO TABLE t", script)
    with mysql.connect(pack=algorithm) as client:
        client.infile = lambda name: [b"1,2,3\n" * 5000] * 300
        assert client.query("LOAD DATA LOCAL INFILE 'f.csv' INTO TABLE t").oks
        assert files == [30000 * 300]
        assert client.query("DO 'in step'").oks


def test_a_client_that_does_not_read_stops_the_server(mysql):
    """Noise, which gets no smaller: what the client does not take is not read from the server."""
    noise = b"".join(hashlib.sha512(str(i).encode()).digest() for i in range(1024))
    torrent = Torrent(r.text_row([noise]))
    mysql.primary.on("torrent", torrent)
    with mysql.connect(pack="zlib") as client:
        before = mysql.proxy.rss()
        client.send(w.QUERY, "torrent")
        wait_until(torrent.has_stalled, "the server's writing stalls", 20)
        assert torrent.sent < 32 * MIB
        assert mysql.proxy.rss() < before + memory_margin()
        torrent.enough.set()
        assert set(client.read().text_rows()) == {(noise,)}
        assert client.query("DO 'in step'").oks


def test_the_admin_address_understands_it_too():
    server = FakeServer("db1")
    admin = {"users": [{"name": "root", "password": "root_pw"}]}
    with Proxy({"main": [{"name": "db1", "address": server.address, "role": "primary"}]}, admin_settings=admin) as proxy:
        with Client.connect(proxy.address["admin"], "root", "root_pw", pack="zlib") as client:
            assert [row[0] for row in client.rows("show servers")]
            assert [row[0] for row in client.rows("show servers")]
    server.stop()


# ---- towards servers ----

@pytest.fixture(scope="module", params=["zlib", "zstd"])
def packed_proxy(request):
    """headgate before a server that it compresses to."""
    algorithm = request.param
    server = FakeServer("db1", caps=CAPS | compressed_socket.ALGORITHMS[algorithm].caps)
    listed = [{"name": "db1", "address": server.address, "role": "primary", "compression": algorithm}]
    listeners = [{"name": "all", "mode": "primary", "kind": "unix"}]
    with Proxy({"main": listed}, listeners=listeners) as proxy:
        yield Mysql(proxy, server)
    server.stop()


@pytest.fixture
def behind(packed_proxy):
    packed_proxy.primary.forget()
    return packed_proxy


def test_servers_are_spoken_to_compressed(behind):
    """Probes, headgate's own statements, and what clients say; the server checks each frame's number."""
    row = [b"x" * 1000]
    behind.primary.on("rows", lambda c, _: c.reply(r.result(c.caps, [("a", w.BLOB)], [row])))
    with behind.connect() as client:
        for _ in range(3):
            assert client.rows("rows") == [tuple(row)]
            assert client.query("DO '" + "y" * 300 + "'").oks
        connection = behind.primary.application_connections()[-1]
        assert connection.packed
        assert any(0 < unpacked > 250 for _, _, unpacked in connection.pipe.sock.headers)
    assert all(c.packed for c in behind.primary.connections if c.commands)
    assert not [entry for entry in behind.primary.log if "WireError" in entry[1]]


def test_statements_are_closed_in_frames_of_their_own(behind):
    behind.primary.prepared["SELECT ?"] = (1, [("a", w.LONGLONG)])
    with behind.connect() as client:
        for _ in range(5):
            prepared = client.command(w.PREPARE, "SELECT ?")
            assert client.command(w.EXECUTE, execute(prepared.statement_id, [7])).error is None
            client.command(w.CLOSE, w.int4(prepared.statement_id))
        client.command(w.RESET_CONNECTION)
        assert client.query("DO 'in step'").oks


def test_packets_of_a_compressing_server_are_numbered_anew(behind):
    """Real ones number them by their frames, where more than one was read or written; clients want them in a row."""
    def script(c, _):
        for number, payload in zip((5, 6, 2, 3, 3), r.result(c.caps, [("a", w.LONGLONG)], [[1], [2]])):
            c.pipe.send(w.packet(number, payload))
    behind.primary.on("rows", script)
    behind.primary.on("error", lambda c, _: c.pipe.send(w.packet(7, r.err(1064, "syntax", "42000"))))
    with behind.connect() as client:
        reply = client.query("rows")
        assert reply.text_rows() == [(b"1",), (b"2",)]
        assert [number for number, _ in reply.packets] == list(range(1, len(reply.packets) + 1))
        client.send(w.QUERY, "error")
        client.pipe.read_packet()
        assert client.pipe.headers == [(client.pipe.headers[0][0], 1)]


def test_a_file_reaches_a_compressing_server(behind):
    files = []

    def script(c, _):
        c.reply([r.infile("f.csv")])
        size = 0
        while piece := c.pipe.read_packet():
            size += len(piece)
        files.append(size)
        c.ok()
    behind.primary.on("LOAD DATA LOCAL INFILE 'f.csv' INTO TABLE t", script)
    with behind.connect() as client:
        client.infile = lambda name: [b"1,2,3\n" * 5000] * 300
        assert client.query("LOAD DATA LOCAL INFILE 'f.csv' INTO TABLE t").oks
        assert files == [30000 * 300]
        assert client.query("DO 'in step'").oks


def test_long_packets_pass_to_and_from_a_compressing_server(behind):
    size = 2 * w.MAX_FRAGMENT + 5
    sql = b"DO '" + bytes(range(35, 90)) * (size // 55) + b"'"
    behind.primary.on(sql.decode(), lambda c, payload: c.reply(r.result(c.caps, [("a", w.BLOB)], [[payload[1:]]])))
    with behind.connect() as client:
        before = behind.proxy.rss()
        assert client.rows(sql) == [(sql,)]
        assert behind.proxy.rss() - before < memory_margin()


def test_a_server_that_does_not_offer_it_is_spoken_to_plainly():
    server = FakeServer("db1")
    listed = [{"name": "db1", "address": server.address, "role": "primary", "compression": "zstd"}]
    with Proxy({"main": listed}) as proxy:
        with Client.connect(proxy.address["primary"]) as client:
            assert client.query("DO 1").oks
        assert not [c for c in server.connections if c.packed]
    server.stop()
