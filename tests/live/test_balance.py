"""Where reads go among those that can serve them: shares, primary_reads, and a replica that has become slow."""

import os
import signal
import threading
import time

import pytest

from headgate import Counters, Headgate, rows, value
from proxy import wait_until

pytestmark = [pytest.mark.room("cluster"), pytest.mark.threads]

READERS = 12

SECONDS_PER_TEST = 400


def where(db):
    return f"db{value(db, 'SELECT @@server_id')}"


class Crowd:
    """Sessions that read one row, over and over, until the end of the `with`; errors end the test."""

    def __init__(self, hg, count=READERS):
        self.stop, self.errors = threading.Event(), []
        self.threads = [threading.Thread(target=self._read, args=(hg,), daemon=True) for _ in range(count)]

    def _read(self, hg):
        try:
            with hg.connect() as db:
                while not self.stop.is_set():
                    rows(db, "SELECT id FROM balanced WHERE id = 1")
        except Exception as error:  # told at the end
            self.errors.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self.stop.set()
        for thread in self.threads:
            thread.join(20)
        assert kind is not None or not self.errors, self.errors


class Sluggish(threading.Thread):
    """Stops a node for most of the time, in slices."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.pid, self.over = node.pid, threading.Event()

    def run(self):
        while not self.over.is_set():
            os.kill(self.pid, signal.SIGSTOP)
            time.sleep(0.08)
            os.kill(self.pid, signal.SIGCONT)
            time.sleep(0.02)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.over.set()
        self.join(5)
        os.kill(self.pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def table(cluster):
    cluster.sql("db1", "CREATE TABLE test.balanced (id INT PRIMARY KEY); INSERT INTO test.balanced VALUES (1)")
    cluster.sync()


def passed(hg, act):
    """Commands that headgate has passed to each server while act() lasted: a node that is stopped cannot be asked."""
    before = {row["name"]: row["queries"] for row in hg.show("servers")}
    act()
    return {row["name"]: row["queries"] - before[row["name"]] for row in hg.show("servers")}


def have_read(hg, count):
    """So many reads have run everywhere together."""
    wait_until(lambda: sum(row["queries"] for row in hg.show("servers")) > count, f"{count} reads have run", 60)


def test_the_primary_has_its_share_when_told(cluster, table):
    with Headgate(cluster, cluster_settings={"primary_reads": "share"}) as hg:
        counters = Counters(cluster)
        with Crowd(hg):
            have_read(hg, 10000)
        reads = {name: counts[0] for name, counts in counters.since().items()}  # by the servers' own count
        total = sum(reads.values())
        assert all(count > total * 0.05 for count in reads.values()), reads
        with hg.connect() as db:
            assert "primary" in hg.admin("explain SELECT 1") or "replica" in hg.admin("explain SELECT 1")
            rows(db, "BEGIN")
            assert where(db) == "db1"
            rows(db, "ROLLBACK")


@pytest.mark.smoke
def test_reads_wait_for_a_replica_when_the_primary_never_reads(cluster, table):
    with Headgate(cluster, cluster_settings={"primary_reads": "never"}, timeouts={"primary_wait": "15s"}) as hg:
        with hg.connect() as db:
            assert where(db) in ("db2", "db3")
            for name in ("db2", "db3"):
                hg.admin(f"drain {name}")
            back = threading.Timer(0.7, lambda: hg.admin("enable db3"))
            back.start()
            began = time.monotonic()
            assert where(db) == "db3"
            assert time.monotonic() - began > 0.5
            back.join()


def sessions_on(hg, name):
    return [row["replica"] for row in hg.show("sessions")].count(name)


@pytest.mark.long
def test_a_slow_replica_gets_less_before_it_gets_none(cluster, table):
    """Stopped four fifths of the time: too slow for an equal share, and not dead."""
    with Headgate(cluster) as hg, Crowd(hg):
        wait_until(lambda: sessions_on(hg, "db3") >= READERS // 4, "it has its sessions", 60)
        before = sessions_on(hg, "db3")

        def be_slow():
            with Sluggish(cluster.node("db3")):
                wait_until(lambda: sessions_on(hg, "db3") <= before // 2, "half the sessions leave the slow one", 180)     # on a loaded machine all are slow
                time.sleep(4)
                assert hg.server("db3")["state"] == "up", hg.server("db3")
        unfair = passed(hg, be_slow)
        print(f"{before} of {READERS} sessions on db3; while it was slow {unfair}")
        assert unfair["db1"] < 100 and 0 < unfair["db3"] < unfair["db2"] / 2, unfair
