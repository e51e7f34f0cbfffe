"""A primary and two replicas, scripted, that say how far they are; and headgate that follows them.

`position` is what a server says of itself: a text, or a function that gives one.
"""

import time

import mysqlwire as w
import replies as r
from client import Client
from fakeserver import FakeServer
from proxy import Proxy

LISTENERS = (*Proxy.LISTENERS, {"name": "eventual", "mode": "split", "kind": "unix", "settings": {"consistency": "eventual"}},
             {"name": "global", "mode": "split", "kind": "unix", "settings": {"consistency": "global"}},
             {"name": "strong", "mode": "split", "kind": "unix", "settings": {"consistency": "strong"}})
READ = "SELECT a FROM t"


class Scene:
    def __init__(self):
        self.primary = FakeServer("db1")
        self.replicas = [FakeServer(name, role="replica") for name in ("db2", "db3")]
        self.servers = [self.primary, *self.replicas]
        self.proxy = None
        self.number = 0

    def start(self, consistency_wait="100ms", **options):
        listed = [{"name": s.name, "address": s.address, "role": s.role} for s in self.servers]
        self.proxy = Proxy({"main": listed}, listeners=LISTENERS,
                           cluster_settings={"consistency_wait": consistency_wait}, **options)
        return self.proxy

    def stop(self):
        for server in self.servers:
            server.stop()

    def forget(self):
        self.number += 100
        for server in self.servers:
            server.forget()
            server.position = self.at()

    def anew(self):
        """Body of a fixture that gives this scene to one test."""
        self.forget()
        yield self
        assert self.proxy.is_running(), self.proxy.log()[-6000:]
        self.proxy.check_log()

    def connect(self, listener="split", **options):
        return Client.connect(self.proxy.address[listener], **options)

    def at(self, steps=0):
        """A position so far from where all of them were when the test began: they never go back, as in life."""
        return f"0-1-{self.number + steps}"

    def writes(self, gtid):
        """What the primary says of the next writes."""
        self.primary.on("INSERT", lambda c, _: c.ok(affected=1, session=r.tracked_variable("last_gtid", gtid)))

    def write(self, client, steps=1):
        """A write that the primary reports and has, and no replica has."""
        gtid = self.at(steps)
        self.writes(gtid)
        self.primary.position = gtid
        client.query("INSERT")

    def apply(self, position, names=("db2", "db3")):
        for server in self.replicas:
            if server.name in names:
                server.position = position

    def be_far(self, servers, seconds):
        """Their answers to READ take so long."""
        def answer(connection, _):
            time.sleep(seconds)
            connection.reply(r.result(connection.caps, [("a", w.VAR_STRING)], [[connection.server.name.encode()]]))
        for server in servers:
            server.on(READ, answer)

    def stats(self):
        return {row["name"]: row["value"] for row in self.proxy.show("stats")}

    def polls(self, server):
        """Questions how far it is."""
        return [k.sql() for c in server.connections for k in c.commands if c.user == b"monitor"
                and k.byte == w.QUERY and "gtid" in k.sql()]

    def explained(self, sql, client=None):
        about = f"session {client.greeting.connection_id} " if client else ""
        return self.proxy.json(f"explain {about}{sql}")[0]


def running(**options):
    """Body of a fixture: a scene of its own, and headgate in front of it."""
    scene = Scene()
    with scene.start(**options):
        yield scene
    scene.stop()
