"""Connections that are taken for another account where there is no permit for a login: COM_CHANGE_USER."""

import threading

import pytest

import mysqlwire as w
import replies as r
from client import Client
from handshake import native_token, parse_change_user
from pool_scene import Parking, bytes_of
from proxy import Proxy, wait_until

pytestmark = [pytest.mark.room("pool"), pytest.mark.threads]

OTHER = {"user": "other", "password": "other_pw"}


class Scene(Parking):
    """headgate in front of one server that has one connection for all."""

    def __init__(self, stack, server, limit=1, workers=1, **options):
        row = {"name": "db1", "address": server.address, "role": "primary", "max_connections": limit}
        options.setdefault("timeouts", {"pool_wait": "60s", "client_login": "60s", "connect": "60s", "login": "60s"})
        self.stack, self.server = stack, server
        self.proxy = stack.enter_context(Proxy({"main": [row]}, extra={"workers": workers}, **options))

    def client(self, listener="primary", **login):
        return self.stack.enter_context(Client.connect(self.proxy.address[listener], timeout=60, **login))


def changes(connection):
    return [parse_change_user(b"\x11" + c.body) for c in connection.commands if c.byte == w.CHANGE_USER]


def test_parked_one_of_another_account_is_taken_and_is_the_new_account_s(scene):
    scene = scene()
    connection = scene.parked(schema="one")
    client = scene.client(**OTHER, schema="two", collation=8, attributes={"program_name": "shop"})
    assert client.query("DO 'second'").oks
    assert scene.logins() == [connection] and scene.counts() == (1, 0)
    assert (connection.user, connection.schema, connection.collation) == (b"other", b"two", 8)
    assert connection.attributes == {b"program_name": b"shop"}
    at = bytes_of(connection).index(w.CHANGE_USER)
    said = [c.sql() for c in connection.commands[at - 1:]]
    assert said[0] == "SET ROLE NONE" and "session_track" in said[2] and said[-1] == "DO 'second'"
    assert (scene.stat("pool_changed_user"), scene.stat("pool_changes_failed")) == (1, 0)


def test_connections_that_clients_need_no_more_are_taken_as_they_are(scene):
    """Nothing is reset that is left anyhow."""
    scene = scene()
    clients = [scene.client(), scene.client(**OTHER)]
    for n in range(5):
        for client in clients:
            assert client.query(f"DO '{n}'").oks
    (connection,) = scene.logins()
    assert w.RESET_CONNECTION not in bytes_of(connection)
    assert [user for user, *_ in changes(connection)] == [b"other"] + [b"app", b"other"] * 5


