"""How long connections to servers last: what their servers end is noticed in time, or was ended before; and what is old goes."""


import pytest

import mysqlwire as w
import replies as r
from client import Client
from pool_scene import Parking, bytes_of
from proxy import Proxy, wait_until

pytestmark = pytest.mark.room("pool")

WRITE = "INSERT INTO t VALUES (1)"
READ = "SELECT a FROM t"
TIRED = r.err(4031, "The client was disconnected by the server because of inactivity.", "HY000")


class Scene(Parking):
    """headgate with one worker in front of one server."""

    def __init__(self, stack, server, **options):
        self.stack, self.server = stack, server
        row = {"name": "db1", "address": server.address, "role": "primary"}
        self.proxy = stack.enter_context(Proxy({"main": [row]}, extra={"workers": 1}, **options))

    def client(self, **login):
        return self.stack.enter_context(Client.connect(self.proxy.address["primary"], timeout=60.0, **login))

    def that_heard(self, sql):
        """The first connection to which it was said."""
        return next(c for c in self.logins() if sql in c.sqls())

    def wait_closed(self, connection):
        self.server.wait_for(connection.is_closed.is_set, 60)


# ---- a server ends a connection that is not one yet ----

INTERRUPTIONS = {1053: "Server shutdown in progress", 1158: "Got an error reading communication packets",
                 1159: "Got timeout reading communication packets", 1317: "Query execution was interrupted",
                 1927: "Connection was killed"}


@pytest.mark.parametrize("code", INTERRUPTIONS)
def test_login_that_a_server_breaks_off_is_no_client_s(scene, server, code):
    """It says nothing about who logs in: another one is tried, for a write as well, and the row of it is no refusal."""
    scene = scene()
    client = scene.client()
    client.query("DO 'first'")
    scene.logins()[0].close()
    tried = []

    def break_off(connection):
        tried.append(connection)
        if len(tried) > 2:
            return True
        connection.error(code, INTERRUPTIONS[code], "08S01")
        return False
    server.on_login = break_off
    assert client.query(WRITE).oks and len(tried) == 3
    assert scene.client().query(READ)
    row = scene.proxy.server("db1")
    assert (row["refusals"], row["connect_failures"]) == (0, 2)
    assert f"login to db1 ({server.address}) as 'app': {INTERRUPTIONS[code]}" in scene.proxy.log()


# ---- a server ends a connection, and a statement comes ----

def farewells():
    """What servers say, or do not say, to a client that is silent for too long, or whom somebody kills."""
    return {
        "end": lambda c: None,
        "4031": lambda c: c.pipe.send(w.packet(0, TIRED)),
        "1927": lambda c: c.pipe.send(w.packet(1, r.err(1927, "Connection was killed", "70100"))),
        "1053": lambda c: c.pipe.send(w.packet(1, r.err(1053, "Server shutdown in progress", "08S01"))),
    }


@pytest.mark.parametrize("sql", [WRITE, READ, "SET time_zone = '+01:00'", "BEGIN"])
@pytest.mark.parametrize("how", farewells())
def test_end_that_came_before_a_statement_is_not_its_client_s(scene, server, how, sql):
    scene = scene()
    client = scene.client()
    client.query("DO 'first'")
    (first,) = scene.logins()
    with scene.proxy.stopped():
        farewells()[how](first)
        first.close()
        client.send(w.QUERY, sql)
    assert client.read().error is None
    assert scene.logins()[-1] is not first and server.sqls().count(sql) == 1
    assert client.query("DO 'in step'").oks


def test_state_that_went_with_it_is_told(scene, server):
    scene = scene()
    client = scene.client()
    client.query("BEGIN")
    (first,) = scene.logins()
    with scene.proxy.stopped():
        first.pipe.send(w.packet(0, TIRED))
        first.close()
        client.send(w.QUERY, WRITE)
    assert client.read().error.code in (1053, 1927)
    assert WRITE not in server.sqls()


def once(said):
    """To the first connection that asks: that, and the end."""
    seen = []

    def scripted(connection, payload):
        seen.append(connection)
        if len(seen) > 1:
            return connection.by_itself(payload)
        connection.pipe.send(said)
        return False
    return scripted


FAREWELLS = pytest.mark.parametrize("farewell", [TIRED, r.err(1927, "Connection was killed", "70100")], ids=["4031", "1927"])


@FAREWELLS
def test_farewell_that_crosses_a_write_is_no_answer_to_it(scene, server, farewell):
    """Number 0: the server said it before it had read any of the command."""
    scene = scene()
    client = scene.client()
    client.query("DO 'first'")
    server.on(WRITE, once(w.packet(0, farewell)))
    assert client.query(WRITE).oks
    assert [connection.sqls().count(WRITE) for connection in scene.logins()] == [1, 1]


