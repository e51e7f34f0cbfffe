"""What servers say about session state reaches clients that asked for it, and no others."""

import pytest

import mysqlwire as w
import paced_writes
import replies as r
from proxy import wait_until

pytestmark = pytest.mark.room("state")

WITHOUT = [w.OLD_CAPS, w.MODERN_CAPS & ~w.SESSION_TRACK]
WITH = [w.MODERN_CAPS, w.OLD_CAPS | w.SESSION_TRACK]
# Entries of the two kinds that servers track by default.
SAID = r.tracked_schema("elsewhere") + r.tracked_variable("time_zone", "+01:00")
COLUMNS = [("a", w.LONGLONG)]


def entries(session):
    """{(type, name): value} of the entries."""
    reader, found = w.Reader(session), {}
    while reader.left():
        kind, data = reader.int(1), w.Reader(reader.lenenc_bytes())
        while data.left():
            name = data.lenenc_bytes() if kind == 0 else b""
            found[kind, name] = data.rest() if kind not in (0, 1, 4, 5) else data.lenenc_bytes()
    return found


@pytest.mark.parametrize("caps", WITHOUT)
@pytest.mark.parametrize("info", [b"", b"Records: 1"])
def test_stripped_for_clients_without_it(rig, caps, info):
    rig.primary.on("DO 'say'", lambda c, _: c.ok(affected=3, insert_id=9, warnings=1, info=info, session=SAID))
    with rig.connect(caps=caps) as client:
        client.send(w.QUERY, "DO 'say'")
        assert client.pipe.read_packet() == r.ok(caps, 3, 9, w.AUTOCOMMIT, 1, info)
        assert client.query("DO 'in step'").oks


@pytest.mark.parametrize("caps", WITHOUT)
def test_stripped_byte_by_byte(rig, caps):
    def script(c, _):
        payloads = [r.ok(c.caps, status=w.AUTOCOMMIT | w.MORE_RESULTS, session=SAID), r.ok(c.caps, session=SAID)]
        paced_writes.write_pieces(c.pipe.sock, paced_writes.one_by_one(w.packets(1, payloads)))
    rig.primary.on("DO 'say'", script)
    with rig.connect(caps=caps) as client:
        client.send(w.QUERY, "DO 'say'")
        expected = w.packets(1, [r.ok(caps, status=w.AUTOCOMMIT | w.MORE_RESULTS), r.ok(caps)])
        assert client.pipe.read_exactly(len(expected)) == expected


def test_stripped_from_the_end_of_rows(rig):
    rig.primary.on("q", lambda c, _: c.reply(r.result(c.caps, COLUMNS, [[1]], session=SAID)))
    caps = w.MODERN_CAPS & ~w.SESSION_TRACK
    with rig.connect(caps=caps) as client:
        client.send(w.QUERY, "q")
        expected = w.packets(1, r.result(caps, COLUMNS, [[1]]))
        assert client.pipe.read_exactly(len(expected)) == expected
        assert client.query("DO 'in step'").oks


@pytest.mark.parametrize("caps", WITH)
def test_passed_to_clients_with_it(rig, caps):
    rig.primary.on("DO 'say'", lambda c, _: c.ok(affected=3, info=b"text", session=SAID))
    with rig.connect(caps=caps) as client:
        done = client.query("DO 'say'").oks[0]
        assert (done.affected, done.info) == (3, b"text")
        assert entries(done.session) == {(1, b""): b"elsewhere", (0, b"time_zone"): b"+01:00"}
        assert client.query("DO 'in step'").oks


def test_passed_at_the_end_of_rows(rig):
    rig.primary.on("q", lambda c, _: c.reply(r.result(c.caps, COLUMNS, [[1]], session=SAID)))
    with rig.connect() as client:
        done = client.query("q").oks[-1]
        assert entries(done.session)[1, b""] == b"elsewhere"


