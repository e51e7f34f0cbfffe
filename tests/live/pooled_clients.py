"""Clients that write on one pooled connection and read on another, and notice every read that is too old.

What any of them has heard to be done, all of them must read from then on, on whichever connection, however new.
"""

import threading

import mysqlwire as w
from lagging_replicas import Reader

RAISE = """CREATE PROCEDURE test.raise_own(IN client INT)
BEGIN UPDATE own SET n = n + 1 WHERE id = client; SELECT 'between'; UPDATE shared SET n = n + 1 WHERE id = 1; END"""


class Acknowledged:
    """The number that each client's row has at least, and the shared one's."""

    def __init__(self):
        self.lock = threading.Lock()
        self.own, self.shared = {}, -1

    def note(self, client, own, shared):
        with self.lock:
            self.own[client] = own
            self.shared = max(self.shared, shared)


class Pooled(Reader):
    """Its writes and its reads are two sessions'. `acknowledged`: of all clients of a test together."""

    def __init__(self, hg, number, acknowledged, **options):
        self.acknowledged, self.writer = acknowledged, None
        super().__init__(hg, number, **{"listener": "global", **options})

    def connect(self):
        if self.writer:
            self.writer.close()
        self.writer = self.hg.wire("split", caps=self.caps | w.MULTI_RESULTS)
        super().connect()

    def close(self):
        for client in filter(None, (self.writer, self.client)):
            client.close()

    def own_of(self, number, least):
        said = self.client.value(f"SELECT CONCAT(@@server_id, ':', n) FROM own WHERE id = {number}")
        self._note(said, least, f"row of client {number}")

    def write(self):
        self.writer.query(f"UPDATE own SET n = n + 1 WHERE id = {self.number}")
        self.expected += 1
        self.acknowledged.note(self.number, self.expected, -1)

    def write_in_transaction(self):
        self.writer.query("BEGIN")
        self.writer.query("UPDATE shared SET n = n + 1 WHERE id = 1")
        shared = int(self.writer.value("SELECT n FROM shared WHERE id = 1"))
        self.writer.query(f"UPDATE own SET n = n + 1 WHERE id = {self.number}")
        self.writer.query("COMMIT")
        self.expected += 1
        self.acknowledged.note(self.number, self.expected, shared)

    def write_by_procedure(self):
        self.writer.query(f"CALL raise_own({self.number})")
        self.expected += 1
        self.acknowledged.note(self.number, self.expected, -1)

    def pair(self, chance):
        chance.choice((self.write, self.write, self.write_in_transaction, self.write_by_procedure))()
        if chance.random() < 0.3:
            self.client.close()
            self.client = None
            super().connect()
            self.last_shared = self.acknowledged.shared
        chance.choice((self.own_text, self.own_prepared))()
        number, least = chance.choice(list(self.acknowledged.own.items()))
        self.own_of(number, least)
        self.last_shared = max(self.last_shared, self.acknowledged.shared)
        chance.choice((self.shared, lambda: self.shared_in_transaction("START TRANSACTION READ ONLY")))()

    def synchronize(self):
        self.connect()
        self.writer.query("BEGIN")
        self.expected = int(self.writer.value(f"SELECT n FROM own WHERE id = {self.number}"))
        self.writer.query("COMMIT")
