"""What statements cost, in `show digests` and in the logs of statements: exact where the server is scripted."""

import json
import os
import re
import signal
import threading
import time

import pytest

import mysqlwire as w
import replies as r
from client import Client, execute
from fakeserver import FakeServer
from proxy import Proxy, wait_until

pytestmark = pytest.mark.room("stats")

COLUMNS = [("a", w.LONGLONG), ("b", w.VAR_STRING)]
PATIENCE = 60


@pytest.fixture(scope="module")
def server():
    server = FakeServer("db1")
    yield server
    server.stop()


@pytest.fixture
def primary(server):
    server.forget()
    return server


class Scene(Proxy):
    """headgate before one scripted primary, its logs of statements in its folder."""

    def __init__(self, primary, statements=None, log=None, workers=1, **options):
        extra = {"workers": workers, "statements": statements or {}}
        super().__init__({"main": [{"name": "db1", "address": primary.address, "role": "primary"}]}, extra=extra, **options)
        extra["log"] = {"level": "debug", **({"file": self.file("own.log")} if log == "file" else {})}
        for name in ("slow", "query"):
            extra["statements"].setdefault(f"{name}_file", self.file(f"{name}.log"))

    def file(self, name):
        return os.path.join(self.directory, name)

    def read(self, name):
        with open(self.file(name), encoding="utf-8") as f:
            return f.read()

    def lines(self, name, count):
        """The lines of a JSON log, once there are so many; every one of them is whole."""
        wait_until(lambda: self.read(name).count("\n") >= count, f"{count} lines in {name}", PATIENCE)
        found = [json.loads(line) for line in self.read(name).splitlines()]
        assert len(found) == count, found
        return found

    def connect(self, **options):
        return Client.connect(self.address["split"], **options)

    def digests(self, argument=""):
        return {row["text"]: row for row in self.show(f"digests {argument}")}


def numbers(row, *names):
    return tuple(row[name] for name in names)


def answers(rows, affected=0):
    """A script: so many rows, or an OK."""
    def script(c, _):
        c.reply(r.result(c.caps, COLUMNS, [[str(i), "x"] for i in range(rows)]) if rows
                else [r.ok(c.caps, affected=affected)])
    return script


# ---- digests ----

def test_counts_rows_bytes_and_errors_are_exact(primary):
    primary.on("SELECT a, b FROM t WHERE a = 1", answers(3))
    primary.on("SELECT  a, b FROM t WHERE a = 'x y'", answers(5))
    primary.on("UPDATE t SET b = 1", answers(0, affected=7))
    primary.on("UPDATE t SET b = 22", lambda c, _: c.error(1205, "too long"))
    with Scene(primary) as proxy, proxy.connect() as client:
        sent = ["SELECT a, b FROM t WHERE a = 1", "SELECT  a, b FROM t WHERE a = 'x y'"]
        got = sum(len(client.query(sql).wire()) for sql in sent)
        changed = client.query("UPDATE t SET b = 1").wire()
        with pytest.raises(r.Err):
            client.query("UPDATE t SET b = 22")
        with pytest.raises(r.Err) as refused:
            client.query("KILL USER 'x'")  # headgate's own answer
        assert refused.value.code == 1235
        rows = proxy.digests()
        read = rows["SELECT a, b FROM t WHERE a = ?"]
        assert numbers(read, "cluster", "user") == ("main", "app")
        assert numbers(read, "count", "errors", "rows", "affected") == (2, 0, 8, 0)
        assert numbers(read, "bytes_in", "bytes_out") == (sum(len(sql) + 5 for sql in sent), got)
        write = rows["UPDATE t SET b = ?"]
        assert numbers(write, "count", "errors", "rows", "affected") == (2, 1, 0, 7)
        error = len(w.packet(1, r.err(1205, "too long")))
        assert numbers(write, "bytes_in", "bytes_out") == (2 * len("UPDATE t SET b = 1") + 11, len(changed) + error)
        assert numbers(rows["KILL USER ?"], "count", "errors", "server_us", "bytes_out") == (1, 1, 0, 0)
        assert re.fullmatch(r"[0-9a-f]{16}", read["digest"]) and read["digest"] != write["digest"]
        for row in rows.values():
            assert row["total_us"] == row["wait_us"] + row["server_us"] + row["headgate_us"]
            assert row["avg_us"] <= row["max_us"] <= row["total_us"]
            assert row["p50_us"] <= row["p95_us"] <= row["p99_us"] <= row["max_us"]


