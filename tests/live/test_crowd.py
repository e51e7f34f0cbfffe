"""More clients than connections: all are served, in turn, and nothing is left when they have gone."""

import asyncio
import resource
import time

import pytest

import crowd
import replies as r
from conftest import FLAVOUR
from headgate import Headgate, value
from proxy import is_sanitized, memory_margin, wait_until
from sandbox_lib import Cluster

pytestmark = [pytest.mark.room("pool"), pytest.mark.long]

MAX = 30      # max_connections of the servers: 20 are for sessions
CLIENTS = 300
WATCHED = 2 * 3  # connections that follow the servers' positions, a minute long: workers by servers
BIG, ACTIVE = (1000, 100) if is_sanitized() else (5000, 500)
SECONDS_PER_TEST = 400  # thousands log in: 60 s with all of it where 30 others want the machine


@pytest.fixture(scope="module")
def small():
    """A cluster whose servers take few connections."""
    with Cluster.start(flavour=FLAVOUR, replicas=2, die_with_parent=True, options={"max_connections": MAX}) as cluster:
        cluster.sql("db1", "CREATE TABLE test.crowd (id INT PRIMARY KEY, n INT NOT NULL)")
        cluster.sql("db1", "INSERT INTO test.crowd VALUES " + ", ".join(f"({i}, 0)" for i in range(CLIENTS)))
        cluster.sync()
        yield cluster


@pytest.fixture(scope="module")
def scarce(small):
    with Headgate(small, extra={"workers": 2}, timeouts={"pool_wait": "60s", "server_idle": "2s"}) as headgate:
        headgate.wait_server("db1", lambda row: row["connections_max"] == MAX - 10)
        yield headgate


def wait_until_empty(headgate):
    """Nobody is there, and no connection is kept for anybody."""
    def is_empty():
        kept = sum(row["connections_active"] + row["connections_idle"] for row in headgate.show("servers"))
        return kept == 0 and headgate.show("version")[0]["sessions"] == 0
    wait_until(is_empty, "all have gone", 30)


def refused_by(cluster):
    """Connections that the servers themselves have refused for being too many."""
    return sum(int(node.sql("SHOW GLOBAL STATUS LIKE 'Connection_errors_max_connections'")[0][1])
               for node in cluster.nodes())


async def read_and_write(number, client):
    for round_ in range(6):
        await client.query(f"UPDATE crowd SET n = n + 1 WHERE id = {number}")
        rows = await client.query(f"SELECT id FROM crowd WHERE id = {number}")
        assert rows == [r.text_row([str(number)])]
        if round_ % 3 == number % 3:
            await client.query("BEGIN")
            first = await client.query("SELECT CONNECTION_ID()")
            await client.query(f"UPDATE crowd SET n = n + 1 WHERE id = {number}")
            assert await client.query("SELECT CONNECTION_ID()") == first  # a transaction keeps its connection
            await client.query("COMMIT")


async def few_connections(hg):
    host, port = hg.host_and_port()
    clients = await crowd.connect_all(host, port, CLIENTS)
    peak = {"waiting": 0, "active": 0}

    async def look():
        while True:
            for row in await asyncio.to_thread(hg.show, "servers"):
                assert row["connections_max"] == MAX - 10
                # added up from two workers' counters while connections go from one to the other
                assert row["connections_active"] <= MAX - 10 + 2
                peak["waiting"] = max(peak["waiting"], row["waiting"])
                peak["active"] = max(peak["active"], row["connections_active"])
            await asyncio.sleep(0.05)
    looking = asyncio.create_task(look())
    waits = await crowd.run_all(clients, read_and_write)
    looking.cancel()
    (seen,) = await asyncio.gather(looking, return_exceptions=True)
    assert isinstance(seen, asyncio.CancelledError), seen
    errors = [error for client in clients for error in client.errors]
    await asyncio.gather(*(client.close() for client in clients))
    return waits, errors, peak


def test_300_clients_on_20_connections_are_all_served(small, scarce):
    refused = refused_by(small)
    waits, errors, peak = asyncio.run(few_connections(scarce))
    print(f"\n{FLAVOUR}: {waits}; most waiting at once {peak['waiting']}, most connections {peak['active']}; "
          f"refused by the servers {refused_by(small) - refused}")
    assert not errors, (len(errors), errors[:3])
    assert peak["waiting"] > 0
    assert waits.fairness() < 3
    written = small.sql("db1", "SELECT MIN(n), MAX(n), COUNT(*) FROM test.crowd")[0]
    assert [int(n) for n in written] == [8, 8, CLIENTS]
    assert all(row["state"] == "up" and row["waiting"] == 0 for row in scarce.show("servers"))
    wait_until_empty(scarce)


