"""A server ends an idle connection, and a statement of its client meets that: it runs once, or the loss is reported."""

import contextlib

import pymysql
import pytest

import mysqlwire as w
from proxy import wait_until

pytestmark = [pytest.mark.room("pool"), pytest.mark.smoke, pytest.mark.threads]
PATIENCE = 2   # the server's, in seconds: headgate, which gives up sooner what holds nothing, does not run then


@pytest.fixture(scope="module", autouse=True)
def table(cluster):
    cluster.sql("db1", "CREATE TABLE test.once (n INT)")
    cluster.sync()


def numbers(cluster):
    return [number for (number,) in cluster.sql("db1", "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'app'")]


def kill(cluster):
    for number in numbers(cluster):
        with contextlib.suppress(pymysql.MySQLError):   # it has gone already
            cluster.sql("db1", f"KILL {number}")


@contextlib.contextmanager
def killed(cluster):
    yield lambda: kill(cluster)


@contextlib.contextmanager
def silent_for_too_long(cluster):
    (before,), = cluster.sql("db1", "SELECT @@GLOBAL.wait_timeout")
    cluster.sql("db1", f"SET GLOBAL wait_timeout = {PATIENCE}")
    kill(cluster)   # what is parked has the old one still
    try:
        yield lambda: None
    finally:
        cluster.sql("db1", f"SET GLOBAL wait_timeout = {before}")


@contextlib.contextmanager
def stopped(cluster, hg, end):
    """headgate does not run while the server ends all its connections."""
    with hg.stopped():
        end()
        wait_until(lambda: not numbers(cluster), "the server has ended them", 60)
        yield


WAYS = {"killed": killed, "silent": silent_for_too_long}


@pytest.mark.parametrize("way", WAYS)
def test_write_that_meets_the_end_of_its_connection_runs_once(cluster, hg, way):
    insert = f"INSERT INTO once VALUES ({100 + list(WAYS).index(way)})"
    with WAYS[way](cluster) as end, hg.wire() as client:
        client.query("DO 1")
        with stopped(cluster, hg, end):
            client.send(w.QUERY, insert)
        reply = client.read()
        assert reply.error is None and reply.oks[0].affected == 1
        assert client.value(f"SELECT COUNT(*) FROM once WHERE n = {insert[-4:-1]}") == b"1"


@pytest.mark.parametrize("way", WAYS)
def test_transaction_that_went_with_its_connection_is_told(cluster, hg, way):
    with WAYS[way](cluster) as end, hg.wire() as client:
        client.query("BEGIN")
        with stopped(cluster, hg, end):
            client.send(w.QUERY, "INSERT INTO once VALUES (1)")
        assert client.read().error.code == (1053 if cluster.family == "mysql" else 1927)
    assert cluster.sql("db1", "SELECT COUNT(*) FROM test.once WHERE n < 100") == [(0,)]
