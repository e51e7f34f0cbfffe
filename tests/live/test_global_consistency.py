"""consistency = "global": what any client has written through headgate, every other one reads."""

import contextlib
import signal

import pytest

import mysqlwire as w
from conftest import FLAVOUR
from headgate import Headgate
from lagging_replicas import FIRST_ROW, PAIRS, Lag, Stale, frozen, make_tables, run_all
from pooled_clients import RAISE, Acknowledged, Pooled
from proxy import wait_until
from sandbox_lib import Cluster

pytestmark = [pytest.mark.room("freshness"), pytest.mark.threads]

SPLIT = {"mode": "split", "kind": "tcp"}
LISTENERS = ({"name": "split", **SPLIT}, {"name": "global", **SPLIT, "settings": {"consistency": "global"}},
             {"name": "eventual", **SPLIT, "settings": {"consistency": "eventual"}}, {"name": "writes", "mode": "primary", "kind": "tcp"})
CLIENTS = 6


@pytest.fixture(scope="module", autouse=True)
def tables(cluster):
    make_tables(cluster)
    cluster.sql("db1", RAISE)
    cluster.sql("db1", "CREATE TABLE test.marks (id INT PRIMARY KEY AUTO_INCREMENT, n INT) ENGINE=InnoDB")
    cluster.sync()


def started(cluster, wait):
    return Headgate(cluster, listeners=LISTENERS, cluster_settings={"consistency_wait": wait, "slow_start": "off"}, extra={"workers": 2})


@pytest.fixture(scope="module")
def running(cluster):
    """Where reads wait as long as a busy machine needs."""
    with started(cluster, "20s") as headgate:
        yield headgate


def stats(hg):
    return {row["name"]: row["value"] for row in hg.show("stats") if row["name"].startswith(("reads_", "positions_", "polls"))}


def settle(cluster, hg):
    for node in cluster.replicas():
        hg.wait_server(node.name, lambda row: row["role"] == "replica" and row["state"] == "up" and row["reason"] == "replicates", timeout=60.0)
    cluster.sync()


@contextlib.contextmanager
def clients_of(hg, listener="global"):
    """Their connections end with the body: a read that was too old leaves a transaction open."""
    acknowledged = Acknowledged()
    clients = [Pooled(hg, FIRST_ROW + i, acknowledged, caps=w.OLD_CAPS if i % 2 else w.MODERN_CAPS, listener=listener) for i in range(CLIENTS)]
    for client in clients:
        client.synchronize()
        acknowledged.note(client.number, client.expected, -1)
    try:
        yield clients
    finally:
        for client in clients:
            client.close()


