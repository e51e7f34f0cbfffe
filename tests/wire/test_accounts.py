"""Logins that a server refuses to an account, or that headgate cannot prove for it; and accounts that change while their
connections are in the pool."""

import time

import pytest

import mysqlwire as w
import replies as r
from client import Client, execute
from fakeserver import FakeServer
from handshake import parse_change_user
from pool_scene import Parking
from proxy import Proxy, wait_until

pytestmark = pytest.mark.room("session", "command", "frontend", "access", "pool")

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
    "unknown plugin": (b"\xfeauth_gssapi_client\0" + b"n" * 32, "authentication plugin 'auth_gssapi_client', which headgate does not know"),
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
        connection.reply([b"\xfeauth_gssapi_client\0" + b"n" * 32])
        return False
    server.on_connect = on_connect
    for connection in server.connections:
        connection.close()
    wait_until(lambda: "auth_gssapi_client" in scene.proxy.server("db1")["reason"], "the reason names the plugin", 60)
    server.on_connect = log_in


# ---- new logins on connections of the pool ----

CHANGES = ["GRANT r TO u", "REVOKE r FROM u", "SET DEFAULT ROLE r", "SET PASSWORD = 'x'", "ALTER USER u ACCOUNT LOCK",
           "CREATE USER u", "DROP USER u", "RENAME USER u TO v", "CREATE ROLE r", "DROP ROLE r", "FLUSH PRIVILEGES",
           "SET GLOBAL activate_all_roles_on_login = 1", "CALL p()", "EXECUTE IMMEDIATE 'GRANT r TO u'",
           "DO 1; GRANT r TO u"]
OTHERS = ["SELECT 1", "INSERT INTO t VALUES (1)", "CREATE TABLE user (a INT)", "SET @a = 1", "SET ROLE NONE", "COMMIT"]
HOUR = {"pool_login_trust": "1h"}


def logins_again(connection):
    """The accounts that COM_CHANGE_USERs on it were for."""
    return [parse_change_user(b"\x11" + c.body)[0] for c in connection.commands if c.byte == w.CHANGE_USER]


@pytest.mark.parametrize("sql", CHANGES)
def test_login_after_a_change_is_a_login_at_the_server(scene, sql):
    scene = scene(cluster_settings=HOUR)
    admin = scene.client(user="other", password="other_pw")
    connection = scene.parked()
    assert admin.query(sql).oks
    client = scene.client(schema="two")
    assert client.query("DO 'second'").oks
    assert logins_again(connection) == [b"app"] and connection.schema == b"two"
    assert connection.sqls()[-1] == "DO 'second'" and len(scene.logins()) == 2
    assert scene.stat("pool_logged_in_anew") == 1 and scene.stat("pool_changed_user") == 0
    scene.leave(client)
    scene.wait_for(active=1, idle=1)
    assert scene.client().query("DO 'third'").oks
    assert logins_again(connection) == [b"app"], "once for each change"


@pytest.mark.parametrize("sql", OTHERS)
def test_login_after_other_statements_costs_no_login(scene, sql):
    scene = scene(cluster_settings=HOUR)
    admin = scene.client(user="other", password="other_pw")
    connection = scene.parked()
    admin.query(sql)
    assert scene.client().query("DO 'second'").oks
    assert logins_again(connection) == [] and connection.sqls()[-1] == "DO 'second'"


def test_prepared_change_counts_when_it_is_executed(scene):
    scene = scene(cluster_settings=HOUR)
    admin = scene.client(user="other", password="other_pw")
    connection = scene.parked()
    statement = admin.command(w.PREPARE, "GRANT r TO u").statement_id
    admin.command(w.EXECUTE, execute(statement))
    assert scene.client().query("DO 'second'").oks
    assert logins_again(connection) == [b"app"]


def test_change_whose_answer_is_lost_counts_too(scene, server):
    scene = scene(cluster_settings=HOUR)
    admin = scene.client(user="other", password="other_pw")
    connection = scene.parked()
    server.on("GRANT r TO app", lambda connection, payload: False)
    assert admin.command(w.QUERY, "GRANT r TO app").error
    assert scene.client().query("DO 'second'").oks
    assert logins_again(connection) == [b"app"]