def test_prepared_statements_count_when_they_are_executed(primary):
    sql = "SELECT a, b FROM t WHERE a = ?"
    primary.prepared[sql] = (1, COLUMNS)
    primary.on((w.EXECUTE, sql), lambda c, _: c.reply(r.binary_result(c.caps, COLUMNS, [[1, b"x"], [2, b"y"]])))
    with Scene(primary) as proxy, proxy.connect() as client:
        prepared = client.command(w.PREPARE, sql)
        body = execute(prepared.statement_id, [5])
        got = [client.command(w.EXECUTE, body).wire() for _ in range(3)]
        row = proxy.digests()[sql]
        assert numbers(row, "count", "prepares", "errors", "rows") == (3, 1, 0, 6)
        assert row["bytes_in"] == len(sql) + 5 + 3 * (len(body) + 5)
        assert row["bytes_out"] == len(prepared.wire()) + sum(map(len, got))
        client.query("SELECT a, b FROM t WHERE a = 1")  # the same, as text
        assert proxy.digests()[sql]["count"] == 4


def test_files_of_clients_are_counted(primary):
    sql = "LOAD DATA LOCAL INFILE 'f' INTO TABLE t"

    def load(c, _):
        c.reply([r.infile("f")])
        while c.pipe.read_packet():
            pass
        c.reply([r.ok(c.caps, affected=2)])
    primary.on(sql, load)
    with Scene(primary) as proxy, proxy.connect() as client:
        client.infile = lambda name: [b"x" * 1000, b"y" * 70000]
        client.query(sql)
        row = proxy.digests()["LOAD DATA LOCAL INFILE ? INTO TABLE t"]
        assert numbers(row, "count", "affected") == (1, 2)
        assert row["bytes_in"] == len(sql) + 5 + (1000 + 4) + (70000 + 4) + 4


def test_users_are_apart_workers_are_not_and_the_busiest_is_first(primary):
    def slowly(c, _):
        time.sleep(0.05)
        c.ok()
    primary.on("DO 'slow'", slowly)
    with Scene(primary, workers=2) as proxy:
        clients = [proxy.connect() for _ in range(4)] + [proxy.connect(user="other", password="other_pw")]
        assert len({row["worker"] for row in proxy.show("sessions")}) == 2
        for client in clients:
            client.query("DO 1")
        clients[0].query("DO 'slow'")
        clients[1].query("BEGIN")
        rows = proxy.show("digests")
        of = {numbers(row, "user", "text"): row for row in rows}  # a machine that pauses may make any the busiest
        assert len(rows) == 3 and (of["app", "DO ?"]["count"], of["other", "DO ?"]["count"]) == (5, 1)
        assert [row["total_us"] for row in rows] == sorted((row["total_us"] for row in rows), reverse=True)
        assert of["app", "DO ?"]["max_us"] >= 50_000 and of["app", "DO ?"]["server_us"] >= 50_000
        assert proxy.show("digests 1") == proxy.show("digests top 1") and len(proxy.show("digests 1")) == 1
        assert "takes how many" in proxy.json("show digests x")["error"]
        for client in clients:
            client.close()


def test_a_full_table_loses_no_count(primary):
    with Scene(primary, {"digests": 3}) as proxy, proxy.connect() as client:
        for i in range(20):
            client.query(f"SELECT a FROM t{i}")
        rows = proxy.show("digests")
        assert len(rows) == 4 and sum(row["count"] for row in rows) == 20
        assert numbers(rows[-1], "cluster", "user", "digest", "text") == (None, None, None,
                                                                         "(others: 17 times one made room)")
        assert rows[-1]["count"] == 17 and rows[-1]["bytes_in"] == sum(len(f"SELECT a FROM t{i}") + 5 for i in range(20)) \
            - sum(row["bytes_in"] for row in rows[:-1])
        proxy.admin("reset digests")
        assert proxy.show("digests") == []
        client.query("SELECT a FROM t1")
        assert [row["count"] for row in proxy.show("digests")] == [1]


def test_waiting_is_told_from_the_servers_time(primary):
    with Scene(primary, timeouts={"primary_wait": "60s"}) as proxy, proxy.connect() as client:
        client.query("DO 1")
        proxy.admin("pause main")
        client.send(w.QUERY, b"UPDATE t SET a = 1")
        wait_until(lambda: proxy.show("sessions")[0]["state"] == "waiting for a server", "it waits", PATIENCE)
        time.sleep(0.05)
        proxy.admin("resume main")
        assert client.read().oks
        row = proxy.digests()["UPDATE t SET a = ?"]
        assert 50_000 <= row["wait_us"] <= row["total_us"] - row["server_us"]


def test_off_is_off(primary):
    with Scene(primary, {"digests": "off"}) as proxy, proxy.connect() as client:
        client.query("DO 1")
        assert "statements.digests is \"off\"" in proxy.json("show digests")["error"]


