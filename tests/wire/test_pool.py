"""Connections handed on from session to session: which one, in what state, and when they go."""

import threading
import time

import pytest

import mysqlwire as w
import replies as r
from client import Client
from pool_scene import Parking, bytes_of
from proxy import Proxy, wait_until

pytestmark = [pytest.mark.room("pool"), pytest.mark.threads]

SETUP = "SET SESSION session_track_system_variables"
ALWAYS_NEW = {"cluster_settings": {"pool_trust": "off"}}  # what no connection is trusted to need


class Scene(Parking):
    """headgate with one worker in front of one server, and its clients."""

    def __init__(self, stack, server, limit=0, **options):
        row = {"name": "db1", "address": server.address, "role": "primary", **({"max_connections": limit} if limit else {})}
        options.setdefault("extra", {"workers": 1})
        options.setdefault("timeouts", {"pool_wait": "20s"})
        self.stack, self.server = stack, server
        self.proxy = stack.enter_context(Proxy({"main": [row]}, **options))

    def client(self, listener="primary", **login):
        return self.stack.enter_context(Client.connect(self.proxy.address[listener], **login))

    def row(self):
        return self.proxy.server("db1")


def test_next_session_goes_on_with_the_connection_and_nobody_logs_in_again(scene):
    scene = scene(**ALWAYS_NEW)
    connection = scene.parked()
    assert bytes_of(connection)[-2:] == [w.RESET_CONNECTION, w.QUERY]
    scene.wait_for(0, 1)
    client = scene.client()
    assert client.query("DO 'second'").oks
    assert scene.counts() == (1, 0)
    assert scene.logins() == [connection] and connection.sqls()[-1] == "DO 'second'"
    for name in ("pool_parked", "pool_taken", "connections_reset", "connections_taken_new"):
        assert scene.stat(name) == 1, name


def test_another_tls_setting_is_for_parked_connections_too(scene):
    scene = scene()
    connection = scene.parked()
    tree = scene.proxy.tree()
    tree["clusters"][0]["servers"][0]["tls"] = "off"
    scene.proxy.write(tree)
    assert not scene.proxy.admin("reload").startswith("error")
    wait_until(lambda: scene.counts() == (0, 0), "it is closed")
    assert scene.stat("pool_retired") == 1
    scene.client().query("DO 'second'")
    assert len(scene.logins()) == 2 and scene.logins()[0] is connection


def test_client_that_vanishes_leaves_its_connection_too(scene):
    scene = scene()
    client = scene.client()
    client.query("DO 'first'")
    client.close()
    scene.wait_for(0, 1)
    scene.client().query("DO 'second'")
    assert len(scene.logins()) == 1


def test_transaction_is_rolled_back_before_anybody_has_the_connection(scene):
    scene = scene()
    client = scene.client()
    client.query("BEGIN")
    scene.leave(client)
    scene.wait_for(0, 1)
    client = scene.client()
    assert not client.login_ok.status & w.IN_TRANS
    assert len(scene.logins()) == 1


def test_schema_is_said_and_a_wrong_one_is_refused_at_login(scene, server):
    scene = scene()
    connection = scene.parked(schema="one")
    client = scene.client(schema="two")
    assert client.value("SELECT 1 FROM t") == b"db1" and connection.schema == b"two"
    scene.leave(client)
    scene.wait_for(0, 1)
    server.refused_schemas[b"gone"] = (1049, "Unknown database 'gone'")
    with pytest.raises(r.Err) as refused:
        scene.client(schema="gone")
    assert (refused.value.code, refused.value.message) == (1049, "Unknown database 'gone'")


def test_schema_dropped_meanwhile_is_refused_although_the_connection_is_in_it(scene, server):
    scene = scene()
    scene.parked(schema="one")
    server.refused_schemas[b"one"] = (1049, "Unknown database 'one'")
    with pytest.raises(r.Err) as refused:
        scene.client(schema="one")
    assert refused.value.code == 1049


def test_no_schema_is_not_served_from_a_connection_that_is_in_one(scene):
    scene = scene()
    first = scene.parked(schema="one")
    client = scene.client()
    client.query("DO 'second'")
    assert scene.logins()[-1] is not first


