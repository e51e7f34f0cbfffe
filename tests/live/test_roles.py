"""Who is primary, who takes reads, and what operators say about it: on servers that are really re-pointed."""

import time

import pymysql
import pytest

from headgate import Headgate, Log, rows, value
from proxy import Proxy, wait_until
from relays import Relay, Relayed
from sandbox_lib import dialect
from admin_socket import ctl, ctl_json

pytestmark = [pytest.mark.room("cluster", "monitor"), pytest.mark.threads]

INTERVAL_S = 5


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


class Unsettled(Headgate):
    """One that nobody waits for until its roles are right."""

    def start(self):
        return Proxy.start(self)


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


@pytest.mark.long
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
            "writable, its replication is stopped, but no server follows it"
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


ASTRAY = "writable, as it was beside the last primary, and no replica has turned to it: db1 was the primary"


def stray(cluster, hg, name="db3"):
    """A server that is writable beside the primary, which has answered since."""
    free(cluster, name)
    hg.wait_server(name, lambda row: "writable beside" in row["reason"], 60)
    before = hg.server("db1")["probes"]
    wait_until(lambda: hg.server("db1")["probes"] >= before + 2, "the primary has been asked since", 60)


def leave(cluster, hg, how):
    """The primary goes; what the operator was told."""
    if how == "drain":
        return ctl_json(hg, "drain", "db1")[0]["warning"]
    getattr(cluster.node("db1"), how)()
    return ""


def come_back(cluster, hg, how):
    if how == "drain":
        ctl_json(hg, "enable", "db1")
    else:
        getattr(cluster.node("db1"), {"kill": "start", "pause": "resume"}[how])()


@pytest.fixture
def written(cluster):
    cluster.sql("db1", "CREATE TABLE test.written (server INT)")
    cluster.sync()
    yield "INSERT INTO written VALUES (@@server_id)"
    cluster.sql("db1", "DROP TABLE test.written")


@pytest.mark.parametrize("how", ["kill", "pause", "drain"])
def test_a_stray_writable_server_is_not_promoted_by_the_end_of_the_primary(cluster, written, how):
    """Nobody follows db3; so nothing is written there, and what is acknowledged stays."""
    with Headgate(cluster, timeouts={"primary_wait": "300ms"}) as hg, hg.connect() as db:
        rows(db, written)
        cluster.sync()
        stray(cluster, hg)
        said = leave(cluster, hg, how)
        try:
            hg.wait_server("db3", lambda row: row["reason"] == ASTRAY, 60)
            assert (f"db3 is {ASTRAY[:30]}" in said) == (how == "drain")
            assert hg.log().count(f"there is no primary: db3 is {ASTRAY[:30]}") == 1
            with pytest.raises(pymysql.MySQLError), hg.connect() as other:
                rows(other, written)
            with hg.connect() as reader:
                assert value(reader, "SELECT COUNT(*) FROM written") == 1
        finally:
            come_back(cluster, hg, how)
        hg.wait_server("db1", is_primary, 60)
        with hg.connect() as other:
            rows(other, written)
        assert cluster.sql("db1", "SELECT server FROM test.written") == [(1,), (1,)]
        assert cluster.sql("db3", "SELECT server FROM test.written") == [(1,)]


@pytest.mark.parametrize("how", ["enable", "point"])
def test_a_stray_server_is_the_primary_when_somebody_says_so(cluster, how):
    with Headgate(cluster) as hg:
        stray(cluster, hg)
        ctl_json(hg, "drain", "db1")
        hg.wait_server("db3", lambda row: row["reason"] == ASTRAY, 60)
        if how == "enable":
            assert ctl_json(hg, "enable", "db3")[0]["warning"] is None
        else:
            point(cluster, "db2", "db3")
        hg.wait_server("db3", is_primary, 60)
        ctl_json(hg, "enable", "db1")
        row = hg.wait_server("db1", lambda row: row["state"] == "up", 60)
        assert row["reason"] == "writable beside another writable server: db3 is the primary"
        assert is_primary(hg.server("db3"))


def test_who_took_over_stays_when_the_old_primary_is_back(cluster):
    """db3 was not re-pointed: it follows the old one all the time, and does not turn to it."""
    with Headgate(cluster) as hg:
        cluster.node("db1").kill()
        try:
            hg.wait_server("db1", lambda row: row["state"] == "down", 60)
            free(cluster, "db2")
            hg.wait_server("db2", is_primary, 60)
        finally:
            cluster.node("db1").start()
        row = hg.wait_server("db1", lambda row: row["state"] == "up", 60)
        assert row["reason"] == "writable beside another writable server: db2 is the primary"
        before = hg.server("db2")["probes"]
        wait_until(lambda: hg.server("db2")["probes"] >= before + 3, "everybody has been asked again", 60)
        assert is_primary(hg.server("db2")) and not is_primary(hg.server("db1"))
        assert hg.log().count("writable beside the primary db2: db1;") == 1


def test_a_restarted_headgate_does_not_take_a_stray_server(cluster):
    """It does not know who was primary; but a replica follows another server, and one has never answered."""
    free(cluster, "db3")
    cluster.node("db1").pause()
    try:
        with Unsettled(cluster, expect_up=False) as hg:
            row = hg.wait_server("db3", lambda row: row["reason"].startswith("writable"), 60)
            assert row["reason"] == "writable, but no server follows it, and a replica follows another server"
            assert not is_primary(row)
            cluster.node("db1").resume()
            hg.wait_server("db1", is_primary, 60)
    finally:
        if cluster.node("db1").state() == "paused":
            cluster.node("db1").resume()


@pytest.fixture
def relays(cluster):
    relays = {node.name: Relay(node) for node in cluster.nodes()}
    yield relays
    for relay in relays.values():
        relay.close()


def test_addresses_that_lead_elsewhere_for_new_connections_only(cluster, relays):
    """The old primary stays writable, and its connections live on: nobody writes there once the machine is known."""
    with Relayed(cluster, relays) as hg, hg.connect() as db, Log(cluster) as log:
        rows(db, "DO 'before'")
        free(cluster, "db2")
        point(cluster, "db3", "db2")
        relays["db1"].target, relays["db2"].target = relays["db2"].target, relays["db1"].target
        for name, was, now in (("db1", 1, 2), ("db2", 2, 1)):
            wait_until(lambda: any((event["server"], event["was"], event["is"]) ==
                                   (name, f"server_id {was}", f"server_id {now}") for event in hg.show("events")),
                       f"another machine is found behind {name}", 60)
        hg.wait_server("db1", is_primary, 60)
        rows(db, "DO 'after, as an old session'")
        with hg.connect() as other:
            rows(other, "DO 'after, as a new one'")
        assert [log.where(text) for text in ("before", "old session", "new one")] == [["db1"], ["db2"], ["db2"]]