# ---- the logs ----

def test_slow_statements_are_told_with_all_that_is_known(primary):
    def slowly(c, _):
        time.sleep(0.05)
        c.error(1146, "no such table", "42S02")
    primary.on("SELECT 'it''s' FROM t", slowly)
    with Scene(primary, {"slow": "50ms", "format": "json"}) as proxy, proxy.connect(schema="shop") as client:
        with pytest.raises(r.Err):
            client.query("SELECT 'it''s' FROM t")
        wait_until(lambda: proxy.read("slow.log"), "a line", PATIENCE)
        line = json.loads(proxy.read("slow.log").splitlines()[0])
        session, = proxy.show("sessions")
        digest = proxy.digests()["SELECT ? FROM t"]["digest"]
        assert {**line, "time": 0, "total_us": 0, "wait_us": 0, "server_us": 0, "headgate_us": 0, "client": 0} == {
            "time": 0, "log": "slow", "command": "COM_QUERY", "session": session["id"], "user": "app", "client": 0,
            "listener": "split", "cluster": "main", "server": "db1", "schema": "shop", "digest": digest, "total_us": 0,
            "wait_us": 0, "server_us": 0, "headgate_us": 0, "rows": 0, "affected": 0,
            "bytes_in": len("SELECT 'it''s' FROM t") + 5,
            "bytes_out": len(w.packet(1, r.err(1146, "no such table", "42S02"))), "error": 1146,
            "route": line["route"], "text": "SELECT ? FROM t"}
        assert line["server_us"] >= 50_000 and line["total_us"] >= line["server_us"]
        assert not os.path.exists(proxy.file("query.log"))


def test_one_in_so_many_is_told(primary):
    with Scene(primary, {"sample": 3, "slow": "1h", "format": "json"}) as proxy, proxy.connect() as client:
        for i in range(10):
            client.query(f"SELECT a FROM t{i}")
        lines = proxy.lines("query.log", 3)
        assert [line["text"] for line in lines] == [f"SELECT a FROM t{i}" for i in (2, 5, 8)]
        assert {line["log"] for line in lines} == {"query"}
        assert proxy.read("slow.log") == ""


def test_literals_are_shown_on_demand_as_valid_json(primary):
    with Scene(primary, {"sample": 1, "literals": True, "format": "json"}) as proxy, proxy.connect() as client:
        said = [b"SELECT 'it''s \\\\ \"quoted\"', 7", b"SELECT '\xff\xc3\x28\x00\x1b'", b"SELECT '" + b"\xc3\xa4" * 5000 + b"'"]
        for sql in said:
            client.command(w.QUERY, sql)
        lines = proxy.lines("query.log", 3)
        assert lines[0]["text"] == said[0].decode()
        assert lines[1]["text"] == said[1].decode(errors="replace")
        assert lines[2]["text"].startswith("SELECT 'ä") and len(lines[2]["text"]) > 900


def test_what_is_not_answered_is_told_too(primary):
    asked, go_on = threading.Event(), threading.Event()

    def never(c, _):
        asked.set()
        go_on.wait(PATIENCE)
        return False
    primary.on("SELECT a FROM t", never)
    with Scene(primary, {"sample": 1, "format": "json"}) as proxy:
        client = proxy.connect()
        client.send(w.QUERY, b"SELECT a FROM t")
        assert asked.wait(PATIENCE)
        client.close()
        line, = proxy.lines("query.log", 1)
        go_on.set()
        assert line["end"] and "error" not in line
        assert proxy.digests()["SELECT a FROM t"]["errors"] == 1


def test_files_are_reopened_on_sigusr1(primary):
    with Scene(primary, {"sample": 1, "slow": "1us", "format": "json"}, log="file") as proxy, proxy.connect() as client:
        names = ("query.log", "slow.log", "own.log")
        client.query("DO 'before'")
        proxy.lines("query.log", 1)
        for name in names:
            os.rename(proxy.file(name), proxy.file(name + ".1"))
        client.query("DO 'between'")
        proxy.lines("slow.log.1", 2)  # a reply is there before its lines are
        proxy.lines("query.log.1", 2)
        proxy.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: all(os.path.exists(proxy.file(name)) for name in names), "new files", PATIENCE)
        wait_until(lambda: "opened again" in proxy.read("own.log"), "said in the new log", PATIENCE)
        client.query("DO 'after'")
        for name in ("query.log", "slow.log"):
            proxy.lines(name, 1)
            proxy.lines(name + ".1", 2)
        assert "logged in as 'app'" in proxy.read("own.log.1") and "is running" in proxy.read("own.log.1")
        assert "headgate 0" not in proxy.log() and "Z " not in proxy.log()  # nothing on stderr


