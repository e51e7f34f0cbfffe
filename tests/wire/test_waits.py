"""What becomes of a command that waits for its server, when what it depends on goes away meanwhile."""

import contextlib

import pytest

import mysqlwire as w
from client import Client
from fakeserver import FakeServer
from proxy import Proxy, wait_until

LOST = 1927
WRITE = "UPDATE t SET a = @x"


class Scene:
    def __init__(self, stack):
        self.servers = [FakeServer("db1"), FakeServer("db2", role="replica", first_statement_id=500001)]
        for server in self.servers:
            stack.callback(server.stop)
        self.stack = stack

    def start(self, **options):
        listed = [{"name": s.name, "address": s.address, "role": s.role} for s in self.servers]
        self.proxy = self.stack.enter_context(Proxy({"main": listed}, extra={"workers": 1}, **options))

    def client(self, listener="split"):
        return self.stack.enter_context(Client.connect(self.proxy.address[listener]))

    def wait_for_state(self, words):
        wait_until(lambda: [row["state"] for row in self.proxy.show("sessions")] == [words], words)

    def runs(self, sql):
        return [sql for server in self.servers for seen in server.sqls() if seen == sql]


@pytest.fixture
def scene():
    with contextlib.ExitStack() as stack:
        yield Scene(stack)


def test_state_lost_during_a_pause_is_told_to_the_command_that_waits(scene):
    scene.start()
    client = scene.client()
    client.query("SET @x = NOW()")
    assert "paused" in scene.proxy.admin("pause main")
    client.send(w.QUERY, WRITE.encode())
    scene.wait_for_state("waiting for a server")
    scene.servers[0].application_connections()[-1].close()
    wait_until(lambda: "lost while idle" in scene.proxy.log(), "the loss is noticed")
    scene.proxy.admin("resume main")
    assert client.read().error.code == LOST
    assert scene.runs(WRITE) == []


def test_state_lost_after_a_demotion_is_told_to_the_command_that_waits(scene):
    def refuse_and_go(connection, _):
        connection.error(1290, "The MariaDB server is running with the --read-only option so it cannot execute "
                               "this statement")
        return False
    scene.start()
    client = scene.client()
    client.query("SET @x = NOW()")
    scene.servers[0].on(WRITE, refuse_and_go)
    assert client.command(w.QUERY, WRITE).error.code == LOST
    assert scene.runs(WRITE) == [WRITE]
