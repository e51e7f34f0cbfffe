"""TLS towards servers: which certificates are accepted, what is said of the others, and that a second connection
needs no whole handshake."""

import functools
import hashlib
import os
import ssl
import subprocess

import pytest

import certificates
import scratch
from client import Client
from fakeserver import ACCOUNTS, NONCE, FakeServer
from proxy import BINARY, Proxy

pytestmark = [pytest.mark.room("net", "upstream", "mysql"), pytest.mark.threads]

LISTENERS = ({"name": "unix", "mode": "primary", "kind": "unix"},)


def server_context(pair, clients=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    if clients:
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def signed():
    """A certificate of the authority "ca", for localhost and 127.0.0.1."""
    return certificates.server()


@functools.cache
def self_signed():
    return certificates.make("self-signed", "/CN=db1")


def ca(name="ca"):
    return certificates.authority(name) + ".pem"


def der(pair):
    with open(pair[0], encoding="ascii") as f:
        return ssl.PEM_cert_to_DER_cert(f.read())


def fingerprint(pair):
    return hashlib.sha256(der(pair)).hexdigest()


@pytest.fixture
def serve():
    """Scripted servers with TLS, stopped afterwards."""
    made = []

    def start(pair, **options):
        made.append(FakeServer(tls=pair and server_context(pair, **options)))
        return made[-1]
    yield start
    for server in made:
        server.stop()


def proxy_of(server, expect_up=True, **settings):
    listed = {"name": "db1", "address": server.address, "role": "primary", **settings}
    return Proxy({"main": [listed]}, listeners=LISTENERS, expect_up=expect_up)


ACCEPTED = {
    "preferred": (self_signed, lambda: {"tls": "preferred"}),
    "required": (self_signed, lambda: {"tls": "required"}),
    "authority": (signed, lambda: {"tls": "verify-ca", "tls_ca": ca()}),
    "authority, another name": (signed, lambda: {"tls": "verify-ca", "tls_ca": ca(), "tls_name": "db9.example"}),
    "its address": (signed, lambda: {"tls": "verify-identity", "tls_ca": ca()}),
    "its name": (signed, lambda: {"tls": "verify-identity", "tls_ca": ca(), "tls_name": "localhost"}),
    "itself as authority": (self_signed, lambda: {"tls": "verify-ca", "tls_ca": self_signed()[0]}),
    "fingerprint": (self_signed, lambda: {"tls": "required", "tls_fingerprint": fingerprint(self_signed())}),
    "fingerprint with colons": (self_signed, lambda: {"tls": "verify-identity", "tls_fingerprint":
                                                      ":".join(f"{b:02X}" for b in hashlib.sha256(der(self_signed())).digest())}),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_certificate_is_accepted(serve, case):
    pair, settings = ACCEPTED[case]
    server = serve(pair())
    names = []
    server.tls.sni_callback = lambda _, name, __: names.append(name)
    with proxy_of(server, **settings()) as proxy:
        with connect(proxy) as client:
            assert client.query("DO 1").oks
        assert all(c.tls for c in server.connections if c.response)
        host = settings().get("tls_name")
        assert set(names) == {host}  # an IP address is no name


def connect(proxy):
    return Client.connect(proxy.address["unix"])


def self_signed_words(name):
    return f"the server's certificate '/CN=db1' is not accepted: self-signed certificate (checked with {name})"


REFUSED = {  # the certificate, the settings, the error
    "another authority": (signed, lambda: {"tls": "verify-ca", "tls_ca": ca("other")},
                          "the server's certificate '/CN=server 0' is not accepted: unable to get local issuer certificate (checked with "),
    "another name": (signed, lambda: {"tls": "verify-identity", "tls_ca": ca(), "tls_name": "db9.example"},
                     "is not accepted: hostname mismatch (name db9.example, checked with "),
    "another address": (signed, lambda: {"tls": "verify-identity", "tls_ca": ca(), "tls_name": "192.0.2.1"},
                        "is not accepted: IP address mismatch (name 192.0.2.1, checked with "),
    "self-signed": (self_signed, lambda: {"tls": "verify-ca", "tls_ca": ca()}, "is not accepted: self-signed certificate (checked with "),
    "self-signed, the system's": (self_signed, lambda: {"tls": "verify-ca"}, self_signed_words("the system's authorities")),
    "another fingerprint": (signed, lambda: {"tls": "required", "tls_fingerprint": fingerprint(self_signed())},
                            "the server's certificate '/CN=server 0' does not have the fingerprint of tls_fingerprint"),
    "no TLS": (lambda: None, lambda: {"tls": "verify-ca", "tls_ca": ca()}, "TLS is required, but server 5.5.5-10.11.9-MariaDB-fake does not offer it"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_certificate_is_refused(serve, case):
    pair, settings, says = REFUSED[case]
    server = serve(pair())
    with proxy_of(server, expect_up=False, **settings()) as proxy:
        proxy.wait_server("db1", lambda row: row["state"] == "down")
        assert says in proxy.log() and "db1 (" in proxy.log()
        assert not any(c.response for c in server.connections)  # no name of an account, no proof of a password
        done = subprocess.run([BINARY, "-t", "--connect", "-c", proxy.path], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode != 0 and says in done.stdout + done.stderr


def proof_of(pair, wrong=b""):
    def proof(connection):
        stored = hashlib.sha1(hashlib.sha1(ACCOUNTS[connection.response.user] + wrong).digest()).digest()
        return b"\x01" + hashlib.sha256(stored + NONCE + hashlib.sha256(der(pair)).digest()).hexdigest().upper().encode()
    return proof


def test_self_signed_certificate_is_proved_by_the_password(serve):
    server = serve(self_signed())
    server.proof = proof_of(self_signed())
    with proxy_of(server, tls="verify-identity") as proxy:
        with connect(proxy) as client:
            assert client.query("DO 1").oks
        assert all(c.tls for c in server.connections if c.response)


@pytest.mark.parametrize("proof", [None, lambda _: b"\x01" + b"0" * 64,
                                   lambda c: proof_of(self_signed(), b"x")(c), lambda c: proof_of(signed())(c),
                                   lambda c: proof_of(self_signed())(c)[1:], lambda c: proof_of(self_signed())(c).lower()],
                         ids=["none", "zeros", "another password", "another certificate", "cut", "lower case"])
def test_self_signed_certificate_without_its_proof_is_refused(serve, proof):
    server = serve(self_signed())
    server.proof = proof
    with proxy_of(server, expect_up=False, tls="verify-identity") as proxy:
        proxy.wait_server("db1", lambda row: row["state"] == "down")
        assert "the server did not prove it by the account's password" in proxy.log()


def test_proof_does_not_help_where_authorities_are_named(serve):
    server = serve(self_signed())
    server.proof = proof_of(self_signed())
    with proxy_of(server, expect_up=False, tls="verify-identity", tls_ca=ca()) as proxy:
        proxy.wait_server("db1", lambda row: row["state"] == "down")
        assert "self-signed certificate" in proxy.log()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("settings", [{"tls": "required"}, {"tls": "verify-identity", "tls_ca": True},
                                      {"tls": "required", "tls_fingerprint": True}], ids=["required", "identity", "pinned"])
def test_later_connections_resume_the_session(serve, version, settings):
    server = serve(signed())
    server.tls.minimum_version = server.tls.maximum_version = version
    settings = {**settings, **({"tls_ca": ca()} if "tls_ca" in settings else {}),
                **({"tls_fingerprint": fingerprint(signed())} if "tls_fingerprint" in settings else {})}
    with proxy_of(server, **settings) as proxy:
        for _ in range(3):
            with connect(proxy) as client:
                assert client.query("DO 1").oks
                connection = server.application_connections()[-1]
                assert connection.tls.tls.session_reused
                connection.close()


def test_certificate_of_headgate_is_shown(serve):
    pair = certificates.client()
    server = serve(signed(), clients=ca())
    with proxy_of(server, tls="required", tls_certificate=pair[0], tls_key=pair[1]) as proxy:
        with connect(proxy) as client:
            assert client.query("DO 1").oks
        subject = server.application_connections()[-1].tls.tls.getpeercert()["subject"]
        assert (("commonName", "app"),) in subject


def test_files_are_read_again_by_a_reload(serve):
    """The server gets a certificate of another authority; headgate follows when its file does."""
    server = serve(signed())
    path = os.path.join(scratch.folder(), "ca.pem")
    certificates.write(path, ca())
    with proxy_of(server, tls="verify-ca", tls_ca=path) as proxy, connect(proxy) as before:
        assert before.query("DO 1").oks
        server.tls = server_context(certificates.make("of-other", "/CN=of other", signer=certificates.authority("other")))
        certificates.write(path, ca("other"))
        assert "error" not in proxy.admin("reload")
        server.connections[:] = [c for c in server.connections if c in server.application_connections()]
        with connect(proxy) as after:
            assert after.query("DO 1").oks and before.query("DO 1").oks
        with open(path, "w", encoding="ascii") as f:
            f.write("no certificate\n")
        assert "the CA file" in proxy.admin("reload")
        with connect(proxy) as still:
            assert still.query("DO 1").oks


BAD = [({"tls": "verify-ca", "tls_ca": "/nowhere/ca.pem"}, "the CA file /nowhere/ca.pem: No such file or directory"),
       ({"tls": "required", "tls_ca": "/x"}, "tls_ca is for tls = \"verify-ca\" or \"verify-identity\""),
       ({"tls": "preferred", "tls_fingerprint": "00" * 32}, "tls_fingerprint needs tls = \"required\" or more"),
       ({"tls": "required", "tls_fingerprint": "00" * 31}, "is not a SHA-256 fingerprint"),
       ({"tls": "required", "tls_key": "/x"}, "tls_certificate is missing"),
       ({"tls": "off", "tls_certificate": "/x"}, "tls_certificate is not used with tls = \"off\""),
       ({"tls": "required", "tls_certificate": "/nowhere/own.pem"}, "the certificate /nowhere/own.pem: No such file or directory"),
       ({"tls": "verify-identity", "address": "/run/db1.sock"}, "\"verify-identity\" needs a tls_name")]


@pytest.mark.parametrize("settings, says", BAD, ids=range(len(BAD)))
def test_mistakes_are_found_by_a_check(settings, says, tmp_path):
    proxy = Proxy({"main": [{"name": "db1", "address": "127.0.0.1:1", "role": "primary", **settings}]}, listeners=LISTENERS)
    proxy._choose_addresses()
    path = tmp_path / "headgate.conf"
    path.write_text(proxy.configuration())
    done = subprocess.run([BINARY, "-t", "-c", str(path)], capture_output=True, text=True, timeout=60, check=False)
    said = done.stdout + done.stderr
    line = 1 + next(i for i, text in enumerate(proxy.configuration().splitlines()) if text.startswith("clusters"))
    assert done.returncode != 0 and says in said and f"headgate.conf:{line}:" in said, said
