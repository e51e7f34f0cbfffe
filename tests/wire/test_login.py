"""The connection phase, byte by byte and from every side."""

import pytest

import mysqlwire as w
import paced_writes
import replies as r
from client import Client, dial
from handshake import Response, native_token

pytestmark = [pytest.mark.room("session", "command", "frontend", "access"), pytest.mark.threads]


@pytest.fixture(params=["primary", "tcp"])
def address(rig, request):
    return rig.proxy.address[request.param]


def refusal(address, **login):
    with pytest.raises(r.Err) as refused:
        Client.connect(address, **login)
    return refused.value


def test_greeting_is_one_that_drivers_read(rig):
    client = Client(rig.proxy.address["primary"])
    greeting = client.read_greeting()
    client.close()
    assert len(greeting.nonce) == 20
    assert all(33 <= byte <= 126 and byte != ord("$") for byte in greeting.nonce)
    assert greeting.plugin == b"mysql_native_password"
    assert greeting.status & w.AUTOCOMMIT
    assert greeting.caps & w.MODERN_CAPS == w.MODERN_CAPS
    assert greeting.caps & w.SSL and greeting.caps & w.COMPRESS
    assert client.pipe.headers[0][1] == 0


def test_greetings_differ(rig):
    seen = set()
    for _ in range(8):
        client = Client(rig.proxy.address["primary"])
        greeting = client.read_greeting()
        client.close()
        seen.add((greeting.nonce, greeting.connection_id))
    assert len({nonce for nonce, _ in seen}) == len({number for _, number in seen}) == 8


def test_login_passes_written_byte_by_byte(rig, address):
    client = Client(address)
    client.read_greeting()
    payload = client.response("app", "app_pw", "test")
    paced_writes.write_pieces(client.pipe.sock, paced_writes.one_by_one(w.packet(1, payload)))
    client.finish_login("app_pw")
    assert client.pipe.seq == 2
    assert client.query("DO 1").oks
    client.close()


def test_login_passes_cut_anywhere(rig):
    length = None
    cut = 1
    while length is None or cut < length:
        client = Client(rig.proxy.address["primary"])
        client.read_greeting()
        data = w.packet(1, client.response("app", "app_pw", "test"))
        length = len(data)
        paced_writes.write_pieces(client.pipe.sock, paced_writes.cut_at(data, cut))
        client.finish_login("app_pw")
        client.close()
        cut += 3


@pytest.mark.parametrize("caps", [w.MODERN_CAPS, w.OLD_CAPS, w.OLD_CAPS & ~w.PLUGIN_AUTH_LENENC,
                                  w.OLD_CAPS & ~w.CONNECT_ATTRS, w.PROTOCOL_41 | w.SECURE_CONNECTION,
                                  w.MODERN_CAPS | w.FOUND_ROWS | w.IGNORE_SPACE])
def test_clients_of_all_ages_log_in(rig, caps):
    with rig.connect(caps=caps) as client:
        assert client.query("SELECT 1").text_rows() == [(b"db1",)]


def test_upstream_is_opened_with_the_clients_end_to_end_capabilities(rig):
    mine = w.FOUND_ROWS | w.LOCAL_FILES | w.IGNORE_SPACE | w.MULTI_STATEMENTS | w.DEPRECATE_EOF
    for caps in (w.BASE_CAPS, w.MODERN_CAPS, w.MODERN_CAPS | w.FOUND_ROWS | w.IGNORE_SPACE):
        with rig.connect(caps=caps) as client:
            client.query("DO 'caps %x'" % caps)
        upstream = next(c for c in rig.primary.application_connections() if "DO 'caps %x'" % caps in c.sqls())
        assert upstream.caps & mine == caps & mine
        assert upstream.caps & w.SESSION_TRACK


def test_client_that_names_another_plugin_is_asked_again(rig):
    client = Client(rig.proxy.address["primary"])
    client.read_greeting()
    client.caps = w.MODERN_CAPS
    client.pipe.send_packet(Response(b"app", b"x" * 32, w.MODERN_CAPS, plugin=b"caching_sha2_password").payload())
    client.finish_login("app_pw")
    assert client.query("DO 1").oks
    client.close()


