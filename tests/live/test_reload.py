"""Reloads under real traffic: whatever changes, no statement fails, and nothing grows.

HEADGATE_RELOADS=100 HEADGATE_RELOAD_THREADS=64 is the long form (tools/soak).
"""

import os
import random
import subprocess
import threading

import pytest

from headgate import Headgate, value
from proxy import memory_margin, wait_until

pytestmark = [pytest.mark.room("app", "settings"), pytest.mark.threads]

RELOADS = int(os.environ.get("HEADGATE_RELOADS", "20"))
THREADS = int(os.environ.get("HEADGATE_RELOAD_THREADS", "4"))
SECONDS_PER_TEST = 300 if RELOADS <= 20 else 3600
LONG = 60.0
TABLES = ["--tables=1", "--table-size=1000"]


@pytest.fixture(scope="module")
def running(cluster):
    with Headgate(cluster, timeouts={"primary_wait": "50s", "pool_wait": "50s"}) as proxy:
        yield proxy


def sysbench(hg, script, *options, listener="split"):
    host, port = hg.host_and_port(listener)
    command = ["sysbench", script, f"--mysql-host={host}", f"--mysql-port={port}", "--mysql-user=app",
               "--mysql-password=app_pw", "--mysql-db=sbtest", *TABLES, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_PER_TEST, check=False)
    output = done.stdout + done.stderr
    assert done.returncode == 0 and "FATAL" not in output, output[-3000:]
    return output


class Traffic:
    """sysbench, again and again until the end: of one script, with its own threads."""

    def __init__(self, hg, script, *options):
        self.hg, self.script, self.options = hg, script, options
        self.stop, self.failure, self.runs = threading.Event(), None, 0
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def _run(self):
        try:
            while not self.stop.is_set():
                output = sysbench(self.hg, self.script, f"--threads={THREADS}", f"--events={THREADS * 200}", "--time=0",
                                  *self.options, "run")
                for words in ("ignored errors:", "reconnects:"):
                    count = output.partition(words)[2].split()[0]
                    assert count == "0", output[-3000:]
                self.runs += 1
        except Exception as failure:  # noqa: BLE001: whatever it is, the test tells it
            self.failure = failure

    def __exit__(self, *exception):
        self.stop.set()
        self.thread.join(SECONDS_PER_TEST)


def changed(proxy, chance):
    """All that may change at any time, changed at random; the file is written."""
    tree = proxy.tree()
    cluster = tree["clusters"][0]
    first, *replicas = cluster["servers"]
    for server in replicas:
        server.update(weight=chance.randint(1, 9), zone=chance.choice("ab"), tls=chance.choice(("off", "preferred")),
                      max_connections=chance.randint(THREADS * 3, THREADS * 3 + 50))
    kept = chance.choice((replicas, replicas[:1], replicas[1:]))
    cluster.update(servers=[first, *kept], zone=chance.choice("ab"), balance=chance.choice(("least", "round_robin")),
                   pool=chance.choice(("transaction", "session")), pool_idle_max=chance.choice((4, 40, "auto")),
                   consistency=chance.choice(("session", "eventual", "strong")), max_lag=f"{chance.randint(50, 90)}s",
                   consistency_wait=f"{chance.randint(1, 50)}ms", slow_start=f"{chance.randint(1, 5)}s",
                   primary_reads=chance.choice(("fallback", "share")), connection_reserve=chance.randint(1, 9),
                   pool_idle_min=chance.randint(0, 4), pool_trust=chance.choice(("off", "1s", "10s")),
                   prepared_max=chance.randint(10, 300), read_functions=chance.choice((True, False)),
                   read_functions_interval=f"{chance.randint(1, 60)}s", topology=chance.choice(("auto", "replication")))
    cluster["monitor"].update(interval=f"{chance.randint(100, 900)}ms", timeout="50s", rise=1, fall=chance.randint(2, 4))
    cluster["ejection"] = {"failures": chance.randint(5, 9), "base": "2s", "max": f"{chance.randint(3, 9)}s",
                            "max_share": chance.randint(10, 60)}
    tree["timeouts"].update(query=chance.choice(("off", "50m")), idle_client=chance.choice(("50m", "8h")),
                            connect="50s", login=f"{chance.randint(40, 59)}s", server_idle=f"{chance.randint(1, 50)}s",
                            server_lifetime=chance.choice(("1m", "off")), tcp_keepalive=f"{chance.randint(20, 60)}s",
                            tcp_user_timeout=f"{chance.randint(40, 60)}s", client_login=f"{chance.randint(40, 60)}s",
                            idle_transaction=chance.choice(("off", "40m")), primary_wait=f"{chance.randint(40, 60)}s",
                            pool_wait=f"{chance.randint(40, 60)}s", pause=f"{chance.randint(40, 60)}s",
                            drain=f"{chance.randint(1, 9)}m", shutdown=f"{chance.randint(20, 60)}s")
    tree["log"] = {"level": chance.choice(("info", "notice")), "format": chance.choice(("text", "json"))}
    tree["limits"] = {"max_clients": 1000 + chance.randint(0, 9), "max_clients_per_address": 1000 + chance.randint(0, 9)}
    tree["users"][0].update(max_connections=1000 + chance.randint(0, 9),
                            consistency=chance.choice(("inherit", "session", "strong")))
    tree["users"].append({"name": f"user{chance.randint(0, 9)}", "password": chance.choice("xyz")})
    tree["listeners"][3].update(mode=chance.choice(("primary", "split")), max_clients=chance.randint(500, 509),
                                consistency=chance.choice(("inherit", "eventual", "strong")))
    tree["listeners"].append({"name": f"more{chance.randint(0, 99)}", "cluster": "main",
                              "address": os.path.join(proxy.directory, "more.sock")})
    proxy.write(tree)


