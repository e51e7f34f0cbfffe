"""Admin commands before real servers: what is shown, explained and killed; and the servers' own client at the admin address."""

import json
import re
import subprocess

import pytest

from admin_socket import ctl, ctl_json, raw
from headgate import Headgate, rows
from proxy import wait_until

pytestmark = [pytest.mark.room("admin", "console", "ctl"), pytest.mark.threads]

SERVER_COLUMNS = {"cluster", "name", "address", "role", "state", "reason", "since_s", "weight", "lag_ms",
                  "connections_active", "connections_idle", "queries", "errors"}


@pytest.fixture(scope="module")
def running(cluster):
    """With an admin address, too."""
    admin = {"users": [{"name": "root", "password": "door"}]}
    with Headgate(cluster, cluster_settings={"slow_start": "off"}, admin_settings=admin) as headgate:
        yield headgate


@pytest.mark.smoke
@pytest.mark.scenario
def test_servers_have_every_promised_column_and_their_roles(hg):
    servers = ctl_json(hg, "show", "servers")
    assert all(SERVER_COLUMNS <= set(server) for server in servers)
    assert {s["name"]: (s["role"], s["state"]) for s in servers} == {
        "db1": ("primary", "up"), "db2": ("replica", "up"), "db3": ("replica", "up")}
    assert all(s["lag_ms"] is None or s["lag_ms"] >= 0 for s in servers)


def test_text_is_an_aligned_table(hg):
    header, *lines = ctl(hg, "show servers").splitlines()
    at = header.index("address")
    assert len(lines) == 3 and all(line[at - 2:at] == "  " and line[at:at + 10] == "127.0.0.1:" for line in lines)


def test_sessions_are_shown_with_where_they_are(hg):
    db = hg.connect()
    rows(db, "SELECT 1")
    mine, = [s for s in ctl_json(hg, "show", "sessions") if s["id"] == db.thread_id()]
    assert mine["user"] == "app" and mine["listener"] == "split" and mine["schema"] == "test"
    assert mine["primary"] == "db1" and mine["replica"] in ("db2", "db3")
    assert mine["state"] == "idle" and mine["in_transaction"] == "no" and mine["pins"] is None
    rows(db, "START TRANSACTION")
    mine, = [s for s in ctl_json(hg, "show", "sessions") if s["id"] == db.thread_id()]
    assert mine["in_transaction"] == "yes"
    rows(db, "ROLLBACK")
    db.close()


def test_a_pin_is_shown_with_its_age_and_statement_until_it_goes(hg):
    def mine():
        found, = [s for s in ctl_json(hg, "show", "sessions") if s["id"] == db.thread_id()]
        return {name: found[name] for name in ("pins", "pinned_s", "pin_statements")}

    db = hg.connect()
    rows(db, "CREATE TEMPORARY TABLE pinned (a INT DEFAULT 4711)")
    wait_until(lambda: mine()["pinned_s"] >= 1, "it is there for a second", 60)
    rows(db, "SELECT GET_LOCK('mine', 0)")
    told = mine()
    assert re.fullmatch(r"temporary tables \(1\) (\d+)s, GET_LOCK \(1\) \d+s", told["pins"]), told
    assert told["pins"].startswith(f"temporary tables (1) {told['pinned_s']}s"), "the oldest comes first"
    table, lock = told["pin_statements"].split("; ")
    assert re.fullmatch(r"\d+s CREATE TEMPORARY TABLE pinned .*DEFAULT \?.*", table), told
    assert re.fullmatch(r"\d+s SELECT GET_LOCK.*\?.*", lock), told
    rows(db, "DROP TEMPORARY TABLE pinned")
    assert mine()["pins"].startswith("GET_LOCK (1) "), mine()
    rows(db, "SELECT RELEASE_LOCK('mine')")
    assert mine() == {"pins": None, "pinned_s": None, "pin_statements": None}
    db.close()


def test_version_counts_sessions(hg):
    before, = ctl_json(hg, "show", "version")
    db = hg.connect()
    now, = ctl_json(hg, "show", "version")
    assert now["version"] == before["version"] and now["workers"] >= 1
    assert now["sessions"] == before["sessions"] + 1
    db.close()


@pytest.mark.parametrize("sql, place, kind", [
    ("SELECT name FROM t WHERE id = 7", "replica", "select"),
    ("SELECT name FROM t FOR UPDATE", "primary", "select"),
    ("UPDATE t SET a = 1", "primary", "write"),
    ("SELECT nosuch(1)", "primary", "select"),
    ("SHOW WARNINGS", "previous", "diagnostics"),
    ("SELECT 'a;b' AS x", "replica", "select"),
    ("SELECT 1\nFROM t", "replica", "select"),
    ("CREATE TEMPORARY TABLE x (a INT)", "primary", "ddl"),
])
def test_explain_says_where_and_why(hg, sql, place, kind):
    told, = ctl_json(hg, "explain", sql)
    assert (told["place"], told["kind"]) == (place, kind) and told["reason"] and told["statement"]


def test_explain_agrees_with_what_happens(hg, cluster):
    statement = "SELECT 'explained', @@port"
    told, = ctl_json(hg, "explain", statement)
    db = hg.connect()
    port = rows(db, statement)[0][1]
    db.close()
    assert told["place"] == "replica" and port in [node.port for node in cluster.replicas()]


def test_kill_ends_a_session(hg):
    db = hg.connect()
    number = db.thread_id()
    assert json.loads(raw(hg, f"json kill {number}\n")) == [{"session": number, "user": "app", "client": "127.0.0.1"}]
    with pytest.raises(Exception):
        for _ in range(100):
            rows(db, "SELECT 1")


def client(hg, cluster, *arguments, stdin=None):
    """The command-line client of this family, at the admin address."""
    host, port = hg.host_and_port("admin")
    return subprocess.run([*cluster.flavour().client(), "--no-defaults", f"-h{host}", f"-P{port}", "-uroot", "-pdoor",
                           *arguments], input=stdin, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.smoke
@pytest.mark.scenario
def test_the_servers_own_client_may_ask(hg, cluster):
    done = client(hg, cluster, "-N", "-e", "show clusters; show version; drain db3; enable db3")
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert lines[0][:2] == ["main", "db1"] and lines[2][:3] == ["main", "db3", "draining"] and lines[3][2] == "up"
    refused = client(hg, cluster, "-e", "nonsense")
    assert refused.returncode == 1 and "ERROR 1105" in refused.stderr and "unknown command" in refused.stderr
    # What it asks by itself, and what people ask first.
    spoken = client(hg, cluster, "-t", stdin="use anything;\nselect @@version_comment;\nshow warnings;\nshow version;\n")
    assert spoken.returncode == 0 and "headgate" in spoken.stdout and "uptime_s" in spoken.stdout, spoken.stderr
