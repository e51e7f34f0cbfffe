"""A Galera cluster: one node has the writes, reads are spread over the synced ones, and nobody reads back in time.

HEADGATE_GALERA_PAIRS: how many write-then-read pairs, while nodes lag.
"""

import contextlib
import os
import random
import threading

import pymysql
import pytest

from headgate import Headgate, rows, value
from lagging_replicas import FIRST_ROW, Reader, make_tables, run_all
from pooled_clients import RAISE, Acknowledged, Pooled
from proxy import wait_until
from sandbox_lib import GaleraCluster, sql

PAIRS = int(os.environ.get("HEADGATE_GALERA_PAIRS", "400"))
SECONDS_PER_TEST = 300 + PAIRS // 20
SPLIT = {"mode": "split", "kind": "tcp"}
LISTENERS = ({"name": "split", **SPLIT},
             {"name": "eventual", **SPLIT, "settings": {"consistency": "eventual"}},
             {"name": "global", **SPLIT, "settings": {"consistency": "global"}},
             {"name": "strong", **SPLIT, "settings": {"consistency": "strong"}})
SETTLED = 60.0  # seconds; a busy machine's nodes need their time

pytestmark = [pytest.mark.room("cluster", "monitor"), pytest.mark.family("mariadb"), pytest.mark.long]


@pytest.fixture(scope="module")
def cluster():
    with GaleraCluster.start(die_with_parent=True) as cluster:
        make_tables(cluster)
        cluster.sql("db1", RAISE)
        cluster.sql("db1", "CREATE TABLE test.marks (id INT PRIMARY KEY, node INT NOT NULL) ENGINE=InnoDB")
        cluster.sync()
        yield cluster


def headgate(cluster, interval="250ms", **settings):
    """One whose probes come often, or hardly ever."""
    for node in cluster.nodes():
        cluster.wait_synced(node.name)
    return Headgate(cluster, listeners=LISTENERS, interval=interval, timeouts={"primary_wait": "100s"},
                    cluster_settings={"slow_start": "off", **settings})


@pytest.fixture
def hg(cluster):
    """Fresh for each test: its writer is the first node."""
    with headgate(cluster) as running:
        yield running


@pytest.fixture
def unaware(cluster):
    """It looks at its servers when it has a reason to, not for the next minute."""
    with headgate(cluster, interval="1m", consistency_wait="50ms") as running:
        yield running


@contextlib.contextmanager
def behind(cluster, *names):
    """These nodes apply nothing for as long as the body lasts, and let others read."""
    connections = []
    try:
        for name in names:
            connections.append(sql.connect_socket(cluster.node(name).socket))
            rows(connections[-1], "FLUSH TABLES WITH READ LOCK")
        yield
    finally:
        for connection in connections:
            connection.close()
        for name in names:
            cluster.wait_synced(name)


def row_of(hg, name, **wanted):
    return hg.wait_server(name, lambda row: all(row[key] == value for key, value in wanted.items()), SETTLED)


def writer_of(hg):
    return [row["name"] for row in hg.show("servers") if row["role"] == "primary"]


WHERE = "SELECT @@server_id FROM own WHERE id = 1"


def assert_read_from(hg, nodes, most=8):
    """New clients' reads are answered by all of these nodes sooner or later, and by no other one."""
    seen = set()

    def one_more():
        with contextlib.closing(hg.connect()) as client:
            seen.add(value(client, WHERE))
        return seen >= nodes
    wait_until(one_more, f"{nodes} are read from", SETTLED)
    for _ in range(most):
        one_more()
    assert seen == nodes


def mark(client, number):
    rows(client, f"INSERT INTO marks SELECT {number}, @@server_id")


def node_of_mark(cluster, number):
    cluster.sync()
    return cluster.sql("db3", f"SELECT node FROM test.marks WHERE id = {number}")


def test_one_node_writes_and_the_others_are_read(cluster, hg):
    assert [(row["name"], row["role"], row["reason"]) for row in hg.show("servers")] == [
        ("db1", "primary", "the writer of the cluster"), ("db2", "replica", "synced"), ("db3", "replica", "synced")]
    assert_read_from(hg, {2, 3})
    with contextlib.closing(hg.connect()) as client:
        mark(client, 1)
        with contextlib.closing(hg.connect("strong")) as other:
            assert rows(other, "SELECT id, node, @@server_id IN (2, 3) FROM marks WHERE id = 1") == ((1, 1, 1),)
        assert value(client, "SHOW HEADGATE TOKEN") == "mariadb:newest"
    found = hg.json("doctor")
    assert [row["result"] for row in found if row["check"] == "galera"] == ["ok"] * 3, found
    assert not [row for row in found if row["check"] in ("log_bin", "replication") and row["result"] != "ok"], found


