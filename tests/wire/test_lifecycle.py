"""headgate's own life: starting, ending, servers that come and go."""

import os
import signal
import subprocess
import threading

import pytest

import mysqlwire as w
import replies as r
from client import Client
from fakeserver import FakeServer
from proxy import BINARY, Proxy, wait_until

pytestmark = [pytest.mark.room("app"), pytest.mark.threads]


@pytest.fixture
def pair():
    primary, replica = FakeServer("db1"), FakeServer("db2", role="replica", first_statement_id=500001)
    yield primary, replica
    primary.stop()
    replica.stop()


def listed(*servers, **options):
    return [{"name": s.name, "address": s.address, "role": s.role, **options} for s in servers]


def run(*arguments):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=20, check=False)


def test_sigterm_ends_idle_sessions_and_exits_0(pair):
    proxy = Proxy({"main": listed(*pair)})
    with proxy:
        client = Client.connect(proxy.address["split"])
        client.query("DO 1")
        proxy.stop()
        rest = client.pipe.read_to_end()
        assert rest == b"" or rest[4] == 0xFF
        assert not os.path.exists(proxy.admin_socket)
        assert not os.path.exists(proxy.address["split"])
        proxy.stop = lambda: None


def test_sigterm_lets_a_running_statement_end(pair):
    primary, _ = pair
    go_on = threading.Event()
    primary.on("DO 'long'", lambda c, _: (go_on.wait(10), c.ok(affected=5))[-1])
    proxy = Proxy({"main": listed(*pair)})
    with proxy:
        client = Client.connect(proxy.address["primary"])
        client.send(w.QUERY, "DO 'long'")
        primary.wait_for(lambda: "DO 'long'" in primary.sqls())
        proxy.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses(proxy), "no new clients")
        go_on.set()
        assert client.read().oks[0].affected == 5
        assert proxy.process.wait(10) == 0
        proxy.stop = proxy.check_log


def refuses(proxy):
    try:
        client = Client(proxy.address["primary"], timeout=2)
    except OSError:
        return True
    try:
        client.read_greeting()
        return False
    except (w.Closed, r.Err, OSError):
        return True
    finally:
        client.close()


def test_sigterm_does_not_wait_for_ever(pair):
    primary, _ = pair
    stuck = threading.Event()
    primary.on("DO 'stuck'", lambda c, _: stuck.wait(30) and False)
    proxy = Proxy({"main": listed(*pair)}, timeouts={"shutdown": "1s"})
    with proxy:
        client = Client.connect(proxy.address["primary"])
        client.send(w.QUERY, "DO 'stuck'")
        primary.wait_for(lambda: "DO 'stuck'" in primary.sqls())
        proxy.stop(cut=(1, 0))
        rest = client.pipe.read_to_end()
        assert rest == b"" or rest[4] == 0xFF
        proxy.stop = lambda: None
    stuck.set()


def test_second_signal_ends_it_now(pair):
    primary, _ = pair
    stuck = threading.Event()
    primary.on("DO 'stuck'", lambda c, _: stuck.wait(30) and False)
    with Proxy({"main": listed(*pair)}, timeouts={"shutdown": "60s"}) as proxy:
        client = Client.connect(proxy.address["primary"])
        client.send(w.QUERY, "DO 'stuck'")
        primary.wait_for(lambda: "DO 'stuck'" in primary.sqls())
        proxy.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses(proxy), "no new clients")
        proxy.process.send_signal(signal.SIGTERM)
        proxy.check_end(cut=(1, 0))
        proxy.stop = lambda: None
        client.close()
    stuck.set()


def test_sigterm_lets_a_transaction_end(pair):
    """What is idle goes at once, also with autocommit off; the transaction goes on until its COMMIT."""
    with Proxy({"main": listed(*pair)}, timeouts={"shutdown": "60s"}) as proxy:
        idle, quiet, busy = (Client.connect(proxy.address["split"]) for _ in range(3))
        quiet.query("SET autocommit = 0")
        busy.query("BEGIN")
        proxy.process.send_signal(signal.SIGTERM)
        assert idle.pipe.read_to_end()[4:5] in (b"", b"\xff") and quiet.pipe.read_to_end()[4:5] in (b"", b"\xff")
        assert busy.query("DO 1").oks and busy.query("COMMIT").oks
        proxy.check_end()
        assert busy.pipe.read_to_end()[4:5] in (b"", b"\xff")
        proxy.stop = lambda: None


@pytest.mark.parametrize("again", [signal.SIGTERM, signal.SIGINT])
def test_the_end_says_how_many_were_cut_in_a_transaction(pair, again):
    with Proxy({"main": listed(*pair)}, timeouts={"shutdown": "60s"}) as proxy:
        idle, *busy = (Client.connect(proxy.address["split"]) for _ in range(3))
        for client in busy:
            client.query("BEGIN")
        proxy.process.send_signal(signal.SIGTERM)
        assert idle.pipe.read_to_end()[4:5] in (b"", b"\xff")
        proxy.process.send_signal(again)
        proxy.check_end(cut=(2, 2))
        proxy.stop = lambda: None


