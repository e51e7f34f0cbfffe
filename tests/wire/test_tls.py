"""TLS towards clients."""

import re
import select
import socket
import ssl
import subprocess
import threading

import pytest

import certificates
import mysqlwire as w
import paced_writes
import replies as r
from client import Client, tls_context
from proxy import Proxy, is_sanitized, wait_until
from tls_socket import TlsSocket, finish, greeted, split

pytestmark = [pytest.mark.room("net", "frontend", "access", "mysql"), pytest.mark.threads]


@pytest.fixture(params=["primary", "tcp"])
def address(rig, request):
    return rig.proxy.address[request.param]


def secured(address):
    client, request, response = greeted(address)
    client.pipe.send(request)
    secure = TlsSocket(client.pipe.sock)
    client.pipe.sock = secure
    return client, secure, response


def test_a_client_logs_in_and_asks(rig, address):
    rig.primary.on("SELECT 1", lambda c, _: c.reply(r.result(c.caps, [("a", w.LONG)], [[1]])))
    with Client.connect(address, tls=True) as client:
        assert client.rows("SELECT 1") == [(b"1",)]
        assert client.pipe.sock.version() == "TLSv1.3"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_versions_before_1_2_are_not_spoken(rig):
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        context = tls_context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        with pytest.raises((ssl.SSLError, ConnectionError)):
            Client.connect(rig.proxy.address["tcp"], tls=context)


def test_tls_1_2_is_spoken(rig):
    context = tls_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with Client.connect(rig.proxy.address["tcp"], tls=context) as client:
        assert client.query("DO 1").oks
        assert client.pipe.sock.version() == "TLSv1.2"


def test_the_handshake_may_come_with_the_request(rig, address):
    """The request for TLS and all or a part of the ClientHello in one segment."""
    hello = len(TlsSocket(socket.socket()).client_hello())
    for early in (1, 4, 5, 6, hello - 1, hello):
        client, request, response = greeted(address)
        secure = TlsSocket(client.pipe.sock)
        data = secure.client_hello()
        paced_writes.write_pieces(secure.sock, [request + data[:early], data[early:]])
        client.pipe.sock = secure
        secure.handshake()
        finish(client, response)
        assert client.query("DO 1").oks
        client.close()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64])
def test_everything_may_come_in_pieces(rig, address, size):
    rig.primary.on("SELECT a", lambda c, _: c.reply(r.result(c.caps, [("a", w.VAR_STRING)], [["x" * 40000]])))
    client, secure, response = secured(address)
    split(secure, size)
    secure.handshake()
    finish(client, response)
    assert client.rows("SELECT a") == [(b"x" * 40000,)]
    assert client.query("DO 1").oks
    client.close()


def test_several_commands_in_one_record_are_all_answered(rig, address):
    client, secure, response = secured(address)
    secure.handshake()
    finish(client, response)
    secure.sendall(w.packet(0, bytes([w.PING])) * 40)
    for _ in range(40):
        assert client.read().oks
    client.close()


