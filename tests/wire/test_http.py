"""Metrics, health and the documents of the status page: what they say, and what clients of them may do."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import threading
import time

import pytest

import replies as r
import web
from client import Client
from fakeserver import FakeServer
from proxy import ROOT, Proxy, wait_until

pytestmark = [pytest.mark.room("http"), pytest.mark.threads]

PATIENCE_S = 50
ANYWHERE = {"http": {"address": "127.0.0.1:0"}}
PATHS = ("/", "/metrics", "/status.json", "/health", "/health/ready", "/health/live")


def listed(*servers):
    return [{"name": s.name, "address": s.address, "role": s.role} for s in servers]


@pytest.fixture(scope="module")
def pair():
    primary, replica = FakeServer("db1"), FakeServer("db2", role="replica", first_statement_id=500001)
    yield primary, replica
    primary.stop()
    replica.stop()


@pytest.fixture(scope="module")
def shared(pair):
    with Proxy({"main": listed(*pair)}, extra=ANYWHERE) as proxy:
        yield proxy


@pytest.fixture
def hg(shared, pair):
    for server in pair:
        server.forget()
    yield shared
    assert shared.is_running(), shared.log()[-6000:]
    shared.check_log()


@pytest.fixture
def at(hg):
    return web.address_of(hg)


# ---- metrics ----

def test_promtool_has_nothing_to_say_against_the_metrics(hg, at):
    with hg_client(hg) as client:
        client.query("DO 1")
        text = web.metrics(at).text
    done = subprocess.run([shutil.which("promtool"), "check", "metrics"], input=text, capture_output=True, text=True,
                          timeout=PATIENCE_S, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_metric_is_documented_and_every_documented_one_is_there(at):
    page = pathlib.Path(ROOT, "docs", "metrics.md").read_text(encoding="utf-8")
    documented = {name: (kind, words) for name, kind, words in
                  re.findall(r"^\| `(\w+)` \| (\w+) \| [^|]*\| (.*) \|$", page, re.M)}
    found = web.metrics(at)
    assert {name: (kind, found.helps[name]) for name, kind in found.types.items()} == documented
    assert len(documented) > 50


def hg_client(hg, listener="primary", **options):
    return Client.connect(hg.address[listener], **{"timeout": 60.0, **options})


def test_commands_are_counted_where_they_came_in_and_where_they_ran(hg, at, pair):
    pair[0].on("DO 'wrong'", lambda c, _: c.error(1064, "no"))
    before = web.metrics(at)
    with hg_client(hg) as client:
        for _ in range(7):
            client.query("DO 1")
        for sql, code in (("DO 'wrong'", 1064), ("KILL QUERY ID 5", 1235)):  # the second is headgate's own refusal
            with pytest.raises(r.Err) as refused:
                client.query(sql)
            assert refused.value.code == code
        after = web.metrics(at)
    for name, labels, growth in (
            ("headgate_listener_command_seconds_count", {"listener": "primary"}, 8),
            ("headgate_listener_command_seconds_count", {"listener": "split"}, 0),
            ("headgate_listener_command_errors_total", {"listener": "primary"}, 1),
            ("headgate_listener_commands_refused_total", {"listener": "primary"}, 1),
            ("headgate_listener_sessions_opened_total", {"listener": "primary"}, 1),
            ("headgate_server_commands_total", {"cluster": "main", "server": "db1"}, 8),
            ("headgate_server_command_errors_total", {"cluster": "main", "server": "db1"}, 1),
            ("headgate_server_response_seconds_count", {"cluster": "main", "server": "db1"}, 8),
            ("headgate_server_response_seconds_count", {"cluster": "main", "server": "db2"}, 0)):
        assert after.value(name, **labels) - before.value(name, **labels) == growth, (name, labels)


def test_histograms_know_how_long_a_server_took(hg, at, pair):
    pair[0].on("DO 'slow'", lambda c, _: (time.sleep(0.3), c.ok())[-1])
    series = (("headgate_server_response_seconds", {"cluster": "main", "server": "db1"}),
              ("headgate_listener_command_seconds", {"listener": "primary"}))
    before = web.metrics(at)
    with hg_client(hg) as client:
        client.query("DO 'slow'")
    after = web.metrics(at)
    for name, labels in series:
        def grown(suffix, name=name, labels=labels, **more):
            return after.value(name + suffix, **labels, **more) - before.value(name + suffix, **labels, **more)
        assert grown("_bucket", le="0.262144") == 0  # none was faster than the server
        assert grown("_bucket", le="+Inf") == grown("_count") == 1
        assert grown("_sum") >= 0.3
        bounds = sorted((float("inf") if dict(found)["le"] == "+Inf" else float(dict(found)["le"]), value)
                        for found, value in after.all(name + "_bucket", **labels).items())
        assert [value for _, value in bounds] == sorted(value for _, value in bounds)


def test_sessions_are_counted_by_state(hg, at):
    def states():
        return {dict(found)["state"]: n for found, n in web.metrics(at).all("headgate_sessions").items()}
    wait_until(lambda: sum(states().values()) == 0, "those of other tests have gone", PATIENCE_S)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(hg_client(hg)) for _ in range(3)]
        clients[0].query("BEGIN")
        clients[1].query("SELECT GET_LOCK('a', 1)")
        found = web.metrics(at)
        assert states()["idle"] == sum(states().values()) == 3
        assert found.value("headgate_sessions_in_transaction") == 1
        assert found.value("headgate_sessions_pinned") == 1
        assert found.value("headgate_listener_sessions", listener="primary") == 3
        assert found.value("headgate_user_connections", user="app") == 3
        before = found.value("headgate_sessions_closed_total", reason="client_quit")
        clients[2].quit()
        wait_until(lambda: web.metrics(at).value("headgate_sessions_closed_total", reason="client_quit") == before + 1,
                   "its end is counted", PATIENCE_S)


def test_every_counter_of_show_stats_is_a_metric(hg, at):
    before = hg.show("stats")
    found = web.metrics(at)
    after = {(row["cluster"], row["name"]): row["value"] for row in hg.show("stats")}
    assert len(before) > 5
    for row in before:
        labels = {"cluster": row["cluster"]} if row["cluster"] else {}  # some are the whole process's
        value = found.value(f"headgate_{row['name']}_total", **labels)
        assert row["value"] <= value <= after[row["cluster"], row["name"]]


def test_servers_are_as_show_servers_has_them(hg, at):
    def are_the_same():
        rows, found = hg.show("servers"), web.metrics(at)
        changes = [row["changes"] for row in hg.show("servers")]
        return changes == [row["changes"] for row in rows] and (rows, found)
    rows, found = wait_until(are_the_same, "two looks at the same servers", PATIENCE_S)
    for row in rows:
        labels = {"cluster": row["cluster"], "server": row["name"]}
        assert found.value("headgate_server_info", address=row["address"], **labels) == 1
        for name, word in (("state", row["state"]), ("role", row["role"])):
            told = {dict(its)[name]: n for its, n in found.all(f"headgate_server_{name}", **labels).items()}
            assert told.pop(word) == 1 and set(told.values()) == {0}
        assert found.value("headgate_server_connections_max", **labels) == row["connections_max"]
        assert found.value("headgate_server_changes_total", **labels) == row["changes"]


def test_the_process_is_described(hg, at):
    found = web.metrics(at)
    with open(f"/proc/{hg.process.pid}/limits", encoding="ascii") as limits:
        most = int(re.search(r"Max open files\s+(\d+)", limits.read()).group(1))
    assert found.value("process_max_fds") == most
    assert 10 < found.value("process_open_fds") <= most
    assert found.value("process_resident_memory_bytes") > 1 << 20
    assert found.value("process_cpu_seconds_total") > 0
    assert abs(found.value("process_start_time_seconds") - os.stat(f"/proc/{hg.process.pid}").st_mtime) < 300
    assert found.value("process_threads") == len(os.listdir(f"/proc/{hg.process.pid}/task"))


def test_no_document_has_a_secret(hg, at):
    with hg_client(hg) as client:
        client.query("SELECT 'a literal that nobody else may see'")
        for path in PATHS:
            body = web.get(at, path).body
            for secret in (b"app_pw", b"other_pw", b"monitor_pw", b"a literal that nobody"):
                assert secret not in body, (path, secret)


# ---- health ----

def test_ready_and_live_while_all_is_well(at):
    def is_said(path, body):
        answer = web.get(at, path)
        return (answer.status, answer.json()) == (200, body)
    for path, body in (("/health", {"ready": True, "problems": []}), ("/health/ready", {"ready": True, "problems": []}),
                       ("/health/live", {"live": True, "problem": None})):
        wait_until(lambda path=path, body=body: is_said(path, body), path, PATIENCE_S)


def test_not_ready_without_servers_and_the_body_says_why():
    primary, replica = FakeServer("db1"), FakeServer("db2", role="replica")
    with contextlib.ExitStack() as stack:
        stack.callback(primary.stop)
        stack.callback(replica.stop)
        proxy = stack.enter_context(Proxy({"main": listed(primary, replica)}, extra=ANYWHERE, interval="100ms"))
        at = web.address_of(proxy)
        primary.stop()
        wait_until(lambda: any("no primary" in p["problem"] for p in web.get(at, "/health").json()["problems"]),
                   "the primary is missed", PATIENCE_S)
        answer = web.get(at, "/health/ready")
        assert answer.status == 200 and answer.json()["ready"]  # reads go on
        assert any("db1 is down" in p["problem"] for p in answer.json()["problems"])
        assert web.metrics(at).value("headgate_cluster_has_primary", cluster="main") == 0
        replica.stop()
        wait_until(lambda: web.get(at, "/health/ready").status == 503, "nothing is left", PATIENCE_S)
        body = web.get(at, "/health/ready").json()
        assert not body["ready"] and [p["cluster"] for p in body["problems"] if p["blocks"] == "yes"] == ["main"]
        wait_until(lambda: web.get(at, "/health/live").status == 200, "it lives", PATIENCE_S)  # that is no reason to restart it
        assert web.metrics(at).value("headgate_ready") == 0


def test_health_of_parts_is_told_apart():
    primary, replica = FakeServer("db1"), FakeServer("db2", role="replica")
    listeners = tuple({"name": mode, "mode": mode, "kind": "unix"} for mode in ("split", "primary", "replica"))
    with contextlib.ExitStack() as stack:
        stack.callback(replica.stop)
        stack.callback(primary.stop)
        proxy = stack.enter_context(Proxy({"main": listed(primary, replica)}, listeners=listeners, interval="100ms", extra=ANYWHERE,
                                          cluster_settings={"primary_reads": "never"}))
        at = web.address_of(proxy)

        def status(path):
            return web.get(at, path).status
        by_part = {part: [f"/health{part}", f"/health/cluster/main{part}", f"/health/listener/split{part}"]
                   for part in ("", "/primary", "/replicas")}
        by_part["/primary"].append("/health/listener/primary")
        by_part["/replicas"].append("/health/listener/replica")
        wait_until(lambda: all(status(path) == 200 for paths in by_part.values() for path in paths), "all is well", PATIENCE_S)
        for path in ("/health/", "/health/none", "/health/cluster/", "/health/cluster/other", "/health/cluster/mai",
                     "/health/cluster/mainly", "/health/cluster/main/", "/health/listener/none", "/health/listener/split/ready"):
            assert status(path) == 404, path
        primary.stop()
        wait_until(lambda: status("/health/primary") == 503, "the primary is missed", PATIENCE_S)
        for part, paths in by_part.items():
            for path in paths:
                assert status(path) == (503 if part == "/primary" else 200), path
        found = web.get(at, "/health/listener/primary").json()
        assert not found["ready"] and {"cluster": "main", "problem": "it has no primary", "blocks": "yes"} in found["problems"]
        replica.stop()
        wait_until(lambda: status("/health/replicas") == 503, "the replica is missed", PATIENCE_S)
        assert {status(path) for paths in by_part.values() for path in paths} == {503}


def test_a_name_that_nobody_gave_it_is_not_answered(pair):
    """A page of that name in a browser on this machine would read the answer."""
    with Proxy({"main": listed(*pair)}, extra={"http": {"address": "127.0.0.1:0", "hosts": "headgate.example probe"}}) as proxy:
        at = web.address_of(proxy)
        for host, status in (("127.0.0.1", 200), ("localhost:6070", 200), ("headgate.example:80", 200), ("probe", 200),
                             ("10.0.0.7:6070", 200), ("[::1]:6070", 200), ("evil.example", 421), ("evil.example:6070", 421)):
            for path in ("/metrics", "/status.json", "/health/live", "/health/primary"):
                assert web.get(at, path, headers={"Host": host}).status == status, (host, path)


def test_not_ready_while_it_ends(pair):
    with Proxy({"main": listed(*pair)}, extra=ANYWHERE, timeouts={"shutdown": "1h"}) as proxy:
        at = web.address_of(proxy)
        with hg_client(proxy) as client:
            client.query("BEGIN")
            proxy.process.send_signal(signal.SIGTERM)
            wait_until(lambda: web.get(at, "/health/ready").status == 503, "it is said", PATIENCE_S)
            assert "shutting down" in web.get(at, "/health").json()["problems"][0]["problem"]
            assert web.metrics(at).value("headgate_stopping") == 1
            kept = web.connection(at)  # is open at the end
            web.get(at, "/metrics", over=kept)
            client.query("COMMIT")
        assert proxy.process.wait(PATIENCE_S) == 0
        proxy.stop = proxy.check_log
        kept.close()


# ---- clients ----

def test_every_document_has_its_type_and_forbids_what_it_does_not_need(at):
    types = {"/": "text/html; charset=utf-8", "/metrics": "text/plain; version=0.0.4; charset=utf-8"}
    for path in PATHS:
        answer = web.get(at, path)
        assert answer.status == 200 and answer.body
        assert answer.headers["Content-Type"] == types.get(path, "application/json")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_one_connection_carries_many_requests(at):
    link = web.connection(at)
    for path in PATHS * 3:
        assert web.get(at, path, over=link).status == 200
    answer = web.get(at, "/metrics", method="HEAD", over=link)
    assert answer.status == 200 and not answer.body and int(answer.headers["Content-Length"]) > 1000
    link.close()


@pytest.mark.parametrize("method, path, options, status", [
    ("GET", "/nosuch", {}, 404), ("GET", "/metrics/", {}, 404), ("GET", "/../etc/passwd", {}, 404),
    ("POST", "/metrics", {"body": b"x" * 100000}, 405), ("DELETE", "/", {}, 405), ("OPTIONS", "/", {}, 405),
    ("GET", "/metrics", {"body": b"abc"}, 400),
    ("GET", "/metrics?name=headgate", {}, 200),
])
def test_other_requests_are_refused_in_words(at, method, path, options, status):
    answer = web.get(at, path, method=method, **options)
    assert answer.status == status and answer.body


@pytest.mark.parametrize("junk, status", [
    (b"GET / HTTP/9.9\r\n\r\n", b"505"), (b"GET /" + b"x" * 100000, b"414"), (b"SELECT 1;\n\n", b"400"),
    (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 20000, b"431"), (b"\0\xff" * 500 + b"\r\n", None), (b"\r\n" * 1000, None),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n", b"4"),
])
def test_endless_heads_and_garbage_end_their_connection_only(hg, at, junk, status):
    with web.dial(at) as sock:
        with contextlib.suppress(OSError):  # it may hang up before the end
            sock.sendall(junk)
        if status:
            assert sock.recv(65536).startswith(b"HTTP/1.1 " + status)
    assert web.get(at, "/metrics").status == 200
    with hg_client(hg) as client:
        assert client.query("DO 1").error is None


def test_slow_clients_make_room_for_others(hg, at):
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(web.dial(at)) for _ in range(60)]
        for i, sock in enumerate(slow):
            with contextlib.suppress(OSError):  # the first ones have been cut
                sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n" + (b"\r\n" if i % 2 else b""))  # and read nothing
        for path in PATHS:
            assert web.get(at, path).status == 200
        with hg_client(hg) as client:
            assert client.query("DO 1").error is None
    wait_until(lambda: web.metrics(at).value("process_open_fds") < 60, "their descriptors are free", PATIENCE_S)


def test_readers_that_go_before_the_answer_harm_nobody(hg, at):
    for _ in range(100):
        with web.dial(at) as sock:
            sock.sendall(b"GET /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert web.get(at, "/status.json").json()["version"]


def test_readers_at_the_same_time_are_all_answered(at):
    failures = []

    def read(path):
        try:
            for _ in range(10):
                assert web.get(at, path).status == 200
        except Exception as failure:  # pylint: disable=broad-except
            failures.append((path, failure))
    threads = [threading.Thread(target=read, args=(path,)) for path in PATHS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert not failures and not any(thread.is_alive() for thread in threads)


def test_a_unix_socket_is_for_its_owner_and_group(pair, tmp_path):
    path = str(tmp_path / "http.sock")
    with Proxy({"main": listed(*pair)}, extra={"http": {"address": path}}):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o660
        link = web.connection(path)
        for each in PATHS:
            assert web.get(path, each, over=link).status == 200
        link.close()
    assert not os.path.exists(path)


def test_without_the_setting_there_is_no_http(pair):
    with Proxy({"main": listed(*pair)}) as proxy:
        assert "http://" not in proxy.log()


def test_an_address_that_is_taken_is_said_at_the_start(pair, at, tmp_path):
    proxy = Proxy({"main": listed(*pair)}, extra={"http": {"address": at}})
    proxy.address = {each["name"]: str(tmp_path / each["name"]) for each in proxy.listeners}
    path = tmp_path / "headgate.conf"
    path.write_text(proxy.configuration(), encoding="utf-8")
    shutil.rmtree(proxy.directory)
    os.mkdir(proxy.directory)  # where its admin socket would be
    done = subprocess.run([os.environ.get("HEADGATE_BIN", os.path.join(ROOT, "build", "headgate")), "-c", str(path)],
                          capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    shutil.rmtree(proxy.directory)
    assert done.returncode == 1 and f"http: listening on {at}" in done.stderr
    assert re.search(r"ERROR: (Address|Leak|Thread)Sanitizer|WARNING: ThreadSanitizer", done.stderr) is None


def test_statuses_are_what_the_commands_say(hg, at):
    with hg_client(hg, "split") as client:
        assert client.query("SELECT a FROM t").error is None
        status = web.get(at, "/status.json").json()
    assert set(status) == {"version", "problems", "clusters", "servers", "latency", "limits", "stats", "events", "digests"}
    assert [row["name"] for row in status["servers"]] == ["db1", "db2"]
    assert status["version"][0]["sessions"] >= 1
    assert any(row["text"] == "SELECT a FROM t" for row in status["digests"])
    for row in status["latency"]:
        counts = [int(pair.split(":")[1]) for pair in (row["buckets"] or "").split()]
        assert sum(counts) == row["commands"]
    rows = {(row["kind"], row["name"]): row for row in hg.show("latency")}
    read = rows["server", "db2"]
    assert read["commands"] >= 1 and 0 < read["p50_ms"] <= read["p99_ms"] <= read["max_ms"]
    assert rows["listener", "replica"]["p50_ms"] is None  # nothing came in there
