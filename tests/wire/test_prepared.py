"""Binary prepared statements: what the client calls a statement is not what each server calls it."""

import struct

import pytest

import mysqlwire as w
import paced_writes
import replies as r
from client import SENT_BEFORE, execute
from proxy import wait_until

pytestmark = pytest.mark.room("prepared")

COLUMNS = [("a", w.LONGLONG), ("b", w.VAR_STRING)]
READ = "SELECT a, b FROM t WHERE a = ?"
WRITE = "INSERT INTO t VALUES (?)"


def executed(c, payload):
    """Answers an EXECUTE with the parameters' bytes, and the id it was called by."""
    c.reply(r.binary_result(c.caps, COLUMNS, [[int.from_bytes(payload[1:5], "little"), payload[10:]]]))


def prepare(client, sql):
    reply = client.command(w.PREPARE, sql)
    assert not reply.error, reply.error
    return reply.statement_id


def echoed(reply):
    """(id, bytes) that the server was called with."""
    reader = w.Reader(reply.results[-1][0], 2)
    return reader.int(8), reader.lenenc_bytes()


@pytest.fixture(params=[w.MODERN_CAPS, w.OLD_CAPS], ids=["deprecate_eof", "old"])
def caps(request):
    return request.param


@pytest.fixture
def known(front):
    """Both servers know the statements, under ids of their own."""
    servers = [front.primary, *([front.replica] if hasattr(front, "replica") else [])]
    for server in servers:
        server.prepared[READ] = (1, COLUMNS)
        server.prepared[WRITE] = (1, [])
        server.on((w.EXECUTE, READ), executed)
    return servers


def test_prepare_tells_parameters_and_columns(front, known, caps):
    with front.connect(caps=caps) as client:
        reply = client.command(w.PREPARE, READ)
        expected = r.prepared(client.caps, reply.statement_id, 1, COLUMNS)
        assert [payload for _, payload in reply.packets] == expected
        assert [seq for seq, _ in reply.packets] == list(range(1, len(expected) + 1))


def test_prepare_passes_byte_by_byte(front, known, caps):
    def slowly(c, _):
        c.statements[4242] = READ.encode()
        c.open_statements.add(4242)
        paced_writes.write_pieces(c.pipe.sock, paced_writes.one_by_one(w.packets(1, r.prepared(c.caps, 4242, 1, COLUMNS))))
    front.primary.on(w.PREPARE, slowly)
    with front.connect(caps=caps) as client:
        statement = prepare(client, READ)
        assert echoed(client.command(w.EXECUTE, execute(statement, [5])))[0] == 4242


@pytest.mark.parametrize("params, columns", [(0, 0), (0, 3), (3, 0), (300, 2)])
def test_prepare_of_any_counts_passes(front, caps, params, columns):
    listed = [("c", w.TINY)] * columns
    front.primary.prepared["counts"] = (params, listed)
    with front.connect(caps=caps) as client:
        reply = client.command(w.PREPARE, "counts")
        assert [p for _, p in reply.packets] == r.prepared(client.caps, reply.statement_id, params, listed)
        assert client.query("DO 'in step'").oks


def test_refused_prepare_is_the_servers_error(front):
    front.primary.on(w.PREPARE, lambda c, _: c.error(1295, "not supported in the prepared statement protocol"))
    with front.connect() as client:
        assert client.command(w.PREPARE, "nonsense").error.code == 1295
        assert client.query("DO 'in step'").oks


def test_execute_reaches_the_server_under_its_own_id(front, known, caps):
    with front.connect(caps=caps) as client:
        first, second = prepare(client, READ), prepare(client, READ)
        assert first != second
        one = echoed(client.command(w.EXECUTE, execute(first, [11])))
        two = echoed(client.command(w.EXECUTE, execute(second, [22])))
        assert one[0] != two[0] and {one[0], two[0]} <= set(front.primary.application_connections()[-1].statements)
        assert (struct.unpack("<q", one[1][-8:]), struct.unpack("<q", two[1][-8:])) == ((11,), (22,))


def test_execute_passes_byte_by_byte(front, known):
    with front.connect() as client:
        statement = prepare(client, READ)
        data = w.packet(0, b"\x17" + execute(statement, [b"value of some length", ]))
        paced_writes.write_pieces(client.pipe.sock, paced_writes.one_by_one(data))
        assert echoed(client.read())[1].endswith(b"value of some length")
        for cut in range(1, len(data)):
            paced_writes.write_pieces(client.pipe.sock, paced_writes.cut_at(data, cut))
            assert echoed(client.read())[1].endswith(b"value of some length")


