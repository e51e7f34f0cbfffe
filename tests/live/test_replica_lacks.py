"""What one connection has just made, another one may name at once, however far behind the replicas are."""

import pytest

import mysqlwire as w
from client import execute
from headgate import direct
from lagging_replicas import frozen

pytestmark = pytest.mark.room("session", "command", "frontend")


# What is there before; what is made while the replicas stand still; and who may name it how, on a connection that knows nothing of that.
MADE = {
    "table": ((), ("CREATE TABLE test.made (a INT)",), "SELECT @@server_id, COUNT(*) FROM made"),
    "column": (("CREATE TABLE test.wide (a INT)",), ("ALTER TABLE test.wide ADD b INT",), "SELECT @@server_id, COUNT(b) FROM wide"),
    "schema": (("GRANT SELECT ON fresh.* TO 'app'@'%'", "GRANT SELECT ON fresh.* TO 'other'@'%'"), ("CREATE DATABASE fresh", "CREATE TABLE fresh.made (a INT)"), "SELECT @@server_id, COUNT(*) FROM fresh.made"),
    "index": (("CREATE TABLE test.indexed (a INT)",), ("CREATE INDEX k ON test.indexed (a)",),
              "SELECT @@server_id, COUNT(*) FROM indexed FORCE INDEX (k)"),
    "partition": (("CREATE TABLE test.parted (a INT) PARTITION BY RANGE (a) (PARTITION p1 VALUES LESS THAN (9))",),
                  ("ALTER TABLE test.parted ADD PARTITION (PARTITION p2 VALUES LESS THAN (99))",),
                  "SELECT @@server_id, COUNT(*) FROM parted PARTITION (p2)"),
    "view's table": (("CREATE TABLE test.below (a INT)", "CREATE VIEW test.above AS SELECT a FROM test.below", "DROP TABLE test.below"),
                     ("CREATE TABLE test.below (a INT)",), "SELECT @@server_id, COUNT(*) FROM above"),
    "union": (("CREATE TABLE test.one (a INT)", "CREATE TABLE test.two (a INT, b INT)"), ("ALTER TABLE test.one ADD b INT",),
              "SELECT a, b FROM two UNION SELECT * FROM one UNION SELECT @@server_id, 0"),
    "right": (("CREATE DATABASE closed", "CREATE TABLE closed.made (a INT)"), ("GRANT SELECT ON closed.made TO 'other'@'%'",),
              "SELECT @@server_id, COUNT(*) FROM closed.made"),
}


@pytest.fixture(scope="module")
def made(cluster):
    for before, _, _ in MADE.values():
        for sql in before:
            cluster.sql("db1", sql)
    cluster.sync()
    with frozen(cluster):
        for _, now, _ in MADE.values():
            for sql in now:
                cluster.sql("db1", sql)
        yield
    cluster.sync()


@pytest.mark.smoke
@pytest.mark.parametrize("what", MADE)
def test_a_new_connection_names_it(made, hg, what):
    with hg.wire(user="other", password="other_pw") as client:
        assert client.value("SELECT @@server_id") != b"1"
        assert client.value(MADE[what][2]) == b"1"


@pytest.mark.smoke
@pytest.mark.parametrize("what", MADE)
def test_a_new_connection_prepares_it(made, hg, what):
    with hg.wire(user="other", password="other_pw") as client:
        prepared = client.command(w.PREPARE, MADE[what][2])
        assert prepared.error is None, prepared.error
        assert client.command(w.EXECUTE, execute(prepared.statement_id)).error is None


@pytest.mark.smoke
def test_a_new_connection_is_in_the_new_schema(made, hg):
    with hg.wire(schema="fresh") as client:
        assert client.value("SELECT DATABASE()") == b"fresh"
    with hg.wire(schema="fresh") as client:
        assert client.value("SELECT COUNT(*) FROM made") == b"0"


@pytest.mark.smoke
@pytest.mark.parametrize("sql", ["SELECT a FROM nowhere", "SELECT nothing FROM wide", "SELECT a FROM nowhere.made",
                                 "SELECT a FROM indexed FORCE INDEX (none)", "SELECT a FROM closed.secret"])
def test_what_is_nowhere_is_told_as_the_primary_tells_it(made, cluster, hg, sql):
    account = {"user": "other", "password": "other_pw"}
    with direct(cluster, **account) as plain, hg.wire(**account) as client:
        expected = plain.command(w.QUERY, sql).error
        assert expected is not None
        for _ in range(2):
            error = client.command(w.QUERY, sql).error
            assert (error.code, error.state, error.message) == (expected.code, expected.state, expected.message)
        warnings = [row[1:] for row in plain.rows("SHOW WARNINGS")]
        assert [row[1:] for row in client.rows("SHOW WARNINGS")] == warnings
