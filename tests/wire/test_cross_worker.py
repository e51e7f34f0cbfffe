"""Connections that move between workers: idle in the pool of one, needed by a session of the other."""

import contextlib
import threading

import pytest

import mysqlwire as w
from client import Client
from pool_scene import Parking
from proxy import Proxy, wait_until

pytestmark = [pytest.mark.room("pool"), pytest.mark.threads]

FIRST_ID = 0x40000000  # of sessions; they count on by the number of workers, so that an id tells the worker
WORKERS = 2
OTHER = {"user": "other", "password": "other_pw"}


class Scene(Parking):
    """headgate with two workers in front of one server, and clients of a worker of the test's choice."""

    def __init__(self, stack, server, limit=0, **options):
        row = {"name": "db1", "address": server.address, "role": "primary", **({"max_connections": limit} if limit else {})}
        options.setdefault("timeouts", {"pool_wait": "60s", "client_login": "60s", "connect": "60s", "login": "60s"})
        self.stack, self.server = stack, server
        self.proxy = stack.enter_context(Proxy({"main": [row]}, extra={"workers": WORKERS}, **options))

    def client(self, worker, listener="primary", user="app", password="app_pw", **login):
        """A client whose session is that worker's: it comes again until it is, while the others stay."""
        with contextlib.ExitStack() as others:
            for _ in range(100):
                client = Client(self.proxy.address[listener], 60)
                if (client.read_greeting().connection_id - FIRST_ID) % WORKERS == worker:
                    self.stack.callback(client.close)
                    client.log_in(user, password, **login)
                    return client
                others.callback(client.close)
        raise AssertionError(f"no session of worker {worker} among 100")


def test_session_takes_what_another_worker_has_parked_and_nobody_logs_in_again(scene):
    scene = scene()
    connection = scene.parked(0)
    for n, worker in enumerate([1, 0, 1, 1, 0]):
        client = scene.client(worker)
        assert client.query(f"DO '{n}'").oks and connection.sqls()[-1] == f"DO '{n}'"
        assert scene.counts() == (1, 0)
        scene.leave(client)
        scene.wait_for(0, 1)
    assert scene.logins() == [connection]
    assert (scene.stat("pool_handed_over"), scene.stat("pool_taken")) == (4, 5)


def test_accounts_changed_at_one_worker_the_next_login_is_at_the_other(scene):
    scene = scene(cluster_settings={"pool_login_trust": "1h"})
    connection = scene.parked(0)
    assert scene.client(0, **OTHER).query("GRANT r TO app").oks
    assert scene.client(1).query("DO 'second'").oks
    assert w.CHANGE_USER in [c.byte for c in connection.commands] and connection.sqls()[-1] == "DO 'second'"
    assert (scene.stat("pool_handed_over"), scene.stat("pool_logged_in_anew")) == (1, 1)


def test_own_worker_s_is_taken_first(scene):
    scene = scene()
    first = scene.client(1)
    mine = scene.parked(0)
    scene.leave(first)
    scene.wait_for(0, 2)
    scene.client(0).query("DO 'mine'")
    assert mine.sqls()[-1] == "DO 'mine'" and scene.stat("pool_handed_over") == 0


@pytest.mark.parametrize("login", [OTHER, {"collation": 8}, {"caps": w.MODERN_CAPS & ~w.DEPRECATE_EOF}],
                         ids=["user", "collation", "capabilities"])
def test_whoever_would_log_in_in_another_way_does(scene, login):
    scene = scene()
    connection = scene.parked(0)
    assert scene.client(1, **login).query("DO 'second'").oks
    assert len(scene.logins()) == 2 and connection.sqls()[-1] != "DO 'second'"
    scene.wait_for(1, 1)


def test_schema_is_said_and_none_is_not_served_from_one(scene):
    scene = scene()
    connection = scene.parked(0, schema="one")
    assert scene.client(1).query("DO 'none'").oks
    assert len(scene.logins()) == 2
    assert scene.client(1, schema="two").query("DO 'two'").oks
    assert connection.schema == b"two" and connection.sqls()[-1] == "DO 'two'" and len(scene.logins()) == 2


def test_dead_one_costs_a_login_and_no_error(scene):
    scene = scene()
    for _ in range(10):
        scene.parked(0).close()
        client = scene.client(1)
        assert client.query("DO 'alive'").oks
        scene.logins()[-1].close()
        scene.leave(client)
        scene.wait_for(0, 0)


def test_one_connection_serves_sessions_of_both_workers_in_turns(scene):
    scene = scene(1)
    clients = [scene.client(n % WORKERS) for n in range(4)]
    for round_ in range(10):
        for number, client in enumerate(clients):
            assert client.query(f"DO '{round_} {number}'").oks
    (connection,) = scene.logins()
    assert [s for s in connection.sqls() if s.startswith("DO")] == [f"DO '{i} {n}'" for i in range(10) for n in range(4)]
    scene.wait_for(1, 0)


