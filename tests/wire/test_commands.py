"""Every command byte there can be has an answer, or ends the connection; none is left hanging."""

import pytest

import mysqlwire as w
import replies as r

pytestmark = pytest.mark.room("session", "command", "frontend", "mysql")

# What the tests below treat one by one.
KNOWN = {w.QUIT, w.CHANGE_USER}
SILENT = {w.CLOSE, w.LONG_DATA}
# Bytes that clients do not send (internal, or another server's business), and the error that says so.
REFUSED = {0x00: 1047, 0x05: 1047, 0x06: 1047, 0x0B: 1047, 0x0F: 1047, 0x10: 1047, 0x1D: 1047, 0x08: 1227,
           0x0D: 1227, 0x12: 1227, 0x15: 1227, 0x1E: 1227, 0x22: 1047, 0x7F: 1047, 0xF9: 1047, 0xFF: 1047}


@pytest.mark.parametrize("byte", [b for b in range(256) if b not in KNOWN | SILENT])
@pytest.mark.parametrize("body", [b"", b"\0" * 12], ids=["empty", "zeros"])
def test_command_byte_is_answered(rig, byte, body):
    with rig.connect() as client:
        client.send(byte, body)
        try:
            payload = client.pipe.read_packet()
        except w.Closed as closed:
            assert not closed.partial
        else:
            assert client.pipe.headers[0][1] == 1
            if payload[:1] == b"\xff":
                assert 1000 <= r.parse_err(payload).code < 2000 or 3000 <= r.parse_err(payload).code < 5000
    assert rig.is_served()


@pytest.mark.parametrize("byte", REFUSED)
def test_refused_command_leaves_the_session_usable(rig, byte):
    with rig.connect() as client:
        error = client.command(byte, b"\1\0\0\0").error if byte != w.DEBUG else client.command(byte).error
        assert error.code == REFUSED[byte]
        assert client.query("DO 'in step'").oks
    assert byte not in [k.byte for k in rig.primary.commands()]


@pytest.mark.parametrize("byte", SILENT)
@pytest.mark.parametrize("body", [b"", b"\0", b"\0" * 6])
def test_silent_command_is_not_answered(rig, byte, body):
    with rig.connect() as client:
        client.pipe.send(w.packet(0, w.int1(byte) + body) + w.packet(0, b"\x03DO 'next'"))
        try:
            assert client.read().oks
        except w.Closed as closed:
            assert not closed.partial
    assert rig.is_served()


def test_empty_command_is_answered_or_ends(rig):
    with rig.connect() as client:
        client.pipe.send(w.packet(0, b""))
        try:
            assert client.pipe.read_packet()[:1] == b"\xff"
        except w.Closed as closed:
            assert not closed.partial
    assert rig.is_served()


def test_quit_closes_both_sides(rig):
    with rig.connect() as client:
        client.query("DO 'before quit'")
        used = next(c for c in rig.primary.application_connections() if "DO 'before quit'" in c.sqls())
        client.send(w.QUIT)
        assert client.pipe.read_to_end() == b""
    assert used.is_closed.wait(10)


def test_ping_statistics_and_field_list(rig):
    with rig.connect() as client:
        assert client.command(w.PING).oks
        assert b"Uptime" in client.command(w.STATISTICS).packets[0][1]
        assert len(client.command(w.FIELD_LIST, b"t\0").columns[0]) == 1
        assert client.query("DO 'in step'").oks


def test_set_option_is_answered_with_eof(front):
    for caps in (w.MODERN_CAPS, w.OLD_CAPS):
        with front.connect(caps=caps) as client:
            for option in (0, 1):
                payload = client.command(w.SET_OPTION, w.int2(option)).packets[0][1]
                assert payload[:1] == b"\xfe" and len(payload) == (7 if caps & w.DEPRECATE_EOF else 5)
            assert client.query("DO 'in step'").oks


def test_init_db_moves_the_upstream(rig):
    with rig.connect() as client:
        assert client.command(w.INIT_DB, "app2").oks
        client.query("DO 'in app2'")
        used = next(c for c in rig.primary.application_connections() if "DO 'in app2'" in c.sqls())
        assert used.schema == b"app2"
        rig.primary.refused_schemas[b"gone"] = (1049, "Unknown database 'gone'")
        assert client.command(w.INIT_DB, "gone").error.code == 1049
        client.query("DO 'still in app2'")
        assert used.schema == b"app2"


def test_reset_connection_resets_statements(rig):
    with rig.connect() as client:
        statement = client.command(w.PREPARE, "INSERT INTO t VALUES (1)").statement_id
        assert client.command(w.RESET_CONNECTION).oks
        assert client.command(w.RESET, w.int4(statement)).error.code == 1243
        assert client.query("DO 'in step'").oks


def test_read_only_transaction_moves_to_the_primary_before_a_call(rig):
    """It begins anew there; and if it does not at once, then ahead of whatever comes next."""
    begin = "START TRANSACTION READ ONLY"
    with rig.connect("split") as client:
        client.query(begin)
        assert rig.replica.sqls()[-1] == begin
        rig.primary.on(begin, lambda c, _: c.error(1205, "busy"))
        assert client.command(w.QUERY, "CALL p()").error.code == 1205
        assert "CALL p()" not in rig.primary.sqls()
        del rig.primary.scripts[begin]
        assert client.value("SELECT a FROM t") == b"db1", "the transaction is open"
        client.query("CALL p()")
        client.query("COMMIT")
        assert rig.primary.sqls()[-4:] == [begin, "SELECT a FROM t", "CALL p()", "COMMIT"]
    assert "CALL p()" not in rig.replica.sqls()
