"""LOAD DATA LOCAL: the client's file goes to the server that asked for it, and only when the client offered one."""

import hashlib
import itertools
import threading

import pytest

import mysqlwire as w
import paced_writes
import replies as r

pytestmark = pytest.mark.room("relay")

LOAD = "LOAD DATA LOCAL INFILE 'f.csv' INTO TABLE t"


def receive(c):
    """Reads the file: (bytes, sha1) of it."""
    digest, size = hashlib.sha1(), 0
    while piece := c.pipe.read_packet():
        digest.update(piece)
        size += len(piece)
    return size, digest.hexdigest()


def loads(files):
    """A script that asks for the file and answers with its size; what came is appended to `files`."""
    def script(c, _):
        c.reply([r.infile("f.csv")])
        files.append(receive(c))
        c.reply([r.ok(c.caps, affected=files[-1][0])])
    return script


@pytest.mark.parametrize("size", [0, 1, 5, 70000, w.MAX_FRAGMENT - 1, w.MAX_FRAGMENT, w.MAX_FRAGMENT + 9])
def test_file_arrives_whole(front, size):
    files = []
    data = bytes(size)
    front.primary.on(LOAD, loads(files))
    with front.connect() as client:
        client.infile = lambda name: data
        assert client.query(LOAD).oks[0].affected == size
        assert files == [(size, hashlib.sha1(data).hexdigest())]
        assert client.query("DO 'in step'").oks


def test_many_packets_keep_their_numbers(front):
    files = []
    front.primary.on(LOAD, loads(files))
    with front.connect() as client:
        client.infile = lambda name: itertools.repeat(b"a,b\n", 600)
        reply = client.query(LOAD)
        assert reply.packets[-1][0] == (1 + 600 + 1 + 1) & 0xFF
        assert files[0][0] == 2400


def test_file_passes_byte_by_byte(front):
    files = []
    front.primary.on(LOAD, loads(files))
    with front.connect() as client:
        client.send(w.QUERY, LOAD)
        assert client.pipe.read_packet() == b"\xfbf.csv"
        data = w.packet(2, b"abc") + w.packet(3, b"de\n") + w.packet(4, b"")
        paced_writes.write_pieces(client.pipe.sock, paced_writes.one_by_one(data))
        assert client.read().oks[0].affected == 6


def test_request_passes_byte_by_byte(front):
    def script(c, _):
        paced_writes.write_pieces(c.pipe.sock, paced_writes.one_by_one(w.packet(1, r.infile("f.csv"))))
        c.pipe.seq = 1
        receive(c)
        c.ok()
    front.primary.on(LOAD, script)
    with front.connect() as client:
        client.infile = lambda name: b"x"
        assert client.query(LOAD).oks


def test_early_error_waits_for_the_files_end(front):
    """The server may refuse while the client still sends; the client's data is drained and the session goes on."""
    def script(c, _):
        c.reply([r.infile("f.csv")])
        c.pipe.read_packet()
        sender = threading.Thread(target=lambda: c.pipe.send(w.packet(3, r.err(1146, "no table", "42S02"))))
        sender.start()
        while c.pipe.read_packet():
            pass
        sender.join()
    front.primary.on(LOAD, script)
    with front.connect() as client:
        client.infile = lambda name: itertools.repeat(bytes(1 << 20), 30)
        reply = client.command(w.QUERY, LOAD)
        assert reply.error.code == 1146
        assert client.query("DO 'in step'").oks


def test_refusal_instead_of_a_request_passes(front):
    front.primary.on(LOAD, lambda c, _: c.error(4166, "The used command is not allowed"))
    with front.connect() as client:
        client.infile = lambda name: pytest.fail("nobody asked")
        assert client.command(w.QUERY, LOAD).error.code == 4166


def test_second_statement_may_load(front):
    files = []
    sql = f"DO 1; {LOAD}"

    def script(c, payload):
        c.pipe.send_packets([r.ok(c.caps, status=w.AUTOCOMMIT | w.MORE_RESULTS)])
        loads(files)(c, payload)
    front.primary.on(sql, script)
    with front.connect() as client:
        client.infile = lambda name: b"1\n2\n"
        assert [done.affected for done in client.query(sql).oks] == [0, 4]


