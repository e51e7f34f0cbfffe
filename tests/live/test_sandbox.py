"""tools/sandbox itself: everything else that runs live stands on it."""

import json
import os
import socket
import subprocess
import sys
import threading
import time

import pymysql
import pytest

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")
sys.path.insert(0, TOOLS)

from sandbox_lib import Cluster, SandboxError, replication, wait_for  # noqa: E402

pytestmark = [pytest.mark.room("tools"), pytest.mark.long]

SANDBOX = os.path.join(TOOLS, "sandbox")
READ_ONLY = 1290
NO_PRIVILEGE = 1227


@pytest.fixture(name="cluster")
def _cluster():
    with Cluster.start(die_with_parent=True) as cluster:
        cluster.sql("db1", "CREATE TABLE app.t (id INT PRIMARY KEY)")
        cluster.sync()
        yield cluster


def insert(cluster, name, number):
    cluster.sql(name, f"INSERT INTO app.t VALUES ({number})", user="app")


def numbers(cluster, name):
    return [row[0] for row in cluster.sql(name, "SELECT id FROM app.t ORDER BY id", user="app")]


def refusal(cluster, name, text, user="app"):
    """The number of the error that a statement gets."""
    with pytest.raises(pymysql.MySQLError) as caught:
        cluster.sql(name, text, user=user)
    return caught.value.args[0]


def listens(port):
    with socket.socket() as s:
        s.settimeout(5)
        return s.connect_ex(("127.0.0.1", port)) == 0


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def run(*arguments, fails=False):
    """Run the command; what it printed (its standard error, if it is to fail)."""
    done = subprocess.run([SANDBOX, *map(str, arguments)], capture_output=True, text=True,
                          timeout=300, check=False)
    assert (done.returncode != 0) == fails, done.stderr + done.stdout
    return done.stderr if fails else done.stdout


# ---- what a fresh sandbox is ----

def test_replication_flows(cluster):
    insert(cluster, "db1", 1)
    cluster.sync()
    assert numbers(cluster, "db2") == numbers(cluster, "db3") == [1]


def test_replicas_refuse_the_applications_writes(cluster):
    for name in ("db2", "db3"):
        assert refusal(cluster, name, "INSERT INTO app.t VALUES (9)") == READ_ONLY


def test_accounts_have_no_more_than_they_should(cluster):
    for user in ("app", "other"):
        assert refusal(cluster, "db1", "SET GLOBAL read_only = 0", user) == NO_PRIVILEGE
        grants = str(cluster.sql("db2", "SHOW GRANTS", user=user))
        assert "SUPER" not in grants and "READ_ONLY ADMIN" not in grants
    anonymous = cluster.sql("db1", "SELECT COUNT(*) FROM mysql.user WHERE User = ''")
    assert anonymous[0][0] == 0


def test_application_may_do_what_applications_do(cluster):
    with cluster.connect("db1", "app", "app2") as connection, connection.cursor() as cursor:
        for statement in ("CREATE TABLE a (b INT)", "LOCK TABLES a WRITE", "UNLOCK TABLES",
                          "CREATE TEMPORARY TABLE c (d INT)",
                          "CREATE PROCEDURE p() SELECT 1", "CALL p()"):
            cursor.execute(statement)


def test_monitor_sees_replication(cluster):
    assert len(cluster.sql("db2", "SHOW SLAVE STATUS", user="monitor")) == 1


def test_servers_start_with_a_clean_history_and_names_of_their_own(cluster):
    ids = {cluster.sql(node.name, "SELECT @@server_id")[0][0] for node in cluster.nodes()}
    assert ids == {1, 2, 3}
    assert cluster.node("db1").value("SELECT @@gtid_binlog_pos") == "0-1-1"


def test_listens_on_both_loopback_addresses(cluster):
    try:
        probe = socket.socket(socket.AF_INET6)
        probe.bind(("::1", 0))
    except OSError:
        pytest.skip("no ::1 here")
    probe.close()
    with socket.create_connection(("::1", cluster.node("db1").port), timeout=5):
        pass


def test_further_options_reach_the_servers():
    with Cluster.start(replicas=0, die_with_parent=True,
                       options={"wait_timeout": 77}) as cluster:
        assert cluster.node("db1").value("SELECT @@GLOBAL.wait_timeout") == 77


def test_general_log_is_off_until_asked_for(cluster):
    node = cluster.node("db2")
    node.sql("SELECT 'before'")
    node.log_queries()
    node.sql("SELECT 'marked'")
    node.log_queries(False)
    assert "marked" in node.logged() and "before" not in node.logged()


# ---- trouble ----

def test_killed_node_comes_back_where_it_was(cluster):
    node = cluster.node("db2")
    port = node.port
    node.kill()
    assert node.state() == "dead" and not listens(port)
    insert(cluster, "db1", 1)
    node.start()
    assert node.port == port
    cluster.sync()
    assert numbers(cluster, "db2") == [1]
    assert refusal(cluster, "db2", "INSERT INTO app.t VALUES (9)") == READ_ONLY


