"""Every wait ends: those that no other file of tests is about."""

import contextlib
import threading
import time

import pytest

import mysqlwire as w
import replies as r
from client import Client
from fakeserver import FakeServer
from proxy import Proxy, wait_until

pytestmark = [pytest.mark.room("session", "command", "frontend"), pytest.mark.threads]


@pytest.fixture(params=[b"5.5.5-10.11.9-MariaDB-fake", b"8.4.3-fake"], ids=["mariadb", "mysql"])
def primary(request):
    caps = FakeServer().caps
    server = FakeServer("db1", version=request.param, caps=caps | (0 if b"Maria" in request.param else 1))
    yield server
    server.stop()


def proxy_of(primary, **timeouts):
    return Proxy({"main": [{"name": "db1", "address": primary.address, "role": "primary"}]}, timeouts=timeouts,
                 listeners=({"name": "primary", "mode": "primary", "kind": "unix"},))


def rest_of(client, seconds):
    """What comes until the other side closes, and how long that took."""
    began = time.monotonic()
    client.pipe.sock.settimeout(seconds)
    data = b""
    while part := client.pipe.sock.recv(4096):
        data += part
    return data, time.monotonic() - began


def busy_in_a_transaction(client, seconds, limit):
    """Begins one and says something in it now and then. -> When that was answered for the last time; or None: the machine
    stood still, and the transaction was idle for `limit` seconds."""
    client.query("BEGIN")
    heard = began = time.monotonic()
    while heard < began + seconds:
        time.sleep(0.1)
        try:
            client.query("DO 2")
        except (r.Err, w.WireError, OSError):
            assert time.monotonic() - heard >= limit
            return None
        heard = time.monotonic()
    return heard


def test_transaction_left_idle_is_told_rolled_back_and_closed(primary):
    is_mysql = b"Maria" not in primary.version
    with proxy_of(primary, idle_transaction="1s") as proxy, contextlib.ExitStack() as stack:
        def busy_client():
            client = stack.enter_context(Client.connect(proxy.address["primary"]))
            time.sleep(1.2)  # idle, but in none
            heard = busy_in_a_transaction(client, 1.5, 1)
            return heard and (client, heard)

        client, heard = wait_until(busy_client, "a machine that does not stand still", 45)
        data, _ = rest_of(client, 20)
        assert 0.9 < time.monotonic() - heard < 15
        assert data[3] == 0 and data[4] == 0xff  # an ERR that nobody has asked for
        error = r.parse_err(data[4:])
        assert (error.code, error.state) == ((4031, "HY000") if is_mysql else (1927, "70100"))
        assert error.message == "headgate: idle in a transaction for 1s: it is rolled back"
        connection = primary.application_connections()[-1]
        wait_until(connection.is_closed.is_set, "its transaction is rolled back")
        assert "idle in a transaction for too long" in proxy.log()


def test_half_a_command_in_a_transaction_is_idle_too(primary):
    with proxy_of(primary, idle_transaction="300ms") as proxy, Client.connect(proxy.address["primary"]) as client:
        client.query("BEGIN")
        client.pipe.sock.sendall(w.packet(0, b"\x03DO 1")[:6])
        data, took = rest_of(client, 20)
        assert data[4] == 0xff and took < 15


def test_statement_that_takes_its_time_in_a_transaction_is_not_idle(primary):
    primary.on("DO 'slow'", lambda c, _: (time.sleep(1.3), c.ok())[-1])
    with proxy_of(primary, idle_transaction="1s") as proxy, contextlib.ExitStack() as stack:
        def client_after_a_transaction():
            client, heard = stack.enter_context(Client.connect(proxy.address["primary"])), 0
            for sql in ("BEGIN", "DO 'slow'", "COMMIT"):
                arrived = primary.sqls().count(sql)
                try:
                    client.query(sql)
                except (r.Err, w.WireError, OSError):  # the machine stood still, and the transaction was idle
                    assert primary.sqls().count(sql) == arrived and time.monotonic() - heard >= 1
                    return None
                heard = time.monotonic()
            return client

        client = wait_until(client_after_a_transaction, "a machine that does not stand still", 45)
        time.sleep(1.2)  # idle, but in none
        assert client.query("DO 'later'").oks


def test_idle_client_is_closed_whatever_a_transaction_may_take(primary):
    with proxy_of(primary, idle_client="300ms", idle_transaction="1h") as proxy:
        with Client.connect(proxy.address["primary"]) as client:
            client.query("BEGIN")
            data, took = rest_of(client, 20)
        if b"Maria" in primary.version:
            assert data == b""
        else:  # what a MySQL server says then; MariaDB's says nothing
            assert (data[3], r.parse_err(data[4:]).code) == (0, 4031)
        assert 0.2 < took < 15


def test_server_that_never_finishes_a_login_is_given_up(primary):
    stuck = threading.Event()
    with proxy_of(primary, login="300ms", primary_wait="600ms") as proxy:
        primary.on_login = lambda c: stuck.wait(20) and False
        began = time.monotonic()
        with pytest.raises(r.Err) as refused:
            Client.connect(proxy.address["primary"])
        assert refused.value.code == 1290
        assert 0.5 < time.monotonic() - began < 10
        assert "logging in: no answer in time" in proxy.log()
        stuck.set()
        primary.on_login = None

        def is_served():
            with contextlib.suppress(r.Err), Client.connect(proxy.address["primary"]) as client:
                return client.query("DO 1").oks
        wait_until(is_served, "logins are answered again")
