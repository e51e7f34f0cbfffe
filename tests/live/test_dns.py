"""Servers by name: names that move to other machines, are late, are lost. A name server of the test answers.

The servers have one port at different loopback addresses, as machines have.
"""

import subprocess
import threading
import time

import pymysql
import pytest

import proxy
from conftest import FLAVOUR
from dns import Dns
from headgate import Headgate, rows, value
from proxy import Proxy, wait_until
from sandbox_lib import Cluster

pytestmark = [pytest.mark.room("net", "cluster", "upstream"), pytest.mark.threads]

LOST_STATE = (1053, 1927)


@pytest.fixture(scope="module")
def cluster():
    with Cluster.start(flavour=FLAVOUR, replicas=2, die_with_parent=True, own_addresses=True) as cluster:
        port = {node.port for node in cluster.nodes()}
        assert len(port) == 1 and len({node.host for node in cluster.nodes()}) == 3
        cluster.sql("db1", "CREATE TABLE test.journal (id INT PRIMARY KEY, n INT)")
        cluster.sync()
        yield cluster


@pytest.fixture
def dns(cluster):
    with Dns({f"{node.name}.test": [node.host] for node in cluster.nodes()}) as dns:
        yield dns


class Named(Headgate):
    """One that knows the servers by name only."""

    def __init__(self, cluster, dns, names=("db1", "db2", "db3"), **options):
        options.setdefault("cluster_settings", {"slow_start": "off"})
        options.setdefault("extra", {})["resolver"] = dns.address
        super().__init__(cluster, interval="200ms", **options)
        port = cluster.node("db1").port
        self.clusters = {"main": [{"name": name, "address": f"{name}.test:{port}"} for name in names]}

    def start(self):
        return Proxy.start(self)

    def settled(self, **roles):
        for name, role in roles.items():
            self.wait_server(name, lambda row, role=role: row["state"] == "up" and row["role"] == role)
        return self

    def has_moved(self, name, host):
        self.wait_server(name, lambda row: row["address"].endswith(f"({host}:{self.cluster.node('db1').port})"))


@pytest.fixture
def hg(cluster, dns):
    with Named(cluster, dns) as headgate:
        yield headgate.settled(db1="primary", db2="replica", db3="replica")
        assert headgate.is_running(), headgate.log()[-6000:]


def where(db):
    return value(db, "SELECT @@server_id")


def lands_on(hg, number):
    with hg.connect() as db:
        return where(db) == number


class Reader(threading.Thread):
    """Reads without a pause; each answer's server, and whatever went wrong."""

    def __init__(self, hg):
        super().__init__(daemon=True)
        self.db, self.seen, self.errors, self.is_ended = hg.connect(), [], [], False
        self.start()

    def run(self):
        while not self.is_ended:
            try:
                self.seen.append(where(self.db))
            except pymysql.MySQLError as error:
                self.errors.append(error)
                return

    def end(self):
        self.is_ended = True
        self.join(20)
        assert not self.is_alive()
        self.db.close()


@pytest.mark.smoke
def test_names_are_shown_with_their_addresses(cluster, hg):
    node = cluster.node("db2")
    assert hg.server("db2")["address"] == f"db2.test:{node.port} ({node.host}:{node.port})"
    with hg.connect() as db:
        rows(db, "DO 1")
        assert where(db) in (2, 3)


