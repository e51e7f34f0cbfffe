"""State that only a connection knows: headgate asks the server for it before another session gets the connection."""

import contextlib
import socket
import threading
import time

import pytest

import mysqlwire as w
import replies as r
from client import Client
from fakeserver import FakeServer
from proxy import Proxy, wait_until

pytestmark = pytest.mark.room("pool", "state")

ID = "SELECT LAST_INSERT_ID() LIMIT 1"
BOTH = "SELECT LAST_INSERT_ID(),FOUND_ROWS() LIMIT 1"
VARIABLE = "SELECT @`a`,HEX(@`a`),COLLATION(@`a`) FROM DUAL WHERE IFNULL(LENGTH(@`a`),0)<=16384 LIMIT 1"

# What a session says, what its connection is asked for that, and the answer: columns and one row.
ASKED = {
    "id": ("SELECT LAST_INSERT_ID(7)", ID, [("id", w.LONGLONG)], (7,)),
    "id and rows": ("SELECT SQL_CALC_FOUND_ROWS LAST_INSERT_ID(7) FROM t FOR UPDATE", BOTH,
                    [("id", w.LONGLONG), ("rows", w.LONGLONG)], (7, 3)),
    "user variable": ("SET @a = 1 + 4", VARIABLE, [("a", w.LONGLONG), ("hex", w.VAR_STRING), ("collation", w.VAR_STRING)],
                      (5, b"35", b"binary")),
}


class Scene:
    """One connection for two clients, of which one has said something that only the connection knows."""

    def __init__(self, server, said, question, columns, row, stack, **extra):
        self.server, self.question, self.columns, self.row = server, question, columns, row
        self.may_answer = threading.Event()
        server.on(question, self.answer)
        servers = [{"name": "db1", "address": server.address, "role": "primary", "max_connections": 1}]
        self.proxy = stack.enter_context(Proxy({"main": servers}, timeouts={"pool_wait": "60s"}, extra=extra))
        self.other, self.holder = (stack.enter_context(Client.connect(self.proxy.address["primary"], timeout=60)) for _ in range(2))
        self.holder.query(said)
        self.waiting = threading.Thread(target=self.other.query, args=("DO 'other'",), daemon=True)

    def answer(self, connection, _):
        assert self.may_answer.wait(60)
        connection.reply(r.result(connection.caps, self.columns, [self.row]))

    def is_asked(self):
        self.waiting.start()
        wait_until(lambda: self.question in self.server.sqls(), "the connection is asked", 60)

    def is_handed_on(self):
        self.may_answer.set()
        self.waiting.join(60)
        [connection] = self.server.application_connections()
        return not self.waiting.is_alive() and connection.sqls()[-1] == "DO 'other'" and connection.sqls().count(self.question) == 1


@pytest.fixture(params=ASKED)
def scene(request):
    server = FakeServer("db1")
    with contextlib.ExitStack() as stack:
        stack.callback(server.stop)
        yield Scene(server, *ASKED[request.param], stack)


def test_it_is_asked_once_and_handed_on(scene):
    scene.is_asked()
    assert scene.is_handed_on()


def test_who_says_goodbye_meanwhile_hands_it_on_all_the_same(scene):
    scene.is_asked()
    scene.holder.quit()
    wait_until(lambda: "reading a command" in {row["state"] for row in scene.proxy.show("sessions")}, "it has said goodbye", 60)
    assert scene.is_handed_on()


@pytest.mark.parametrize("scene", ["id"], indirect=True)
def test_what_refuses_to_tell_is_asked_again_but_not_at_once(scene):
    """An account that may not say any more this hour, say: over and over it would be refused, thousands of times a second."""
    def refuse(connection, _):
        connection.error(1226, "User 'app' has exceeded the 'max_queries_per_hour' resource", "42000")
    scene.server.on(scene.question, refuse)
    began = time.monotonic()
    scene.is_asked()
    wait_until(lambda: scene.server.sqls().count(scene.question) >= 3, "it is asked again", 60)
    assert scene.server.sqls().count(scene.question) <= 3 + (time.monotonic() - began) / 0.05
    scene.server.on(scene.question, scene.answer)
    scene.may_answer.set()
    scene.waiting.join(60)
    assert scene.server.application_connections()[-1].sqls()[-1] == "DO 'other'"


@pytest.mark.parametrize("is_lost_first", [True, False], ids=["lost, then wanted", "wanted, then lost"])
def test_one_that_is_lost_before_it_can_be_asked_is_replaced(is_lost_first):
    """One thread hears of both at once, in either order: the question may be the first thing to meet the end."""
    with contextlib.ExitStack() as stack:
        server = FakeServer("db1")
        stack.callback(server.stop)
        is_replaced(Scene(server, *ASKED["id"], stack, workers=1), is_lost_first)


def is_replaced(scene, is_lost_first):
    [connection] = scene.server.application_connections()

    def lose():
        connection.pipe.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not an end
        connection.close()
        assert connection.is_closed.wait(60)

    def want():
        scene.other.send(w.QUERY, "DO 'other'")
    scene.may_answer.set()
    with scene.proxy.stopped():
        for step in (lose, want) if is_lost_first else (want, lose):
            step()
    assert scene.other.read().error is None
    assert scene.server.application_connections()[-1].sqls()[-1] == "DO 'other'"
    assert scene.question not in connection.sqls()