def test_types_sent_once_hold_for_later_executions(front, known):
    with front.connect() as client:
        statement = prepare(client, READ)
        client.command(w.EXECUTE, execute(statement, [1]))
        reply = client.command(w.EXECUTE, execute(statement, [2], types=False))
        assert not reply.error
        assert struct.unpack("<q", echoed(reply)[1][-8:]) == (2,)


def test_long_data_arrives_before_its_execution(front, known):
    with front.connect() as client:
        statement = prepare(client, WRITE)
        for piece in (b"one, ", b"two, ", b"three"):
            assert client.command(w.LONG_DATA, w.int4(statement) + w.int2(0) + piece) is None
        assert client.command(w.EXECUTE, execute(statement, [SENT_BEFORE])).oks
    used = front.primary.application_connections()[-1]
    sent = [k for k in used.commands if k.byte in (w.LONG_DATA, w.EXECUTE)]
    assert b"".join(k.body[6:] for k in sent if k.byte == w.LONG_DATA) == b"one, two, three"
    assert len({k.body[:4] for k in sent}) == 1
    assert sent[-1].byte == w.EXECUTE


def test_close_is_not_answered_and_ends_the_statement(front, known):
    with front.connect() as client:
        statement, other = prepare(client, READ), prepare(client, WRITE)
        client.pipe.send(w.packet(0, b"\x19" + w.int4(statement)) + w.packet(0, b"\x03DO 'after close'"))
        assert client.read().oks
        assert client.command(w.EXECUTE, execute(statement, [1])).error.code == 1243
        assert client.command(w.EXECUTE, execute(other, [1])).oks
        used = front.primary.application_connections()[-1]
        front.primary.wait_for(lambda: len(used.open_statements) == 1)


def test_reset_and_unknown_ids(front, known):
    with front.connect() as client:
        statement = prepare(client, READ)
        assert client.command(w.RESET, w.int4(statement)).oks
        for byte, body in ((w.RESET, w.int4(987654)), (w.EXECUTE, execute(987654, [1])),
                           (w.FETCH, w.int4(987654) + w.int4(1))):
            assert client.command(byte, body).error.code == 1243
        client.command(w.CLOSE, w.int4(987654))
        assert client.query("DO 'in step'").oks


def test_cursor_is_opened_and_fetched(front, known, caps):
    def fetched(c, payload):
        rows = [r.binary_row([k for _, k in COLUMNS], [n, "x" * n]) for n in range(3)]
        status = w.AUTOCOMMIT | (w.LAST_ROW_SENT if payload[5] == 9 else w.CURSOR_EXISTS)
        c.reply([*rows, r.end_of_rows(c.caps, status)])
    front.primary.on((w.EXECUTE, READ), lambda c, _: c.reply(r.opened_cursor(c.caps, COLUMNS)))
    front.primary.on((w.FETCH, READ), fetched)
    with front.connect(caps=caps) as client:
        statement = prepare(client, READ)
        opened = client.command(w.EXECUTE, execute(statement, [1], flags=1), cursor=True)
        assert opened.status & w.CURSOR_EXISTS and opened.results in ([], [[]])
        for count, flag in ((3, w.CURSOR_EXISTS), (9, w.LAST_ROW_SENT)):
            reply = client.command(w.FETCH, w.int4(statement) + w.int4(count))
            assert len(reply.results[0]) == 3 and reply.status & flag
        assert client.query("DO 'in step'").oks


def test_pipelined_execution_of_the_statement_prepared_last(front, known):
    """MariaDB's connector sends PREPARE and EXECUTE of id -1 in one write."""
    with front.connect(caps=w.MODERN_CAPS | w.BULK_OPERATIONS) as client:
        client.pipe.send(w.packet(0, b"\x16" + READ.encode()) + w.packet(0, b"\x17" + execute(0xFFFFFFFF, [6])))
        assert client.read(r.PREPARED).statement_id
        reply = client.read()
        assert not reply.error, reply.error
        assert struct.unpack("<q", echoed(reply)[1][-8:]) == (6,)


def test_failed_prepare_fails_the_execution_behind_it(front):
    front.primary.on(w.PREPARE, lambda c, _: c.error(1064, "syntax", "42000"))
    with front.connect(caps=w.MODERN_CAPS | w.BULK_OPERATIONS) as client:
        client.pipe.send(w.packet(0, b"\x16nonsense") + w.packet(0, b"\x17" + execute(0xFFFFFFFF)))
        assert client.read(r.PREPARED).error.code == 1064
        assert client.read().error
        assert client.query("DO 'in step'").oks