@pytest.mark.long
@pytest.mark.smoke
@pytest.mark.parametrize("wait", ["auto", "10ms"])
def test_no_read_is_stale_on_any_connection(cluster, wait):
    def now_and_then():
        wait_until(lambda: lag.rounds >= 2, "replicas have lagged", 60)
        lag.kill()
    signal.alarm(120 + PAIRS // 20)
    with started(cluster, wait) as hg, Lag(cluster, longest=0.3) as lag, clients_of(hg) as clients:
        places = run_all(clients, PAIRS // 4, now_and_then)
        print(f"\n{sum(c.pairs for c in clients)} pairs, {lag.deaths} deaths: {places}; {stats(hg)}")
    with started(cluster, wait) as hg:
        settle(cluster, hg)


@pytest.mark.smoke
def test_these_clients_notice_stale_reads(cluster, hg):
    """By what sessions have written themselves, what others have written is not there yet."""
    with Lag(cluster), clients_of(hg, "split") as clients, pytest.raises(Stale):
        run_all(clients, PAIRS)
    settle(cluster, hg)


@pytest.mark.smoke
def test_replicas_serve_the_reads_when_they_keep_up(cluster, hg):
    settle(cluster, hg)
    with clients_of(hg) as clients:
        for client in clients[:3]:
            client.places.clear()
            for _ in range(40):
                client.write()
                client.own_text()
                client.own_prepared()
        places = sum((client.places for client in clients[:3]), type(clients[0].places)())
    print(f"\n{places}; {stats(hg)}")
    assert places["replica"] > 0.95 * sum(places.values())


WRITES = {
    "insert": ["INSERT INTO marks (n) VALUES (1)"],
    "transaction": ["BEGIN", "INSERT INTO marks (n) VALUES (1)", "COMMIT"],
    "transaction ended by DDL": ["BEGIN", "INSERT INTO marks (n) VALUES (1)", "CREATE OR REPLACE VIEW ended AS SELECT 1"],
    "transaction ended by an error": ["BEGIN", "INSERT INTO marks (n) VALUES (1)", "CREATE TABLE marks (a INT)"],
    "transaction ended by BEGIN": ["BEGIN", "INSERT INTO marks (n) VALUES (1)", "BEGIN"],
    "autocommit on": ["SET autocommit = 0", "INSERT INTO marks (n) VALUES (1)", "SET autocommit = 1"],
    "function": ["SELECT one_more()"],
    "procedure": ["CALL one_more_with_rows()"],
    "part of an error": ["INSERT INTO parts VALUES (1), (2), (1)"],
}
if FLAVOUR != "mysql":
    WRITES["returning"] = ["INSERT INTO marks (n) VALUES (1) RETURNING id"]


@pytest.fixture(scope="module")
def routines(cluster):
    for sql in ("CREATE FUNCTION test.one_more() RETURNS INT MODIFIES SQL DATA DETERMINISTIC BEGIN INSERT INTO marks (n) VALUES (1); RETURN 1; END",
                "CREATE PROCEDURE test.one_more_with_rows() BEGIN INSERT INTO marks (n) VALUES (1); SELECT 5; INSERT INTO marks (n) VALUES (1); END",
                "CREATE TABLE test.parts (id INT PRIMARY KEY) ENGINE=MyISAM"):
        cluster.sql("db1", sql)
    cluster.sync()


@pytest.mark.smoke
@pytest.mark.parametrize("what,listener", [*((what, "split") for what in WRITES),
                                           *((what, listener) for what in ("insert", "function") for listener in ("eventual", "writes"))])
def test_whatever_writes_is_seen_by_all(cluster, hg, routines, what, listener):
    """Also where no reply tells of it, and whatever level the writer's own session has."""
    table = "parts" if what == "part of an error" else "marks"
    read = f"SELECT COUNT(*) FROM {table}"
    for caps in (w.MODERN_CAPS, w.OLD_CAPS):
        cluster.sql("db1", "DELETE FROM test.parts")
        cluster.sync()
        with hg.wire(listener, caps=caps | w.MULTI_RESULTS) as writer, hg.wire("global") as known, hg.wire() as hinted:
            before = int(known.value(read))
            with frozen(cluster):
                for sql in WRITES[what]:
                    writer.command(w.QUERY, sql)
                after = int(cluster.primary().value(f"SELECT COUNT(*) FROM test.{table}"))
                assert after > before
                fresh = hg.wire("global")
                for client, hint in ((known, ""), (fresh, ""), (hinted, " /* headgate: consistency=global */")):
                    client.send(w.QUERY, read + hint)
            with fresh:
                assert [int(client.read().text_rows()[0][0]) for client in (known, fresh, hinted)] == [after] * 3


@pytest.mark.long
@pytest.mark.smoke
def test_what_was_lost_with_a_primary_is_waited_for_by_nobody():
    """No new connection asks for it, on any worker: replicas of the new primary have the reads."""
    with Cluster.start(flavour=FLAVOUR, replicas=2, die_with_parent=True) as lossy:
        make_tables(lossy)
        read = "SELECT CONCAT(@@server_id, ':', n) FROM own WHERE id = 1"
        with started(lossy, "10ms") as hg, hg.wire() as writer, hg.wire("global") as reader:
            words = "SLAVE" if lossy.family == "mariadb" else "REPLICA"
            for node in lossy.replicas():
                node.sql(f"STOP {words} IO_THREAD")
            for _ in range(20):
                writer.query("UPDATE own SET n = n + 1 WHERE id = 1")
            assert reader.value(read) == b"1:20"
            lossy.node("db1").kill()
            lossy.promote("db2")
            hg.wait_server("db2", lambda row: row["role"] == "primary")
            hg.wait_server("db3", lambda row: row["role"] == "replica")

            def by_all():
                clients = [reader, *(hg.wire("global") for _ in range(4))]
                found = {client.value(read) for client in clients}
                for client in clients[1:]:
                    client.close()
                return found
            wait_until(lambda: by_all() == {b"3:0"}, "the replica serves them all", 30)
            assert "lost with an old primary" in hg.log()
            writer.query("UPDATE own SET n = 5 WHERE id = 1")
            assert {said.partition(b":")[2] for said in by_all()} == {b"5"}
