"""Servers that answer, and not as one would wish: their monitor is turned away, their link to the source does not run."""

import contextlib
import time

import pytest

from headgate import Headgate, rows, value
from proxy import wait_until
from sandbox_lib import accounts, dialect

pytestmark = pytest.mark.smoke


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
