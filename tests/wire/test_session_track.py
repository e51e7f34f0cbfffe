"""What servers say about session state reaches clients that asked for it, and no others."""

import pytest

import mysqlwire as w
import pace
import replies as r

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
        pace.write_pieces(c.pipe.sock, pace.one_by_one(w.packets(1, payloads)))
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


@pytest.mark.parametrize("version, said, expected", [
    (b"5.5.5-10.11.9-MariaDB", r.tracked_variable("sql_notes", "OFF"), {}),
    (b"5.5.5-10.11.9-MariaDB", r.tracked_variable("collation_connection", "latin1_bin"), {}),
    (b"11.8.6-MariaDB", r.tracked_variable("sql_notes", "OFF"), {(0, b"autocommit"): b"ON"}),
    (b"5.5.5-11.8.6-MariaDB", r.tracked_variable("autocommit", "ON"), {(0, b"autocommit"): b"ON"}),
    (b"11.8.6-MariaDB", r.tracked_variable("collation_connection", "latin1_bin"), {(0, b"character_set_connection"): b"latin1"}),
    (b"12.0.1-MariaDB", r.tracked_variable("collation_connection", "binary"), {(0, b"character_set_connection"): b"binary"}),
    (b"11.8.6-MariaDB", r.tracked_variable("big_tables", "ON"), {})])
def test_what_mariadb_11_reports_in_the_place_of_another(rig, version, said, expected):
    """It names the first tracked variable of several in one place; a client tracks fewer than headgate does."""
    rig.primary.on("DO 'say'", lambda c, _: c.ok(session=said))
    before, rig.primary.version = rig.primary.version, version
    try:
        with rig.connect() as client:
            assert entries(client.query("DO 'say'").oks[0].session) == expected
    finally:
        rig.primary.version = before


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
