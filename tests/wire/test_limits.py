"""How many clients may come, and what the next one hears."""

import contextlib

import pytest

import mysqlwire as w
import replies as r
from client import Client
from fakeserver import FakeServer
from proxy import Proxy, wait_until

pytestmark = [pytest.mark.room("access"), pytest.mark.threads]


@pytest.fixture(scope="module")
def primary():
    server = FakeServer("db1")
    yield server
    server.stop()


TCP = {"name": "tcp", "mode": "primary", "kind": "tcp"}
UNIX = {"name": "unix", "mode": "primary", "kind": "unix"}


def proxy_of(primary, listeners=(TCP, UNIX), **options):
    return Proxy({"main": [{"name": "db1", "address": primary.address, "role": "primary"}]}, listeners=listeners, **options)


def refusal(address, **login):
    with pytest.raises(r.Err) as refused:
        Client.connect(address, **login)
    return refused.value.code, refused.value.state, refused.value.message


def limit(proxy, name):
    return next(row for row in proxy.show("limits") if row["limit"] == name)


def fill(proxy, stack, count, listener="tcp", **login):
    return [stack.enter_context(Client.connect(proxy.address[listener], **login)) for _ in range(count)]


def test_one_client_too_many_hears_1040_before_the_greeting(primary):
    with proxy_of(primary, extra={"limits": {"max_clients": 3}}) as proxy, contextlib.ExitStack() as stack:
        clients = [*fill(proxy, stack, 2), *fill(proxy, stack, 1, "unix")]
        for listener in ("tcp", "unix", "tcp"):
            assert refusal(proxy.address[listener]) == (1040, "", "headgate: limits.max_clients = 3 is reached")
        assert all(client.query("DO 1").oks for client in clients)
        row = limit(proxy, "limits.max_clients")
        assert (row["value"], row["used"], row["refused"]) == (3, 3, 3)
        assert "limits.max_clients = 3 is reached" in proxy.log()
        clients[0].close()
        wait_until(lambda: limit(proxy, "limits.max_clients")["used"] == 2, "the client has gone")
        assert fill(proxy, stack, 1)[0].query("DO 1").oks


def test_listener_has_a_limit_of_its_own(primary):
    listeners = ({**TCP, "settings": {"max_clients": 2}}, UNIX)
    with proxy_of(primary, listeners) as proxy, contextlib.ExitStack() as stack:
        fill(proxy, stack, 2)
        assert refusal(proxy.address["tcp"]) == (1040, "", "headgate: max_clients = 2 of listener 'tcp' is reached")
        fill(proxy, stack, 3, "unix")
        assert limit(proxy, "listener tcp: max_clients")["refused"] == 1


def test_address_has_a_limit_and_unix_sockets_have_none(primary):
    listeners = (TCP, {"name": "tcp6", "mode": "primary", "kind": "tcp6"}, UNIX)
    with proxy_of(primary, listeners, extra={"limits": {"max_clients_per_address": 2}}) as proxy, \
            contextlib.ExitStack() as stack:
        fill(proxy, stack, 2)
        assert refusal(proxy.address["tcp"]) == (1040, "",
                                                 "headgate: limits.max_clients_per_address = 2 is reached")
        fill(proxy, stack, 2, "tcp6")
        assert refusal(proxy.address["tcp6"])[0] == 1040
        fill(proxy, stack, 4, "unix")
        assert limit(proxy, "limits.max_clients_per_address")["refused"] == 2


def test_user_has_a_limit_and_hears_of_it_after_the_proof(primary):
    with proxy_of(primary, user_settings={"app": {"max_connections": 2}}) as proxy, contextlib.ExitStack() as stack:
        fill(proxy, stack, 1)
        mover, = fill(proxy, stack, 1, user="other", password="other_pw")
        assert refusal(proxy.address["tcp"], password="wrong")[0] == 1045
        mover.change_user("app", "app_pw")  # its place there is taken …
        assert refusal(proxy.address["tcp"]) == (1203, "42000", "headgate: max_connections = 2 of user 'app' is reached")
        mover.change_user("app", "app_pw")  # … and free for itself
        mover.change_user("other", "other_pw")  # … and given back
        last, = fill(proxy, stack, 1)
        with pytest.raises(r.Err) as refused:
            mover.change_user("app", "app_pw")
        assert refused.value.code == 1203
        with pytest.raises(w.Closed):
            mover.query("DO 1")
        assert last.query("DO 1").oks
        row = limit(proxy, "user app: max_connections")
        assert (row["value"], row["used"], row["refused"]) == (2, 2, 2)
        fill(proxy, stack, 5, user="other", password="other_pw")