@pytest.mark.smoke
def test_a_replica_that_moves_costs_its_readers_nothing_but_time(cluster, dns, hg):
    """db2.test goes to db3's machine and back: nobody reads at the old address any more, and nobody hears of it."""
    readers = [Reader(hg) for _ in range(8)]
    try:
        wait_until(lambda: {reader.seen[-1] for reader in readers if reader.seen} == {2, 3}, "both replicas are read from")
        dns.names["db2.test"] = [cluster.node("db3").host]
        hg.has_moved("db2", cluster.node("db3").host)
        hg.settled(db2="replica")
        marks = [len(reader.seen) for reader in readers]
        wait_until(lambda: all(len(reader.seen) > mark + 20 for reader, mark in zip(readers, marks)), "reads go on")
        assert {number for reader, mark in zip(readers, marks) for number in reader.seen[mark + 1:]} == {3}
        with hg.connect("reads") as new:
            assert where(new) == 3
        dns.names["db2.test"] = [cluster.node("db2").host]
        hg.has_moved("db2", cluster.node("db2").host)
        hg.settled(db2="replica")
        wait_until(lambda: lands_on(hg, 2), "new clients read from it again", 60)
    finally:
        for reader in readers:
            reader.end()
    assert [error for reader in readers for error in reader.errors] == []
    there, here = (f"{cluster.node(name).host}:{cluster.node(name).port}" for name in ("db2", "db3"))
    events = [event for event in hg.show("events") if event["server"] == "db2"]
    assert [(e["was"], e["is"]) for e in events if e["reason"].startswith("address was")] == [(there, here), (here, there)]
    assert f"address was {there}, is {here}" in hg.log() and f"address was {here}, is {there}" in hg.log()


def test_a_running_reply_goes_on_and_an_idle_connection_does_not(cluster, dns, hg):
    """The whole of the reply comes from the machine where it began."""
    with hg.connect("reads") as db:
        while where(db) != 2:
            db.close()
            db.connect()
        result = []
        thread = threading.Thread(target=lambda: result.append(rows(db, "SELECT @@server_id, SLEEP(4)")))
        thread.start()
        wait_until(lambda: cluster.sql("db2", "SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO LIKE '%SLEEP(4)'"),
                   "it runs")
        dns.names["db2.test"] = [cluster.node("db3").host]
        hg.has_moved("db2", cluster.node("db3").host)
        hg.settled(db2="replica")
        thread.join(20)
        assert result == [((2, 0),)]
        assert where(db) == 3
    here = ("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER IN ('app', 'monitor')")
    wait_until(lambda: cluster.sql("db2", here)[0][0] == 0, "nobody is left at the old address, probes included")


def test_a_replica_that_moves_to_a_machine_that_is_behind_shows_nothing_old(cluster, dns):
    """What the machine at the old address had says nothing of the one at the new address."""
    with Named(cluster, dns, names=("db1", "db2"),
               cluster_settings={"slow_start": "off", "consistency_wait": "50ms"}) as hg:
        hg.settled(db1="primary", db2="replica")
        with hg.connect() as db, hg.connect() as reader:
            rows(db, "REPLACE INTO journal VALUES (9, 0)")
            cluster.sync()
            cluster.lag("db3", 4)
            try:
                rows(db, "UPDATE journal SET n = 1 WHERE id = 9")
                wait_until(lambda: value(reader, "SELECT n FROM journal WHERE id = 9") == 1, "the reader has seen it")
                wait_until(lambda: rows(db, "SELECT @@server_id, n FROM journal WHERE id = 9") == ((2, 1),),
                           "the writer sees it on the replica")
                dns.names["db2.test"] = [cluster.node("db3").host]
                hg.has_moved("db2", cluster.node("db3").host)
                hg.settled(db2="replica")
                seen = set()
                while 3 not in seen:
                    for session in (db, reader):
                        server, n = rows(session, "SELECT @@server_id, n FROM journal WHERE id = 9")[0]
                        assert n == 1, (server, n)
                        seen.add(server)
                assert seen == {1, 3}, "both: while it was behind, and after"
            finally:
                cluster.lag("db3", 0)