def test_no_statement_is_run_as_somebody_else(scene, server):
    """Eight clients of two accounts on two connections of two workers: the server looks at each statement."""
    wrong = []

    def look(connection, payload):
        if connection.user.decode() not in payload.decode():
            wrong.append((connection.user, payload))
        connection.ok()
    for user in ("app", "other"):
        server.on(f"DO 'as {user}'", look)
    scene = scene(limit=2, workers=2)

    def work(user):
        with Client.connect(scene.proxy.address["primary"], user=user, password=f"{user}_pw", timeout=60) as client:
            for _ in range(30):
                assert client.query(f"DO 'as {user}'").oks
                done.append(user)
    done = []
    threads = [threading.Thread(target=work, args=(("app", "other")[n % 2],), daemon=True) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(done) == 240 and not wrong
    assert scene.stat("pool_changed_user") > 0


def test_variables_are_said_again_for_the_new_account(scene):
    scene = scene()
    first, second = scene.client(), scene.client(**OTHER)
    first.query("SET time_zone = '+01:00'")
    second.query("SET time_zone = '+02:00'")
    first.query("DO 'first'")
    second.query("DO 'second'")
    (connection,) = scene.logins()
    sqls = connection.sqls()
    assert sqls[-4:][1:] == [sqls[-3], "SET time_zone='+02:00'", "DO 'second'"] and "session_track" in sqls[-3]


def test_no_schema_is_wanted_and_the_connection_is_in_one(scene):
    """A reset leaves nobody's schema: COM_CHANGE_USER to the same account does."""
    scene = scene()
    connection = scene.parked(schema="one")
    assert scene.client().query("DO 'none'").oks
    assert scene.logins() == [connection] and connection.schema == b""


@pytest.mark.parametrize("how", ["error", "end", "silence"])
def test_refused_one_is_closed_and_a_login_takes_its_place(scene, server, how):
    def refuse(connection, payload):
        if how == "error":
            connection.error(1045, "Access denied, it says", "28000")
        return how == "silence"
    scene = scene(timeouts={"login": "2s", "pool_wait": "60s", "primary_wait": "60s"})
    first = scene.parked()
    server.on(w.CHANGE_USER, refuse)
    assert scene.client(**OTHER).query("DO 'second'").oks
    server.wait_for(first.is_closed.is_set, 60)
    assert len(scene.logins()) == 2 and scene.logins()[-1].user == b"other"
    assert scene.counts() == (1, 0) and scene.proxy.server("db1")["waiting"] == 0
    assert scene.stat("pool_changes_failed") == 1


def test_what_a_login_refuses_too_is_the_client_s(scene, server):
    scene = scene()
    scene.parked()
    server.refused_schemas[b"gone"] = (1049, "Unknown database 'gone'")
    with pytest.raises(r.Err) as refused:
        scene.client(**OTHER, schema="gone")
    assert (refused.value.code, refused.value.message) == (1049, "Unknown database 'gone'")
    wait_until(lambda: scene.counts() == (0, 0), "nothing is left", 60)
    assert scene.client(**OTHER).query("DO 'in'").oks


def test_role_that_cannot_be_left_is_not_taken_over(scene, server):
    server.on("SET ROLE NONE", lambda c, payload: c.error(1959, "no"))
    scene = scene()
    first = scene.parked()
    assert scene.client(**OTHER).query("DO 'second'").oks
    server.wait_for(first.is_closed.is_set, 60)
    assert w.CHANGE_USER not in bytes_of(first)


def test_server_without_the_command_is_asked_once(scene, server):
    server.on(w.CHANGE_USER, lambda c, payload: c.error(1047, "Unknown command", "08S01"))
    scene = scene()
    clients = [scene.client(), scene.client(**OTHER)]
    for client in clients * 3:
        assert client.query("DO 1").oks
    assert [len(changes(c)) for c in scene.logins()][:3] == [1, 0, 0]
    assert sum(len(changes(c)) for c in scene.logins()) == 1


@pytest.mark.parametrize("sql", ["SET ROLE boss", "SELECT unknown_function()", "SELECT CONNECTION_ID()"])
def test_what_may_hold_more_is_closed_for_them(scene, server, sql):
    scene = scene()
    client = scene.client()
    client.query(sql)
    first = scene.logins()[0]
    client.send(w.QUIT)
    server.wait_for(first.is_closed.is_set, 60)
    assert scene.client(**OTHER).query("DO 'second'").oks
    assert w.CHANGE_USER not in bytes_of(first)


def test_plugin_is_switched_as_at_a_login(scene, server):
    """MySQL and MariaDB ask for it each time, with another nonce."""
    other_nonce = b"01234567890123456789"

    def switch(connection, payload):
        user, *_ = parse_change_user(payload)
        connection.reply([b"\xfemysql_native_password\0" + other_nonce + b"\0"])
        proof = connection.pipe.read_packet()
        assert proof == native_token(f"{user.decode()}_pw", other_nonce)
        connection.user = user
        connection.ok()
        return True
    server.on(w.CHANGE_USER, switch)
    scene = scene()
    connection = scene.parked()
    client = scene.client(**OTHER)
    assert client.query("DO 'second'").oks and scene.logins() == [connection] and connection.user == b"other"


def test_killed_while_it_is_made_its_own_leaves_the_permit_to_the_next(scene, server):
    hold, seen = threading.Event(), threading.Event()

    def wait(connection, payload):
        seen.set()
        hold.wait(60)
        return connection.change_user(payload)
    scene = scene()
    client, owner = scene.client(**OTHER), scene.client()
    owner.query("DO 'mine'")
    server.on(w.CHANGE_USER, wait)
    client.send(w.QUERY, "DO 'held'")
    assert seen.wait(60)
    scene.proxy.admin(f"kill {client.greeting.connection_id}")
    server.scripts.clear()
    hold.set()
    assert owner.query("DO 'again'").oks
    assert scene.counts() == (1, 0) and "DO 'held'" not in server.sqls()