def refusal(client):
    """What it hears that finds no connection."""
    with pytest.raises(r.Err) as refused:
        client.query("INSERT INTO crowd VALUES (-1, 0)")
    assert (refused.value.code, refused.value.state) == (1040, "08004")
    return refused.value.message


def test_who_waits_too_long_hears_of_the_limit(small):
    with Headgate(small, timeouts={"pool_wait": "1s"}) as hg:
        hg.wait_server("db1", lambda row: row["connections_max"] == MAX - 10)
        late = hg.wire("writes")
        holders = [hg.wire("writes") for _ in range(MAX - 10)]
        for holder in holders:
            holder.query("BEGIN")
        began = time.monotonic()
        assert refusal(late).startswith(
            "headgate: no connection to db1 was free for 1s: all of max_connections = 20, the server's own 30 less "
            "connection_reserve, are in use (")
        assert 0.9 < time.monotonic() - began < 9
        # workers count theirs while somebody waits: one that has not come to it in time tells of "others"
        wait_until(lambda: refusal(late).endswith(
            " are in use (20 by open transaction), and 1 wait; the statement was not run"), "all have counted", 60)
        assert hg.server("db1")["state"] == "up"
        holders[0].query("COMMIT")
        assert late.query("DO 1").oks
        for client in (late, *holders):
            client.close()
    assert int(small.sql("db1", "SELECT COUNT(*) FROM test.crowd WHERE id < 0")[0][0]) == 0


async def many_clients(hg, statements):
    host, port = hg.host_and_port()
    began = time.monotonic()
    clients = await crowd.connect_all(host, port, BIG)
    connected = time.monotonic() - began

    async def work(number, client):
        for i in range(statements):
            await client.query(f"SELECT id FROM crowd WHERE id = {(number + i) % CLIENTS}" if i % 5 else
                               f"UPDATE crowd SET n = n + 1 WHERE id = {number % CLIENTS}")
    active = clients[::BIG // ACTIVE]
    waits = await crowd.run_all(active, work)
    full = hg.rss(), hg.fds(), {row["name"]: row["connections_active"] for row in hg.show("servers")}
    for client in clients[1::BIG // ACTIVE]:  # those who were idle are still there
        await client.query("DO 1")
    errors = [error for client in clients for error in client.errors]
    await asyncio.gather(*(client.close() for client in clients))
    return connected, waits, full, errors


def settled(look, what, timeout=60.0):
    """What it is when it does not change for a second."""
    last, since, deadline = look(), time.monotonic(), time.monotonic() + timeout
    while time.monotonic() - since < 1:
        assert time.monotonic() < deadline, f"{what} does not settle: {last}"
        time.sleep(0.1)
        if (now := look()) != last:
            last, since = now, time.monotonic()
    return last


def test_thousands_of_clients_leave_nothing_behind(small, scarce):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    warm = [scarce.connect() for _ in range(50)]  # what is made once, is made
    for connection in warm:
        value(connection, "SELECT 1")
        connection.close()
    wait_until_empty(scarce)
    fds = settled(scarce.fds, "files")
    memory = scarce.rss()
    connected, waits, (rss, most_fds, attached), errors = asyncio.run(many_clients(scarce, 10))
    print(f"\n{FLAVOUR}: {BIG} clients connected in {connected:.1f} s; {waits}; meanwhile {most_fds} files, "
          f"{(rss - memory) / BIG:.0f} bytes a client, attached {attached}")
    assert not errors, (len(errors), errors[:3])
    assert waits.fairness() < 3
    wait_until_empty(scarce)
    assert settled(scarce.fds, "files") <= fds + WATCHED
    assert {row["connections_active"] for row in scarce.show("servers")} == {0}
    assert all(row["used"] in (0, None) for row in scarce.show("limits"))
    if not is_sanitized():  # they keep what is freed
        after = settled(scarce.rss, "memory")
        print(f"memory before {memory >> 10} KiB, with all {rss >> 10} KiB, after {after >> 10} KiB")
        assert after - memory < memory_margin()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