def test_variables_left_at_an_old_address_read_nothing_that_only_the_new_one_is_known_to_have(cluster, dns):
    """They keep the session's connection there, and nobody asks that machine how far it is any more."""
    with Named(cluster, dns, names=("db1", "db2"), timeouts={"primary_wait": "3s"}) as hg:
        hg.settled(db1="primary", db2="replica")
        with hg.connect() as db:
            rows(db, "REPLACE INTO journal VALUES (10, 1)")
            cluster.sync()
            for sql in ("START TRANSACTION READ ONLY", "SELECT REPEAT('x', 20000) INTO @a", "COMMIT"):   # too long to go along
                rows(db, sql)
            assert rows(db, "SELECT @@server_id, LENGTH(@a), n FROM journal WHERE id = 10") == ((2, 20000, 1),)
            cluster.lag("db2", 30)
            try:
                dns.names["db2.test"] = [cluster.node("db3").host]
                hg.has_moved("db2", cluster.node("db3").host)
                hg.settled(db2="replica")
                rows(db, "UPDATE journal SET n = 2 WHERE id = 10")
                with hg.connect() as other:  # the new one has it, and is known to
                    wait_until(lambda: rows(other, "SELECT @@server_id, n FROM journal WHERE id = 10") == ((3, 2),),
                               "it is there")
                assert rows(db, "SELECT @@server_id, LENGTH(@a)") == ((2, 20000),)
                with pytest.raises(pymysql.MySQLError) as error:
                    rows(db, "SELECT @@server_id, @a, n FROM journal WHERE id = 10")
                assert "has caught up" in str(error.value)
            finally:
                cluster.lag("db2", 0)


def test_a_read_only_transaction_ends_where_it_began(cluster, dns, hg):
    with hg.connect("reads") as db:
        while where(db) != 2:
            db.close()
            db.connect()
        rows(db, "START TRANSACTION READ ONLY")
        assert where(db) == 2
        dns.names["db2.test"] = [cluster.node("db3").host]
        hg.has_moved("db2", cluster.node("db3").host)
        assert where(db) == 2
        rows(db, "COMMIT")
        assert where(db) == 3


def write_on(db, journal, outcome, stop):
    number = outcome["first"]
    while not stop.is_set():
        try:
            rows(db, f"INSERT INTO journal VALUES ({number}, 1)")
            journal.append(number)
        except pymysql.MySQLError as error:
            outcome["errors"].append((number, error))
            return
        number += 1


@pytest.mark.smoke
def test_the_primary_is_changed_by_name_alone(cluster, dns):
    """Two names, primary and replica; a promotion, then they are swapped, as a cluster manager does it.

    Every acknowledged write is there once, and each was taken by the machine that was the primary.
    """
    one, two = (cluster.node(name).host for name in ("db1", "db2"))
    with Named(cluster, dns, names=("db1", "db2"), timeouts={"primary_wait": "30s"}) as hg:
        hg.settled(db1="primary", db2="replica")
        journal, stop, outcomes, threads = [], threading.Event(), [], []
        sessions = [hg.connect() for _ in range(4)]
        for i, db in enumerate(sessions):
            outcomes.append({"first": 1000000 * (i + 1), "errors": []})
            threads.append(threading.Thread(target=write_on, args=(db, journal, outcomes[-1], stop), daemon=True))
            threads[-1].start()
        try:
            wait_until(lambda: len(journal) > 100, "writes arrive")
            cluster.promote("db2")
            dns.names["db1.test"], dns.names["db2.test"] = [two], [one]
            hg.has_moved("db1", two)
            hg.has_moved("db2", one)
            hg.settled(db1="primary", db2="replica")
            mark = len(journal)
            wait_until(lambda: len(journal) > mark + 100, "writes go on")
        finally:
            stop.set()
            for thread in threads:
                thread.join(30)
                assert not thread.is_alive()
            try:
                assert [outcome["errors"] for outcome in outcomes] == [[]] * 4
                cluster.sync()
                for name in ("db1", "db2"):
                    found = {number for number, in cluster.sql(name, "SELECT id FROM test.journal")}
                    assert found >= set(journal), name
            finally:
                cluster.promote("db1")
                for db in sessions:
                    db.close()


def test_state_on_a_primary_that_has_moved_is_lost_and_said_so(cluster, dns, hg):
    """The machine at the old address is out of sight: it may still be writable, so nothing more is begun there."""
    with hg.connect() as writer, hg.connect() as pinned, hg.connect() as free:
        rows(writer, "BEGIN")
        rows(writer, "INSERT INTO journal VALUES (7, 7)")
        rows(pinned, "SET @a = UUID()")
        assert where(free) in (2, 3)  # and nothing on the primary that it would have to see again
        dns.names["db1.test"] = [cluster.node("db3").host]
        hg.has_moved("db1", cluster.node("db3").host)
        hg.wait_server("db1", lambda row: row["role"] == "replica")
        for db, sql in ((writer, "COMMIT"), (pinned, "SELECT @a")):
            with pytest.raises(pymysql.MySQLError) as error:
                rows(db, sql)
            assert error.value.args[0] in LOST_STATE, error.value
        assert where(free) in (2, 3)
        dns.names["db1.test"] = [cluster.node("db1").host]
        hg.settled(db1="primary")
        assert rows(free, "SELECT id FROM journal WHERE id = 7 FOR UPDATE") == ()
        rows(free, "DO 1")