def test_busy_replica_that_comes_back_applies_nothing_twice(cluster):
    cluster.sql("db1", "CREATE TABLE app.busy (id INT AUTO_INCREMENT PRIMARY KEY, v INT)")
    is_over = threading.Event()

    def write():
        with cluster.connect("db1", database="app", autocommit=True) as connection, connection.cursor() as cursor:
            while not is_over.is_set():
                cursor.execute("INSERT INTO busy (v) VALUES (1)")
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(50):
            replication.skip_recovered_ddl(cluster.node("db2"))
    finally:
        is_over.set()
        writer.join()
    assert cluster.node("db2").replication()["sql_error"] == ""
    cluster.sync()


def test_killed_primary_comes_back_as_the_primary_if_nobody_was_promoted(cluster):
    cluster.node("db1").kill()
    cluster.node("db1").start()
    insert(cluster, "db1", 1)
    cluster.sync()
    assert numbers(cluster, "db3") == [1]


def test_paused_node_accepts_but_does_not_answer(cluster):
    node = cluster.node("db3")
    node.pause()
    assert node.state() == "paused" and listens(node.port)
    with pytest.raises(pymysql.MySQLError):
        node.connect("app", connect_timeout=0.3, read_timeout=0.3)
    with pytest.raises(SandboxError, match="paused"):
        node.sql("SELECT 1")
    node.resume()
    assert numbers(cluster, "db3") == []


def test_lag_holds_changes_back_and_can_be_ended(cluster):
    cluster.lag("db2", 3600)
    insert(cluster, "db1", 1)
    wait_for("db3 to have it", lambda: numbers(cluster, "db3") == [1])
    wait_for("db2 to have received it",
             lambda: cluster.node("db2").replication()["received"] == "0-1-2")
    assert numbers(cluster, "db2") == []
    cluster.lag("db2", 0)
    cluster.sync()
    assert numbers(cluster, "db2") == [1]


def test_promote_hands_over(cluster):
    insert(cluster, "db1", 1)
    cluster.promote("db2")
    assert cluster.primary().name == "db2"
    insert(cluster, "db2", 2)
    cluster.sync()
    assert numbers(cluster, "db1") == numbers(cluster, "db3") == [1, 2]
    assert refusal(cluster, "db1", "INSERT INTO app.t VALUES (9)") == READ_ONLY
    cluster.promote("db1")
    insert(cluster, "db1", 3)
    cluster.sync()
    assert numbers(cluster, "db2") == numbers(cluster, "db3") == [1, 2, 3]


def test_promote_survives_restarts(cluster):
    cluster.promote("db3")
    for name in ("db1", "db3"):
        cluster.node(name).kill()
        cluster.node(name).start()
    insert(cluster, "db3", 1)
    cluster.sync()
    assert numbers(cluster, "db1") == [1]
    assert refusal(cluster, "db1", "INSERT INTO app.t VALUES (9)") == READ_ONLY


def test_dead_primary_is_replaced_and_rejoins(cluster):
    insert(cluster, "db1", 1)
    cluster.sync()
    cluster.node("db1").kill()
    cluster.promote("db2")
    insert(cluster, "db2", 2)
    cluster.node("db1").start()
    cluster.sync()
    assert numbers(cluster, "db1") == numbers(cluster, "db3") == [1, 2]


def test_partition_lets_packets_vanish(cluster):
    node = cluster.node("db2")
    try:
        cluster.partition("db2")
    except SandboxError as e:
        if os.geteuid() == 0:
            raise
        pytest.skip(str(e))
    with pytest.raises(pymysql.MySQLError):
        node.connect("app", connect_timeout=0.3, read_timeout=0.3)
    insert(cluster, "db1", 1)
    wait_for("db3 to have it", lambda: numbers(cluster, "db3") == [1])
    assert numbers(cluster, "db2") == []
    cluster.heal("db2")
    cluster.sync()
    assert numbers(cluster, "db2") == [1]


# ---- the end ----

def test_stop_leaves_nothing_running(tmp_path):
    cluster = Cluster.start(tmp_path / "s", replicas=1, die_with_parent=True)
    facts = [(node.pid, node.port) for node in cluster.nodes()]
    cluster.node("db2").pause()
    cluster.stop()
    assert not any(alive(pid) or listens(port) for pid, port in facts)


def test_stop_does_not_kill_a_stranger_with_the_same_pid(tmp_path):
    cluster = Cluster.start(tmp_path / "s", replicas=0, die_with_parent=True)
    cluster.node("db1").kill()
    with subprocess.Popen(["sleep", "600"]) as stranger:
        cluster.store.change_node("db1", pid=stranger.pid, started=1)
        cluster.stop()
        assert stranger.poll() is None
        stranger.kill()