def test_change_counts_for_all_workers(scene):
    """The admin is at one worker; the other client, and so the one after it, at the other."""
    scene = scene(workers=2, cluster_settings=HOUR)
    admin = scene.client(user="other", password="other_pw")
    assert admin.query("DO 'here'").oks
    connection = scene.parked()
    assert admin.query("GRANT r TO app").oks
    assert scene.client().query("DO 'second'").oks
    assert logins_again(connection) == [b"app"]


def test_change_of_user_is_a_login_too(scene):
    scene = scene(cluster_settings=HOUR)
    admin, client = scene.client(user="other", password="other_pw"), scene.client()
    assert client.query("DO 'first'").oks
    assert admin.query("GRANT r TO app").oks
    client.change_user("app", "app_pw")
    assert client.query("DO 'second'").oks
    assert [user for c in scene.logins() for user in logins_again(c)] == [b"app"]


def test_session_that_runs_keeps_its_connection(scene):
    scene = scene(cluster_settings=HOUR)
    admin, client = scene.client(user="other", password="other_pw"), scene.client()
    assert client.query("DO 'first'").oks
    assert admin.query("REVOKE r FROM app").oks
    assert client.query("DO 'second'").oks
    assert [logins_again(c) for c in scene.logins()] == [[], []] and len(scene.logins()) == 2


@pytest.mark.parametrize("trust, again", [("off", [b"app"]), ("1ms", [b"app"]), ("1h", [])])
def test_login_of_a_connection_is_trusted_for_so_long(scene, trust, again):
    scene = scene(cluster_settings={"pool_login_trust": trust})
    connection = scene.parked()
    time.sleep(0.01)
    assert scene.client().query("DO 'second'").oks
    assert logins_again(connection) == again


@pytest.mark.parametrize("code", [1045, 4151, 3118, 1862, 1044, 1049])
def test_account_that_is_let_in_no_more_is_refused_by_one_question(scene, server, code):
    scene = scene(cluster_settings={"pool_login_trust": "off"})
    scene.parked()
    server.on(w.CHANGE_USER, lambda connection, payload: connection.error(code, "No, said the server"))
    error = scene.refusal()
    assert error.code == code and error.message.startswith("No, said the server")
    assert len(scene.logins()) == 1


@pytest.mark.parametrize("code", [1047, 1226, 1203, 1040, 1105])
def test_refusal_of_that_command_alone_leads_to_a_login(scene, server, code):
    scene = scene(cluster_settings={"pool_login_trust": "off"})
    first = scene.parked()
    server.on(w.CHANGE_USER, lambda connection, payload: connection.error(code, "not by this command"))
    assert scene.client().query("DO 'second'").oks
    server.wait_for(first.is_closed.is_set, 60)
    assert len(scene.logins()) == 2


def test_server_without_that_command_is_asked_once(scene, server):
    scene = scene(cluster_settings={"pool_login_trust": "off"})
    server.on(w.CHANGE_USER, lambda connection, payload: connection.error(1047, "Unknown command"))
    scene.parked()
    for n in range(3):
        client = scene.client()
        assert client.query(f"DO '{n}'").oks
        scene.leave(client)
        scene.wait_for(0, 1)
    assert sum(c.byte == w.CHANGE_USER for connection in scene.logins() for c in connection.commands) == 1


def test_use_after_a_change_is_said_on_the_other_connection_too():
    """Rights on a schema are read at each USE."""
    primary, replica = FakeServer("db1"), FakeServer("db2", role="replica")
    rows = [{"name": s.name, "address": s.address, "role": s.role} for s in (primary, replica)]
    with Proxy({"main": rows}, timeouts=LONG, extra={"workers": 1}, cluster_settings=HOUR) as proxy, \
            Client.connect(proxy.address["split"], schema="one") as client, Client.connect(proxy.address["split"]) as admin:
        uses = lambda: [c.body for c in replica.application_connections()[0].commands if c.byte == w.INIT_DB]  # noqa: E731
        client.query("SELECT a FROM t")
        client.query("USE one")
        client.query("SELECT a FROM t")
        assert uses() == []
        admin.query("GRANT SELECT ON one.* TO app")
        client.query("SELECT a FROM t")
        assert uses() == []
        client.query("USE one")
        client.query("SELECT a FROM t")
        assert uses() == [b"one"]
    primary.stop()
    replica.stop()