@pytest.mark.smoke
def test_a_name_server_that_dies_changes_nothing(cluster, dns, hg):
    events, before = len(hg.show("events")), dict(dns.asked)
    with hg.connect() as db:
        dns.die()
        wait_until(lambda: hg.log().count("its name cannot be resolved") == 3, "it was asked, and said nothing", 30)
        for _ in range(20):
            rows(db, "DO 1")
            assert where(db) in (2, 3)
            with hg.connect() as new:
                assert where(new) in (2, 3)
        for number, name in enumerate(("db1", "db2", "db3"), 1):
            assert hg.server(name)["state"] == "up" and f"127.0.0.{number}:" in hg.server(name)["address"]
        assert len(hg.show("events")) == events
        assert hg.log().count("its name cannot be resolved") == 3  # said once of each, however often it is asked
        dns.revive()
        wait_until(lambda: hg.log().count("its name is resolved") == 6, "it is heard again", 40)
        assert dns.asked["db1.test"] > before["db1.test"] and len(hg.show("events")) == events


@pytest.mark.smoke
def test_names_that_nobody_knows_are_no_reason_not_to_start(cluster, dns):
    del dns.names["db3.test"]
    with Named(cluster, dns, expect_up=False) as hg:
        hg.settled(db1="primary", db2="replica")
        row = hg.wait_server("db3", lambda row: row["state"] == "down")
        port = cluster.node("db1").port
        assert (row["address"], row["reason"]) == (
            f"db3.test:{port}", "down: its name cannot be resolved: Domain name not found")
        with hg.connect() as db:
            assert where(db) == 2
        dns.names["db3.test"] = [cluster.node("db3").host]
        hg.settled(db3="replica")
        assert "its name is resolved" in hg.log()


def test_a_start_without_any_name_server_waits_for_one(cluster, dns):
    dns.die()
    with Named(cluster, dns, expect_up=False) as hg:
        for name in ("db1", "db2", "db3"):
            hg.wait_server(name, lambda row: row["state"] == "down" and "cannot be resolved" in row["reason"])
        dns.revive()
        hg.settled(db1="primary", db2="replica", db3="replica")
        with hg.connect() as db:
            rows(db, "DO 1")


def test_other_answers_that_have_the_address_change_nothing(cluster, dns, hg):
    """Round robin: the answer's order is no order to move."""
    events = len(hg.show("events"))
    hosts = [cluster.node(name).host for name in ("db3", "db2")]
    for answer in (hosts, hosts[::-1], hosts):
        dns.names["db2.test"] = answer
        asked = dns.asked["db2.test"]
        wait_until(lambda: dns.asked["db2.test"] >= asked + 4, "it was asked and answered")
    assert f"({cluster.node('db2').host}:" in hg.server("db2")["address"] and len(hg.show("events")) == events


def test_checking_a_configuration_asks_nobody(cluster, dns, tmp_path):
    hg = Named(cluster, dns)
    hg._choose_addresses()
    path = tmp_path / "headgate.conf"
    path.write_text(hg.configuration())
    began = time.monotonic()
    subprocess.run([proxy.BINARY, "-t", "-c", str(path)], check=True, timeout=30)
    assert dns.asked == {} and time.monotonic() - began < 5
    path.write_text(hg.configuration().replace(dns.address, "localhost:53"))
    refused = subprocess.run([proxy.BINARY, "-t", "-c", str(path)], capture_output=True, text=True, timeout=30)
    assert refused.returncode == 1 and "resolver" in refused.stderr and "localhost" in refused.stderr