FAULTS = (signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGSYS, signal.SIGTRAP)


def blocked(pid, thread):
    """The signals that this thread blocks: bit n - 1 is signal n."""
    with open(f"/proc/{pid}/task/{thread}/status", encoding="ascii") as f:
        return next(int(line.split()[1], 16) for line in f if line.startswith("SigBlk:"))


def test_no_thread_blocks_the_signals_of_its_own_faults(pair):
    """While such a signal is blocked, the process ends without the report of a sanitizer. The signals that others send to the
    process are blocked in the workers: the control thread handles them."""
    faults, workers = sum(1 << signum - 1 for signum in FAULTS), 3
    with Proxy({"main": listed(*pair)}, extra={"workers": workers}) as proxy:
        pid = proxy.process.pid
        masks = [blocked(pid, thread) for thread in os.listdir(f"/proc/{pid}/task")]
        open_to_faults = [mask for mask in masks if mask & faults == 0]
        assert len(open_to_faults) >= 1 + workers, [f"{mask:x}" for mask in masks]  # a sanitizer's own thread may block all
        assert sum(mask >> signal.SIGTERM - 1 & 1 for mask in open_to_faults) >= workers


def test_nothing_is_reloaded_while_it_ends(pair):
    with Proxy({"main": listed(*pair)}, timeouts={"shutdown": "60s"}) as proxy:
        client = Client.connect(proxy.address["split"])
        client.query("BEGIN")
        proxy.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "SIGTERM: stopping" in proxy.log(), "it ends")
        assert proxy.admin("reload") == "error: headgate is ending\n"
        client.query("COMMIT")
        proxy.check_end()
        proxy.stop = lambda: None


def test_stale_socket_file_is_replaced(pair, tmp_path):
    """After a SIGKILL the socket files are still there."""
    proxy = Proxy({"main": listed(*pair)})
    with proxy:
        proxy.process.kill()
        proxy.process.wait()
        assert os.path.exists(proxy.admin_socket)
        proxy.process = subprocess.Popen([BINARY, "-c", os.path.join(proxy.directory, "headgate.conf")],
                                         stderr=open(proxy.log_path, "ab"))
        proxy._wait_up()
        with Client.connect(proxy.address["primary"]) as client:
            assert client.query("DO 1").oks


def test_version_and_configuration_check(pair, tmp_path):
    assert "headgate" in run("-V").stdout
    proxy = Proxy({"main": listed(*pair)})
    proxy._choose_addresses()
    good, bad = tmp_path / "good.conf", tmp_path / "bad.conf"
    good.write_text(proxy.configuration())
    bad.write_text(proxy.configuration().replace("users =", "uesrs ="))
    assert run("-t", "-c", str(good)).returncode == 0
    failed = run("-t", "-c", str(bad))
    assert failed.returncode == 1
    assert "bad.conf:" in failed.stderr + failed.stdout and "users" in failed.stderr + failed.stdout


def test_server_that_is_absent_at_the_start_is_found_later(pair, tmp_path):
    primary, replica = pair
    path = str(tmp_path / "late.sock")
    servers = [*listed(primary), {"name": "late", "address": path, "role": "replica"}]
    with Proxy({"main": servers}, expect_up=False) as proxy:
        proxy.wait_server("db1", lambda row: row["state"] == "up")
        proxy.wait_server("late", lambda row: row["state"] != "up")
        with Client.connect(proxy.address["split"]) as client:
            assert client.query("SELECT 1").text_rows() == [(b"db1",)]
        late = FakeServer("late", role="replica", path=path)
        proxy.wait_server("late", lambda row: row["state"] == "up")
        with Client.connect(proxy.address["split"]) as client:
            assert client.query("SELECT 1").text_rows() == [(b"late",)]
        late.stop()


def test_no_primary_is_an_error_after_the_wait(pair, tmp_path):
    _, replica = pair
    servers = [{"name": "gone", "address": str(tmp_path / "none.sock"), "role": "primary"}, *listed(replica)]
    with Proxy({"main": servers}, expect_up=False, timeouts={"primary_wait": "500ms"}) as proxy:
        proxy.wait_server("db2", lambda row: row["state"] == "up")
        try:
            with Client.connect(proxy.address["primary"]) as client:
                error = client.command(w.QUERY, "DO 1").error
        except r.Err as refused:
            error = refused
        assert error.code not in range(2000, 3000) and error.code not in range(5000, 6000)
        assert error.message


def test_reads_go_to_the_replica_and_the_rest_to_the_primary(pair):
    with Proxy({"main": listed(*pair)}) as proxy, Client.connect(proxy.address["split"]) as client:
        assert client.rows("SELECT a FROM t") == [(b"db2",)]
        assert client.rows("SELECT a FROM t FOR UPDATE") == [(b"db1",)]
        client.query("START TRANSACTION")
        assert client.rows("SELECT a FROM t") == [(b"db1",)]
        client.query("COMMIT")
        assert client.rows("SELECT a FROM t") == [(b"db2",)]
        assert proxy.server("db1")["role"] == "primary" and proxy.server("db2")["role"] == "replica"