@pytest.mark.parametrize("sql", ["SELECT 1 FROM t", "DO 'LOAD DATA LOCAL INFILE'", "LOAD DATA INFILE 'f.csv' INTO TABLE t"])
def test_server_that_asks_unbidden_gets_no_file(rig, sql):
    got = []

    def script(c, _):
        c.reply([r.infile("/etc/passwd")])
        try:
            got.append(c.pipe.read_packet())
        except w.WireError:
            got.append(b"")
        return False
    rig.primary.on(sql, script)
    with rig.connect() as client:
        client.send(w.QUERY, sql)
        try:
            first = client.pipe.read_packet()
        except w.Closed as closed:
            assert not closed.partial
        else:
            assert first[:1] == b"\xff", "the server's request was passed on"
    rig.primary.wait_for(lambda: got)
    assert got == [b""]
    assert rig.is_served()


def test_client_without_the_capability_is_not_asked(rig):
    """Its upstream lacks the capability too, so an honest server refuses; a dishonest one gets nothing."""
    rig.primary.on(LOAD, lambda c, _: c.error(4166, "refused") if not c.caps & w.LOCAL_FILES else c.ok())
    with rig.connect(caps=w.MODERN_CAPS & ~w.LOCAL_FILES) as client:
        assert client.command(w.QUERY, LOAD).error.code == 4166


def dies_after(packets, told, last_words=None):
    """A script that reads so many packets of the file, says its last words, and dies."""
    def script(c, _):
        c.reply([r.infile("f.csv")])
        seen = [c.pipe.read_packet() for _ in range(packets)]
        if last_words:
            c.reply([last_words])
        c.close()
        told.set()
        return bool(seen) and False
    return script


def stream_past_a_death(client, told, pieces):
    """Sends the file, the second half of it after the server's death; the ERR's number, and the ERR."""
    client.send(w.QUERY, LOAD)
    assert client.pipe.read_packet() == b"\xfbf.csv"
    for seq in range(2, 2 + pieces):
        if seq == 2 + pieces // 2:
            assert told.wait(10)
        client.pipe.send(w.packet(seq & 0xFF, b"a,b\n"))
    assert told.wait(10)
    client.pipe.send(w.packet((2 + pieces) & 0xFF, b""))
    payload = client.pipe.read_packet()
    return client.pipe.headers[-1][1], r.parse_err(payload)


@pytest.mark.parametrize("pieces", [0, 1, 2, 9, 600])
@pytest.mark.parametrize("read", [0, 1, 4])
def test_loss_amid_the_file_is_said_after_its_end_with_the_number_the_client_expects(rig, read, pieces):
    told = threading.Event()
    rig.primary.on(LOAD, dies_after(min(read, pieces // 2), told))
    with rig.connect() as client:
        seq, error = stream_past_a_death(client, told, pieces)
        assert error.code == 1927 and "db1" in error.message
        assert seq == (2 + pieces + 1) & 0xFF
        assert client.query("DO 'in step'").oks


def test_loss_after_the_file_has_the_number_the_client_expects(rig):
    def script(c, _):
        c.reply([r.infile("f.csv")])
        receive(c)
        c.close()
        return False
    rig.primary.on(LOAD, script)
    with rig.connect() as client:
        client.infile = lambda name: itertools.repeat(b"a,b\n", 7)
        reply = client.command(w.QUERY, LOAD)
        assert reply.error.code == 1927
        assert reply.packets[-1][0] == 1 + 7 + 1 + 1
        assert client.query("DO 'in step'").oks


def test_loss_of_a_transaction_amid_its_file_ends_the_session_after_the_word(rig):
    told = threading.Event()
    rig.primary.on(LOAD, dies_after(1, told))
    with rig.connect() as client:
        assert client.query("BEGIN").oks
        seq, error = stream_past_a_death(client, told, 8)
        assert error.code == 1927 and seq == 2 + 8 + 1
        assert client.pipe.read_to_end() == b""


def test_refusal_amid_the_file_is_the_only_answer_also_if_the_server_then_goes(rig):
    told = threading.Event()
    rig.primary.on(LOAD, dies_after(2, told, last_words=r.err(1317, "interrupted", "70100")))
    with rig.connect() as client:
        _, error = stream_past_a_death(client, told, 8)
        assert (error.code, error.message) == (1317, "interrupted")
        assert client.query("DO 'in step'").oks


def test_client_that_hangs_up_amid_its_file_takes_the_upstream_along(rig):
    ended = threading.Event()

    def script(c, _):
        c.reply([r.infile("f.csv")])
        try:
            while c.pipe.read_packet():
                pass
        except w.WireError:
            ended.set()
        return False
    rig.primary.on(LOAD, script)
    with rig.connect() as client:
        client.send(w.QUERY, LOAD)
        client.pipe.read_packet()
        client.pipe.send(w.packet(2, b"half a fi")[:-4])
    assert ended.wait(10), "the server was told the file had ended, or nothing"
    assert rig.is_served()
