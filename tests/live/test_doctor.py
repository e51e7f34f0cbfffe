"""`doctor` on a real cluster: every check has something that makes it fail, and says so of that server alone."""

import contextlib
import json
import socket
import subprocess
import threading

import pytest

from conftest import FLAVOUR
from headgate import Headgate, rows
from proxy import CTL, Proxy, wait_until

pytestmark = pytest.mark.room("admin")

PATIENCE = 60
FAMILY = "mysql" if FLAVOUR == "mysql" else "mariadb"
LOCAL = "SET sql_log_bin = 0; "  # on this server alone
BYPASS = {"mariadb": "READ_ONLY ADMIN", "mysql": "CONNECTION_ADMIN"}[FAMILY]
APPLIER = {"mariadb": "SLAVE", "mysql": "REPLICA"}[FAMILY]
PASSWORD = "IDENTIFIED BY 'not what headgate has'"

# What is done to which server, which check finds it, how bad that is, a word of what it finds, and the cure.
AILMENTS = [
    ("db2", LOCAL + f"ALTER USER other@'%' {PASSWORD}", "accounts", "error", "'other' cannot log in", None),
    ("db3", LOCAL + f"GRANT {BYPASS} ON *.* TO app@'%'", "read_only_bypass", "warning", BYPASS, None),
    ("db3", "SET GLOBAL read_only = 0", "read_only", "error", "not the primary", "SET GLOBAL read_only = 1"),
    ("db2", f"STOP {APPLIER} SQL_THREAD", "replication", "error", "has stopped", f"START {APPLIER} SQL_THREAD"),
    ("db3", "SET GLOBAL server_id = 1", "server_id", "error", "that of db1", "SET GLOBAL server_id = 3"),
    ("db2", "SET GLOBAL wait_timeout = 30", "wait_timeout", "warning", "before timeouts.server_idle", None),
    ("db3", "SET GLOBAL wait_timeout = 3600", "wait_timeout", "warning", "clients may be idle", None),
    ("db1", "SET GLOBAL max_connections = 20", "max_connections", "error", "may open 50", None),
    ("db2", "SET GLOBAL max_connections = 55", "max_connections", "warning", "connection_reserve", None),
    ("db2", "SET GLOBAL init_connect = 'SET timestamp = 1000000000'", "init_connect", "warning", "SET timestamp", None),
    ("db2", "DO 'as above'", "clock", "warning", "behind headgate's", None),  # the monitor's session has that time
    ("db3", "SET GLOBAL sql_mode = 'ANSI_QUOTES'", "sql_mode", "warning", "ANSI_QUOTES", None),
    ("db2", "SET GLOBAL character_set_server = latin1", "character_set", "warning", "latin1", None),
    ("db2", "DO 'as above'", "collation", "warning", "latin1_swedish_ci", None),
    ("db3", "SET GLOBAL time_zone = '+05:00'", "time_zone", "warning", "+05:00", None),
    ("db3", "SET GLOBAL max_allowed_packet = 1048576", "max_allowed_packet", "warning", "1048576", None),
]
if FAMILY == "mysql":  # MariaDB numbers always, and does not let the other one be set if it was 0 at its start
    AILMENTS += [("db3", "SET GLOBAL gtid_mode = ON_PERMISSIVE", "gtid", "warning", "ON_PERMISSIVE", None),
                 ("db3", "SET GLOBAL max_user_connections = 5", "max_connections", "warning", "max_user_connections", None)]


@pytest.fixture(scope="module")
def running(cluster):
    with Headgate(cluster, server_settings={"max_connections": 50}, probe_timeout="10s") as headgate:
        wait_until(lambda: ("unknown", "stored_code") not in [(row["result"], row["check"]) for row in headgate.json("doctor")],
                   "the primary was asked for its stored code", PATIENCE)
        yield headgate


def visit(hg, repeats=True):
    """{(check, server): its rows}, and the whole of it. On a machine that has no time to answer: once more."""
    found = {}
    told = hg.json("doctor")
    if repeats and any(row["check"] in ("connect", "accounts") and "within 5 s" in row["found"] for row in told):
        told = wait_until(lambda: next((rows for rows in [hg.json("doctor")] if "within 5 s" not in str(rows)), None),
                          "every server answers in time", PATIENCE)
    for row in told:
        found.setdefault((row["check"], row["server"]), []).append(row)
    return found, told


def ctl(hg, *words):
    return subprocess.run([CTL, "-s", hg.admin_socket, *words], capture_output=True, text=True, timeout=PATIENCE, check=False)


@pytest.mark.smoke
def test_a_healthy_cluster_has_nothing(hg):
    found, told = visit(hg)
    assert [row for row in told if row["result"] != "ok"] == []
    assert {server for _, server in found} == {"db1", "db2", "db3"}
    assert {check for check, _ in found} >= {check for _, _, check, *_ in AILMENTS} | {
        "connect", "monitor_grants", "stored_code", "log_bin", "gtid", "lag", "session_tracking", "version"}
    wait_until(lambda: ctl(hg, "doctor").returncode == 0 and ctl(hg, "--json", "doctor").returncode == 0, "nothing", PATIENCE)


