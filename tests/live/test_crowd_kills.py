"""Thousands of clients on few connections, while each server is killed in turn: everybody is served, and nothing is left."""

import asyncio
import resource
import threading
import time
from collections import Counter

import pytest

import crowd
import replies as r
from conftest import FLAVOUR
from headgate import Headgate
from proxy import is_sanitized, memory_margin, wait_until
from sandbox_lib import DURABLE, Cluster
from test_crowd import settled, wait_until_empty

pytestmark = [pytest.mark.room("pool", "session", "command", "frontend"), pytest.mark.long]

MAX = 60      # max_connections of the servers: 50 are for sessions
ROWS = 100
BIG, ACTIVE = (1000, 100) if is_sanitized() else (5000, 500)
WATCHED = 2 * 3  # connections that follow the servers' positions, a minute long: workers by servers
LOST = (1927, 1053)  # the server was lost while it ran the statement: nobody knows whether it did


@pytest.fixture(scope="module")
def killed():
    """A cluster whose acknowledged writes survive SIGKILL, and headgate before it."""
    with Cluster.start(flavour=FLAVOUR, replicas=2, die_with_parent=True, options={"max_connections": MAX, **DURABLE}) as cluster:
        cluster.sql("db1", "CREATE TABLE test.crowd (id INT PRIMARY KEY, n INT NOT NULL)")
        cluster.sql("db1", "INSERT INTO test.crowd VALUES " + ", ".join(f"({i}, 0)" for i in range(ROWS)))
        cluster.sync()
        # Without TLS to the servers: of what OpenSSL frees, the allocator keeps 5 MB to itself, after one round as after four.
        with Headgate(cluster, {"tls": "off"}, extra={"workers": 2},
                      timeouts={"pool_wait": "60s", "primary_wait": "60s", "server_idle": "2s"}) as headgate:
            headgate.wait_server("db1", lambda row: row["connections_max"] == MAX - 10)
            yield cluster, headgate


class Worker:
    """What one active client does, and what became of it."""

    def __init__(self, number, stop):
        self.row, self.stop = number % ROWS, stop
        self.written = self.unknown = self.reads = 0

    async def work(self, client):
        while not self.stop.is_set():
            for _ in range(4):
                assert await client.query(f"SELECT id FROM crowd WHERE id = {self.row}") == [r.text_row([str(self.row)])]
                self.reads += 1
            try:
                await client.query(f"UPDATE crowd SET n = n + 1 WHERE id = {self.row}")
                self.written += 1
            except r.Err as error:
                if error.code not in LOST:
                    raise
                self.unknown += 1


def kill_in_turn(cluster, hg, stop, told, over):
    """Each server is away for a moment; what went wrong here is told to the test. The nodes die with this thread."""
    def crowd_goes_on():
        """All of it has been served once more, on the average."""
        def passed():
            return sum(row["queries"] for row in hg.show("servers"))
        before = passed()
        wait_until(lambda: passed() > before + ACTIVE, "the crowd goes on", 60)
    try:
        crowd_goes_on()
        for name in ("db2", "db3", "db1"):
            began = time.monotonic()
            cluster.node(name).kill()
            hg.wait_server(name, lambda row: row["state"] == "down")
            down = time.monotonic() - began
            time.sleep(0.5)
            cluster.node(name).start()
            hg.wait_server(name, lambda row: row["state"] == "up" and row["role"] in ("primary", "replica"), timeout=40)
            told.append(f"{name} down after {down:.2f} s, back after {time.monotonic() - began:.1f} s")
            crowd_goes_on()
    except Exception as error:  # the test looks at it
        told.append(error)
    finally:
        stop.set()
        over.wait(100)


async def through_the_kills(cluster, hg, told, over):
    host, port = hg.host_and_port()
    clients = await crowd.connect_all(host, port, BIG)
    stop = threading.Event()
    active = clients[::BIG // ACTIVE]
    workers = [Worker(number, stop) for number in range(len(active))]
    killer = threading.Thread(target=kill_in_turn, args=(cluster, hg, stop, told, over), daemon=True)
    killer.start()
    waits = await crowd.run_all(active, lambda number, client: workers[number].work(client))
    for client in clients:  # those who were idle are still there
        await client.query("DO 1")
    errors = [error for client in clients for error in client.errors]
    await asyncio.gather(*(client.close() for client in clients))
    return workers, waits, errors


def test_thousands_of_clients_are_served_while_each_server_is_killed(killed):
    cluster, hg = killed
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wait_until_empty(hg)
    fds, memory, told, over = settled(hg.fds, "files"), hg.rss(), [], threading.Event()
    workers, waits, errors = asyncio.run(through_the_kills(cluster, hg, told, over))
    reads = sorted(worker.reads for worker in workers)
    unknown = sum(worker.unknown for worker in workers)
    print(f"\n{FLAVOUR}: {BIG} clients, {ACTIVE} active; {told}; {waits.statements} statements in {waits.seconds:.1f} s; "
          f"reads a client: {reads[0]} to {reads[-1]}, median {reads[len(reads) // 2]}; writes lost with the primary: {unknown}")
    assert all(isinstance(line, str) for line in told), told
    assert not errors, (len(errors), errors[:3])
    assert unknown <= MAX - 10, "more writes were lost than can have been running"
    assert reads[0] * 4 >= reads[len(reads) // 2] > 0, "somebody was left behind"
    written, doubtful = Counter(), Counter()
    for worker in workers:
        written[worker.row] += worker.written
        doubtful[worker.row] += worker.unknown
    for row, n in cluster.sql("db1", "SELECT id, n FROM test.crowd"):
        assert written[int(row)] <= int(n) <= written[int(row)] + doubtful[int(row)], f"row {row}"
    wait_until_empty(hg)
    assert settled(hg.fds, "files") <= fds + WATCHED
    if not is_sanitized():  # they keep what is freed
        assert settled(hg.rss, "memory") - memory < memory_margin()
    over.set()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
