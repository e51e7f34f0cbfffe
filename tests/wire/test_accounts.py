"""Logins that a server refuses to an account, or that headgate cannot prove for it."""

import pytest

import mysqlwire as w
import replies as r
from client import Client
from parking import Parking
from proxy import Proxy, wait_until

LONG = {"primary_wait": "10m", "pool_wait": "10m", "client_login": "10m", "connect": "60s", "login": "60s"}


class Scene(Parking):
    """headgate in front of one server. A client that waits for a server waits for longer than a test may take."""

    def __init__(self, stack, server, workers=1, **options):
        self.stack, self.server = stack, server
        row = {"name": "db1", "address": server.address, "role": "primary"}
        options.setdefault("timeouts", LONG)
        self.proxy = stack.enter_context(Proxy({"main": [row]}, extra={"workers": workers}, **options))

    def client(self, listener="primary", **login):
        return self.stack.enter_context(Client.connect(self.proxy.address[listener], timeout=60, **login))

    def refusal(self, listener="primary", **login):
        with pytest.raises(r.Err) as refused:
            self.client(listener, **login)
        return refused.value


# What the server asks for instead of an OK, and what the client is told of it.
UNPROVEN = {
    "unknown plugin": (b"\xfeclient_ed25519\0" + b"n" * 32, "authentication plugin 'client_ed25519', which headgate does not know"),
    "before 4.1": (b"\xfe", "password format of MySQL before 4.1"),
    "clear text without TLS": (b"\xfemysql_clear_password\0", "mysql_clear_password: the password is not sent over a connection without TLS"),
    "second factor": (b"\x02auth\0", "second authentication factor"),
}


def say_instead(server, packet, user=b"app"):
    """The server says that to logins of this account, and hangs up."""
    def on_login(connection):
        if connection.user == user:
            connection.reply([packet])
        return connection.user != user
    server.on_login = on_login


@pytest.mark.parametrize("listener", ["primary", "split"])
@pytest.mark.parametrize("what", UNPROVEN)
def test_account_that_headgate_cannot_prove_is_told_at_once(scene, server, what, listener):
    scene = scene()
    packet, words = UNPROVEN[what]
    say_instead(server, packet)
    error = scene.refusal(listener)
    assert (error.code, error.state) == (1251, "08004")
    assert error.message.startswith("headgate: login to db1 (") and "as 'app'" in error.message and words in error.message
    row = scene.proxy.server("db1")
    assert (row["state"], row["refusals"], row["connect_failures"]) == ("up", 1, 0)
    assert "no login at db1 as 'app'" in scene.proxy.log()
    assert scene.client(user="other", password="other_pw").query("DO 1").oks


@pytest.mark.parametrize("code, state", [(1044, "42000"), (1049, "42000"), (1130, "HY000"), (3118, "HY000"),
                                         (4151, "HY000"), (1862, "HY000"), (1524, "HY000")])
def test_refusal_is_told_at_once_in_the_server_s_words(scene, server, code, state):
    scene = scene()
    say_instead(server, r.err(code, "No, said the server", state))
    error = scene.refusal()
    assert (error.code, error.state, error.message) == (code, state, "No, said the server")
    row = scene.proxy.server("db1")
    assert (row["state"], row["refusals"], row["connect_failures"]) == ("up", 1, 0)


def test_password_that_only_headgate_has_is_named(scene, server):
    """The client has proved the password of `users`; the server has another one."""
    scene = scene()
    say_instead(server, r.err(1045, "Access denied for user 'app'@'localhost' (using password: YES)", "28000"))
    error = scene.refusal()
    assert (error.code, error.state) == (1045, "28000")
    assert error.message.startswith("Access denied for user 'app'@'localhost' (using password: YES)")
    assert "db1 refused the password of headgate's `users`" in error.message


def test_monitor_s_unknown_plugin_is_in_the_reason(scene, server):
    scene = scene()
    log_in = server.on_connect

    def on_connect(connection):
        connection.pipe.send_packet(server.greeting(connection.number).payload(), seq=0)
        connection.pipe.read_packet()
        connection.reply([b"\xfeclient_ed25519\0" + b"n" * 32])
        return False
    server.on_connect = on_connect
    for connection in server.connections:
        connection.close()
    wait_until(lambda: "client_ed25519" in scene.proxy.server("db1")["reason"], "the reason names the plugin", 60)
    server.on_connect = log_in