def test_sandbox_dies_with_its_parent(tmp_path):
    code = ("import sys; sys.path.insert(0, sys.argv[1])\n"
            "from sandbox_lib import Cluster\n"
            "c = Cluster.start(sys.argv[2], replicas=0, die_with_parent=True)\n"
            "print(c.node('db1').pid, flush=True)\n")
    done = subprocess.run(["/usr/bin/python3", "-c", code, TOOLS, str(tmp_path / "s")],
                          capture_output=True, text=True, timeout=120, check=True)
    pid = int(done.stdout)
    wait_for("the server to be gone", lambda: not alive(pid), 10)
    Cluster.open(tmp_path / "s").stop()


def test_failed_start_leaves_no_process_and_says_why(tmp_path, monkeypatch):
    from sandbox_lib import config
    right = config.server_config
    monkeypatch.setattr(config, "server_config",
                        lambda *a: right(*a) + "no_such_option = 1\n")
    with pytest.raises(SandboxError, match="no_such_option|no-such-option"):
        Cluster.start(tmp_path / "s", replicas=0)
    assert not (tmp_path / "s" / "cluster.json").exists()


def test_taken_port_is_replaced(tmp_path, monkeypatch):
    from sandbox_lib import cluster as module
    with socket.create_server(("127.0.0.1", 0)) as other:
        right, asked = module.pick_port, []

        def first_a_taken_one(taken=()):
            asked.append(taken)
            return other.getsockname()[1] if len(asked) == 1 else right(taken)

        monkeypatch.setattr(module, "pick_port", first_a_taken_one)
        with Cluster.start(tmp_path / "s", replicas=0, die_with_parent=True) as cluster:
            assert cluster.node("db1").port != other.getsockname()[1]
            assert cluster.sql("db1", "SELECT 1")


# ---- the command ----

def test_the_command_from_start_to_destroy(tmp_path):
    folder = tmp_path / "s"
    run(folder, "start", "--replicas", 1)
    try:
        assert "runs already" in run(folder, "start", fails=True)
        run(folder, "sql", "db1", "CREATE TABLE app.t (a INT, b TEXT)")
        assert run(folder, "sql", "db1", "SELECT 'x\ty' AS a, NULL AS b") == "a\tb\nx\\ty\tNULL\n"
        assert "1064" in run(folder, "sql", "db1", "SELEC", fails=True)
        run(folder, "kill", "db1")
        run(folder, "promote", "db2")
        run(folder, "start", "db1")
        status = json.loads(run(folder, "status", "--json"))
        assert status["primary"] == "db2"
        assert [node["read_only"] for node in status["nodes"]] == [True, False]
        assert f"PRIMARY_PORT='{status['nodes'][1]['port']}'" in run(folder, "env")
        run(folder, "stop")
        run(folder, "start")
        assert run(folder, "sql", "db1", "SELECT COUNT(*) FROM app.t") == "COUNT(*)\n0\n"
    finally:
        run(folder, "destroy")
    assert not folder.exists()


def test_the_command_says_what_is_wrong(tmp_path):
    assert "cluster.json is missing" in run(tmp_path, "status", fails=True)
    (tmp_path / "db1").mkdir()
    assert "in the way" in run(tmp_path, "start", fails=True)
    assert (tmp_path / "db1").is_dir()


# ---- the other flavours ----

@pytest.mark.parametrize("flavour", ["mariadb-11", "mysql"])
def test_other_flavours(flavour):
    with Cluster.start(flavour=flavour, die_with_parent=True) as cluster:
        cluster.sql("db1", "CREATE TABLE app.t (id INT PRIMARY KEY)")
        insert(cluster, "db1", 1)
        cluster.sync()
        assert numbers(cluster, "db2") == numbers(cluster, "db3") == [1]
        assert refusal(cluster, "db2", "INSERT INTO app.t VALUES (9)") == READ_ONLY
        with cluster.connect("db2", "other", "app") as connection:
            assert connection.get_server_info()
        cluster.promote("db3")
        cluster.node("db1").kill()
        insert(cluster, "db3", 2)
        cluster.node("db1").start()
        cluster.sync()
        assert numbers(cluster, "db1") == [1, 2]
        facts = [(node.pid, node.port) for node in cluster.nodes()]
    assert not any(alive(pid) or listens(port) for pid, port in facts)


def test_several_sandboxes_at_a_time(tmp_path):
    began = time.monotonic()
    starts = [subprocess.Popen([SANDBOX, tmp_path / str(i), "start", "--replicas", "1"],
                               stdout=subprocess.DEVNULL) for i in range(3)]
    try:
        assert [start.wait(timeout=120) for start in starts] == [0, 0, 0]
    finally:
        for i in range(3):
            run(tmp_path / str(i), "destroy")
    assert time.monotonic() - began < 120
