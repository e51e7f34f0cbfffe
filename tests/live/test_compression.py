"""Clients that compress: the flavour's own program and PHP's mysqlnd get the same rows as without."""

import json
import os
import subprocess

import pytest

from client import Client
from conftest import FLAVOUR
from headgate import Headgate
from sandbox_lib import flavour

PHP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "drivers", "mysqli_compressed.php")
ROWS = "SELECT REPEAT('a row that gets smaller ', 200) UNION ALL SELECT SHA2(1, 256) UNION ALL SELECT REPEAT('x', 300000)"
# MySQL's own client has forgotten the only plugin that headgate asks clients for: MariaDB's speaks to MySQL as well.
CLIENT = [*flavour.find("mariadb" if FLAVOUR == "mysql" else FLAVOUR).client()]
LISTENERS = ({"name": "split", "mode": "split", "kind": "tcp"},
             {"name": "off", "mode": "split", "kind": "tcp", "settings": {"compression": "off"}})

pytestmark = [pytest.mark.room("net"), pytest.mark.smoke]


@pytest.fixture(scope="module")
def running(cluster):
    with Headgate(cluster, listeners=LISTENERS) as headgate:
        yield headgate


def ask(place, *options, sql=ROWS):
    host, port = place
    done = subprocess.run([*CLIENT, f"-h{host}", f"-P{port}", "-uapp", "-papp_pw", *options, "test",
                           "-Ne", sql], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def php(place, how):
    done = subprocess.run(["php", PHP, *map(str, place), "app", "app_pw", "test", how], capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_mariadbs_own_client_compresses(hg):
    plain = ask(hg.host_and_port())
    assert len(plain) > 300000 and ask(hg.host_and_port(), "--compress") == plain


@pytest.mark.parametrize("listener", ["split", "off"])
def test_mysqlnd_compresses_whatever_was_offered(hg, listener):
    assert php(hg.host_and_port(listener), "compressed") == php(hg.host_and_port(listener), "plain")


@pytest.fixture(scope="module", params=["zlib", "zstd"] if FLAVOUR == "mysql" else ["zlib"])
def behind(cluster, request):
    """headgate that compresses towards its servers."""
    with Headgate(cluster, {"compression": request.param}) as headgate:
        yield headgate
        headgate.check_log()


@pytest.mark.scenario
@pytest.mark.parametrize("how", ["plain", "compressed"])
def test_servers_are_compressed_to(behind, hg, how):
    """Both clients of one and the other; the long statement of mysqli_compressed.php is many frames."""
    place = behind.host_and_port()
    assert php(place, how) == php(hg.host_and_port(), "plain")
    assert ask(place) == ask(hg.host_and_port())
    assert ask(place, sql="SHOW STATUS LIKE 'Compression'").split() == ["Compression", "ON"]


@pytest.mark.family("mysql")
def test_zstd_is_spoken_as_mysql_speaks_it(hg, cluster):
    """The scripted client, at the server itself and through headgate."""
    found = []
    for address in (hg.address["split"], f"{cluster.node('db1').host}:{cluster.node('db1').port}"):
        with Client(address, timeout=60, pack="zstd") as client:
            client.read_greeting()
            client.log_in("app", "app_pw", "test")
            found.append(client.rows(ROWS))
            headers = client.pipe.sock.headers
            assert sum(size for size, _, _ in headers) < sum(unpacked for _, _, unpacked in headers)
    assert found[0] == found[1]


def test_a_session_that_compresses_says_so(hg):
    with hg.wire("split", pack="zlib") as client:
        client.query("DO 1")
        assert "zlib" in [session["compression"] for session in hg.show("sessions")]
