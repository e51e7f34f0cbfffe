"""64 threads of sysbench read while the replicas are killed, stopped, cut off, lagged, drained, filled, ejected and promoted.

Nobody sees an error; headgate knows of each within its stated time, and sends nothing to a server that is out, which the server's own
counters and the kernel's list of connections prove. HEADGATE_STORM_SECONDS makes it longer than its 60 s,
HEADGATE_SEED repeats a run's choices (not its timing).
"""

import contextlib
import ctypes
import os
import random
import re
import socket
import subprocess
import threading
import time

import pymysql
import pytest

import manual_switchover
import relays
import sockdiag
from conftest import FLAVOUR
from headgate import Headgate, rows
from proxy import wait_until
from sandbox_lib import Cluster, SandboxError, dialect, replication, sql
from sandbox_lib.process import dying_with_parent

pytestmark = [pytest.mark.room("cluster", "upstream"), pytest.mark.threads, pytest.mark.alone]

SECONDS = float(os.environ.get("HEADGATE_STORM_SECONDS", "60"))
SEED = os.environ.get("HEADGATE_SEED") or str(random.SystemRandom().randrange(1 << 32))
SECONDS_PER_TEST = int(SECONDS) + 300

THREADS, RATE, VISITORS = 64, 1200, 3
TABLES = ["--tables=2", "--table-size=2000"]
MAX_CONNECTIONS = 120  # all 64 on one server, visitors, probes, replication; few enough to be used up

INTERVAL, TIMEOUT, FALL, RISE = 0.5, 1.0, 2, 1
FAILURES = 5  # replies broken off, in a row
MAX_LAG, DELAY, EJECTED = 2, 6, 2  # seconds: allowed, made, and the longest ejection, a fifth more or less
SLACK = 1.5  # two cores for three servers, headgate and sysbench
# Seconds until `show servers` has it.
STATED = {
    # The lost connections have it asked at once, and again after a quarter of the interval.
    "killed": INTERVAL + SLACK,
    "stopped": FALL * (INTERVAL + TIMEOUT) + SLACK,
    "cut off": FALL * (INTERVAL + TIMEOUT) + SLACK,
    "replication stopped": INTERVAL + SLACK,
    "promoted": 2 * INTERVAL + SLACK,
    "ejected": SLACK,  # its sessions' connections tell it
    "moved": 2 * INTERVAL + SLACK,
    "lagging": MAX_LAG + 1 + INTERVAL + SLACK,  # the servers tell it in whole seconds
    "caught up": 1 + INTERVAL + SLACK,
    "drained": 0.3,
    "disabled": 0.3,
    "enabled": 0.3,
    "back": RISE * INTERVAL + EJECTED * 1.2 + SLACK,
    "read from again": 5.0,
}
IN_FLIGHT = 0.5  # seconds until what was sent before a server was out is answered, and its connections are closed
WORKERS = 2
HEADGATES_OWN = 2 + WORKERS  # connections to a server: the probe's, its next, each worker's that asks for its position
MONITOR = {"user": "monitor", "password": "monitor_pw", "interval": f"{INTERVAL * 1000:.0f}ms",
           "timeout": f"{TIMEOUT * 1000:.0f}ms", "fall": FALL, "rise": RISE}


@pytest.fixture(scope="module")
def cluster():
    family_options = {} if FLAVOUR == "mysql" else {"userstat": "1"}
    with Cluster.start(flavour=FLAVOUR, replicas=2, die_with_parent=True,
                       options={"max_connections": MAX_CONNECTIONS, **family_options}) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def running(cluster):
    settings = {"monitor": MONITOR, "max_lag": f"{MAX_LAG}s", "slow_start": "1s",
                "ejection": {"failures": FAILURES, "base": "500ms", "max": f"{EJECTED}s"}}
    with Headgate(cluster, cluster_settings=settings, extra={"workers": WORKERS},
                  timeouts={"primary_wait": "10s"}) as headgate:
        yield headgate


@pytest.fixture(scope="module", autouse=True)
def tables(cluster, running):
    cluster.sql("db1", "CREATE TABLE test.beats (n BIGINT, filler LONGTEXT)")
    Sysbench(running, SEED).prepare()
    cluster.sync()


