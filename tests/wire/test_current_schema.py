"""Which schema a session is in is known from its statement and from what the server tells; where these differ, it stays on its connection."""

import pytest

import mysqlwire as w
import replies as r

pytestmark = pytest.mark.room("state")

BA = "bä".encode()
OWN = [(w.QUERY, b"SET character_set_client=IFNULL((SELECT CHARACTER_SET_NAME FROM information_schema.COLLATIONS WHERE ID=8),"
                 b"@@global.character_set_client)")]


def pins(rig):
    (row,) = rig.proxy.show("sessions")
    return row["pins"] or ""


def said(server, count=0):
    """What its last connection has heard: names of schemas, and what is about character sets."""
    return [(c.byte, c.body) for c in server.application_connections()[-1].commands[count:] if c.byte == w.INIT_DB or b"character_set_client" in c.body]


@pytest.mark.parametrize("told", [b"", r.tracked_schema("two")], ids=["nothing", "another"])
@pytest.mark.parametrize("byte, body", [(w.QUERY, "USE one"), (w.INIT_DB, "one")])
def test_what_is_not_told_keeps_the_session_until_something_is(rig, byte, body, told):
    rig.primary.on(body if byte == w.QUERY else w.INIT_DB, lambda c, _: c.ok(session=told))
    with rig.connect("split") as client:
        assert client.command(byte, body).oks
        assert "did not report the current schema" in pins(rig)
        assert client.value("SELECT 1 FROM t") == b"db1"
        client.command(w.RESET_CONNECTION)      # which leaves the schema
        assert "did not report the current schema" in pins(rig)
        client.query("USE three")
        assert not pins(rig) and client.value("SELECT 1 FROM t") != b"db1"


def test_name_outside_ascii_is_said_in_utf8(rig):
    """Of a latin1 client: as the server has told it, while the connection reads utf8."""
    rig.primary.on(b"USE `b\xe4`".decode(errors="replace"), lambda c, _: c.ok(session=r.tracked_schema(BA)))
    with rig.connect("split", collation=8) as client:
        client.query(b"USE `b\xe4`")
        assert client.value("SELECT 1 FROM t") != b"db1"
        assert said(rig.replica)[-3:] == [(w.QUERY, b"SET character_set_client=utf8mb4"), (w.INIT_DB, BA), *OWN]


def test_name_outside_ascii_of_a_utf8_client_is_said_at_once(rig):
    rig.primary.on("USE `bä`", lambda c, _: c.ok(session=r.tracked_schema(BA)))
    with rig.connect("split") as client:
        client.query("USE `bä`")
        assert client.value("SELECT 1 FROM t") != b"db1"
        assert said(rig.replica) == [(w.INIT_DB, BA)]


def test_server_that_takes_it_for_another_one_is_not_used(rig):
    rig.primary.on("USE `bä`", lambda c, _: c.ok(session=r.tracked_schema(BA)))
    rig.replica.on(w.INIT_DB, lambda c, _: c.ok(session=r.tracked_schema("bÃ¤")))
    with rig.connect("split") as client:
        client.query("USE `bä`")
        assert client.value("SELECT 1 FROM t") == b"db1"
        assert [byte for byte, _ in said(rig.replica)] == [w.INIT_DB, w.QUERY, w.INIT_DB]    # it was tried in both ways


def test_login_is_told_what_its_name_is(rig):
    rig.primary.on(w.INIT_DB, lambda c, _: c.ok(session=r.tracked_schema(BA)))
    with rig.connect("split", collation=8, schema=b"b\xe4") as client:
        assert said(rig.primary) == [(w.INIT_DB, b"b\xe4")] and rig.primary.application_connections()[-1].response.schema == b""
        assert client.value("SELECT 1 FROM t") != b"db1"
        assert (w.INIT_DB, BA) in said(rig.replica)