@pytest.mark.parametrize("login", [{"user": "other", "password": "other_pw"}, {"collation": 8},
                                   {"caps": w.MODERN_CAPS & ~w.DEPRECATE_EOF}],
                         ids=["user", "collation", "capabilities"])
def test_whoever_would_log_in_in_another_way_does(scene, login):
    scene = scene()
    first = scene.parked()
    scene.client(**login).query("DO 'second'")
    assert len(scene.logins()) == 2 and first.sqls()[-1] != "DO 'second'"
    scene.client().query("DO 'third'")
    assert len(scene.logins()) == 2 and first.sqls()[-1] == "DO 'third'"


def test_variables_of_the_one_before_are_not_said_for_the_next(scene):
    scene = scene(**ALWAYS_NEW)
    client = scene.client()
    client.query("SET time_zone = '+01:00'")
    scene.leave(client)
    scene.wait_for(0, 1)
    connection = scene.logins()[0]
    before = len(connection.commands)
    scene.client().query("DO 'second'")
    assert scene.logins() == [connection]
    assert [c.sql() for c in connection.commands[before:]] == ["DO 'second'"]


@pytest.mark.parametrize("sql", ["SET ROLE boss", "CALL anything()", "SELECT CONNECTION_ID()", "SELECT unknown_function()",
                                 "INSERT INTO owners VALUES (Connection_Id())", "SELECT @@pseudo_thread_id", "XA START 'a'",
                                 "BINLOG 'xyz'", "SELECT /*!50000 connection_id() */ 1"])
def test_state_that_no_reset_undoes_ends_with_its_connection(scene, server, sql):
    scene = scene()
    client = scene.client()
    client.query(sql)
    first = scene.logins()[0]
    scene.leave(client)
    server.wait_for(first.is_closed.is_set)
    assert w.RESET_CONNECTION not in bytes_of(first)
    scene.client().query("DO 'second'")
    assert len(scene.logins()) == 2


@pytest.mark.parametrize("first", [True, False], ids=["at the reset", "at the set-up"])
def test_what_could_not_be_made_new_is_closed(scene, server, first):
    scene = scene(**ALWAYS_NEW)
    client = scene.client()
    client.query("DO 'first'")
    if first:
        server.on(w.RESET_CONNECTION, lambda c, payload: c.error(1047, "Unknown command", "08S01"))
    else:
        setup = scene.logins()[0].sqls()[0]
        server.on(setup, lambda c, payload: c.error(1231, "no"))
    scene.leave(client)
    server.wait_for(scene.logins()[0].is_closed.is_set)
    server.scripts.clear()
    scene.client().query("DO 'second'")
    assert len(scene.logins()) == 2 and scene.stat("pool_unclean") == 1


def test_server_without_the_command_is_asked_once(scene, server):
    scene = scene(**ALWAYS_NEW)
    server.on(w.RESET_CONNECTION, lambda c, payload: c.error(1047, "Unknown command", "08S01"))
    for n in range(3):
        client = scene.client()
        client.query("DO 1")
        scene.leave(client)
        server.wait_for(scene.logins()[n].is_closed.is_set)
    assert [bytes_of(c).count(w.RESET_CONNECTION) for c in scene.logins()] == [1, 0, 0]


@pytest.mark.parametrize("how", ["end", "speech"])
def test_dead_one_is_not_used(scene, server, how):
    scene = scene()
    first = scene.parked()
    scene.wait_for(0, 1)
    if how == "end":
        first.close()
    else:
        first.pipe.send_packet(r.err(1927, "Connection was killed", "70100"), seq=0)
    client = scene.client()
    assert client.query("DO 'second'").oks
    assert len(scene.logins()) == 2 and "DO 'second'" not in first.sqls()
    scene.wait_for(1, 0)
    assert scene.stat("pool_lost") == 1


