"""TLS towards clients: the command lines of all flavours with their defaults, and PyMySQL."""

import os
import subprocess

import pymysql
import pytest

from headgate import Headgate
from sandbox_lib import flavour

import certificates

pytestmark = [pytest.mark.room("net", "frontend"), pytest.mark.smoke]

LISTENERS = ({"name": "split", "mode": "split", "kind": "tcp"},
             {"name": "required", "mode": "split", "kind": "tcp", "settings": {"tls": {"mode": "required"}}},
             {"name": "off", "mode": "split", "kind": "tcp", "settings": {"tls": {"mode": "off"}}},
             {"name": "signed", "mode": "split", "kind": "tcp", "settings": {"tls": {}}})


@pytest.fixture(scope="module")
def running(cluster):
    LISTENERS[-1]["settings"]["tls"]["certificate"] = certificates.whole()
    with Headgate(cluster, listeners=LISTENERS, user_settings={"other": {"max_connections": 5}}) as headgate:
        yield headgate


# Not "127.0.0.1": MariaDB's client trusts that address without a look at the certificate.
def client(name, place, *options, sql="SELECT 'got in'; \\s"):
    found = flavour.find(name)
    plugins = [f"--plugin-dir={os.path.join(found.root, 'usr/lib/mysql/plugin')}", "--commands"] if name == "mysql" else []
    return subprocess.run([*found.client(), "--no-defaults", "-hlocalhost", "--protocol=tcp", f"-P{place[1]}", "-uapp",
                           "-papp_pw", *plugins, *options, "-e", sql], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", ["mariadb", "mariadb-11", "mysql"])
def test_a_client_with_its_defaults_is_encrypted(hg, name):
    done = client(name, hg.host_and_port())
    assert done.returncode == 0, done.stderr
    assert "got in" in done.stdout and "Cipher in use is TLS_AES_256_GCM_SHA384" in done.stdout


def test_mariadb_11_trusts_by_the_password_alone(hg):
    """By the proof in the OK packet. A client with a CA of its own trusts that one alone."""
    assert client("mariadb-11", hg.host_and_port()).returncode == 0
    refused = client("mariadb-11", hg.host_and_port("signed"), f"--ssl-ca={certificates.authority('other')}.pem")
    assert refused.returncode == 1 and "certificate" in refused.stderr, refused.stderr
    assert client("mariadb-11", hg.host_and_port("signed"), f"--ssl-ca={certificates.authority()}.pem").returncode == 0


def test_a_signed_certificate_is_verified(hg):
    ca = f"--ssl-ca={certificates.authority()}.pem"
    assert client("mysql", hg.host_and_port("signed"), "--ssl-mode=VERIFY_IDENTITY", ca).returncode == 0
    assert client("mariadb", hg.host_and_port("signed"), "--ssl-verify-server-cert", ca).returncode == 0
    with pymysql.connect(host="localhost", port=hg.host_and_port("signed")[1], user="app", password="app_pw",
                         ssl_ca=certificates.authority() + ".pem", ssl_verify_cert=True, ssl_verify_identity=True) as db:
        cursor = db.cursor()
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_required_and_off_are_what_they_say(hg):
    for name, plain in (("mariadb-11", "--skip-ssl"), ("mysql", "--ssl-mode=DISABLED"), ("mariadb", "--skip-ssl")):
        refused = client(name, hg.host_and_port("required"), plain)
        assert refused.returncode == 1 and "ERROR 3159" in refused.stderr, refused.stderr
        assert client(name, hg.host_and_port("off"), plain).returncode == 0
    assert client("mysql", hg.host_and_port("required")).returncode == 0
    refused = client("mariadb-11", hg.host_and_port("off"))
    assert refused.returncode == 1 and "TLS" in refused.stderr.upper(), refused.stderr


def test_a_large_result_comes_through(hg):
    sql = "SELECT REPEAT('0123456789', 1000000)"
    done = client("mariadb", hg.host_and_port(), "--ssl", "-N", "--max-allowed-packet=64M", sql=sql)
    assert done.returncode == 0, done.stderr[:300]
    assert done.stdout == "0123456789" * 1000000 + "\n"