def test_bulk_execution_has_the_servers_id(front, known):
    front.primary.on(w.BULK_EXECUTE, lambda c, payload: c.ok(affected=int.from_bytes(payload[1:5], "little")))
    with front.connect(caps=w.MODERN_CAPS | w.BULK_OPERATIONS) as client:
        statement = prepare(client, WRITE)
        body = w.int4(statement) + w.int2(128) + w.int2(w.LONGLONG) + b"\0" + w.int8(1) + b"\0" + w.int8(2)
        affected = client.command(w.BULK_EXECUTE, body).oks[0].affected
        assert affected in front.primary.application_connections()[-1].statements


def test_statement_runs_on_replica_and_primary_under_each_ones_id(rig, known):
    """In mode split a read goes to the replica, and inside a transaction to the primary: same statement."""
    with rig.connect("split") as client:
        statement = prepare(client, READ)
        outside, _ = echoed(client.command(w.EXECUTE, execute(statement, [1])))
        client.query("START TRANSACTION")
        inside, _ = echoed(client.command(w.EXECUTE, execute(statement, [2], types=False)))
        client.query("COMMIT")
        again, _ = echoed(client.command(w.EXECUTE, execute(statement, [3])))
    assert outside >= 500001 and again == outside
    assert inside < 500001


def test_types_travel_with_a_statement_that_moves(rig, known):
    """The primary never saw the types that the replica was sent: headgate must add them."""
    with rig.connect("split") as client:
        statement = prepare(client, READ)
        client.command(w.EXECUTE, execute(statement, [1]))
        client.query("START TRANSACTION")
        client.command(w.EXECUTE, execute(statement, [2], types=False))
        client.query("COMMIT")
    sent = rig.primary.commands(w.EXECUTE)[-1].body
    assert sent[9:] == b"\0" + b"\1" + w.int2(w.LONGLONG) + w.int8(2)


def lose_idle(rig, server, place):
    """The server ends the session's idle connection, and headgate has noticed."""
    server.application_connections()[-1].close()
    wait_until(lambda: all(row[place] is None for row in rig.proxy.show("sessions")), "headgate notices the loss")


@pytest.mark.parametrize("port", ["primary", "split"])
def test_statement_of_a_dropped_schema_is_prepared_again_without_a_schema(rig, known, port):
    with rig.connect(port, schema="one") as client:
        statement = prepare(client, WRITE)
        rig.primary.refused_schemas[b"one"] = (1049, "Unknown database 'one'")
        lose_idle(rig, rig.primary, "primary")
        assert not client.command(w.EXECUTE, execute(statement, [1])).error
    assert rig.primary.application_connections()[-1].schema == b""


def test_read_to_which_types_were_added_is_run_elsewhere_when_its_server_is_lost(rig, known):
    with rig.connect("split") as client:
        statement = prepare(client, READ)
        client.command(w.EXECUTE, execute(statement, [1]))
        lose_idle(rig, rig.replica, "replica")
        rig.replica.on((w.EXECUTE, READ), lambda c, payload: False)
        _, sent = echoed(client.command(w.EXECUTE, execute(statement, [2], types=False)))
    assert sent == rig.primary.commands(w.EXECUTE)[-1].body[9:] == b"\0" + b"\1" + w.int2(w.LONGLONG) + w.int8(2)


def test_write_to_which_types_were_added_waits_when_its_server_is_read_only(rig, known):
    """It comes back to the same server, and brings the types again."""
    def refuse_once(c, _):
        rig.primary.on((w.EXECUTE, WRITE), None)
        c.error(1290, "The MariaDB server is running with the --read-only option so it cannot execute this statement")
    with rig.connect("split") as client:
        statement = prepare(client, WRITE)
        client.command(w.EXECUTE, execute(statement, [1]))
        lose_idle(rig, rig.primary, "primary")
        rig.primary.on((w.EXECUTE, WRITE), refuse_once)
        assert client.command(w.EXECUTE, execute(statement, [2], types=False)).oks
    refused, done = (command.body[9:] for command in rig.primary.commands(w.EXECUTE)[-2:])
    assert refused == done == b"\0" + b"\1" + w.int2(w.LONGLONG) + w.int8(2)