def test_a_full_disk_disturbs_nobody(primary):
    with Scene(primary, {"sample": 1, "query_file": "/dev/full"}) as proxy, proxy.connect() as client:
        for _ in range(50):
            assert client.query("DO 1").oks
        def lost():     # the client has its answer before the line is written
            return {row["name"]: row["value"] for row in proxy.show("stats") if row["cluster"] is None}
        wait_until(lambda: lost()["query_lines_lost"] >= 50, "the last line is lost", PATIENCE)
        assert lost() == {"log_lines_lost": 0, "slow_lines_lost": 0, "query_lines_lost": 50}
        wait_until(lambda: "/dev/full cannot be written to" in proxy.log(), "it is said", PATIENCE)
        assert proxy.log().count("cannot be written to") == 1


# ---- secrets ----

SECRET = "Geh3imnis"
CARRIERS = [
    "CREATE USER u IDENTIFIED BY '{}'",
    "create user u identified by \"{}\"",
    "CREATE USER u IDENTIFIED WITH mysql_native_password AS '{}'",
    "CREATE USER u IDENTIFIED VIA ed25519 USING PASSWORD('{}')",
    "ALTER USER u IDENTIFIED BY '{}' REPLACE '{}'",
    "SET PASSWORD FOR u = PASSWORD('{}')",
    "SET PASSWORD = '{}'",
    "GRANT ALL ON *.* TO u IDENTIFIED BY '{}'",
    "CHANGE MASTER TO MASTER_HOST = 'h', MASTER_PASSWORD = '{}'",
    "CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD = '{}'",
    "START SLAVE USER = 'u' PASSWORD = '{}'",
    "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (PASSWORD '{}')",
    "PREPARE s FROM 'ALTER USER u IDENTIFIED BY \"{}\"'",
    "EXECUTE IMMEDIATE 'SELECT ''{}'''",
    "SET @s = 'SET PASSWORD = ''{}'''",
    "SELECT AES_ENCRYPT('x', '{}')",
    "INSERT INTO t VALUES (AES_DECRYPT(0x00, '{}'), SHA2('{}', 256))",
    "SELECT a FROM users WHERE password = '{}'",
    "SELECT 1 /* password: {} */",
    "CREATE USER u IDENTIFIED BY '{}",
    "SET sql_mode = 'NO_BACKSLASH_ESCAPES'; SET PASSWORD = 'a\\', '{}'",
]
PLAIN = [  # secrets to nobody but their application: not shown without literals
    "SELECT '{}', \"{}\", x'00', N'{}', _utf8'{}' FROM t",
    "SELECT 'a\\', {} ",  # a quote that does not end
    "SELECT a FROM t WHERE b IN ('{}', '{}') -- {}",
    "INSERT INTO t VALUES ('{}', '{}'), ('{}', '{}'), (1, '{}')",
    "SELECT /*+ SET_VAR(a = '{}') */ b",
    "SET sql_mode = 'NO_BACKSLASH_ESCAPES'; SELECT 'a\\', '{}'",
]


@pytest.mark.parametrize("literals", [True, False], ids=["literals", "digests"])
@pytest.mark.parametrize("format", ["text", "json"])
def test_secrets_are_nowhere_whatever_is_shown(primary, format, literals):
    """All logs at their most talkative, every SHOW there is."""
    settings = {"sample": 1, "slow": "1us", "literals": literals, "format": format}
    carriers = CARRIERS if literals else CARRIERS + PLAIN
    with Scene(primary, settings, log="file") as proxy, proxy.connect() as client:
        for sql in carriers:
            assert "{}" in sql
            client.command(w.QUERY, sql.replace("{}", SECRET))
            client.command(w.PREPARE, sql.replace("{}", SECRET))
        client.query("SELECT 'shown' AS the_last")
        wait_until(lambda: "the_last" in proxy.read("query.log"), "the last line", PATIENCE)
        assert ("'shown'" in proxy.read("query.log")) == literals
        shown = [row["command"] for row in proxy.json("help")
                 if row["command"].startswith("show ") and not row["argument"].startswith("<")]
        assert "show digests" in shown and "show sessions" in shown
        told = {name: proxy.read(name) for name in ("query.log", "slow.log", "own.log")}
        told.update({command: proxy.admin(command) + proxy.admin("json " + command) for command in shown})
        told["stderr"] = proxy.log()
        for where, text in told.items():
            assert SECRET.lower() not in text.lower(), where
        assert told["query.log"].count("\n") == 2 * len(carriers) + 1
        assert "CREATE USER u IDENTIFIED BY ?" in told["query.log"] and "CREATE USER u IDENTIFIED BY ?" in told["show digests"]