def changed_further(proxy, chance):
    """The same, and what makes headgate log in or listen elsewhere: only in the long form, as it takes its time."""
    tree = proxy.tree()
    cluster = tree["clusters"][0]
    cluster["monitor"].update(chance.choice(({}, {"user": "other_monitor", "password": "other_pw"})))
    for server in cluster["servers"]:
        server["address"] = server["address"].replace("127.0.0.1", chance.choice(("127.0.0.1", "localhost")))
    tree["listeners"][3]["address"] = os.path.join(proxy.directory, chance.choice(("one.sock", "two.sock")))
    proxy.write(tree)
    return proxy.json("reload")


def files_at_rest(proxy):
    """How many it has open when no client is there and no connection is kept. Each worker may still be asking each server."""
    tree = proxy.tree()
    tree["clusters"][0]["pool_idle_max"] = 0
    proxy.write(tree)
    proxy.json("reload")
    wait_until(lambda: proxy.show("version")[0]["sessions"] == 0, "everybody has gone", LONG)
    wait_until(lambda: not any(row["connections_active"] + row["connections_idle"] for row in proxy.show("servers")),
               "nothing is connected", LONG)
    return proxy.fds()


def served(proxy):
    return sum(row["queries"] for row in proxy.show("servers"))


@pytest.mark.long
def test_reloads_under_sysbench_are_not_noticed(cluster, running):
    chance = random.Random(int(os.environ.get("HEADGATE_SEED", "1")))
    sysbench(running, "oltp_point_select", "prepare", listener="writes")
    grants = "REPLICATION CLIENT" if cluster.family == "mysql" else "BINLOG MONITOR, SLAVE MONITOR"
    cluster.sql("db1", f"CREATE USER other_monitor@'%' IDENTIFIED BY 'other_pw'; GRANT {grants} ON *.* TO other_monitor@'%'")
    cluster.sync()
    files = files_at_rest(running)
    with Traffic(running, "oltp_point_select") as reads, Traffic(running, "oltp_update_non_index") as writes:
        for i in range(RELOADS):
            changed(running, chance)
            told = running.json("reload")
            assert isinstance(told, list) and told, told
            if RELOADS > 20 and i % 10 == 9:
                told = changed_further(running, chance)
                assert isinstance(told, list) and told, told
            before = served(running)
            wait_until(lambda before=before: served(running) > before + THREADS * 20 or served(running) < before
                       or reads.failure or writes.failure, "statements are served", LONG)
            if i == RELOADS // 2:
                memory = running.rss()
    assert not reads.failure, reads.failure
    assert not writes.failure, writes.failure
    assert reads.runs > 0 and writes.runs > 0
    askers = 2 * len(cluster.nodes())  # one a worker and server
    assert files + askers < files + RELOADS / 2
    files_at_rest(running)  # headgate's own questions after a reload (stored code, accounts' rights) end by themselves
    wait_until(lambda: running.fds() <= files + askers, "no file is left open", LONG)
    assert running.rss() - memory < memory_margin()
    running.write()
    running.json("reload")
    for node in cluster.nodes():
        running.wait_server(node.name, lambda row: row["state"] == "up", LONG)
    with running.connect() as connection:
        assert value(connection, "SELECT 1") == 1


@pytest.mark.smoke
@pytest.mark.scenario
def test_a_session_keeps_what_it_has(cluster, running):
    """A transaction, a temporary table, variables and a prepared statement outlive what a reload does around them."""
    with running.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET @mine = 41, SESSION group_concat_max_len = 2048")
        cursor.execute("CREATE TEMPORARY TABLE kept (id INT PRIMARY KEY)")
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO kept VALUES (7)")
        for seed in range(5):
            changed(running, random.Random(seed))
            assert running.json("reload")
            cursor.execute("SELECT id, @mine + 1, @@group_concat_max_len FROM kept")
            assert cursor.fetchall() == ((7, 42, 2048),)
        cursor.execute("COMMIT")
    running.write()
    running.json("reload")


@pytest.mark.smoke
def test_own_writes_are_read_when_consistency_comes_back(cluster, running):
    """While nobody followed what a session writes, nobody knows; from then on its reads are as new as the primary."""
    with running.connect() as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS reloaded")
        cursor.execute("CREATE TABLE reloaded (id INT PRIMARY KEY)")
        for i in range(20):
            tree = running.tree()
            tree["clusters"][0]["consistency"] = "eventual"
            running.write(tree)
            running.json("reload")
            cursor.execute("INSERT INTO reloaded VALUES (%s)", (i,))
            running.write()
            running.json("reload")
            cursor.execute("SELECT COUNT(*) FROM reloaded")
            assert cursor.fetchall() == ((i + 1,),)
        cursor.execute("DROP TABLE reloaded")