@pytest.mark.smoke
def test_each_ailment_is_found_where_it_is_and_nowhere_else(hg, cluster):
    for name, cause, *_ in AILMENTS:
        cluster.node(name).sql(cause)
    found, told = visit(hg)
    wanted = {(check, name) for name, _, check, *_ in AILMENTS}
    for name, _, check, result, words, _ in AILMENTS:
        rows_there = [row for row in found[check, name] if row["result"] == result]
        assert [row for row in rows_there if words in row["found"] and row["advice"]], (check, name, found[check, name])
    # A replica that does not apply says no lag; who has the other's number hears of it as well.
    implied = {("lag", "db2"), ("server_id", "db1")}
    others = [row for row in told if row["result"] != "ok" and (row["check"], row["server"]) not in wanted | implied]
    assert others == []
    done = ctl(hg, "doctor")
    assert done.returncode == 1 and done.stderr == "" and "error" in done.stdout
    in_json = ctl(hg, "--json", "doctor")
    assert in_json.returncode == 1 and len(json.loads(in_json.stdout)) == len(told)
    for name, *_, cure in AILMENTS:
        if cure:
            cluster.node(name).sql(cure)


def test_warnings_alone_are_no_failure(hg, cluster):
    """What is left after the cures: errors of accounts and limits, so these are cured too."""
    cluster.node("db2").sql(LOCAL + "ALTER USER other@'%' IDENTIFIED BY 'other_pw'")
    for name in ("db1", "db2"):
        cluster.node(name).sql("SET GLOBAL max_connections = 500")
    hg.wait_server("db2", lambda row: row["state"] == "up", PATIENCE)
    wait_until(lambda: hg.show("clusters")[0]["primary"] == "db1", "db1 is the primary", PATIENCE)
    wait_until(lambda: ctl(hg, "doctor").returncode == 0, "no error is left", PATIENCE)
    assert "warning" in {row["result"] for row in visit(hg)[1]}


def test_lag_is_found(hg, cluster):
    """A replica told to be late: what it says of itself, when it has something to apply."""
    with Headgate(cluster, cluster_settings={"max_lag": "1s"}) as strict:
        cluster.lag("db3", 3600)
        cluster.node("db1").sql("CREATE TABLE test.late (a INT)")
        wait_until(lambda: visit(strict)[0]["lag", "db3"][0]["result"] == "warning", "lag is seen", PATIENCE)
        assert visit(strict)[0]["lag", "db2"][0]["result"] == "ok"
        cluster.lag("db3", 0)


def test_what_the_monitor_may_not_see_is_said_with_the_grant(hg, cluster):
    privilege = {"mariadb": "SLAVE MONITOR", "mysql": "REPLICATION CLIENT"}[FAMILY]
    cluster.node("db2").sql(LOCAL + f"REVOKE {privilege} ON *.* FROM monitor@'%'")
    found, _ = visit(hg)
    row, = found["monitor_grants", "db2"]
    assert row["result"] == "error" and privilege in row["advice"]
    assert found["replication", "db2"][0]["result"] == "unknown"
    assert found["monitor_grants", "db3"][0]["result"] == "ok"
    cluster.node("db2").sql(LOCAL + f"GRANT {privilege} ON *.* TO monitor@'%'")


def test_traffic_goes_on_and_two_doctors_do_not_meet(hg):
    """Sessions' connections are as they were before; of two at the same time one is sent away."""
    db = hg.connect("writes")
    number = rows(db, "SELECT CONNECTION_ID()")
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(hg.json("doctor"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(answers) == 4 and any(isinstance(answer, list) for answer in answers)
    assert all(isinstance(answer, list) or "at work already" in answer["error"] for answer in answers)
    assert rows(db, "SELECT CONNECTION_ID()") == number
    db.close()


@contextlib.contextmanager
def at_work(proxy):
    """A connection whose doctor has begun: its command follows one that has been answered."""
    with socket.socket(socket.AF_UNIX) as waiting:
        waiting.settimeout(PATIENCE)
        waiting.connect(proxy.admin_socket)
        waiting.sendall(b"interactive\nshow version\ndoctor\n")
        heard = b""
        while b"\n\n" not in heard:
            heard += waiting.recv(65536)
        assert "at work already" in proxy.json("doctor")["error"]
        yield waiting


def test_a_client_that_does_not_wait_harms_nobody(hg, cluster):
    cluster.node("db3").pause()
    with at_work(hg):
        pass
    cluster.node("db3").resume()
    wait_until(lambda: isinstance(hg.json("doctor"), list), "the next doctor", PATIENCE)


@pytest.mark.long
def test_a_server_that_does_not_answer_is_said_to(hg, cluster):
    cluster.node("db3").pause()
    found, told = visit(hg, repeats=False)
    row, = found["connect", "db3"]
    assert row["result"] == "error" and "db3" in row["server"]
    assert [check for check, server in found if server == "db3"] == ["connect"]
    assert {row["server"] for row in told} == {"db1", "db2", "db3"}
    cluster.node("db3").resume()
    cluster.node("db3").kill()
    assert visit(hg)[0]["connect", "db3"][0]["result"] == "error"
    cluster.node("db3").start()


def test_without_a_binary_log_nobody_can_follow(hg, cluster):
    cluster.node("db3").kill()
    with cluster.store.change() as data:
        data["options"]["skip_log_bin"] = "1"
    cluster.node("db3").start()
    row, = visit(hg)[0]["log_bin", "db3"]
    assert row["result"] == "warning" and "no binary log" in row["found"]


def test_headgate_may_end_while_a_doctor_is_at_work(cluster):
    """What it has begun is given up, and whoever waits hears that."""
    servers = [{"name": node.name, "address": f"{node.host}:{node.port}"} for node in cluster.nodes()]
    cluster.node("db2").pause()
    with Proxy({"main": servers}, topology="auto", expect_up=False) as other, at_work(other) as waiting:
        other.stop()
        other.stop = other.check_log
        while waiting.recv(65536):
            pass
    cluster.node("db2").resume()