def test_crowd_before_the_door_floods_no_log_and_admin_answers(primary):
    with proxy_of(primary, extra={"limits": {"max_clients": 1}}) as proxy, contextlib.ExitStack() as stack:
        client, = fill(proxy, stack, 1)
        for _ in range(200):
            assert refusal(proxy.address["unix"])[0] == 1040
        assert proxy.log().count("was turned away") < 100
        assert limit(proxy, "limits.max_clients")["refused"] == 200
        assert client.query("DO 1").oks


@pytest.mark.parametrize("kept", [0, "auto"], ids=["closed", "handed on"])
def test_out_of_files_newcomers_hear_1040_nobody_else_is_disturbed_and_it_recovers(primary, kept):
    """96 open files: those who are in have what they need, also for connections to servers; the rest is told."""
    with proxy_of(primary, wrapper=["prlimit", "--nofile=96:96"], extra={"workers": 2},
                  timeouts={"primary_wait": "300ms"}, cluster_settings={"pool_idle_max": kept}) as proxy, \
            contextlib.ExitStack() as stack:
        assert "limits.max_clients = 10000 may take 30000 open files" in proxy.log()
        before = proxy.fds()
        inside, refused = [], []
        for _ in range(60):
            try:
                inside.append(stack.enter_context(Client.connect(proxy.address["tcp"])))
            except r.Err as error:
                refused.append(error)
        assert len(inside) >= 10 and len(refused) >= 20
        assert {e.code for e in refused} == {1040}
        assert all("limit of 96 open files is reached" in e.message for e in refused)
        assert all(client.query("DO 1").oks for client in inside)
        assert proxy.server("db1")["state"] == "up"
        assert limit(proxy, "open files")["value"] == 96 and limit(proxy, "open files")["refused"] > 0
        for client in inside[:-1]:
            client.close()
        wait_until(lambda: proxy.fds() <= before + 2 + proxy.server("db1")["connections_idle"], "their files are closed")
        assert proxy.server("db1")["connections_idle"] == 0 or kept == "auto"
        fresh = fill(proxy, stack, len(inside) - 1)
        assert all(client.query("DO 1").oks for client in [inside[-1], *fresh])


def test_files_taken_away_while_it_runs_are_survived(primary):
    """The kernel refuses accept itself: one client hears of it, others wait, and all goes on when there are files."""
    import resource
    with proxy_of(primary, timeouts={"primary_wait": "5s"}) as proxy, contextlib.ExitStack() as stack:
        old, = fill(proxy, stack, 1)
        pid = proxy.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (proxy.fds(), limits[1]))
        refused = None
        for _ in range(10):  # what a probe or the survey closes is free for a client
            told = Client(proxy.address["tcp"])
            stack.callback(told.close)
            try:
                told.read_greeting()
            except r.Err as error:
                refused = error
                break
        assert (refused.code, refused.message) == (1040, "headgate: it can open no more files")
        waiting = Client(proxy.address["tcp"])
        assert old.query("DO 1").oks
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        waiting.read_greeting()
        waiting.log_in("app", "app_pw")
        assert waiting.query("DO 1").oks and old.query("DO 1").oks
        waiting.close()


def data_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        found = dict(line.split(":", 1) for line in f if ":" in line)
    return int(found["VmData"].split()[0]) << 10


@pytest.mark.own_memory
def test_out_of_memory_newcomers_hear_1041_and_it_recovers(primary):
    """Sessions that each hold half a statement use up what it may have: not the servers are to blame, and it says so."""
    import resource
    half = (60000).to_bytes(3, "little") + b"\0\x03SELECT '" + b"x" * 50000
    with proxy_of(primary, extra={"workers": 2}, cluster_settings={"pool_idle_max": 0}) as proxy, \
            contextlib.ExitStack() as stack:
        pid = proxy.process.pid
        resource.prlimit(pid, resource.RLIMIT_DATA, (data_bytes(pid) + (16 << 20), resource.RLIM_INFINITY))
        inside, refused = [], []
        for _ in range(2000):
            if len(refused) == 20:
                break
            try:
                client = stack.enter_context(Client.connect(proxy.address["tcp"]))
                inside.append(client)
                client.pipe.send(half)
            except r.Err as error:
                refused.append(error)
            except (w.WireError, OSError):
                pass  # not even the error's packet could be had
        assert len(inside) > 20 and len(refused) == 20
        assert {error.code for error in refused} == {1041}, refused
        assert all(error.message.startswith("headgate: out of memory") for error in refused), refused
        for client in inside:
            client.close()
        resource.prlimit(pid, resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        wait_until(lambda: not proxy.show("sessions"), "they are gone", 60)
        assert proxy.server("db1")["state"] == "up"
        assert fill(proxy, stack, 1)[0].query("DO 1").oks