def lagging(cluster):
    """Something to do again and again: a node lags unnoticed."""
    chance = random.Random(4)

    def lag():
        name = chance.choice(("db2", "db3"))
        cluster.node(name).sql(f"FLUSH TABLES WITH READ LOCK; SELECT SLEEP({chance.uniform(0.01, 0.3):.3f}); UNLOCK TABLES")
    return lag


def test_reads_see_what_other_connections_wrote(cluster, unaware):
    """Where they are to: consistency = "global"."""
    acknowledged = Acknowledged()
    clients = [Pooled(unaware, FIRST_ROW + 16 + i, acknowledged) for i in range(6)]
    for client in clients:
        client.synchronize()
        acknowledged.note(client.number, client.expected, -1)
    places = run_all(clients, PAIRS, lagging(cluster))
    print(f"\n{PAIRS} pairs, no stale read: {places}")
    assert places["replica"] > 0
    assert not any(client.losses for client in clients)


def test_reads_go_no_further_back(cluster, unaware):
    """Nodes that lag unnoticed: a client's own writes, and what it has seen, on whichever node."""
    readers = [Reader(unaware, FIRST_ROW + i) for i in range(8)]
    for reader in readers:
        reader.synchronize()
    places = run_all(readers, PAIRS, lagging(cluster))
    print(f"\n{PAIRS} pairs, no stale read: {places['replica'] / sum(places.values()):.1%} of {sum(places.values())} reads on replicas")
    assert places["replica"] > 0
    assert not any(reader.losses for reader in readers)


def test_a_node_that_lags_shows_what_was_to_those_who_want_that(cluster, unaware):
    """Or the test above would show nothing. A client's own wsrep_sync_wait is followed to the nodes that it reads from."""
    with contextlib.closing(unaware.connect()) as writer, contextlib.closing(unaware.connect("eventual")) as any_, \
            contextlib.closing(unaware.connect("eventual")) as waiting:
        before = value(writer, "SELECT n FROM own WHERE id = 2")
        rows(waiting, "SET SESSION wsrep_sync_wait = 1")
        with behind(cluster, "db2", "db3"):
            for name in ("db2", "db3"):
                cluster.sql(name, "SET GLOBAL wsrep_provider_options = 'repl.causal_read_timeout=PT1S'")
            rows(writer, "UPDATE own SET n = n + 1 WHERE id = 2")
            assert rows(writer, "SELECT n, @@server_id FROM own WHERE id = 2") == ((before + 1, 1),)
            assert value(any_, "SELECT n FROM own WHERE id = 2") == before
            with pytest.raises(pymysql.err.OperationalError) as refused:
                rows(waiting, "SELECT n FROM own WHERE id = 2")
            assert refused.value.args[0] == 1205
        for name in ("db2", "db3"):
            cluster.sql(name, "SET GLOBAL wsrep_provider_options = 'repl.causal_read_timeout=PT30S'")
        assert rows(waiting, "SELECT n, @@server_id > 1 FROM own WHERE id = 2") == ((before + 1, 1),)


def test_a_donor_is_not_read_from(cluster, hg):
    cluster.sql("db3", "SET GLOBAL wsrep_desync = ON")
    try:
        row_of(hg, "db3", role="replica", reason="donor or desynced: it does not keep up with the other nodes")
        assert_read_from(hg, {2})
    finally:
        cluster.sql("db3", "SET GLOBAL wsrep_desync = OFF")
    row_of(hg, "db3", reason="synced")
    assert_read_from(hg, {2, 3})


def test_the_writer_moves_when_it_is_read_only_and_does_not_come_back(cluster, hg):
    with contextlib.closing(hg.connect()) as client:
        mark(client, 5)
        cluster.sql("db1", "SET GLOBAL read_only = 1")
        try:
            row_of(hg, "db2", role="primary")
            row_of(hg, "db1", role="replica", reason="synced, and read_only")
        finally:
            cluster.sql("db1", "SET GLOBAL read_only = 0")
        row_of(hg, "db1", role="replica", reason="synced")
        mark(client, 2)
        assert value(client, "SELECT node FROM marks WHERE id = 2") == 2
        assert [row["pins"] for row in hg.show("sessions")] == [None]  # it has moved, and is as free as before
    assert node_of_mark(cluster, 2) == [(2,)]
    assert writer_of(hg) == ["db2"]