@pytest.mark.long
def test_a_client_that_reads_late_has_every_answer(rig, address):
    """headgate's writing stalls in the middle of a record, goes on later, and no byte is lost or doubled."""
    count, one = 300_000, w.packet(0, bytes([w.PING]))
    client, secure, response = secured(address)
    secure.handshake()
    finish(client, response)
    answer = w.packet(1, b"\0\0\0\2\0\0\0")
    secure.tls.write(one * 1000)
    unsent = secure.outgoing.read()
    for _ in range(count // 1000 - 1):
        secure.tls.write(one * 1000)
        unsent += secure.outgoing.read()
    sock, got, expected = secure.sock, bytearray(), len(answer) * count
    sock.setblocking(False)
    view, is_reading = memoryview(unsent), False
    while len(got) < expected:
        readable, writable, _ = select.select([sock] if is_reading else [], [sock] if view else [], [], 1)
        if writable:
            view = view[sock.send(view):]
        elif not is_reading:
            is_reading = True  # everything is full, or everything was sent
        if readable:
            data = sock.recv(1 << 20)
            assert data, (len(got), expected)
            secure.incoming.write(data)
            while secure.incoming.pending:
                try:
                    got += secure.tls.read(1 << 20)
                except ssl.SSLWantReadError:
                    break
            while secure.tls.pending():
                got += secure.tls.read(1 << 20)
    assert bytes(got) == answer * count
    client.close()


def test_a_long_command_comes_through_windows_and_records(rig, address):
    """Records of 16 KiB, a window of 16 KiB, and a server that takes its time."""
    seen = []
    rig.primary.on(w.QUERY, lambda c, payload: (seen.append(len(payload)), c.ok()))
    with Client.connect(address, tls=True) as client:
        for size in (16383, 16384, 16385, 100_000, 3_000_000):
            assert client.query("DO '" + "y" * size + "'").oks
    assert [n for n in seen if n > 16000] == [size + 6 for size in (16383, 16384, 16385, 100_000, 3_000_000)]


# ---- what is not TLS ----

INJECTED = w.packet(2, b"\x03DROP TABLE t")


@pytest.mark.parametrize("surplus", [b"\x00", INJECTED, b"\x03", b"GET / HTTP/1.0\r\n\r\n"])
def test_plain_bytes_behind_the_request_end_the_connection(rig, address, surplus):
    """STARTTLS injection: what comes with the request in one segment is never read as a packet."""
    client, request, _ = greeted(address)
    client.pipe.send(request + surplus)
    assert client.pipe.sock.recv(100) == b""
    client.close()
    assert "DROP TABLE" not in str(rig.primary.sqls())


def test_plain_bytes_later_end_the_handshake(rig, address):
    client, request, response = greeted(address)
    client.pipe.send(request)
    paced_writes.wait_read(client.pipe.sock)
    client.pipe.send(w.packet(2, response))
    with pytest.raises((w.Closed, w.WireError)):
        while True:
            assert client.pipe.read_exactly(1) in (b"\x15", b"\x03", b"\x00", b"\x02", b"\x01", b"F", b"\x16")  # an alert
    client.close()


def test_plain_packets_after_an_injected_hello_are_dropped(rig, address):
    """A packet between the ClientHello and the rest is no part of the conversation."""
    client, request, _ = greeted(address)
    secure = TlsSocket(client.pipe.sock)
    client.pipe.send(request + secure.client_hello() + INJECTED)
    client.pipe.sock = secure
    with pytest.raises((ssl.SSLError, w.WireError, ConnectionError)):
        secure.handshake()
        finish(client, client.response("app", "app_pw"))
    client.close()
    assert "DROP TABLE" not in str(rig.primary.sqls())


def test_tls_twice_is_refused(rig, address):
    client, secure, response = secured(address)
    secure.handshake()
    client.pipe.seq = 1
    client.pipe.send_packet(response[:32])
    with pytest.raises(r.Err) as refused:
        client.finish_login("app_pw")
    assert refused.value.code == 1043
    client.close()


def test_a_client_that_goes_away_in_the_handshake_leaves_nothing(rig, address):
    before = rig.proxy.fds()
    for _ in range(10):
        client, request, _ = greeted(address)
        secure = TlsSocket(client.pipe.sock)
        client.pipe.send(request + secure.client_hello()[:100])
        client.close()
    wait_until(lambda: rig.proxy.fds() <= before, "all connections are closed")


@pytest.mark.parametrize("stalls_at", ["request", "hello", "handshake"])
def test_the_login_deadline_covers_the_handshake(servers, stalls_at):
    """A client that asks for TLS and then says nothing, half a ClientHello, or nothing inside TLS."""
    with Proxy({"main": [{"name": s.name, "address": s.address, "role": s.role} for s in servers]},
               timeouts={"client_login": "300ms"}) as running:
        client, request, _ = greeted(running.address["primary"])
        secure = TlsSocket(client.pipe.sock)
        client.pipe.send(request)
        if stalls_at == "hello":
            client.pipe.send(secure.client_hello()[:50])
        elif stalls_at == "handshake":
            secure.handshake()
        while client.pipe.sock.recv(4096):
            pass
        client.close()
        wait_until(lambda: "time-out of the client login" in running.log(), "a line in the log")


def test_openssl_sees_no_weak_cipher(rig):
    """openssl s_client offers one weak thing at a time; none is taken."""
    weak = [("-tls1", "-cipher", "ALL:@SECLEVEL=0"), ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
            ("-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"),
            ("-tls1_2", "-cipher", "AES128-GCM-SHA256"), ("-tls1_2", "-cipher", "DES-CBC3-SHA:@SECLEVEL=0"),
            ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"), ("-tls1_2", "-cipher", "NULL:@SECLEVEL=0"),
            ("-tls1_2", "-cipher", "aNULL:@SECLEVEL=0")]
    good = [("-tls1_2",), ("-tls1_3",)]
    for options in weak + good:
        done = subprocess.run(["openssl", "s_client", "-starttls", "mysql", "-connect", rig.proxy.address["tcp"], *options],
                              input=b"", capture_output=True, timeout=30, check=False)
        is_agreed = b"Cipher is (NONE)" not in done.stdout and b"New, TLS" in done.stdout
        assert is_agreed == (options in good), (options, done.stdout[-600:], done.stderr[-300:])


# ---- certificates, and their change by a reload ----

def served(address, **options):
    """The certificate that a client sees, in DER."""
    with Client.connect(address, tls=True, **options) as client:
        return client.pipe.sock.getpeercert(binary_form=True)


def der(path):
    with open(path, encoding="ascii") as f:
        text = f.read()
    end = "-----END CERTIFICATE-----\n"
    return ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERT"):text.index(end) + len(end)])


@pytest.fixture
def proxy(server, tmp_path):
    """headgate with a certificate of the test's own, `path`."""
    path = str(tmp_path / "server.pem")
    certificates.write(path, *certificates.server(0, days=100))
    listeners = [{"name": "app", "mode": "primary", "kind": "tcp", "settings": {"tls": {"certificate": path}}},
                 {"name": "strict", "mode": "primary", "kind": "tcp", "settings": {"tls": {"mode": "required"}}},
                 {"name": "local", "mode": "primary", "kind": "unix", "settings": {"tls": {"mode": "required"}}},
                 {"name": "bare", "mode": "primary", "kind": "tcp", "settings": {"tls": {"mode": "off"}}}]
    with Proxy({"main": [{"name": server.name, "address": server.address, "role": "primary"}]}, listeners) as running:
        running.certificate = path
        yield running


def test_listeners_have_their_own_settings(proxy):
    assert served(proxy.address["app"]) == der(proxy.certificate)
    assert served(proxy.address["strict"]) == served(proxy.address["local"]) != der(proxy.certificate)
    with pytest.raises(r.Err) as refused:
        Client.connect(proxy.address["strict"], tls=False)
    assert (refused.value.code, refused.value.state) == (3159, "08004")
    Client.connect(proxy.address["local"], tls=False).close()  # a unix socket is as safe
    Client.connect(proxy.address["bare"], tls=False).close()
    with Client(proxy.address["bare"], tls=False) as client:
        assert not client.read_greeting().caps & w.SSL


def test_a_certificate_changes_under_clients(proxy):
    """A hundred certificates while clients come, go and ask: no error; an open connection keeps its own."""
    old, errors, done = Client.connect(proxy.address["app"], tls=True), [], threading.Event()
    before = old.pipe.sock.getpeercert(binary_form=True)

    def come_and_go():
        while not done.is_set():
            try:
                with Client.connect(proxy.address["app"], tls=True) as client:
                    assert client.query("DO 1").oks
            except Exception as error:  # pylint: disable=broad-except
                errors.append(error)

    threads = [threading.Thread(target=come_and_go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(100):
        certificates.write(proxy.certificate, *certificates.server(number % 3))
        proxy.json("reload")
        if number % 10 == 0:
            assert served(proxy.address["app"]) == der(certificates.server(number % 3)[0])
    done.set()
    for thread in threads:
        thread.join()
    assert not errors
    assert old.query("DO 1").oks and old.pipe.sock.getpeercert(binary_form=True) == before
    old.close()


def test_a_bad_certificate_changes_nothing(proxy):
    before = served(proxy.address["app"])
    for content, words in ((b"", "no start line"), (b"junk\n", "no start line")):
        with open(proxy.certificate, "wb") as f:
            f.write(content)
        told = proxy.json("reload")["error"]
        assert words in told and proxy.certificate in told
        assert served(proxy.address["app"]) == before
    certificates.write(proxy.certificate, certificates.server(1)[0], certificates.server(2)[1])
    assert "key values mismatch" in proxy.json("reload")["error"]
    assert served(proxy.address["app"]) == before
    certificates.write(proxy.certificate, *certificates.server(1))
    proxy.json("reload")
    assert served(proxy.address["app"]) == der(proxy.certificate) != before


def test_the_end_of_a_certificate_is_told(proxy):
    """In `show listeners`, by `doctor`, and by a warning in the log at the start and at a reload."""
    def days_of(name):
        return next(row["certificate_days"] for row in proxy.show("listeners") if row["name"] == name)

    def diagnosed():
        return {row["result"]: row["found"] for row in proxy.json("doctor") if row["check"] == "certificate"}

    rows = {row["name"]: (row["tls"], row["certificate"]) for row in proxy.show("listeners")}
    assert rows == {"app": ("preferred", proxy.certificate), "strict": ("required", "self-made"),
                    "local": ("required", "self-made"), "bare": ("off", None)}
    assert days_of("strict") > 3600 and days_of("bare") is None
    certificates.write(proxy.certificate, *certificates.server(3, days=300))
    proxy.json("reload")
    assert days_of("app") in (299, 300) and list(diagnosed()) == ["ok"]
    assert "ends in" not in proxy.log()
    certificates.write(proxy.certificate, *certificates.server(3, days=20))
    proxy.json("reload")
    assert days_of("app") in (19, 20) and list(diagnosed()) == ["warning"]
    assert re.search(rf"warning listener 'app': the certificate {proxy.certificate} ends in (19|20) days", proxy.log())


# ---- resumption ----

def resume(address, context, session=None):
    """Logs in with a session, asks something, and returns: was it resumed, and the next session."""
    client, request, response = greeted(address)
    client.pipe.send(request)
    secure = TlsSocket(client.pipe.sock, context, session)
    client.pipe.sock = secure
    secure.handshake()
    finish(client, response)
    assert client.query("DO 1").oks
    client.close()
    return secure.tls.session_reused, secure.tls.session


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_ticket_makes_the_next_handshake_short(proxy, version):
    context, address = tls_context(), proxy.address["app"]
    context.maximum_version = version
    reused, session = resume(address, context)
    assert not reused and session.has_ticket
    proxy.json("reload")  # nothing has changed: tickets stay valid
    reused, session = resume(address, context, session)
    assert reused
    certificates.write(proxy.certificate, *certificates.server(1))
    proxy.json("reload")
    reused, _ = resume(address, context, session)
    assert not reused  # a ticket belongs to one certificate


# ---- certificates of clients ----

def with_certificate(name="app", by="ca"):
    context = tls_context()
    context.load_cert_chain(*certificates.client(name, by))
    return context


@pytest.fixture(scope="module")
def strict(servers):
    """Accounts with requirements, and a listener that asks clients for certificates."""
    tls = {"ca": certificates.authority() + ".pem"}
    listeners = [{"name": "asks", "mode": "primary", "kind": "tcp", "settings": {"tls": tls}},
                 {"name": "local", "mode": "primary", "kind": "unix"}]
    required = {"app": {}, "other": {"require": "ssl"}}
    with Proxy({"main": [{"name": s.name, "address": s.address, "role": s.role} for s in servers]}, listeners,
               user_settings=required) as running:
        yield running


def require(proxy, **settings):
    proxy.user_settings["app"] = settings
    proxy.write()
    assert isinstance(proxy.json("reload"), list)


def is_denied(proxy, listener="asks", **options):
    try:
        with Client.connect(proxy.address[listener], **options) as client:
            assert client.query("DO 1").oks
        return False
    except r.Err as error:
        assert (error.code, error.state) == (1045, "28000") and "(using password: YES)" in error.message
        return True


SUBJECT = "/C=SE/O=Shop/CN=app"


@pytest.mark.parametrize("settings, plain, encrypted, certified, named", [
    ({}, False, False, False, False),
    ({"require": "ssl"}, True, False, False, False),
    ({"require": "x509"}, True, True, False, False),
    ({"require_subject": SUBJECT}, True, True, True, False),
    ({"require_issuer": "/CN=authority ca"}, True, True, False, False),
    ({"require_subject": SUBJECT, "require_issuer": "/CN=authority ca"}, True, True, True, False),
    ({"require_subject": SUBJECT, "require_issuer": "/CN=other"}, True, True, True, True),
])
def test_an_account_requires(strict, settings, plain, encrypted, certified, named):
    """Denied without TLS, with TLS, with a certificate of somebody, with the account's own?"""
    require(strict, **settings)
    assert is_denied(strict, tls=False) == plain
    assert is_denied(strict, "local", tls=False) == plain
    assert is_denied(strict, tls=True) == encrypted
    assert is_denied(strict, tls=with_certificate("somebody")) == certified
    assert is_denied(strict, tls=with_certificate()) == named


def test_a_certificate_of_another_authority_ends_the_handshake(strict):
    """Also if the account requires none, as servers do it."""
    require(strict)
    with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
        Client.connect(strict.address["asks"], tls=with_certificate("app", by="foreign"))


def test_a_change_of_the_user_meets_the_requirement_of_the_next(strict):
    require(strict)
    with Client.connect(strict.address["asks"], tls=False) as client, pytest.raises(r.Err) as refused:
        client.change_user("other", "other_pw")
    assert refused.value.code == 1045
    with Client.connect(strict.address["asks"], tls=True) as client:
        client.change_user("other", "other_pw")
        assert client.query("DO 1").oks


def test_a_resumed_client_keeps_its_certificate(strict):
    require(strict, require_subject=SUBJECT)
    context = with_certificate()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    reused, session = resume(strict.address["asks"], context)
    assert not reused
    reused, session = resume(strict.address["asks"], context, session)
    assert reused


# ---- the admin commands over the MySQL protocol ----

@pytest.fixture(scope="module")
def asked(servers):
    with Proxy({"main": [{"name": s.name, "address": s.address, "role": s.role} for s in servers]},
               admin_settings={"users": [{"name": "root", "password": "door"}], "tls": {"mode": "required"}}) as running:
        yield running


def ask(proxy, tls=True):
    with Client.connect(proxy.address["admin"], user="root", password="door", tls=tls) as client:
        return client.rows("show clusters")


def test_admin_commands_are_encrypted(asked):
    assert ask(asked)[0][0] == b"main"
    with pytest.raises(r.Err) as refused:
        ask(asked, tls=False)
    assert refused.value.code == 3159


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_admin_handshakes_may_come_in_pieces_and_early(asked, size):
    for early in (0, 1, 6, 100):
        client, request, _ = greeted(asked.address["admin"])
        response = client.response("root", "door")
        secure = TlsSocket(client.pipe.sock)
        hello = secure.client_hello()
        paced_writes.write_pieces(secure.sock, [request + hello[:early], hello[early:]])
        split(secure, size)
        client.pipe.sock = secure
        secure.handshake()
        client.pipe.seq = 1
        client.pipe.send_packet(response)
        client.finish_login("door")
        assert client.rows("show clusters")[0][0] == b"main"
        client.close()


def test_plain_bytes_behind_an_admins_request_end_the_connection(asked):
    client, request, _ = greeted(asked.address["admin"])
    client.pipe.send(request + w.packet(2, b"\x03drain db1"))
    assert client.pipe.sock.recv(100) == b""
    client.close()
    assert asked.server("db1")["state"] == "up"


def test_the_admins_certificate_changes_by_a_reload(asked, tmp_path):
    path = str(tmp_path / "admin.pem")
    certificates.write(path, *certificates.server(1))
    before = served(asked.address["admin"], user="root", password="door")
    tree = asked.tree()
    tree["admin"]["tls"]["certificate"] = path
    asked.write(tree)
    asked.json("reload")
    assert served(asked.address["admin"], user="root", password="door") == der(path) != before


# ---- memory ----

@pytest.mark.long
@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's memory is not the proxy's own")
def test_an_idle_client_costs_little(proxy):
    """At most 24 KiB, after a long reply as well: OpenSSL's buffers are free when nothing is under way."""
    def come(count):
        clients = [Client.connect(proxy.address["app"], tls=True) for _ in range(count)]
        for client in clients:
            assert client.query("DO 1").oks
        return clients

    early = come(100)
    before = proxy.rss()
    clients = come(400)
    assert (proxy.rss() - before) / 400 < 24 * 1024
    for client in early + clients:
        client.close()