@FAREWELLS
def test_farewell_that_crosses_a_write_in_a_transaction_is_told(scene, server, farewell):
    scene = scene()
    client = scene.client()
    client.query("BEGIN")
    server.on(WRITE, once(w.packet(0, farewell)))
    client.send(w.QUERY, WRITE)
    assert client.read().error.code in (1053, 1927)
    assert server.sqls().count(WRITE) == 1


@FAREWELLS
def test_farewell_that_crosses_what_headgate_says_is_no_answer_to_that(scene, server, farewell):
    """The schema is said ahead of the statement, on a connection that the server has just given up."""
    scene = scene(cluster_settings={"pool_trust": "off"})
    scene.parked(schema="one")
    scene.wait_for(0, 1)
    server.on(w.INIT_DB, once(w.packet(0, farewell)))
    client = scene.client(schema="two")
    assert client.query(WRITE).oks
    assert len(scene.logins()) == 2


@pytest.mark.parametrize("code", [4031, 1927, 1053])
def test_error_that_may_be_the_statement_s_own_is_its_client_s(scene, server, code):
    """Number 1: triggers say such things, and a statement that was killed may have done half."""
    scene = scene()
    client = scene.client()
    client.query("DO 'first'")
    server.on(WRITE, once(w.packet(1, r.err(code, "somebody said so", "HY000"))))
    assert client.command(w.QUERY, WRITE).error.code == code
    assert server.sqls().count(WRITE) == 1


# ---- before the server would ----

def test_parked_one_goes_before_its_server_ends_it(scene, server):
    server.wait_timeout = 2
    scene = scene(timeouts={"server_idle": "1h"})
    client = scene.client()
    client.query("DO 'first'")
    scene.leave(client)
    connection = scene.that_heard("DO 'first'")
    scene.wait_closed(connection)
    assert bytes_of(connection)[-1] == w.QUIT


def test_idle_one_of_a_session_goes_before_its_server_ends_it(scene, server):
    """The longest idle one has a transaction: that is kept, or ended, by the server, as without headgate."""
    server.wait_timeout = 2
    scene = scene(timeouts={"idle_client": "1h"})
    kept, client = scene.client(), scene.client()
    kept.query("BEGIN")
    client.query("DO 'first'")
    holder, other = scene.that_heard("BEGIN"), scene.that_heard("DO 'first'")
    scene.wait_closed(other)
    assert bytes_of(other)[-1] == w.QUIT
    assert client.query(WRITE).oks and WRITE not in other.sqls()
    assert not holder.is_closed.is_set() and kept.query("COMMIT").oks
    assert holder.sqls()[-1] == "COMMIT"


# ---- lifetime ----

def test_old_one_goes_between_two_statements(scene, server):
    scene = scene(timeouts={"server_lifetime": "100ms"})
    client = scene.client()

    def answered():
        assert client.query(WRITE).oks
        return len(scene.logins()) >= 3
    wait_until(answered, "it is replaced, twice", 60)
    first = scene.logins()[0]
    scene.wait_closed(first)
    assert bytes_of(first)[-1] == w.QUIT


def test_old_one_of_a_silent_session_goes(scene):
    scene = scene(timeouts={"server_lifetime": "1s", "server_idle": "100ms"})
    client = scene.client()
    client.query(WRITE)
    first = scene.that_heard(WRITE)
    scene.wait_closed(first)
    assert client.query(WRITE).oks and bytes_of(first)[-1] == w.QUIT
    assert first.sqls().count(WRITE) == 1


def test_old_one_with_state_stays(scene, server):
    scene = scene(timeouts={"server_lifetime": "100ms"})
    kept, client = scene.client(), scene.client()
    kept.query("BEGIN")
    holder = scene.that_heard("BEGIN")

    def answered():
        assert client.query("DO 1").oks and kept.query(WRITE).oks
        return sum("DO 1" in c.sqls() for c in scene.logins()) >= 3
    wait_until(answered, "the other one's is replaced, twice", 60)
    assert kept.query("COMMIT").oks and "COMMIT" in holder.sqls()
    assert holder.sqls().count(WRITE) == server.sqls().count(WRITE)


def test_old_one_is_kept_for_what_is_asked_about_its_last_statement(scene):
    """It goes before the statement that is none of these questions."""
    scene = scene(timeouts={"server_lifetime": "1ms"})
    client, question = scene.client(), "SELECT ROW_COUNT()"
    for number in range(5):
        insert = f"INSERT INTO t VALUES ({number})"
        assert client.query(insert).oks
        assert client.query(question).error is None
        assert question in scene.that_heard(insert).sqls()
