"""Statements that a read-only server refuses: they did not run, so they run on the primary, and cost only time."""

import threading
import time

import pymysql
import pytest

import mysqlwire as w
from client import execute
from headgate import Log, rows, value

pytestmark = pytest.mark.room("route")

REFUSED = "read-only and refused a statement"


@pytest.fixture(scope="module", autouse=True)
def schema(cluster):
    """A view that looks like a table, and writes."""
    primary = cluster.primary()
    primary.sql("CREATE TABLE test.refusals (id INT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(20)) ENGINE=InnoDB")
    primary.sql("CREATE FUNCTION test.note_it() RETURNS INT DETERMINISTIC MODIFIES SQL DATA "
                "BEGIN INSERT INTO test.refusals (note) VALUES ('seen'); RETURN 7; END")
    primary.sql("CREATE VIEW test.writing_view AS SELECT test.note_it() AS seven, 'x' AS a")
    cluster.sync()


def written(cluster):
    return int(cluster.primary().value("SELECT COUNT(*) FROM test.refusals"))


@pytest.mark.smoke
def test_read_that_writes_runs_on_the_primary_once(cluster, hg):
    before = written(cluster)
    with hg.connect() as db:
        assert rows(db, "SELECT seven, 'one' FROM writing_view") == ((7, "one"),)
        assert value(db, "SELECT @@server_id") != 1, "the session is not pinned by it"
    assert written(cluster) == before + 1


@pytest.mark.smoke
def test_refused_digest_is_not_tried_again(cluster, hg):
    with hg.connect() as db:
        for _ in range(8):  # every worker learns it: sessions are spread over them
            with hg.connect() as other:
                rows(other, "SELECT seven, 'before' FROM writing_view")
        with Log(cluster) as log:
            assert rows(db, "SELECT seven,  'again' FROM /* x */ writing_view") == ((7, "again"),)
            assert log.where("'again'") == ["db1"]


def test_prepared_read_that_writes(cluster, hg):
    before = written(cluster)
    with hg.wire() as client:
        prepared = client.command(w.PREPARE, b"SELECT seven, ? FROM writing_view")
        for n in range(3):
            assert not client.command(w.EXECUTE, execute(prepared.statement_id, [n])).error
    assert written(cluster) == before + 3


def test_refusal_in_a_read_only_transaction_is_the_clients(hg):
    """A replica says 1290, since it is read-only; the primary alone would have said 1792."""
    with hg.connect() as db:
        rows(db, "START TRANSACTION READ ONLY")
        assert value(db, "SELECT @@server_id") != 1
        with pytest.raises(pymysql.err.MySQLError) as refused:
            rows(db, "INSERT INTO refusals (note) VALUES ('no')")
        assert refused.value.args[0] == 1792
        rows(db, "ROLLBACK")
        rows(db, "INSERT INTO refusals (note) VALUES ('yes')")


@pytest.mark.smoke
def test_write_that_lost_the_race_with_a_promotion_waits_for_the_primary(cluster, hg):
    """The old primary turns read-only a moment before anybody could know: a write is held, not failed."""
    before = written(cluster)
    old = cluster.primary()
    errors = []

    def write():
        try:
            with hg.connect() as db:
                for i in range(40):
                    rows(db, "INSERT INTO refusals (note) VALUES (%s)", f"w{i}")
                    time.sleep(0.02)
        except pymysql.err.MySQLError as error:
            errors.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.2)
    old.set_read_only(True)
    time.sleep(0.4)
    old.set_read_only(False)
    writer.join(60)
    assert not writer.is_alive() and not errors
    assert written(cluster) == before + 40
    assert REFUSED in hg.log()
    hg.wait_server(old.name, lambda row: row["role"] == "primary")
