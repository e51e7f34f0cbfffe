"""Replicas that lag at random, and clients that notice every read that is too old.

A client has a row of its own, so it knows what a read must say; and all of them raise one shared row, whose number no
session may ever see going down. HEADGATE_PAIRS: how many write-then-read pairs in all, HEADGATE_PAIRS_SECONDS: for how long
at most; of many, replicas lag up to 5 s.
"""

import collections
import contextlib
import glob
import os
import random
import threading
import time

import mysqlwire as w
import replies as r
from client import execute

PAIRS = int(os.environ.get("HEADGATE_PAIRS", "4000"))
IS_LONG = PAIRS >= 100000
LONGEST_RUN = float(os.environ.get("HEADGATE_PAIRS_SECONDS", "inf"))
CLIENTS = 32 if IS_LONG else 8
FIRST_ROW = 64  # of the clients, one each; the rows before are the other tests'
LOST = (1053, 1290, 1317, 1927, 2006, 2013)
LONGEST_LAG = float(os.environ.get("HEADGATE_LAG", "5.0" if IS_LONG else "1.0"))


def make_tables(cluster):
    for sql in ("CREATE TABLE test.own (id INT PRIMARY KEY, n BIGINT NOT NULL) ENGINE=InnoDB",
                "CREATE TABLE test.shared (id INT PRIMARY KEY, n BIGINT NOT NULL) ENGINE=InnoDB",
                "INSERT INTO test.shared VALUES (1, 0)",
                f"INSERT INTO test.own VALUES {', '.join(f'({i}, 0)' for i in range(FIRST_ROW + 64))}"):
        cluster.sql("db1", sql)
    cluster.sync()


class Lag:
    """Holds the appliers of replicas up, each at its own times."""

    def __init__(self, cluster, longest=LONGEST_LAG):
        self.cluster, self.longest = cluster, longest
        self.is_over = threading.Event()
        self.errors = []
        self.rounds = self.deaths = 0
        self.turns = {node.name: threading.Lock() for node in cluster.replicas()}
        self.threads = [threading.Thread(target=self._run, args=(name,)) for name in self.turns]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self.is_over.set()
        for thread in self.threads:
            thread.join(60)
        assert kind or not self.errors, self.errors

    def kill(self, name="db3", seconds=0.5):
        """It dies and comes back. Not for a thread that ends: servers die with the thread that started them."""
        with self.turns[name]:
            self.cluster.node(name).kill()
            self.deaths += 1
            time.sleep(seconds)
            # A MySQL server that dies while it tries whether it can write there leaves this, and then cannot.
            for left in glob.glob(os.path.join(self.cluster.node(name).datadir, "SQL_LOAD-*")):
                os.unlink(left)
            self.cluster.start_node(name)

    def _run(self, name):
        chance = random.Random(name)
        try:
            while not self.is_over.wait(chance.uniform(0.05, 1.5)):
                with self.turns[name]:
                    self._one(self.cluster.node(name), chance)
                self.rounds += 1
        except Exception as error:  # pylint: disable=broad-except # told by __exit__
            self.errors.append(error)

    def _one(self, node, chance):
        words = "SLAVE" if self.cluster.family == "mariadb" else "REPLICA"
        if chance.random() < 0.2:
            node.sql(f"STOP {words} SQL_THREAD")
            self.is_over.wait(chance.uniform(0, self.longest))
            node.sql(f"START {words}")
        else:
            hold(node, chance.uniform(0, self.longest))


def hold(node, seconds, tables="test.own READ, test.shared READ"):
    """Reads go on, and nothing is applied meanwhile."""
    node.sql(f"LOCK TABLES {tables}; SELECT SLEEP({seconds:.3f}); UNLOCK TABLES")


@contextlib.contextmanager
def held(cluster, names=("db2", "db3"), tables="test.own READ, test.shared READ"):
    """Replicas apply nothing of these tables for as long as the body lasts."""
    with locked(cluster, names, f"LOCK TABLES {tables}"):
        yield


@contextlib.contextmanager
def frozen(cluster, names=("db2", "db3")):
    """Replicas apply nothing at all for as long as the body lasts; reads go on. (Where the applier is stopped they would not.)"""
    with locked(cluster, names, "FLUSH TABLES WITH READ LOCK"):
        yield


@contextlib.contextmanager
def locked(cluster, names, sql):
    """A connection to each of them says that, and is closed at the end."""
    connections = []
    try:
        for name in names:
            connections.append(_root(cluster.node(name)))
            with connections[-1].cursor() as cursor:
                cursor.execute(sql)
        yield
    finally:
        for connection in connections:
            connection.close()