ALL = (r.tracked_schema("elsewhere") + r.tracked_variable("time_zone", "+01:00") + r.tracked_variable("sql_notes", "OFF")
       + b"\x02\x011" + b"\x04\x01\0" + b"\x05\x09\x08T_______")


@pytest.mark.parametrize("tracked, expected", [
    ({}, {(1, b""), (0, b"time_zone")}),
    ({"session_track_system_variables": ""}, {(1, b"")}),
    ({"session_track_system_variables": "*"}, {(1, b""), (0, b"time_zone"), (0, b"sql_notes")}),
    ({"session_track_system_variables": "a, SQL_Notes"}, {(1, b""), (0, b"sql_notes")}),
    ({"session_track_schema": 0}, {(0, b"time_zone")}),
    ({"session_track_state_change": "ON"}, {(1, b""), (0, b"time_zone"), (2, b"")}),
    ({"session_track_transaction_info": "STATE"}, {(1, b""), (0, b"time_zone"), (5, b"")}),
    ({"session_track_transaction_info": "CHARACTERISTICS"}, {(1, b""), (0, b"time_zone"), (4, b""), (5, b"")})], ids=lambda value: str(value) if isinstance(value, dict) else "told")
def test_what_the_server_tells_by_default(rig, tracked, expected):
    """New sessions, once a probe has heard of it; one that was there is told what it was told before."""
    rig.primary.on("DO 'say'", lambda c, _: c.ok(session=ALL))

    def told(client):
        return set(entries(client.query("DO 'say'").oks[0].session))

    def told_anew():
        with rig.connect() as client:
            return told(client)
    wait_until(lambda: told_anew() == {(1, b""), (0, b"time_zone")}, "the usual defaults are known")
    with rig.connect() as before:
        rig.primary.tracked.update(tracked)
        wait_until(lambda: told_anew() == expected, "the defaults are known")
        assert told(before) == {(1, b""), (0, b"time_zone")}
        before.command(w.RESET_CONNECTION)
        assert told(before) == expected


def test_set_up_names_what_the_server_tells_by_default_before_all_others(rig):
    """MariaDB 11 tells variables that share a place in its memory by the name of the first one that is listed."""
    with rig.connect() as client:
        client.query("DO 1")
        set_up = rig.primary.application_connections()[-1].sqls()[0]
    assert set_up.startswith("SET SESSION session_track_system_variables=CONCAT_WS(',','last_gtid',NULLIF(NULLIF(@@global.session_track_system_variables,''),'*'),'*')")


def test_redirection_is_never_passed(rig):
    """A client that followed it would go around headgate."""
    said = r.tracked_variable("redirect_url", "mysql://db1:3306/") + SAID
    rig.primary.on("DO 'say'", lambda c, _: c.ok(session=said))
    with rig.connect() as client:
        assert (0, b"redirect_url") not in entries(client.query("DO 'say'").oks[0].session)


@pytest.mark.parametrize("length", [1, 200, 300, 60000])
def test_long_entries_are_stripped_whole(rig, length):
    said = r.tracked_variable("time_zone", "z" * length)
    rig.primary.on("DO 'say'", lambda c, _: c.ok(session=said))
    with rig.connect(caps=w.OLD_CAPS) as client:
        client.send(w.QUERY, "DO 'say'")
        assert client.pipe.read_packet() == r.ok(w.OLD_CAPS)
        assert client.query("DO 'in step'").oks


@pytest.mark.parametrize("said", [b"\x00\xfe\xff\xff\xff", b"\x00\x05\x0aab", b"\xff" * 20])
def test_malformed_entries_disturb_nobody(rig, said):
    rig.primary.on("DO 'say'", lambda c, _: c.ok(session=said))
    with rig.connect(caps=w.OLD_CAPS) as client:
        client.send(w.QUERY, "DO 'say'")
        try:
            assert client.pipe.read_packet()[:1] in (b"\x00", b"\xff")
        except w.Closed as closed:
            assert not closed.partial
    assert rig.is_served()