def test_what_a_node_is_not_ready_for_runs_elsewhere(cluster, unaware):
    """1047, of which the monitor knows nothing yet: reads go to another replica, writes wait for another writer."""
    clients = []

    def one_more():
        clients.append(unaware.connect())
        return {value(client, WHERE) for client in clients} == {2, 3}
    wait_until(one_more, "both replicas are read from", SETTLED)
    try:
        cluster.sql("db3", "SET GLOBAL wsrep_reject_queries = ALL")
        assert {value(client, WHERE) for client in clients} == {2}
        row_of(unaware, "db3", role="unknown", reason="rejects statements (wsrep_reject_queries)")
        cluster.sql("db1", "SET GLOBAL wsrep_reject_queries = ALL")
        mark(clients[0], 3)
        row_of(unaware, "db2", role="primary")
        row_of(unaware, "db1", role="unknown", reason="rejects statements (wsrep_reject_queries)")
    finally:
        for name in ("db1", "db3"):
            cluster.sql(name, "SET GLOBAL wsrep_reject_queries = NONE")
        for client in clients:
            client.close()
    assert node_of_mark(cluster, 3) == [(2,)]


class Stream(threading.Thread):
    """A client that goes on until it is told to stop; what it did, and what went wrong."""

    def __init__(self, hg, act):
        super().__init__(daemon=True)
        self.hg, self.act = hg, act
        self.is_over = threading.Event()
        self.done, self.errors = [], []
        self.start()

    def run(self):
        client = self.hg.connect()
        while not self.is_over.is_set():
            try:
                self.done.append(self.act(client, len(self.done) + len(self.errors)))
            except pymysql.MySQLError as error:
                self.errors.append(error)
                client.close()
                client = self._connect_again()
        client.close()

    def _connect_again(self):
        """There may be nobody yet who could accept its login."""
        while not self.is_over.is_set():
            with contextlib.suppress(pymysql.MySQLError):
                return self.hg.connect()
        return self.hg.connect()

    def wait_more(self, count=5):
        wanted = len(self.done) + count
        wait_until(lambda: len(self.done) >= wanted or not self.is_alive(), "a client goes on", SETTLED)
        assert self.is_alive()


def test_the_writer_dies_and_is_a_replica_when_it_is_back(cluster, hg):
    def read(client, _):
        return value(client, WHERE)

    def write(client, number):
        mark(client, 1000 + number)
        return 1000 + number
    readers, writer = [Stream(hg, read) for _ in range(3)], Stream(hg, write)
    streams = [*readers, writer]
    for stream in streams:
        stream.wait_more()
    cluster.node("db1").kill()
    row_of(hg, "db1", state="down")
    row_of(hg, "db2", role="primary")
    for stream in streams:
        stream.wait_more()
    cluster.start_node("db1", donor="db3")  # a writer that is the donor would hand its role over
    row_of(hg, "db1", role="replica", reason="synced")
    for stream in streams:
        stream.wait_more()
    assert writer_of(hg) == ["db2"]
    for stream in streams:
        stream.is_over.set()
        stream.join(SETTLED)
    assert not any(reader.errors for reader in readers), [reader.errors for reader in readers]
    assert len(writer.errors) <= 1, writer.errors  # the one that was on its way
    cluster.sync()
    there = {number for number, in cluster.sql("db1", "SELECT id FROM test.marks WHERE id >= 1000")}
    assert there >= set(writer.done)
    assert there <= set(range(1000, 1000 + len(writer.done) + len(writer.errors)))


def test_without_a_quorum_statements_wait(cluster, hg):
    """Two of three nodes stop: the third takes nothing, and says so."""
    idle = hg.connect()
    for name in ("db1", "db2"):
        cluster.node(name).pause()
    try:
        row_of(hg, "db3", role="unknown", reason="not in the primary component of the Galera cluster")
        row_of(hg, "db1", state="down")
        assert writer_of(hg) == []
        waiting = threading.Thread(target=mark, args=(idle, 4))
        waiting.start()
        wait_until(lambda: [row for row in hg.show("sessions") if row["state"] == "waiting for a server"], "it waits", SETTLED)
    finally:
        for name in ("db1", "db2"):
            cluster.node(name).resume()
    waiting.join(100)
    assert not waiting.is_alive()
    for node in cluster.nodes():
        cluster.wait_synced(node.name)
    assert len(node_of_mark(cluster, 4)) == 1
    idle.close()
