"""Connections opened ahead of need (pool_idle_min): how many, for which accounts, at which servers, and never at a client's cost."""

import contextlib
import hashlib

import pytest

import mysqlwire as w
from client import Client
from fakeserver import FakeServer
from proxy import Proxy, wait_until

pytestmark = [pytest.mark.room("pool"), pytest.mark.threads]


class Scene:
    """headgate that keeps some ready, in front of these servers."""

    def __init__(self, stack, servers, ready, limit=0, workers=2, cluster_settings=None, **options):
        rows = [{"name": s.name, "address": s.address, **({"max_connections": limit} if limit else {})} for s in servers]
        options.setdefault("timeouts", {"pool_wait": "60s", "primary_wait": "60s", "login": "60s", "connect": "60s"})
        self.stack, self.servers = stack, servers
        self.proxy = stack.enter_context(Proxy({"main": rows}, topology="auto", expect_up=False, extra={"workers": workers},
                                               cluster_settings={"pool_idle_min": ready, **(cluster_settings or {})},
                                               **options))

    def client(self, listener="primary", **login):
        return self.stack.enter_context(Client.connect(self.proxy.address[listener], timeout=60, **login))

    def counts(self, name):
        row = self.proxy.server(name)
        return row["connections_active"], row["connections_idle"]

    def wait_for(self, name, active, idle):
        wait_until(lambda: self.counts(name) == (active, idle), f"{active} in use and {idle} ready at {name}", 60)


@pytest.fixture
def servers():
    made = [FakeServer("db1"), FakeServer("db2", role="replica"), FakeServer("db3", role="replica")]
    yield made
    for server in made:
        server.stop()


@pytest.fixture
def scene(servers):
    with contextlib.ExitStack() as stack:
        yield lambda ready, count=1, **options: Scene(stack, servers[:count], ready, **options)


def users_of(server):
    return [c.user for c in server.application_connections()]


def probes(server):
    return sum(len(c.commands) for c in server.connections if c.user == b"monitor")


def test_nothing_is_opened_before_the_first_client_and_then_so_many(scene, servers):
    scene = scene(3, count=2)
    assert scene.counts("db1") == (0, 0)
    client = scene.client(attributes={"program_name": "shop"})
    scene.wait_for("db1", 1, 3)
    scene.wait_for("db2", 0, 3)  # the replica, too, although nobody has read yet
    assert len(users_of(servers[0])) == 4 and len(users_of(servers[1])) == 3
    ahead = servers[1].application_connections()[0]
    assert ahead.schema == b"" and ahead.response.attributes == {b"program_name": b"shop"}
    assert "session_track" in ahead.sqls()[0]
    assert client.query("DO 1").oks


def test_next_clients_find_them_and_they_are_replaced(scene, servers):
    """Only the first client's connection was opened when it was needed."""
    scene = scene(2)
    scene.client().query("DO 'first'")
    scene.wait_for("db1", 1, 2)
    clients = [scene.client(schema="one"), scene.client()]
    for client in clients:
        assert client.query("DO 'served'").oks
    scene.wait_for("db1", 3, 2)
    connections = servers[0].application_connections()
    assert sorted(c.sqls().count("DO 'served'") for c in connections) == [0, 0, 0, 1, 1]
    assert next(row["value"] for row in scene.proxy.show("stats") if row["name"] == "pool_opened_ahead") == 4


def test_retired_ones_are_replaced(scene, servers):
    scene = scene(2, timeouts={"server_idle": "300ms"})
    scene.client()
    servers[0].wait_for(lambda: sum(c.is_closed.is_set() for c in servers[0].application_connections()) >= 4, 60)
    servers[0].wait_for(lambda: len(users_of(servers[0])) >= 1 + 2 + 4, 60)


def test_those_used_most_get_most(scene, servers):
    scene = scene(6, workers=1)  # each worker goes by its own sessions
    for _ in range(12):
        scene.client().close()
    with scene.client(user="other", password="other_pw"):
        scene.proxy.admin("drain db1")
        wait_until(lambda: scene.counts("db1")[1] == 0, "none is kept", 60)
        before = len(users_of(servers[0]))
        scene.proxy.admin("enable db1")
        wait_until(lambda: scene.counts("db1")[1] >= 6, "six are ready", 60)
        opened = users_of(servers[0])[before:]
        assert opened.count(b"app") > opened.count(b"other")


