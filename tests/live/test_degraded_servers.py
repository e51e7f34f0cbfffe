"""Servers that answer, but not as they should: the monitor is refused, replication does not run."""

import contextlib
import time

import pytest

from headgate import Headgate, rows, value
from proxy import wait_until
from sandbox_lib import accounts, dialect

pytestmark = [pytest.mark.room("cluster", "monitor", "upstream"), pytest.mark.smoke]


@pytest.fixture
def scene(cluster):
    """headgate, and a table that all servers have."""
    cluster.sql("db1", "CREATE TABLE IF NOT EXISTS test.t (id INT AUTO_INCREMENT PRIMARY KEY)")
    cluster.sync()
    with Headgate(cluster, cluster_settings={"max_lag": "2s", "slow_start": "off"}) as hg:
        yield hg
        hg.check_log()


def hang_up_on_monitor(cluster):
    for node in cluster.nodes():
        for (number,) in node.sql("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'monitor'"):
            with contextlib.suppress(Exception):
                node.sql(f"KILL {number}")


def everybody(hg, holds):
    return all(holds(row) for row in hg.show("servers"))


@contextlib.contextmanager
def broken_link(cluster, name, port=None, password=None):
    """The replica tries to reach its source, at a wrong port or with a wrong password, and never does."""
    node, source, words = cluster.node(name), cluster.node("db1"), dialect.of(cluster.family)
    right = (source.host, source.port, "repl", accounts.PASSWORDS["repl"])
    node.sql(words.stop)
    node.sql(words.follow(source.host, port or source.port, "repl", password or accounts.PASSWORDS["repl"]))
    node.sql(words.start)
    try:
        yield
    finally:
        node.sql(words.stop)
        node.sql(words.follow(*right))
        node.sql(words.start)


def told(hg, server):
    return [(event["was"], event["is"]) for event in hg.show("events") if event["server"] == server]


def test_servers_that_turn_the_monitor_away_serve_on(cluster, scene):
    """Its password is another one suddenly: a warning, an event, a reason; and no statement suffers."""
    before = {row["name"]: (row["state"], row["role"]) for row in scene.show("servers")}
    with scene.connect() as db:
        rows(db, "INSERT INTO t VALUES ()")
        failures = {row["name"]: row["probe_failures"] for row in scene.show("servers")}
        cluster.sql("db1", "ALTER USER monitor@'%' IDENTIFIED BY 'another'")
        try:
            cluster.sync()
            hang_up_on_monitor(cluster)
            wait_until(lambda: everybody(scene, lambda row: row["probe_failures"] >= failures[row["name"]] + 6),
                       "six probes are refused everywhere", 60)
            found = scene.show("servers")
            assert {row["name"]: (row["state"], row["role"]) for row in found} == before
            assert all("the monitor is refused: 1045 Access denied" in row["reason"] for row in found), found
            rows(db, "INSERT INTO t VALUES ()")
            with scene.connect() as newcomer:
                assert value(newcomer, "SELECT COUNT(*) FROM t") >= 1
        finally:
            cluster.sql("db1", f"ALTER USER monitor@'%' IDENTIFIED BY '{accounts.PASSWORDS['monitor']}'")
            cluster.sync()
        wait_until(lambda: all(told(scene, name)[-1:] == [("refuses the monitor", "answers the monitor")] for name in before),
                   "the monitor is let in again", 60)
    assert told(scene, "db1")[-2:-1] == [("answers the monitor", "refuses the monitor")]
    assert everybody(scene, lambda row: "refused" not in row["reason"])
    assert scene.log().count("answers the monitor -> refuses the monitor") == 3


@pytest.mark.parametrize("how", [{"port": 1}, {"password": "wrong"}], ids=["port", "password"])
def test_replica_that_cannot_reach_a_source_that_is_up_is_behind(cluster, scene, how):
    """Nobody knows its lag, which grows: `max_lag` cuts it off, and the reason says why."""
    with broken_link(cluster, "db3", **how):
        row = scene.wait_server("db3", lambda row: row["state"] == "lagging")
        assert row["lag_ms"] > 2000 and "its link does not run, though db1 is up: " in row["reason"], row
        assert "connect" in row["reason"].rpartition("is up: ")[2], row
        for _ in range(8):
            with scene.connect() as db:
                assert value(db, "SELECT @@server_id") == 2
        # (Before them perhaps "no reads": a probe between STOP and START.)
        assert [now for _, now in told(scene, "db3")][-2:] == ["up replica, cut off", "lagging replica, cut off"]
    scene.wait_server("db3", lambda row: row["state"] == "up" and row["reason"] == "replicates")


def test_replica_serves_on_while_its_source_is_away(cluster, scene):
    """There is nothing that it could miss; and where any lag will do, it serves with a reason."""
    cluster.node("db1").kill()
    try:
        scene.wait_server("db1", lambda row: row["state"] == "down")
        probes = scene.server("db3")["probes"]
        end = time.monotonic() + 3  # longer than max_lag, however many probes that are
        scene.wait_server("db3", lambda row: row["probes"] > probes + 5 and time.monotonic() > end)
        assert (scene.server("db3")["state"], scene.server("db3")["reason"]) == ("up", "replicates")
    finally:
        cluster.node("db1").start()
    scene.wait_server("db1", lambda row: row["state"] == "up")