def test_client_without_plugin_name_is_taken_at_its_word(rig):
    client = Client(rig.proxy.address["primary"])
    greeting = client.read_greeting()
    caps = w.BASE_CAPS & ~w.CONNECT_ATTRS & ~w.PLUGIN_AUTH
    client.caps = caps
    client.pipe.send_packet(Response(b"app", native_token("app_pw", greeting.nonce), caps).payload())
    client.finish_login("app_pw")
    client.close()


@pytest.mark.parametrize("password", ["wrong", "", "app_pw "])
def test_wrong_passwords_and_unknown_users_are_answered_alike(rig, password):
    known = refusal(rig.proxy.address["primary"], user="app", password=password)
    unknown = refusal(rig.proxy.address["primary"], user="who", password=password)
    assert (known.code, known.state) == (unknown.code, unknown.state) == (1045, "28000")
    assert known.message.replace("'app'", "'who'") == unknown.message
    assert known.message.endswith("(using password: %s)" % ("YES" if password else "NO"))


def test_wrong_passwords_and_unknown_users_take_the_same_steps(rig):
    def dialogue(user):
        client = Client(rig.proxy.address["primary"])
        client.read_greeting()
        client.pipe.send_packet(Response(user, b"x" * 32, w.MODERN_CAPS, plugin=b"caching_sha2_password").payload())
        asked = client.pipe.read_packet()
        client.pipe.send_packet(b"y" * 20)
        answered = client.pipe.read_packet()
        return asked[:22], client.pipe.seq, answered.replace(user, b"*"), client.pipe.read_to_end()
    assert dialogue(b"app") == dialogue(b"who")


def test_refused_client_is_disconnected(rig):
    client = Client(rig.proxy.address["primary"])
    client.read_greeting()
    client.pipe.send_packet(client.response("app", "wrong"))
    assert client.pipe.read_packet()[:3] == b"\xff" + w.int2(1045)
    assert client.pipe.read_to_end() == b""


@pytest.mark.parametrize("code", [1049, 1044])
def test_refused_schema_is_said_at_login(rig, code):
    rig.primary.refused_schemas[b"gone"] = (code, "no such luck with 'gone'")
    error = refusal(rig.proxy.address["primary"], schema="gone")
    assert (error.code, error.state) == (code, "42000")
    assert "gone" in error.message
    assert rig.is_served()


def test_schema_of_the_login_is_the_upstreams(rig):
    with rig.connect(schema="test") as client:
        client.query("DO 'in test'")
    upstream = next(c for c in rig.primary.application_connections() if "DO 'in test'" in c.sqls())
    assert upstream.schema == b"test"


def test_change_user_checks_the_password(rig):
    with rig.connect() as client:
        client.change_user("other", "other_pw")
        assert client.query("DO 'as other'").oks
    upstream = next(c for c in rig.primary.application_connections() if "DO 'as other'" in c.sqls())
    assert upstream.user == b"other" or w.CHANGE_USER in [k.byte for k in upstream.commands]
    with rig.connect() as client:
        with pytest.raises(r.Err) as refused:
            client.change_user("other", "wrong")
        assert refused.value.code == 1045


def test_old_protocol_is_refused_in_words(rig):
    client = Client(rig.proxy.address["primary"])
    client.read_greeting()
    client.pipe.send_packet(w.int2(0x0005) + w.int3(0xFFFFFF) + b"app\0secret\0")
    error = r.parse_err(client.pipe.read_packet())
    assert error.code in (1043, 1251)
    assert client.pipe.read_to_end() == b""


def test_tls_request_to_a_proxy_without_tls_is_refused(rig):
    pipe = w.Pipe(dial(rig.proxy.address["primary"]))
    pipe.read_packet()
    pipe.send_packet(w.int4(w.MODERN_CAPS | w.SSL) + w.int4(1 << 24) + w.int1(45) + bytes(23))
    answer = pipe.read_to_end()
    assert answer == b"" or answer[4] == 0xFF
    assert rig.is_served()