def test_silent_server_does_not_hold_a_login_up(scene, server):
    """It never answers to the reset: the next client does not wait for that."""
    scene = scene(timeouts={"login": "20s"}, **ALWAYS_NEW)
    server.on(w.RESET_CONNECTION, lambda c, payload: None)
    client = scene.client()
    client.query("DO 'first'")
    scene.leave(client)
    server.wait_for(lambda: w.RESET_CONNECTION in bytes_of(scene.logins()[0]))
    assert scene.client().query("DO 'second'").oks
    assert len(scene.logins()) == 2 and scene.counts() == (2, 0)


def test_reset_without_an_answer_ends_the_connection(scene, server):
    scene = scene(timeouts={"login": "2s"}, **ALWAYS_NEW)
    server.on(w.RESET_CONNECTION, lambda c, payload: None)
    client = scene.client()
    client.query("DO 'first'")
    scene.leave(client)
    server.wait_for(scene.logins()[0].is_closed.is_set)
    scene.wait_for(0, 0)


def test_nobody_gets_a_connection_with_a_reply_that_was_not_read(scene, server):
    scene = scene()
    hold = threading.Event()

    def half(connection, payload):
        packets = r.result(connection.caps, [("a", w.VAR_STRING)], [["x"]])
        connection.pipe.send_packets(packets[:2])
        hold.wait(30)
        return False
    server.on("SELECT half FROM t", half)
    client = scene.client()
    client.send(w.QUERY, "SELECT half FROM t")
    server.wait_for(lambda: "SELECT half FROM t" in server.sqls())
    client.close()
    wait_until(lambda: scene.counts()[1] == 0 and not scene.proxy.show("sessions"), "the session is gone")
    scene.client().query("DO 'second'")
    hold.set()
    assert len(scene.logins()) == 2 and w.RESET_CONNECTION not in bytes_of(scene.logins()[0])


def test_killed_session_s_connection_is_closed(scene, server):
    scene = scene()
    client = scene.client()
    client.query("DO 'first'")
    scene.proxy.admin(f"kill {client.greeting.connection_id}")
    server.wait_for(scene.logins()[0].is_closed.is_set)
    assert w.RESET_CONNECTION not in bytes_of(scene.logins()[0])


def test_number_of_a_connection_that_was_another_s_kills_nobody(scene):
    """Whoever remembers a server's number for a connection may mean the client that had it then."""
    scene = scene()
    number = scene.parked().number
    owner, killer = scene.client(), scene.client()
    owner.query("DO 'mine'")
    assert scene.logins()[0].sqls()[-1] == "DO 'mine'"
    assert killer.command(w.QUERY, f"KILL {number}").error.code == 1094
    assert owner.query("DO 'still here'").oks
    owner.query("SELECT CONNECTION_ID()")
    assert killer.query(f"KILL {number}").oks
    with pytest.raises((w.WireError, OSError)):
        owner.query("DO 'not here any more'")


# ---- when they go ----

def test_parked_ones_are_retired(scene, server):
    scene = scene(timeouts={"server_idle": "200ms"})
    client = scene.client()
    client.query("DO 'first'")
    scene.leave(client)
    (connection,) = scene.logins()
    server.wait_for(connection.is_closed.is_set)
    assert bytes_of(connection)[-3:] == [w.RESET_CONNECTION, w.QUERY, w.QUIT]  # it was ready for the next one
    scene.wait_for(0, 0)


def test_old_ones_are_not_kept(scene, server):
    scene = scene(timeouts={"server_lifetime": "1ms"})
    client = scene.client()
    client.query("DO 'first'")
    scene.leave(client)
    server.wait_for(scene.logins()[0].is_closed.is_set)
    scene.client().query("DO 'second'")
    assert len(scene.logins()) >= 2 and "DO 'second'" not in scene.logins()[0].sqls()


def test_not_more_are_kept_than_configured(scene, server):
    scene = scene(cluster_settings={"pool_idle_max": 1})
    clients = [scene.client() for _ in range(3)]
    for client in clients:
        scene.leave(client)
    server.wait_for(lambda: sum(c.is_closed.is_set() for c in scene.logins()) == 2)
    scene.wait_for(0, 1)


