"""`drain` and `disable` under sessions: what is idle leaves at once, what has state there may end, the deadline cuts."""

import threading
import time

import pymysql
import pytest

from headgate import Headgate, rows, value
from proxy import wait_until

pytestmark = [pytest.mark.room("cluster"), pytest.mark.threads]

DRAIN = 1.5  # seconds
READ_ONLY = "START TRANSACTION READ ONLY"


@pytest.fixture(scope="module")
def hg(cluster):
    with Headgate(cluster, timeouts={"drain": f"{DRAIN * 1000:.0f}ms", "primary_wait": "20s"},
                  cluster_settings={"slow_start": "off"}) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def enabled(hg):
    yield
    for name in ("db1", "db2", "db3"):
        hg.admin(f"enable {name}")
        hg.wait_server(name, lambda row: row["state"] == "up" and row["role"] in ("primary", "replica"))


def events(hg):
    return [(row["server"], row["was"], row["is"], row["reason"]) for row in hg.show("events")]


def where(db):
    return f"db{value(db, 'SELECT @@server_id')}"


def sessions_on(hg, name, listener="split", count=20):
    """Connections whose reads run there. One that was slow a moment ago has its share again a little later."""
    def found():
        there = []
        for _ in range(count):
            db = hg.connect(listener)
            if where(db) == name:
                there.append(db)
            else:
                db.close()
        return there
    return wait_until(found, f"a read goes to {name}", 60)


@pytest.mark.smoke
@pytest.mark.scenario
@pytest.mark.parametrize("verb", ["drain", "disable"])
def test_idle_connections_leave_at_once_and_reads_go_on_elsewhere(hg, verb):
    mine = sessions_on(hg, "db2")
    assert hg.server("db2")["connections_active"] > 0
    hg.admin(f"{verb} db2")
    wait_until(lambda: hg.server("db2")["connections_active"] == 0, "every idle connection has left")
    assert [where(db) for db in mine] == ["db3"] * len(mine)
    for db in mine:
        db.close()


@pytest.mark.smoke
@pytest.mark.scenario
def test_a_transaction_may_end_where_it_is(hg):
    mine, *others = sessions_on(hg, "db2")
    rows(mine, READ_ONLY)
    assert where(mine) == "db2"
    hg.admin("drain db2")
    time.sleep(0.3)
    assert where(mine) == "db2"
    assert hg.server("db2")["connections_active"] == 1
    drained = ("db2", "draining", "drained", "no session has a connection to it any more")
    before = events(hg).count(drained)
    rows(mine, "COMMIT")
    assert where(mine) == "db3"
    wait_until(lambda: hg.server("db2")["connections_active"] == 0, "the last one has left")
    wait_until(lambda: events(hg).count(drained) == before + 1, "whoever waits for that is told", 60)
    for db in (mine, *others):
        db.close()


def test_the_deadline_cuts_what_is_left_and_says_so(hg):
    mine, *others = sessions_on(hg, "db2")
    rows(mine, READ_ONLY)
    assert where(mine) == "db2"
    hg.admin("drain db2")
    hg.wait_server("db2", lambda row: row["state"] == "disabled", timeout=10)
    assert "server db2 has been drained for 1500ms: what is left there is cut: " in hg.log()
    with pytest.raises((pymysql.err.OperationalError, pymysql.err.InterfaceError)):
        where(mine)
    assert [where(db) for db in others] == ["db3"] * len(others)
    for db in others:
        db.close()


def test_enabling_in_time_ends_the_deadline(hg):
    mine, *others = sessions_on(hg, "db2")
    rows(mine, READ_ONLY)
    assert where(mine) == "db2"
    hg.admin("drain db2")
    hg.admin("enable db2")
    time.sleep(DRAIN + 0.5)  # it would have been cut by then
    assert where(mine) == "db2" and hg.server("db2")["state"] == "up"
    rows(mine, "COMMIT")
    for db in (mine, *others):
        db.close()


@pytest.mark.smoke
def test_writes_wait_while_the_primary_is_drained(hg):
    with hg.connect() as db:
        rows(db, "CREATE TABLE IF NOT EXISTS drained (id INT PRIMARY KEY)")
        rows(db, "BEGIN")
        rows(db, "INSERT INTO drained VALUES (1)")
        assert "no primary" in hg.admin("drain db1")
        rows(db, "INSERT INTO drained VALUES (2)")  # its transaction goes on
        rows(db, "COMMIT")
        began = time.monotonic()
        back = threading.Timer(0.7, lambda: hg.admin("enable db1"))
        back.start()
        rows(db, "INSERT INTO drained VALUES (3)")
        assert time.monotonic() - began >= 0.6
        back.join()
        assert value(db, "SELECT COUNT(*) FROM drained FOR UPDATE") == 3
