"""What statements cost, as real servers answer them: rows, errors, times, and nothing of a secret anywhere."""

import json
import os

import pymysql
import pytest

import mysqlwire as w
from client import execute
from headgate import Headgate, rows
from proxy import wait_until

pytestmark = pytest.mark.room("stats")

SECRET = "Geh3imnis"


@pytest.fixture(scope="module", autouse=True)
def schema(cluster):
    cluster.primary().sql("CREATE TABLE test.costs (id INT PRIMARY KEY, note VARCHAR(20)) ENGINE=InnoDB")
    cluster.sync()


class Telling(Headgate):
    """headgate that tells all it knows of each statement."""

    def __init__(self, cluster):
        super().__init__(cluster)
        self.file = os.path.join(self.directory, "query.log")
        self.extra = {"log": {"level": "debug"},
                      "statements": {"sample": 1, "query_file": self.file, "slow": "200ms", "format": "json", "literals": True,
                                     "slow_file": os.path.join(self.directory, "slow.log")}}

    def lines(self, name="query.log"):
        with open(os.path.join(self.directory, name), encoding="utf-8") as f:
            return [json.loads(line) for line in f.read().splitlines()]

    def line(self, text, name="query.log"):
        """The line about that statement, once it is there."""
        def found():
            return [line for line in self.lines(name) if line.get("text") == text]
        return wait_until(found, f"a line about {text}", 60)[0]

    def digest(self, text):
        found = [row for row in self.show("digests") if row["text"] == text]
        assert len(found) == 1, found
        return found[0]


@pytest.fixture(scope="module")
def running(cluster):
    with Telling(cluster) as headgate:
        yield headgate


class no_matter:
    """Whether the account may do that is the server's business."""

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        return kind is not None and issubclass(kind, pymysql.err.MySQLError)


@pytest.mark.scenario
def test_rows_and_errors_are_the_servers(hg):
    with hg.connect() as db:
        rows(db, "INSERT INTO costs VALUES (1, 'a'), (2, 'b'), (3, 'c')")
        rows(db, "INSERT INTO costs VALUES (4, 'a'), (5, 'b'), (6, 'c'), (7, 'd')")
        assert len(rows(db, "SELECT id, note FROM costs WHERE id > 2")) == 5
        assert len(rows(db, "SELECT id, note FROM costs WHERE id > 100")) == 0
        with pytest.raises(pymysql.err.IntegrityError):
            rows(db, "INSERT INTO costs VALUES (1, 'a'), (2, 'b')")
        written = hg.digest("INSERT INTO costs VALUES (?), (?)")
        assert (written["count"], written["affected"], written["errors"], written["user"]) == (3, 7, 1, "app")
        read = hg.digest("SELECT id, note FROM costs WHERE id > ?")
        assert (read["count"], read["rows"], read["errors"]) == (2, 5, 0)
        assert 0 < read["server_us"] <= read["total_us"]
        line = hg.line("SELECT id, note FROM costs WHERE id > 2")
        assert (line["rows"], line["schema"], line["digest"]) == (5, "test", read["digest"])
        assert line["server"] in {row["name"] for row in hg.show("servers")} and line["route"]
        assert hg.line("INSERT INTO costs VALUES (1, 'a'), (2, 'b')")["error"] == 1062


def test_cursors_rows_belong_to_their_statement(cluster, hg):
    cluster.sync()  # another session's rows are to be counted
    sql = "SELECT a.id FROM costs a, costs b WHERE a.id < ?"
    with hg.connect() as db, hg.wire("writes") as client:
        wanted = len(rows(db, "SELECT a.id, 0 FROM costs a, costs b WHERE a.id < 1000"))
        prepared = client.command(w.PREPARE, sql)
        assert not client.command(w.EXECUTE, execute(prepared.statement_id, [1000], flags=1), cursor=True).error
        assert not client.command(w.FETCH, w.int4(prepared.statement_id) + w.int4(wanted + 1)).error
        found = hg.digest(sql)
        assert (found["count"], found["prepares"], found["rows"]) == (1, 1, wanted)


def test_slow_statements_are_told(hg):
    with hg.connect() as db:
        rows(db, "SELECT SLEEP(0.25), 'zzz'")
        line = hg.line("SELECT SLEEP(0.25), 'zzz'", "slow.log")
        assert line["server_us"] >= 200_000 and line["rows"] == 1
        assert hg.digest("SELECT SLEEP(?), ?")["max_us"] >= 200_000


def test_names_in_double_quotes_are_shown_and_secrets_are_not(cluster, hg):
    """What a session's sql_mode makes of quotes is known, and what passwords may be in is shown without any."""
    said = [f"CREATE USER costs_u IDENTIFIED BY '{SECRET}'", f"ALTER USER costs_u IDENTIFIED BY \"{SECRET}\"",
            f"SET PASSWORD FOR costs_u = '{SECRET}'", f"PREPARE s FROM 'SELECT ''{SECRET}'''",
            f"SELECT HEX(AES_ENCRYPT('x', '{SECRET}'))", f"SELECT SHA2('{SECRET}', 256)"]
    with hg.connect() as db:
        rows(db, "SET sql_mode = 'ANSI_QUOTES'")
        rows(db, "SELECT \"note\" FROM \"costs\"")
        for sql in said:
            with pytest.raises(pymysql.err.MySQLError) if "\"" in sql else no_matter():
                rows(db, sql)
        rows(db, "SET sql_mode = 'NO_BACKSLASH_ESCAPES'")
        rows(db, f"SELECT SHA2('a\\', 256), '{SECRET}'")
        rows(db, "SELECT 'the last'")
    hg.line("SELECT 'the last'")
    assert hg.digest("SELECT \"note\" FROM \"costs\"")["count"] == 1
    told = {what: hg.admin(what) for what in ("show digests", "show sessions", "show events", "show stats")}
    told["log"] = hg.log()
    for name in ("query.log", "slow.log"):
        told[name] = json.dumps(hg.lines(name))
    for where, text in told.items():
        assert SECRET not in text, where
    assert "AES_ENCRYPT(?)" in told["query.log"] and "AES_ENCRYPT(?)" in told["show digests"]