def test_none_is_kept_of_a_server_that_does_something_at_each_login(scene, server):
    known = server.value_of
    server.value_of = lambda expression: "SET NAMES latin1" if "init_connect" in expression else known(expression)
    scene = scene()
    client = scene.client()
    client.query("DO 'first'")
    scene.leave(client)
    server.wait_for(scene.logins()[0].is_closed.is_set)
    assert w.RESET_CONNECTION not in bytes_of(scene.logins()[0])


@pytest.mark.parametrize("order", ["drain", "disable"])
def test_server_that_is_taken_out_keeps_none(scene, server, order):
    scene = scene()
    connection = scene.parked()
    scene.wait_for(0, 1)
    scene.proxy.admin(f"{order} db1")
    server.wait_for(connection.is_closed.is_set)
    scene.wait_for(0, 0)


def test_shutdown_says_good_bye_to_them(scene, server):
    scene = scene()
    connection = scene.parked()
    scene.wait_for(0, 1)
    scene.proxy.stop()
    server.wait_for(connection.is_closed.is_set)
    assert bytes_of(connection)[-1] == w.QUIT


# ---- when they are scarce ----

def test_scarce_connection_goes_from_hand_to_hand_without_a_login(scene):
    scene = scene(1)
    clients = [scene.client() for _ in range(4)]
    for round_ in range(5):
        for number, client in enumerate(clients):
            assert client.query(f"DO '{round_} {number}'").oks
    assert len(scene.logins()) == 1
    assert [s for s in scene.logins()[0].sqls() if s.startswith("DO")] == [f"DO '{i} {n}'" for i in range(5) for n in range(4)]


def test_state_of_the_next_one_is_said_after_the_reset(scene):
    scene = scene(1, **ALWAYS_NEW)
    first, second = scene.client(schema="one"), scene.client(schema="two")
    first.query("SET time_zone = '+01:00'")
    second.query("DO 'other'")
    first.query("DO 'mine'")
    (connection,) = scene.logins()
    last_reset = max(n for n, c in enumerate(connection.commands) if c.byte == w.RESET_CONNECTION)
    after = connection.commands[last_reset + 1:]
    assert SETUP in after[0].sql() and (after[1].byte, after[1].body) == (w.INIT_DB, b"one")
    assert [c.sql() for c in after[2:]] == ["SET time_zone='+01:00'", "DO 'mine'"]


def test_parked_one_that_nothing_makes_theirs_makes_room(scene, server):
    scene = scene(1)
    first = scene.parked()
    scene.wait_for(0, 1)
    assert scene.client(caps=w.MODERN_CAPS & ~w.DEPRECATE_EOF).query("DO 'second'").oks
    server.wait_for(first.is_closed.is_set)
    assert len(scene.logins()) == 2 and scene.counts() == (1, 0)
    assert scene.stat("pool_gave_way") == 1


def test_parked_ones_of_other_workers_make_room(scene, server):
    scene = scene(1, extra={"workers": 3})
    for n in range(9):
        client = scene.client()
        assert client.query(f"DO '{n}'").oks
        scene.leave(client)


def test_session_mode_keeps_what_it_has_until_it_ends(scene):
    scene = scene(1, cluster_settings={"pool": "session"})
    first = scene.client()
    first.query("DO 'first'")
    waiting = threading.Thread(target=lambda: scene.client().query("DO 'second'"), daemon=True)
    waiting.start()
    scene.proxy.wait_server("db1", lambda row: row["waiting"] == 1)
    first.query("DO 'still first'")
    assert scene.row()["waiting"] == 1
    scene.leave(first)
    waiting.join(20)
    assert not waiting.is_alive() and len(scene.logins()) == 1
    assert scene.logins()[0].sqls()[-1] == "DO 'second'"


def test_parked_ones_make_room_at_a_server_that_has_none_for_others(scene, server):
    """The server's own limit for the account: what is parked counts there, too."""
    scene = scene(extra={"workers": 2})
    first = scene.parked()

    def full(connection):
        if first.is_closed.is_set():
            return True
        connection.error(1226, "User 'app' has exceeded the 'max_user_connections' resource (current value: 1)", "42000")
        return False
    server.on_login = full
    assert scene.client(collation=8).query("DO 'second'").oks
    assert first.is_closed.is_set()