@pytest.mark.parametrize("order", ["drain", "disable"])
def test_server_that_is_out_has_none_and_gets_them_when_it_is_back(scene, servers, order):
    scene = scene(2)
    scene.client().close()
    wait_until(lambda: scene.counts("db1")[1] >= 2, "two are ready", 60)
    scene.proxy.admin(f"{order} db1")
    scene.wait_for("db1", 0, 0)
    before, asked = len(users_of(servers[0])), probes(servers[0])
    servers[0].wait_for(lambda: probes(servers[0]) > asked + 2, 60)
    assert len(users_of(servers[0])) == before
    scene.proxy.admin("enable db1")
    scene.wait_for("db1", 0, 2)


def test_promoted_server_is_made_ready_before_anybody_asks(scene, servers):
    scene = scene(2, count=2)
    scene.proxy.wait_server("db1", lambda row: row["role"] == "primary", 60)
    servers[1].role = "primary"  # as long as there is db1 it is nobody's
    scene.proxy.wait_server("db2", lambda row: row["role"] == "unknown", 60)
    scene.client().close()
    wait_until(lambda: scene.counts("db1")[1] >= 2, "two are ready at the primary", 60)
    assert users_of(servers[1]) == []
    scene.proxy.admin("disable db1")
    assert users_of(servers[1]) == []  # nor then, by itself
    scene.proxy.admin("enable db2")
    scene.wait_for("db2", 0, 2)
    assert scene.proxy.server("db2")["role"] == "primary"


def test_no_more_than_that_at_all_workers(scene, servers):
    scene = scene(4, workers=3)
    clients = [scene.client() for _ in range(6)]
    scene.wait_for("db1", 6, 4)
    asked = probes(servers[0])
    servers[0].wait_for(lambda: probes(servers[0]) > asked + 2, 60)
    assert scene.counts("db1") == (6, 4) and len(users_of(servers[0])) == 10
    assert all(client.query("DO 1").oks for client in clients)


def test_permits_are_for_those_who_wait(scene, servers):
    """One connection in all: it goes to clients, and nobody waits for one that is opened ahead."""
    open_now, most = set(), []

    def count(connection):
        open_now.difference_update([c for c in open_now if c.is_closed.is_set()])
        open_now.add(connection)
        most.append(len(open_now))
    servers[0].on_login = count
    scene = scene(3, limit=1)
    clients = [scene.client() for _ in range(4)]
    for n in range(5):
        for client in clients:
            assert client.query(f"DO '{n}'").oks
    assert scene.counts("db1") == (1, 0)
    assert len(users_of(servers[0])) == 1


def test_account_that_is_refused_is_left_alone(scene, servers):
    calls = []

    def refuse_later(connection):
        calls.append(connection)
        older = servers[0].connections[:servers[0].connections.index(connection)]
        wait_until(lambda: all(c.user or c.is_closed.is_set() for c in older), "the client, slower than those opened for it", 60)
        if all(c.user != b"app" for c in older):
            return True
        connection.error(1045, "Access denied", "28000")
        return False
    servers[0].on_login = refuse_later
    scene = scene(2, workers=1)
    client = scene.client()
    servers[0].wait_for(lambda: len(calls) > 1, 60)
    asked = probes(servers[0])
    servers[0].wait_for(lambda: probes(servers[0]) > asked + 4, 60)
    assert len(calls) <= 3  # two at once
    assert client.query("DO 'here'").oks and scene.counts("db1") == (1, 0)


def test_of_an_account_whose_hash_is_known_the_login_s_proof_is_used(scene, servers):
    digest = "*" + hashlib.sha1(hashlib.sha1(b"app_pw").digest()).hexdigest().upper()
    scene = scene(2, users={"app": digest})
    scene.client()
    scene.wait_for("db1", 1, 2)
    assert servers[0].log == [] or all("Access" not in entry[1] for entry in servers[0].log)


def test_more_than_are_kept_is_an_error():
    with pytest.raises(Exception, match="pool_idle_min is more than pool_idle_max"):
        with Proxy({"main": [{"name": "db1", "address": "127.0.0.1:1"}]}, topology="auto", expect_up=False,
                   cluster_settings={"pool_idle_min": 3, "pool_idle_max": 2}):
            pass
