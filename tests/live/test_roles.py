"""Who is primary, who takes reads, and what operators say about it: on servers that are really re-pointed."""

import time

import pytest

from headgate import Headgate, Log, rows, value
from proxy import wait_until
from sandbox_lib import dialect
from test_admin import ctl, ctl_json

INTERVAL_S = 2


@pytest.fixture(autouse=True)
def as_it_was(cluster):
    """Each test leaves db1 the primary of the two others."""
    yield
    words = dialect.of(cluster.family)
    if cluster.node("db1").replication() is not None:
        cluster.node("db1").sql(words.stop)
        cluster.node("db1").sql(words.forget)
    cluster.node("db1").set_read_only(False)
    for name in ("db2", "db3"):
        cluster.node(name).set_read_only(True)
        point(cluster, name, "db1")


def point(cluster, name, to):
    """Make a server follow another one, as an operator would."""
    node, source, words = cluster.node(name), cluster.node(to), dialect.of(cluster.family)
    if node.replication() is not None:
        node.sql(words.stop)
    else:
        node.sql(words.was_primary())
    node.sql(words.follow(source.host, source.port, "repl", cluster.password("repl")))
    node.sql(words.start)
    wait_until(lambda: (found := node.replication()) and found["io"] == found["sql"] == "Yes",
               f"{name} follows {to}", 30)


def free(cluster, name, is_forgotten=True):
    """Make a replica writable, as the first step of a promotion."""
    node, words = cluster.node(name), dialect.of(cluster.family)
    node.sql(words.stop)
    if is_forgotten:
        node.sql(words.forget)
    node.set_read_only(False)


def is_primary(row):
    return row["role"] == "primary"


@pytest.mark.smoke
def test_a_promotion_is_followed_within_two_intervals(cluster):
    with Headgate(cluster, interval=f"{INTERVAL_S}s") as hg, hg.connect() as db:
        rows(db, "DO 'before'")
        cluster.node("db1").set_read_only(True)
        free(cluster, "db2")
        begun = time.monotonic()
        hg.wait_server("db2", is_primary)
        assert time.monotonic() - begun < 2 * INTERVAL_S
        with Log(cluster) as log:
            rows(db, "DO 'after'")
            assert log.where("after") == ["db2"]
        point(cluster, "db1", "db2")
        hg.wait_server("db1", lambda row: row["role"] == "replica")


@pytest.mark.smoke
@pytest.mark.parametrize("is_forgotten", [True, False], ids=["reset", "stopped"])
def test_a_newcomer_gets_nothing_until_the_replicas_follow_it(cluster, is_forgotten):
    with Headgate(cluster) as hg, hg.connect() as db:
        free(cluster, "db3", is_forgotten)
        reason = "writable beside another writable server: db1 is the primary" if is_forgotten else \
            "writable, its replication is stopped, but nobody follows it"
        hg.wait_server("db3", lambda row: row["reason"] == reason)
        assert is_primary(hg.server("db1"))
        assert hg.log().count("writable beside the primary db1: db3;") == is_forgotten
        with Log(cluster) as log:
            for _ in range(4):
                rows(db, "DO 'a write'")
                with hg.connect() as other:
                    assert value(other, "SELECT @@server_id") == 2
            assert log.where("a write") == ["db1"]
        point(cluster, "db2", "db3")
        hg.wait_server("db3", is_primary)
        hg.wait_server("db1", lambda row: row["reason"] == "writable beside another writable server: "
                                                           "db3 is the primary")
        assert hg.log().count("writable beside the primary db3: db1;") == 1
        with hg.connect() as other, Log(cluster) as log:
            rows(other, "DO 'another'")
            assert log.where("another") == ["db3"]
        cluster.node("db1").set_read_only(True)
        hg.wait_server("db1", lambda row: "writable" not in row["reason"])
        assert hg.log().count("no server is writable beside the primary any more (db1 was)") == 1


@pytest.mark.smoke
def test_a_replica_too_far_behind_is_left_out_and_comes_back(cluster):
    cluster.sql("db1", "CREATE TABLE IF NOT EXISTS test.lag (id INT AUTO_INCREMENT PRIMARY KEY)")
    cluster.sync()
    with Headgate(cluster, cluster_settings={"max_lag": "2s"}) as hg:
        try:
            cluster.lag("db3", 8)
            cluster.sql("db1", "INSERT INTO test.lag VALUES ()")
            row = hg.wait_server("db3", lambda row: row["state"] == "lagging")
            assert row["reason"] == "too far behind its source" and row["lag_ms"] > 2000
            for _ in range(6):
                with hg.connect() as db:
                    assert value(db, "SELECT @@server_id") == 2
        finally:
            cluster.lag("db3", 0)
        hg.wait_server("db3", lambda row: row["state"] == "up")


@pytest.mark.smoke
def test_operators_drain_and_enable(cluster):
    with Headgate(cluster) as hg:
        told, = ctl_json(hg, "drain", "db2")
        assert (told["server"], told["state"], told["warning"]) == ("db2", "draining", None)
        with Log(cluster) as log:
            for _ in range(6):
                with hg.connect() as db:
                    rows(db, "SELECT 'drained'")
            assert log.where("drained") == ["db3"]
        assert hg.server("db2")["reason"] == "drained by an operator"
        assert ctl_json(hg, "disable", "main.db2")[0]["state"] == "disabled"
        assert ctl_json(hg, "enable", "db2")[0]["state"] == "up"
        assert "db9" in ctl(hg, "drain", "db9", ok=False)
        last, = [event for event in ctl_json(hg, "show", "events") if event["was"] == "disabled replica"]
        assert (last["cluster"], last["server"], last["is"]) == ("main", "db2", "up replica") and last["after_s"] >= 0


def test_draining_the_primary_is_done_and_warned_of(cluster):
    with Headgate(cluster) as hg:
        told, = ctl_json(hg, "drain", "db1")
        assert told["state"] == "draining" and "no primary" in told["warning"]
        shown, = ctl_json(hg, "show", "cluster", "main")
        assert shown["primary"] is None and shown["servers_up"] == 2 and shown["replicas"] == 2
        assert hg.log().count("primary db1 -> no primary") == 1
        with hg.connect() as db:
            rows(db, "SELECT 1")
        assert ctl_json(hg, "enable", "db1")[0]["warning"] is None
        with hg.connect() as db:
            rows(db, "DO 1")
        shown, = ctl_json(hg, "show", "clusters")
        assert shown["primary"] == "db1" and shown["servers_up"] == shown["servers"] == 3