LIMITS = {"of the account": (1226, "User 'app' has exceeded the 'max_user_connections' resource (current value: 1)"),
          "of the server": (1203, "User app already has more than 'max_user_connections' active connections")}


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("workers", [1, 3])
def test_account_that_may_have_one_connection_shares_it(scene, server, workers, limit):
    scene = scene(extra={"workers": workers}, timeouts={"pool_wait": "60s"})
    clients = [scene.client()]
    assert clients[0].query("DO 'first'").oks
    code, words = LIMITS[limit]

    def full(connection):
        if not any(c is not connection and not c.is_closed.is_set() for c in scene.logins()):
            return True
        connection.error(code, words, "42000")
        return False
    server.on_login = full
    clients += [scene.client() for _ in range(5)]
    for n in range(4):
        assert all(client.query(f"DO '{n}'").oks for client in clients)
    row = scene.row()
    assert (row["connections_active"] + row["connections_idle"], row["waiting"]) == (1, 0)
    assert len([line for line in scene.proxy.log().splitlines() if "at a limit of connections of its own" in line]) == 1


def test_login_that_is_not_answered_yet_is_no_sign_of_room_for_more(scene, server):
    """One tries, now and then; what others of the account do with their connections meanwhile says nothing."""
    scene = scene(timeouts={"pool_wait": "60s"})
    holders = [scene.client() for _ in range(2)]
    for client in holders:
        client.query("BEGIN")
    may_answer, tried = threading.Event(), []

    def full(connection):
        tried.append(connection)
        if len(tried) > 1:
            assert may_answer.wait(60)
        connection.error(1203, "User app already has more than 'max_user_connections' active connections", "42000")
        return False
    server.on_login = full
    scene.stack.callback(may_answer.set)
    for n in range(30):
        client = scene.stack.enter_context(Client(scene.proxy.address["primary"], timeout=60))
        client.read_greeting()
        client.pipe.send_packet(client.response("app", "app_pw"))
        if n == 0:
            wait_until(lambda: "at a limit of connections of its own" in scene.proxy.log(), "the limit is known", 60)
    began, before = time.monotonic(), len(tried)
    wait_until(lambda: len(tried) > before, "one tries", 60)
    for n in range(100):
        assert holders[0].query(f"DO '{n}'").oks
    now = len(tried)
    wait_until(lambda: len(tried) > now or now > 20, "another one tries", 60)
    assert len(tried) - before <= 3 + (time.monotonic() - began) / 0.5


def test_limit_of_an_hour_is_told_at_once(scene, server):
    """It has the same number, and nothing that anybody gives up would help."""
    scene = scene(timeouts={"pool_wait": "60s"})
    first = scene.client()
    assert first.query("DO 'first'").oks

    def refuse(connection):
        connection.error(1226, "User 'app' has exceeded the 'max_connections_per_hour' resource (current value: 1)", "42000")
        return False
    server.on_login = refuse
    with pytest.raises(r.Err) as refused:
        scene.client()
    assert refused.value.code == 1226
    assert first.query("DO 'its connection is its own still'").oks and len(scene.logins()) == 2


def test_a_role_is_said_before_the_schema_that_it_may_open(scene, server):
    """A schema that only the role may use is refused at a login (1044, seen on all families)."""
    scene = scene()
    client = scene.client()
    client.query("SET ROLE boss")
    client.command(w.INIT_DB, b"closed")
    server.refused_schemas[b"closed"] = (1044, "Access denied")
    first = scene.logins()[0]
    server.on("SET ROLE boss", lambda c, _: (server.refused_schemas.clear(), c.ok())[1])
    first.close()
    scene.wait_for(0, 0)
    assert client.query("DO 'there'").oks
    again = scene.logins()[1]
    sent = bytes_of(again)
    assert again.sqls()[-1] == "DO 'there'" and "SET ROLE boss" in again.sqls()
    assert w.INIT_DB in sent and again.schema == b"closed"