def _root(node):
    import sandbox_lib.sql as sql  # pylint: disable=import-outside-toplevel
    return sql.connect_socket(node.socket, "root", node.cluster.password("root"), 60)


class Stale(AssertionError):
    """A read was too old."""


class Reader:
    """One client: writes, reads, and knows what must be seen."""

    def __init__(self, hg, number, caps=w.MODERN_CAPS, listener="split"):
        self.hg, self.number, self.caps, self.listener = hg, number, caps, listener
        self.expected = self.pairs = 0
        self.places = collections.Counter()
        self.losses = 0
        self.client = None
        self.connect()

    def connect(self):
        """A new session knows nothing of what an earlier one saw."""
        if self.client:
            self.client.close()
        self.client = self.hg.wire(self.listener, caps=self.caps)
        self.last_shared = -1
        self.statement = self.client.command(
            w.PREPARE, b"SELECT CONCAT(@@server_id, ':', n) FROM own WHERE id = ?").statement_id

    def close(self):
        self.client.close()

    def _note(self, said, least, what):
        server, number = said.split(b":")
        self.places["primary" if server == b"1" else "replica"] += 1
        if int(number) < least:
            raise Stale(f"client {self.number}: {what} said {int(number)} on server {int(server)}, after {least}")
        return int(number)

    def own_text(self, more=0):
        said = self.client.value(f"SELECT CONCAT(@@server_id, ':', n) FROM own WHERE id = {self.number}")
        self._note(said, self.expected + more, "own row")

    def own_prepared(self):
        reply = self.client.command(w.EXECUTE, execute(self.statement, [self.number]))
        if reply.error:
            raise reply.error
        self._note(w.Reader(reply.results[0][0][2:]).lenenc_bytes(), self.expected, "own row, prepared")

    def shared(self):
        said = self.client.value("SELECT CONCAT(@@server_id, ':', n) FROM shared WHERE id = 1")
        self.last_shared = self._note(said, self.last_shared, "shared row")

    def shared_in_transaction(self, begin="BEGIN"):
        self.client.query(begin)
        self.shared()
        self.client.query("COMMIT")

    def write(self):
        self.client.query(f"UPDATE own SET n = n + 1 WHERE id = {self.number}")
        self.expected += 1

    def write_in_transaction(self):
        self.client.query("BEGIN")
        self.client.query("UPDATE shared SET n = n + 1 WHERE id = 1")
        self.client.query(f"UPDATE own SET n = n + 1 WHERE id = {self.number}")
        self.own_text(1)
        self.client.query("COMMIT")
        self.expected += 1

    def pair(self, chance):
        """A write, and reads that must have it; and a look at what everybody writes."""
        chance.choice((self.write, self.write_in_transaction))()
        time.sleep(chance.choice((0, 0, 0.001, 0.01)))
        chance.choice((self.own_text, self.own_prepared))()
        chance.choice((self.shared, self.shared_in_transaction,
                       lambda: self.shared_in_transaction("START TRANSACTION READ ONLY")))()
        if chance.random() < 0.3:
            self.own_text()
            self.shared()

    def synchronize(self):
        """After a loss: what its row holds, asked where it was written."""
        self.connect()
        self.client.query("BEGIN")
        self.expected = int(self.client.value(f"SELECT n FROM own WHERE id = {self.number}"))
        self.client.query("COMMIT")

    def run(self, pairs, is_over):
        """So many pairs, or until is_over()."""
        chance = random.Random(self.number)
        while self.pairs < pairs and not is_over():
            self.pairs += 1
            try:
                self.pair(chance)
            except (r.Err, w.WireError, OSError) as error:
                if isinstance(error, r.Err) and error.code not in LOST:
                    raise
                self.losses += 1
                self.synchronize()


def run_all(readers, pairs, meanwhile=lambda: time.sleep(0.05)):
    """All at once, a thread each, while this thread does something else again and again; the places of all reads.

    The first failure of any ends all, and is raised.
    """
    failures, until = [], time.monotonic() + LONGEST_RUN

    def run(reader):
        try:
            reader.run(pairs // len(readers), lambda: failures or time.monotonic() > until)
        except BaseException as error:  # pylint: disable=broad-except # raised below
            failures.append(error)
    threads = [threading.Thread(target=run, args=(reader,), daemon=True) for reader in readers]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        meanwhile()
    if failures:
        raise failures[0]
    return sum((reader.places for reader in readers), collections.Counter())
