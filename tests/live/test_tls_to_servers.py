"""TLS towards real servers: their own certificates, verified by an authority, a fingerprint, or the account's password."""

import os
import subprocess

import pytest

import certificates
from conftest import FLAVOUR
from headgate import Headgate, value
from proxy import Proxy
from sandbox_lib import Cluster

pytestmark = [pytest.mark.room("net", "upstream", "mysql"), pytest.mark.smoke]


@pytest.fixture(scope="module")
def cluster():
    """One server, with a certificate of the authority "ca" for localhost and 127.0.0.1."""
    certificate, key = certificates.server()
    for path in (os.path.dirname(certificate), certificate, key, certificates.authority() + ".pem"):
        os.chmod(path, 0o755)  # the server runs as another account
    with Cluster.start(flavour=FLAVOUR, replicas=0, die_with_parent=True,
                       options={"ssl_cert": certificate, "ssl_key": key, "ssl_ca": certificates.authority() + ".pem"}) as cluster:
        yield cluster


def fingerprint():
    done = subprocess.run(["openssl", "x509", "-in", certificates.server()[0], "-noout", "-fingerprint", "-sha256"],
                          capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip().partition("=")[2]


CA = certificates.authority() + ".pem"
ACCEPTED = {"preferred": {}, "required": {"tls": "required"}, "verify-ca": {"tls": "verify-ca", "tls_ca": CA},
            "verify-identity": {"tls": "verify-identity", "tls_ca": CA},
            "verify-identity, by name": {"tls": "verify-identity", "tls_ca": CA, "tls_name": "localhost"},
            "fingerprint": {"tls": "required", "tls_fingerprint": fingerprint}}
CIPHER = "SHOW SESSION STATUS LIKE 'Ssl_cipher'"


def resolved(settings):
    return {key: item() if callable(item) else item for key, item in settings.items()}


def cipher(db):
    with db.cursor() as cursor:
        cursor.execute(CIPHER)
        return cursor.fetchone()[1]


@pytest.mark.parametrize("case", ACCEPTED)
def test_server_is_accepted(cluster, case):
    with Headgate(cluster, server_settings=resolved(ACCEPTED[case])) as headgate:
        for _ in range(2):
            with headgate.connect("writes") as db:
                assert cipher(db)
                assert value(db, "SELECT 1") == 1


def down(cluster, says, **settings):
    node = cluster.node("db1")
    server = {"name": "db1", "address": f"{node.host}:{node.port}", **settings}
    with Proxy({"main": [server]}, topology="auto", expect_up=False) as proxy:
        proxy.wait_server("db1", lambda row: row["state"] == "down")
        assert says in proxy.log()
        assert says in proxy.admin("doctor")


def test_server_is_refused(cluster):
    down(cluster, "is not accepted: ", tls="verify-ca", tls_ca=certificates.authority("other") + ".pem")
    down(cluster, "is not accepted: hostname mismatch (name db9.example", tls="verify-identity", tls_ca=CA, tls_name="db9.example")
    down(cluster, "does not have the fingerprint of tls_fingerprint", tls="required", tls_fingerprint="00" * 32)


@pytest.mark.family("mariadb")
def test_own_certificate_of_a_server_is_proved_by_the_password():
    """MariaDB makes one for itself since 11.4, and proves it. Earlier it has none: TLS is not offered."""
    with Cluster.start(flavour=FLAVOUR, replicas=0, die_with_parent=True) as cluster:
        if value(cluster.connect("db1"), "SELECT VERSION()") < "11.4":
            down(cluster, "TLS is required, but server", tls="verify-identity")
            return
        with Headgate(cluster, server_settings={"tls": "verify-identity"}) as headgate, headgate.connect("writes") as db:
            assert cipher(db)
        down(cluster, "is not accepted: self-signed certificate", tls="verify-ca")