def test_who_waits_at_the_other_worker_gets_the_connection_that_is_left(scene):
    """The transaction ends, the client goes: each time the connection itself changes hands."""
    scene = scene(1)
    first, second, third = scene.client(0), scene.client(1), scene.client(0)
    first.query("BEGIN")
    second.send(w.QUERY, "DO 'second'")
    scene.proxy.wait_server("db1", lambda row: row["waiting"] == 1, 60)
    third.send(w.QUERY, "DO 'third'")
    scene.proxy.wait_server("db1", lambda row: row["waiting"] == 2, 60)
    scene.leave(first)
    assert second.read().oks and third.read().oks
    (connection,) = scene.logins()
    assert connection.sqls()[-1] == "DO 'third'" and "DO 'second'" in connection.sqls()


def test_who_gives_up_waiting_leaves_the_queue_to_the_other_worker(scene):
    scene = scene(1)
    first, second, third = scene.client(0), scene.client(1), scene.client(0)
    first.query("BEGIN")
    second.send(w.QUERY, "DO 'never'")
    scene.proxy.wait_server("db1", lambda row: row["waiting"] == 1, 60)
    third.send(w.QUERY, "DO 'third'")
    scene.proxy.wait_server("db1", lambda row: row["waiting"] == 2, 60)
    second.close()
    scene.proxy.wait_server("db1", lambda row: row["waiting"] == 1, 60)
    first.query("COMMIT")
    assert third.read().oks
    assert len(scene.logins()) == 1 and "DO 'never'" not in scene.server.sqls()


def test_lower_limit_is_kept_to_although_connections_change_hands(scene, server):
    known, limit = server.value_of, ["4"]
    server.value_of = lambda expression: limit[0] if "@@" in expression and "max_connections" in expression else known(expression)
    scene = scene()
    scene.proxy.wait_server("db1", lambda row: row["connections_max"] == 2, 60)  # half of what the server says
    clients = [scene.client(n % WORKERS) for n in range(4)]
    limit[0] = "2"
    scene.proxy.wait_server("db1", lambda row: row["connections_max"] == 1, 60)
    for n in range(3):
        for client in clients:
            assert client.query(f"DO '{n}'").oks
    scene.wait_for(1, 0)


def test_server_taken_out_meanwhile_keeps_none(scene, server):
    scene = scene()
    connection = scene.parked(0)
    client = scene.client(1)
    client.query("DO 'here'")
    scene.proxy.admin("drain db1")
    scene.leave(client)
    server.wait_for(connection.is_closed.is_set, 60)
    scene.wait_for(0, 0)


def test_many_at_once_lose_nothing(scene):
    """Sessions of both workers come and go together: each is served, and as many connections are left as count."""
    scene = scene(4)
    errors = []

    def come_and_go(worker):
        try:
            for n in range(15):
                client = scene.client(worker)
                if n % 3 == 0:
                    client.send(w.QUERY, "DO 'unheard'")
                    client.close()
                else:
                    assert client.query(f"DO '{n}'").oks
                    scene.leave(client)
        except BaseException as error:
            errors.append(error)
            raise
    threads = [threading.Thread(target=come_and_go, args=(n % WORKERS,), daemon=True) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors and not any(thread.is_alive() for thread in threads)
    wait_until(lambda: not scene.proxy.show("sessions") and scene.proxy.server("db1")["waiting"] == 0, "all have gone", 60)
    wait_until(lambda: scene.counts() == (0, sum(not c.is_closed.is_set() for c in scene.logins())),
               "what is open is parked", 60)
    assert scene.counts()[1] <= 4


def test_pools_are_shown_by_account(scene):
    scene = scene(2)

    def rows():
        return {row["user"]: (row["active"], row["parked"], row["preparing"], row["waiting"]) for row in scene.proxy.show("pools")}
    scene.parked(1)
    assert rows() == {"app": (0, 1, 0, 0)}
    held, idle = scene.client(0, **OTHER), scene.client(0)
    held.query("BEGIN")
    assert rows() == {"app": (1, 0, 0, 0), "other": (1, 0, 0, 0)}
    busy = scene.client(1)
    busy.query("BEGIN")
    idle.send(w.QUERY, "DO 'late'")
    wait_until(lambda: rows() == {"app": (1, 0, 0, 1), "other": (1, 0, 0, 0)}, "one waits", 60)
    busy.query("COMMIT")
    assert idle.read().oks
    assert all((row["cluster"], row["server"]) == ("main", "db1") and row["oldest_s"] >= 0 for row in scene.proxy.show("pools"))
