"""`pause` and `resume`: what runs ends, what is new waits, and no client hears of it."""

import threading
import time

import pytest

from headgate import Headgate, Log, rows, value
from proxy import wait_until

pytestmark = [pytest.mark.room("session", "command", "frontend"), pytest.mark.threads]

WRITERS = 8


@pytest.fixture(scope="module")
def hg(cluster):
    """Its pauses last until they are ended, however slow the machine is."""
    with Headgate(cluster, timeouts={"pause": "60s"}) as proxy:
        with proxy.connect() as db:
            rows(db, "CREATE TABLE paused (id INT PRIMARY KEY AUTO_INCREMENT, who INT, n INT)")
        yield proxy


@pytest.fixture
def hasty(hg):
    """Its pauses end by themselves."""
    with Headgate(hg.cluster, timeouts={"pause": "2s"}) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def running(hg):
    """Each test leaves the cluster running."""
    yield
    hg.admin("resume main")


class Aside(threading.Thread):
    """Something that takes a while; its result, when it is there."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self.work, self.result, self.error = work, None, None
        self.start()

    def run(self):
        try:
            self.result = self.work()
        except Exception as error:  # the test looks at it
            self.error = error

    def end(self, timeout=20):
        self.join(timeout)
        assert not self.is_alive(), "it never ended"
        if self.error is not None:
            raise self.error
        return self.result


@pytest.mark.smoke
def test_new_statements_and_logins_wait_and_nobody_hears_of_it(cluster, hg):
    with hg.connect() as db:
        rows(db, "SELECT 1")
        answer, = hg.json("pause main")
        assert answer["state"] == "paused"
        with Log(cluster) as log:
            read = Aside(lambda: value(db, "SELECT 41 + 1 /*while paused*/"))
            login = Aside(lambda: hg.connect())
            time.sleep(0.5)
            assert read.is_alive() and login.is_alive()
            assert log.count("/*while paused*/") == 0
        answer, = hg.json("resume main")
        assert answer["state"] == "running" and answer["after_ms"] >= 500
        assert read.end() == 42
        login.end().close()


@pytest.mark.smoke
def test_a_pause_waits_for_transactions_and_they_go_on(hg):
    with hg.connect() as db, hg.connect() as other:
        rows(db, "BEGIN")
        rows(db, "INSERT INTO paused (who, n) VALUES (100, 1)")
        pause = Aside(lambda: hg.json("pause main"))
        assert "db1" in hg.admin("show servers")  # the console answers others meanwhile
        time.sleep(0.2)
        assert pause.is_alive()
        read = Aside(lambda: value(other, "SELECT COUNT(*) FROM paused WHERE who = 100"))
        rows(db, "INSERT INTO paused (who, n) VALUES (100, 2)")
        time.sleep(0.1)
        assert pause.is_alive() and read.is_alive()
        rows(db, "COMMIT")
        assert pause.end()[0]["state"] == "paused"
        assert read.is_alive()
        hg.admin("resume main")
        assert read.end() in (0, 2)  # a replica may not have it yet


def test_a_statement_that_runs_is_waited_for(hg):
    with hg.connect() as db:
        slow = Aside(lambda: value(db, "SELECT SLEEP(0.7)"))
        time.sleep(0.2)
        answer, = hg.json("pause main")
        assert answer["state"] == "paused" and answer["after_ms"] >= 300
        assert slow.end() == 0


def test_it_ends_by_itself(hasty):
    with hasty.connect() as db:
        rows(db, "SELECT 1")
        hasty.json("pause main")
        began = time.monotonic()
        assert value(db, "SELECT 2") == 2
        assert 1.0 < time.monotonic() - began < 10
        assert "the pause ends by itself after 2s" in hasty.log()
        assert "not paused" in hasty.admin("resume main")


def test_who_does_not_become_quiet_in_time_is_told_to_the_operator(hasty):
    with hasty.connect() as db:
        rows(db, "BEGIN")
        rows(db, "INSERT INTO paused (who, n) VALUES (101, 1)")
        said = hasty.json("pause main")
        assert "ended by itself" in said["error"] and "1 statements or transactions" in said["error"]
        rows(db, "ROLLBACK")


def test_only_once_at_a_time_and_only_what_there_is(hg):
    assert "no cluster 'nowhere'" in hg.admin("pause nowhere")
    assert "not paused" in hg.admin("resume main")
    with hg.connect() as db:
        rows(db, "BEGIN")
        rows(db, "INSERT INTO paused (who, n) VALUES (102, 1)")
        first = Aside(lambda: hg.json("pause main"))
        time.sleep(0.1)
        assert "is being paused" in hg.admin("pause main")
        hg.admin("resume main")
        assert "ended by a `resume`" in first.end()["error"]
        rows(db, "ROLLBACK")


def written(hg):
    return hg.cluster.primary().sql("SELECT COUNT(*) FROM test.paused")[0][0]


@pytest.mark.smoke
def test_a_crowd_feels_nothing_but_time(hg):
    """Writers and readers through many pauses: no error, and every acknowledged write is there once."""
    stop = threading.Event()
    acknowledged = [0] * WRITERS

    def work(who):
        with hg.connect() as db:
            while not stop.is_set():
                n = acknowledged[who] + 1
                if n % 5 == 0:
                    rows(db, "BEGIN")
                rows(db, f"INSERT INTO paused (who, n) VALUES ({who}, {n})")
                if n % 5 == 0:
                    rows(db, "COMMIT")
                value(db, "SELECT COUNT(*) FROM paused WHERE who = 0")
                acknowledged[who] = n

    crowd = [Aside(lambda who=who: work(who)) for who in range(WRITERS)]
    try:
        for _ in range(10):
            time.sleep(0.1)
            answer, = hg.json("pause main")
            assert answer["state"] == "paused"
            before = written(hg)
            time.sleep(0.1)
            assert written(hg) == before, "something wrote through the pause"
            assert "running" in hg.admin("resume main")
    finally:
        stop.set()
    for one in crowd:
        one.end()
    with hg.connect("writes") as db:
        for who in range(WRITERS):
            assert acknowledged[who] > 10
            assert value(db, f"SELECT CONCAT(COUNT(*), '/', COUNT(DISTINCT n), '/', MAX(n)) FROM paused WHERE who = {who}") \
                == "{0}/{0}/{0}".format(acknowledged[who])