# ---- who reads and writes meanwhile ----

class Sysbench:
    """A process that reads until it is ended. The first error ends it with a report."""

    def __init__(self, hg, seed):
        host, port = hg.host_and_port("split")
        self.command = ["sysbench", "oltp_point_select", f"--mysql-host={host}", f"--mysql-port={port}",
                        "--mysql-user=app", "--mysql-password=app_pw", "--mysql-db=sbtest", *TABLES]
        self.mode = random.Random(seed).choice(("auto", "disable"))
        self.path = os.path.join(hg.directory, "sysbench.log")
        self.process = None

    def prepare(self):
        done = subprocess.run([*self.command, "prepare"], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def __enter__(self):
        with open(self.path, "wb") as log:
            self.process = subprocess.Popen(
                dying_with_parent([*self.command, f"--threads={THREADS}", f"--rate={RATE}",
                                   f"--time={SECONDS_PER_TEST}", "--report-interval=1", f"--db-ps-mode={self.mode}",
                                   f"--rand-seed={random.Random(SEED).randrange(1 << 30)}", "run"]), stdout=log, stderr=log)
        return self

    def __exit__(self, *exception):
        self.process.kill()
        self.process.wait()

    def output(self):
        with open(self.path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def check(self):
        """It runs, and has seen no error, and has reconnected never."""
        output = self.output()
        assert self.process.poll() is None and "FATAL" not in output, output[-4000:]
        bad = [line for line in output.splitlines() if re.search(r"(err|reconn)/s: (?!0\.00)", line)]
        assert not bad, "\n".join(bad[:20])

    def wait_reading(self):
        try:
            wait_until(lambda: len(self.transactions()) > 1, "sysbench reads", 30)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.output()[-4000:]}") from error

    def transactions(self):
        """What it did in each second so far."""
        return [float(tps) for tps in re.findall(r"tps: ([\d.]+)", self.output())]


class Client(threading.Thread):
    """Does something again and again. No error is expected of it, whatever happens to the servers."""

    def __init__(self, name, step):
        super().__init__(name=name, daemon=True)
        self.step, self.count, self.longest, self.error = step, 0, 0.0, None
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set() and self.error is None:
            began = time.time()
            try:
                self.step(self.count)
            except Exception as error:  # told by check()
                self.error = (began, time.time(), repr(error))
            self.count += 1
            self.longest = max(self.longest, time.time() - began)
            time.sleep(0.03)

    def check(self):
        assert self.error is None, f"{self.name}: {self.error}"


@contextlib.contextmanager
def clients(hg, size=10):
    """Visitors, who come, read once and go; and one who writes so many bytes at a time, to be replicated."""
    def visit(_):
        with hg.connect(database="sbtest") as db:
            assert rows(db, "SELECT id FROM sbtest1 WHERE id = 7") == ((7,),)

    def write(count):
        rows(writer, f"INSERT INTO beats VALUES ({count}, '{'x' * size}')")

    with hg.connect(database="test") as writer:
        started = [Client(f"visitor {i}", visit) for i in range(VISITORS)]
        started.append(Client("writer", write))
        for client in started:
            client.start()
        try:
            yield started
        finally:
            for client in started:
                client.ending.set()
            for client in started:
                client.join(20)
                assert not client.is_alive(), f"{client.name} hangs"


# ---- what the servers and the kernel say ----

READS = {
    "mariadb": "SELECT IFNULL(SUM(SELECT_COMMANDS), 0) FROM information_schema.USER_STATISTICS WHERE USER = 'app'",
    "mysql": "SELECT IFNULL(SUM(COUNT_STAR), 0) FROM performance_schema.events_statements_summary_by_user_by_event_name "
             "WHERE USER = 'app' AND EVENT_NAME IN ('statement/sql/select', 'statement/com/Execute')",
}


def reads_of(node):
    """Reads that the application's account has done there since the server started."""
    return int(node.value(READS[node.cluster.family]))


def running_of(node):
    """What the application's account runs there at this moment."""
    return node.sql("SELECT ID, COMMAND, TIME FROM information_schema.PROCESSLIST WHERE USER = 'app' AND COMMAND NOT IN ('Sleep', 'Connect')")


def has_room(node):
    """It takes a connection."""
    try:
        reads_of(node)
    except pymysql.err.OperationalError as error:
        assert error.args[0] == 1040, error
        return False
    return True


def connections_to(node):
    """Established connections to a server. To a replica they are headgate's."""
    return sockdiag.connections_to(node.port)


# ---- what happens to them ----

class Storm:
    """Trouble for one replica after the other, in an order that the seed gives."""

    def __init__(self, cluster, hg, seed):
        self.cluster, self.hg = cluster, hg
        self.random = random.Random(seed)
        self.told = []

    def tell(self, words):
        self.told.append(f"{time.time():.3f} {words}")

    def go(self, until, check):
        """Every kind once before any comes again; the last may end after the time is up."""
        bag = []
        while time.time() < until:
            bag = bag or self.random.sample(self.KINDS, len(self.KINDS))
            kind = bag.pop()
            self.tell(f"---- {kind.__name__.strip('_')}")
            kind(self)
            check()
            self.pause(0.3, 1.0)

    def pause(self, least, most):
        time.sleep(self.random.uniform(least, most))

    def victim(self):
        """A replica, mostly the one with more of the reads: a session stays where it is as long as it can."""
        busy, idle = sorted(self.cluster.replicas(), key=connections_to, reverse=True)
        assert connections_to(busy) > HEADGATES_OWN, "nobody reads from the replicas"
        return busy if self.random.random() < 0.7 else idle

    def knows(self, node, what, condition, since=None):
        """headgate shows it within its stated time, which began now or at the time given."""
        began = since or time.time()
        row = self.hg.wait_server(node.name, condition, STATED[what] - (time.time() - began))
        after = time.time() - began
        self.tell(f"{node.name} {what}: {row['state']} {row['role']} ({row['reason']}) after {after:.3f} s")

    def is_back(self, node, what="back"):
        """It takes reads again, and gets some: so counting them can tell that there are none."""
        self.knows(node, what, lambda row: (row["state"], row["reason"][:10]) == ("up", "replicates"))
        before = reads_of(node)
        wait_until(lambda: reads_of(node) > before, f"{node.name} is read from again", STATED["read from again"])

    def gets_nothing(self, node, seconds):
        """No statement of the application, and no connection for one, once those have gone that were under way: a loaded
        machine may take longer for them than IN_FLIGHT, and so does a server that has just started and opens its tables."""
        time.sleep(IN_FLIGHT)
        wait_until(lambda: not self.hg.server(node.name)["connections_active"], f"headgate's sessions have left {node.name}", 20)
        wait_until(lambda: not running_of(node), f"{node.name} has answered what was sent before", 20)
        before, end = reads_of(node), time.time() + seconds
        while time.time() < end:
            time.sleep(0.05)
            assert reads_of(node) == before, f"{node.name} is out and has run {reads_of(node) - before} reads"
        left = node.sql("SELECT ID, COMMAND, TIME FROM information_schema.PROCESSLIST WHERE USER = 'app'")
        # What was cut off knows nothing of the end of its connections; headgate's own come and go.
        assert not left or connections_to(node) <= HEADGATES_OWN, f"{node.name} is out and has sessions: {left}"
        self.has_no_connections(node)

    def has_no_connections(self, node):
        count = connections_to(node)
        assert count <= HEADGATES_OWN, f"headgate has {count} connections to {node.name}, which is out"

    def restarts(self, node):
        """Before headgate knows that it is there again, nothing reaches it."""
        node.launch()
        node.wait_ready()
        self.tell(f"{node.name} answers")
        count = reads_of(node)
        while self.hg.server(node.name)["state"] != "up":
            assert count == 0, f"{node.name} is out and has run {count} reads"
            count = reads_of(node)
        self.tell(f"{node.name} is up")
        self.cluster.rejoin(node.name)
        self.is_back(node)

    def _kill(self):
        node, began = self.victim(), time.time()
        node.kill()
        self.knows(node, "killed", lambda row: row["state"] == "down", began)
        self.pause(0.0, 1.0)
        self.has_no_connections(node)
        self.restarts(node)

    def _kill_both(self):
        """The primary reads, too, when there is nobody else."""
        nodes = self.cluster.replicas()
        for node in nodes:
            node.kill()
        for node in nodes:
            self.knows(node, "killed", lambda row: row["state"] == "down")
        before = reads_of(self.cluster.primary())
        wait_until(lambda: reads_of(self.cluster.primary()) > before, "the primary is read from")
        for node in nodes:
            self.restarts(node)

    def _stop(self):
        node, began = self.victim(), time.time()
        node.pause()
        try:
            self.knows(node, "stopped", lambda row: row["state"] == "down", began)
            time.sleep(IN_FLIGHT)
            self.has_no_connections(node)
        finally:
            node.resume()
        self.is_back(node)

    def _hiccup(self):
        """Shorter than anybody's patience: the reads there just take longer."""
        node = self.victim()
        node.pause()
        self.pause(0.1, 0.6)
        node.resume()
        self.is_back(node)

    def _cut_off(self):
        node, began = self.victim(), time.time()
        self.cluster.partition(node.name)
        try:
            self.knows(node, "cut off", lambda row: row["state"] == "down", began)
            self.gets_nothing(node, 0.5)
        finally:
            self.cluster.heal(node.name)
        # The kernel goes on offering what headgate had sent, and has long asked others for: those reads run now.
        wait_until(lambda: not sockdiag.leaving_for(node.port), "what was under way has arrived", 60)
        self.is_back(node)

    def _stop_replication(self):
        node, words = self.victim(), dialect.of(self.cluster.family)
        node.sql(words.stop)
        self.knows(node, "replication stopped", lambda row: "replication is stopped" in row["reason"])
        self.gets_nothing(node, 1.0)
        node.sql(words.start)
        replication.wait_replicating(node)
        self.is_back(node)

    def _lag(self):
        """It applies everything too late; the writer sees to it that there is something to apply."""
        node = self.victim()
        self.cluster.lag(node.name, DELAY)
        self.knows(node, "lagging", lambda row: row["state"] == "lagging")
        self.gets_nothing(node, 1.0)
        self.cluster.lag(node.name, 0)
        self.is_back(node, "caught up")

    def _ordered(self, verb, state):
        """What an operator says holds until he says otherwise."""
        node = self.victim()
        assert not self.hg.admin(f"{verb} {node.name}").startswith("error")
        try:
            self.knows(node, state, lambda row: row["state"] == {"drained": "draining"}.get(state, state))
            self.gets_nothing(node, 1.0)
        finally:
            assert not self.hg.admin(f"enable {node.name}").startswith("error")
        self.is_back(node, "enabled")

    def _drain(self):
        self._ordered("drain", "drained")

    def _disable(self):
        self._ordered("disable", "disabled")

    def _fill(self):
        """Strangers take every connection there is, and headgate loses its own: the server is full, not dead."""
        node = self.victim()
        with contextlib.ExitStack() as stack:
            def stranger():
                """Takes a connection without ever logging in; False when there is none."""
                sock = stack.enter_context(socket.create_connection((node.host, node.port), 10))
                return sock.recv(5)[4:] != b"\xff"
            root = stack.enter_context(sql.connect_socket(node.socket))  # the one connection more that it may have
            wait_until(lambda: not stranger(), "all connections are taken")
            ousted = rows(root, "SELECT ID FROM information_schema.PROCESSLIST WHERE USER IN ('app', 'monitor')")
            for (number,) in ousted:
                with contextlib.suppress(pymysql.MySQLError):
                    rows(root, f"KILL {number}")
                stranger()
            wait_until(lambda: not stranger(), "they are taken again")
            self.tell(f"{node.name} is full: {len(ousted)} connections were ended")
            time.sleep(FALL * INTERVAL * 2)
            assert self.hg.server(node.name)["state"] != "down", self.hg.server(node.name)
        wait_until(lambda: has_room(node), "the server has seen the strangers go")
        self.is_back(node)

    def _moves_to(self, node, address, tls):
        """headgate reaches it there from now on, and reads from it."""
        for server in self.hg.clusters["main"]:
            if server["name"] == node.name:
                server.update({"address": address, "tls": tls})
        self.hg.write()
        self.hg.json("reload")
        self.knows(node, "moved", lambda row: (row["address"], row["state"]) == (address, "up"))
        self.is_back(node)

    def ejections(self, node):
        """When each one was that headgate remembers."""
        return [event["at"] for event in self.hg.show("events")
                if event["server"] == node.name and event["is"].startswith("ejected")]

    def is_left_alone(self, node, relay):
        """While it is ejected; the first ones are short, so that one of them may be over before it was looked at."""
        def gets_nothing():
            ejected, state = self.ejections(node)[-1:], self.hg.server(node.name)["state"]
            time.sleep(IN_FLIGHT)
            before, broken = reads_of(node), relay.count
            time.sleep(0.3)
            after = reads_of(node) - before, relay.count - broken
            now = self.hg.server(node.name)["state"]     # before its ejections: an ejection that is new here is among them
            if {state, now} != {"ejected"} or ejected != self.ejections(node)[-1:]:
                return False
            assert after == (0, 0), f"{node.name} is ejected and has run {after[0]} reads, {after[1]} of them broken off"
            return True
        wait_until(gets_nothing, f"{node.name} is ejected for as long as it takes to look", 60)

    def _eject(self):
        """It lets everybody in, answers probes, and breaks off each reply: sessions' luck tells, and it is tried again."""
        node = self.victim()
        relay, own = relays.Breaker(node, b"app"), f"{node.host}:{node.port}"
        try:
            self._moves_to(node, relay.address, "off")  # so that the relay knows a statement
            before, relay.is_breaking = self.ejections(node)[-1:], True
            # A relay that this machine lets wait is slow, and slow servers get few reads.
            wait_until(lambda: relay.count >= FAILURES, f"{node.name} has broken off {FAILURES} replies", 60)
            self.knows(node, "ejected", lambda row: self.ejections(node)[-1:] != before)
            self.is_left_alone(node, relay)
            ejections = [at for at in self.ejections(node) if [at] > before]
            self.tell(f"{node.name} broke off {relay.count} replies, and was ejected {len(ejections)} times")
            assert relay.count > 0
            relay.is_breaking = False
            self.is_back(node)
            self._moves_to(node, own, "preferred")
            # A reply that is on its way would be cut amid its rows.
            wait_until(lambda: not sockdiag.connections_to(relay.port), "nobody goes that way any more", 60)
        finally:
            relay.close()

    def _promote(self):
        """By hand, in the right order; the new primary is read from no longer."""
        node = self.victim()
        manual_switchover.demote(self.cluster)
        manual_switchover.catch_up(self.cluster, node.name)
        manual_switchover.detach(self.cluster, node.name)
        manual_switchover.open_for_writes(self.cluster, node.name)
        manual_switchover.take_over(self.cluster, node.name)
        self.knows(node, "promoted", lambda row: row["role"] == "primary")
        manual_switchover.follow(self.cluster)
        for replica in self.cluster.replicas():
            self.is_back(replica)
        time.sleep(IN_FLIGHT)
        early, before = self.reads_too_early(), reads_of(node)
        time.sleep(1.0)
        count, allowed = reads_of(node) - before, self.reads_too_early() - early
        assert count <= allowed, f"{node.name} is the primary and has run {count} reads, {allowed} of them too early"

    def reads_too_early(self):
        """For the replicas to have what the client had seen: these are the primary's, and headgate counts them."""
        return sum(row["value"] for row in self.hg.show("stats") if row["name"] == "reads_too_early")

    KINDS = (_kill, _kill_both, _stop, _hiccup, _stop_replication, _lag, _drain, _disable, _fill, _eject, _promote,
             *([_cut_off] if os.geteuid() == 0 else []))  # only root can let packets vanish


@pytest.mark.smoke
def test_reads_see_no_error_whatever_happens_to_the_replicas(cluster, hg):
    sysbench, storm = Sysbench(hg, SEED), Storm(cluster, hg, SEED)
    try:
        with clients(hg) as others, sysbench:
            def check():
                sysbench.check()
                for client in others:
                    client.check()
            sysbench.wait_reading()
            storm.go(time.time() + SECONDS, check)
            told = len(sysbench.transactions())
            wait_until(lambda: len(sysbench.transactions()) > told + 1, "sysbench tells of its last second", 30)
            check()
            done = sysbench.transactions()
    finally:
        print(f"HEADGATE_SEED={SEED} HEADGATE_STORM_SECONDS={SECONDS:g} on {FLAVOUR}, --db-ps-mode={sysbench.mode}")
        print("\n".join(storm.told))
        for client in others:
            print(f"{client.name}: {client.count} times, {client.longest:.3f} s at most")
    print("transactions in each second:", " ".join(f"{tps:.0f}" for tps in done))
    assert sum(done) > SECONDS * RATE / 4
    assert all(client.count > SECONDS for client in others)


def log_of(node):
    with open(node.error_log, encoding="utf-8", errors="replace") as f:
        return f.read()


def gave_up(node):
    """It ended itself, as InnoDB does when even a rollback finds no space (seen: MariaDB 11.8, 1 of 20)."""
    return node.state() == "dead" or "[FATAL]" in log_of(node)


def make_mounts_private():
    """What is mounted from here on is seen by this process and its servers only, and goes with them."""
    new_mounts = 0x20000
    assert ctypes.CDLL(None).unshare(new_mounts) == 0
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


@contextlib.contextmanager
def small_disk(node, spare):
    """The node's data on a file system of its own, with so many bytes to spare: yields where it is mounted."""
    def megabytes(path):
        done = subprocess.run(["du", "-sm", path], capture_output=True, text=True, check=True)
        return int(done.stdout.split()[0])

    make_mounts_private()
    aside = node.datadir + ".aside"
    node.kill()
    size = megabytes(node.datadir) + (spare >> 20)
    os.rename(node.datadir, aside)
    os.mkdir(node.datadir)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}m,mode=755", "none", node.datadir], check=True)
    try:
        subprocess.run(["cp", "-a", aside + "/.", node.datadir], check=True)
        node.cluster.account().own_top(node.datadir)
        node.start()
        yield node.datadir
    finally:
        with contextlib.suppress(SandboxError):  # it ended itself
            node.kill()
        subprocess.run(["umount", node.datadir], check=True)
        os.rmdir(node.datadir)
        os.rename(aside, node.datadir)
        node.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_full_disk_of_a_replica_costs_no_read(cluster, hg):
    """It cannot take in what it replicates, and MariaDB's answers no probe then: readers do not notice."""
    node = cluster.replicas()[0]
    with small_disk(node, spare=64 << 20) as folder, clients(hg, size=200000) as others:
        hg.wait_server(node.name, lambda row: row["state"] == "up")
        with open(os.path.join(folder, "ballast"), "wb", buffering=0) as ballast, contextlib.suppress(OSError):
            while ballast.write(b"x" * 65536):
                pass
        wait_until(lambda: "Disk is full" in log_of(node) or gave_up(node), "its disk is full")
        end = time.time() + 4 * (INTERVAL + TIMEOUT)
        while time.time() < end:
            row = hg.server(node.name)
            assert row["state"] in ("up", "lagging") or gave_up(node), row  # which, depends on how far it had come
            for client in others:
                client.check()
            time.sleep(0.1)
        counts = [client.count for client in others]
        os.unlink(os.path.join(folder, "ballast"))
    assert min(counts) > 10, counts
    hg.wait_server(node.name, lambda row: row["state"] == "up")


@pytest.mark.smoke
def test_one_error_would_be_seen(hg):
    """What the storm goes by: a session of sysbench that headgate ends is an error there."""
    sysbench = Sysbench(hg, SEED)
    with sysbench:
        sysbench.wait_reading()
        sysbench.check()
        assert not hg.admin(f"kill {hg.show('sessions')[0]['id']}").startswith("error")
        with pytest.raises(AssertionError):
            for _ in range(50):
                sysbench.check()
                time.sleep(0.1)
