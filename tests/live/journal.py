"""A journal of writes: who wrote which rows, what became of them, and whether all servers agree with that.

Writers insert numbered rows through headgate: by single statements, by transactions, and by way of a temporary table,
which pins the session; some in text, some by prepared statements. A number is never used again, whatever became of it.
Meanwhile somebody does things to the primary: the events. `violations` compares the two with
the tables afterwards. All times are those of time.time(), which is the clock of the servers, too.
"""

import collections
import contextlib
import dataclasses
import random
import struct
import threading
import time

import pymysql

import mysqlwire as w
from client import execute

TABLE = """CREATE TABLE test.journal (writer INT NOT NULL, n BIGINT NOT NULL, server INT NOT NULL,
                                      zone VARCHAR(10) NOT NULL, at DECIMAL(20, 6) NOT NULL, KEY (writer, n))"""
INSERT = "INSERT INTO journal VALUES (%s, %s, @@server_id, @@time_zone, UNIX_TIMESTAMP(SYSDATE(6)))"

COPY = "INSERT INTO journal SELECT %s, n, @@server_id, @@time_zone, UNIX_TIMESTAMP(SYSDATE(6)) FROM scratch"

ACKNOWLEDGED, REFUSED, UNKNOWN = "acknowledged", "refused", "unknown"

READ_ONLY = (1290, 1836)  # "it was not run", also headgate's own words for "no primary in time"
SERVER_LOST = (1053, 1158, 1927)
CONNECTION_LOST = (2006, 2013)
EXPECTED_CODES = READ_ONLY + SERVER_LOST + CONNECTION_LOST


@dataclasses.dataclass
class Unit:
    """One statement, or one transaction as a whole: rows that are there together or not at all.

    What is pinned writes its rows by one statement, too, and has state on the primary before and after it.
    """

    writer: int
    connection: int
    kind: str  # "statement", "transaction", "pinned", "login"
    numbers: tuple = ()
    began: float = 0.0  # when its first statement was sent
    sent: float = 0.0  # when its last one was
    answered: float = 0.0
    longest: float = 0.0  # the longest wait for one answer
    outcome: str = ""
    code: int = 0
    message: str = ""

    def __str__(self):
        return (f"writer {self.writer}, connection {self.connection}, {self.kind} {self.numbers}: {self.outcome} "
                f"{self.code} {self.message!r}, began {self.began:.3f}, sent {self.sent:.3f}, "
                f"answered {self.answered:.3f}")


@dataclasses.dataclass
class Event:
    """Something that was done to the primary, and which errors that excuses."""

    kind: str
    began: float = 0.0
    ended: float = 0.0
    notes: list = dataclasses.field(default_factory=list)  # (time, words)
    statements_until: float = 0.0  # a single statement sent before may fail: it was in flight
    transactions_until: float = 0.0  # one that began before may fail: it was open
    pinned_until: float = 0.0  # a session that had state before may lose it
    may_run_out: bool = False  # there was no primary for so long that who waited may hear of it
    cut_until: float = 0.0  # no packet passed before: what was answered without one must not run afterwards
    new_primary: int = 0  # the server_id that takes the writes from here on

    def note(self, words):
        self.notes.append((time.time(), words))
        return self.notes[-1][0]

    def __str__(self):
        marks = ", ".join(f"+{at - self.began:.3f} {words}" for at, words in self.notes)
        return f"{self.began:.3f} {self.kind}: {marks}, +{self.ended - self.began:.3f} over"


class Text:
    """A connection that says everything as text."""

    def __init__(self, connection):
        self.connection = connection

    def run(self, sql, *arguments):
        """Rows; raises pymysql.MySQLError."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, arguments or None)
            return cursor.fetchall()

    def close(self):
        self.connection.close()


class Prepared:
    """A connection that prepares once, and executes, what has arguments. Rows are of one BIGINT."""

    def __init__(self, client):
        self.client, self.ids = client, {}

    def run(self, sql, *arguments):
        """Rows; raises pymysql.MySQLError."""
        try:
            if not arguments:
                return self._answer(self.client.command(w.QUERY, sql))
            if sql not in self.ids:
                reply = self.client.command(w.PREPARE, sql.replace("%s", "?"))
                self._answer(reply)
                self.ids[sql] = reply.statement_id
            return self._answer(self.client.command(w.EXECUTE, execute(self.ids[sql], arguments)))
        except (w.Closed, OSError) as error:
            raise pymysql.err.OperationalError(CONNECTION_LOST[-1], repr(error)) from error

    @staticmethod
    def _answer(reply):
        if reply.error:
            raise pymysql.err.OperationalError(reply.error.code, str(reply.error))
        return [struct.unpack_from("<q", row, 2) for row in reply.results[0]] if reply.results else []

    def close(self):
        self.client.close()


class Writer(threading.Thread):
    """One client: statements and transactions in turn, each row journalled before the next."""

    PAUSE = 0.02  # seconds between two units, at most

    def __init__(self, number, connect, seed):
        """connect() makes a Text or a Prepared."""
        super().__init__(name=f"writer {number}", daemon=True)
        self.number, self.connect = number, connect
        self.random = random.Random(f"{seed}/{number}")
        self.zone = f"+{number % 12:02}:30"
        self.units = []
        self.ending = threading.Event()
        self.crash = None
        self._db = None
        self._connections = self._n = 0

    # ---- the thread ----

    def run(self):
        try:
            while not self.ending.is_set():
                self._step()
                time.sleep(self.random.uniform(0, self.PAUSE))
        except Exception as error:  # the test must hear of it, whatever it is
            self.crash = error
        finally:
            self._hang_up()

    def _step(self):
        if self._db is None and not self._log_in():
            return
        way, count = self.random.choices(*zip(*self.WAYS))[0], self.random.randint(1, 5)
        self.units.append(way(self, count))

    def _log_in(self):
        self._connections += 1
        unit = self._unit("login")
        with self._ended(unit):
            self._db = self.connect()
            self._say(unit, f"SET time_zone = '{self.zone}'")
        if unit.code:
            unit.outcome = REFUSED
            self.units.append(unit)
            self._hang_up()
        return self._db is not None

    def _statement(self, _):
        unit = self._unit("statement", self._numbers(1))
        with self._ended(unit):
            self._say(unit, INSERT, self.number, *unit.numbers)
            unit.outcome = ACKNOWLEDGED
        if unit.code:
            unit.outcome = REFUSED if unit.code in READ_ONLY else UNKNOWN
            self._go_on_after(unit)
        return unit

    def _transaction(self, count):
        """An error before COMMIT is sent means that nothing of it stays."""
        unit = self._unit("transaction", self._numbers(count))
        is_committing = False
        with self._ended(unit):
            self._say(unit, "START TRANSACTION")
            for n in unit.numbers:
                self._say(unit, INSERT, self.number, n)
                time.sleep(self.random.uniform(0, self.PAUSE))
            self._read_back(unit)
            is_committing = self.random.random() < 0.9
            self._say(unit, "COMMIT" if is_committing else "ROLLBACK")
            unit.outcome = ACKNOWLEDGED if is_committing else REFUSED
        if unit.code:
            unit.outcome = UNKNOWN if is_committing and unit.code not in READ_ONLY else REFUSED
            self._go_on_after(unit)
        return unit

    def _pinned(self, count):
        unit = self._unit("pinned", self._numbers(count))
        is_writing = False
        with self._ended(unit):
            self._say(unit, "CREATE TEMPORARY TABLE scratch (n BIGINT)")
            for n in unit.numbers:
                self._say(unit, "INSERT INTO scratch VALUES (%s)", n)
            time.sleep(self.random.uniform(0, self.PAUSE))
            is_writing = True
            self._say(unit, COPY, self.number)
            unit.outcome = ACKNOWLEDGED
            self._say(unit, "DROP TEMPORARY TABLE scratch")
        if unit.code:
            unit.outcome = unit.outcome or (UNKNOWN if is_writing and not _was_not_run(unit) else REFUSED)
            self._hang_up()
        return unit

    WAYS = ((_statement, 6), (_transaction, 4), (_pinned, 1))

    def _read_back(self, unit):
        found = self._say(unit, "SELECT n FROM journal WHERE writer = %s AND n >= %s", self.number, unit.numbers[0])
        if sorted(n for n, in found) != list(unit.numbers):
            raise AssertionError(f"{unit} does not see its own rows: {found}")

    def _go_on_after(self, unit):
        """A connection stays, unless it had state that was lost: only transactions have."""
        if unit.code in CONNECTION_LOST or unit.kind == "transaction" and unit.code in SERVER_LOST:
            self._hang_up()
        elif unit.kind == "transaction":
            rollback = self._unit("transaction")
            rollback.began = unit.began
            with self._ended(rollback):
                self._say(rollback, "ROLLBACK")
            if rollback.code:
                rollback.outcome = REFUSED
                self.units.append(rollback)
                self._hang_up()

    # ---- its parts ----

    def _unit(self, kind, numbers=()):
        now = time.time()
        return Unit(self.number, self._connections, kind, numbers, began=now, sent=now)

    def _numbers(self, count):
        self._n += count
        return tuple(range(self._n - count + 1, self._n + 1))

    def _say(self, unit, sql, *arguments):
        unit.sent = time.time()
        try:
            return self._db.run(sql, *arguments)
        finally:
            unit.longest = max(unit.longest, time.time() - unit.sent)

    @contextlib.contextmanager
    def _ended(self, unit):
        """The unit's end is noted, and an error in it."""
        try:
            yield
        except pymysql.MySQLError as error:
            unit.code, unit.message = error.args[0], str(error.args[-1])
        unit.answered = time.time()
        unit.longest = max(unit.longest, unit.answered - unit.sent)

    def _hang_up(self):
        if self._db is not None:
            with contextlib.suppress(Exception):
                self._db.close()
        self._db = None

    def has_written_since(self, moment):
        return any(unit.outcome == ACKNOWLEDGED and unit.began > moment for unit in self.units[-5:])


def _was_not_run(unit):
    """The primary has changed, and headgate says so instead of running it, or a read-only server did."""
    return unit.code in READ_ONLY or "the primary has changed" in unit.message


@dataclasses.dataclass
class Rules:
    """What holds, in numbers."""

    limit: float  # seconds that one answer may take: primary_wait, query and a margin
    primary_wait: float
    first_primary: int  # its server_id


# ---- the verdict: pure ----

def violations(rules, units, events, tables):
    """Everything that must not be, as lines of text.

    tables: {server: [(writer, n, server_id, zone, at), …]}, read when replication had caught up.
    """
    rows = next(iter(tables.values()))
    return [*_differences(tables), *_wrong_counts(units, rows), *_half_done(units, rows), *_wrong_zones(rows),
            *_two_primaries(rules, events, rows), *_too_late(units, events, rows), *_unexcused(rules, units, events), *_too_long(rules, units)]


def _differences(tables):
    first, *others = tables
    expected = collections.Counter(tables[first])
    for name in others:
        found = collections.Counter(tables[name])
        for row, count in ((expected - found) + (found - expected)).items():
            yield f"{row} is {expected[row]} times on {first} and {found[row]} times on {name} ({count} too many)"


def _wrong_counts(units, rows):
    """Acknowledged: once. Refused: never. Unknown: at most once."""
    allowed = {ACKNOWLEDGED: (1,), REFUSED: (0,), UNKNOWN: (0, 1)}
    found = collections.Counter((row[0], row[1]) for row in rows)
    for unit in units:
        for n in unit.numbers:
            count = found.pop((unit.writer, n), 0)
            if count not in allowed[unit.outcome]:
                yield f"row {n} is there {count} times: {unit}"
    for (writer, n), count in found.items():
        yield f"writer {writer} never wrote row {n}, which is there {count} times"


def _half_done(units, rows):
    """All of a transaction or nothing, and all of it on one server."""
    servers = {(row[0], row[1]): row[2] for row in rows}
    for unit in units:
        found = [servers.get((unit.writer, n)) for n in unit.numbers]
        if len(set(found)) > 1:
            yield f"not as one: rows ran on {found}: {unit}"


def _wrong_zones(rows):
    for row in rows:
        if row[3] != f"+{row[0] % 12:02}:30":
            yield f"lost its session's time_zone: {row}"


def _two_primaries(rules, events, rows):
    """The writes' server changes once for each change of primary, and never back."""
    expected = [rules.first_primary] + [event.new_primary for event in events if event.new_primary]
    by_time = sorted(rows, key=lambda row: row[4])
    found = [row for i, row in enumerate(by_time) if i == 0 or row[2] != by_time[i - 1][2]]
    if [row[2] for row in found] != expected:
        yield f"writes went to servers {[row[2] for row in found]}, not {expected}; first of each: {found[:12]}"


def _too_late(units, events, rows):
    """What was given up while nothing could arrive is not run later, when its client may have written it anew."""
    ran = {(row[0], row[1]): float(row[4]) for row in rows}
    for unit in units:
        for event in events:
            if not unit.code or not event.began <= unit.answered <= event.cut_until:
                continue
            for n in unit.numbers:
                if ran.get((unit.writer, n), 0.0) > unit.answered:
                    yield f"row {n} was written {ran[unit.writer, n] - unit.answered:.3f} s after the answer: {unit}"


def _unexcused(rules, units, events):
    """Errors where none may be, and a second one that a connection hears of one event, unless it waited in vain."""
    heard = collections.Counter()
    for unit in units:
        if not unit.code:
            continue
        before = [event for event in reversed(events) if event.began <= unit.answered]
        excuse = next((event for event in before if _is_excused(rules, unit, event)), None)
        if excuse is None:
            yield f"error without an excuse: {unit}; the last event before it: {before[0] if before else None}"
        elif not _has_run_out(rules, unit):
            heard[unit.writer, unit.connection, str(excuse)] += 1
    for (writer, connection, event), count in heard.items():
        if count > 1:
            yield f"writer {writer}, connection {connection} heard {count} errors of one event: {event}"


def _has_run_out(rules, unit):
    """It waited for a primary as long as one may."""
    return unit.code in READ_ONLY and unit.longest >= rules.primary_wait - 0.1


def _is_excused(rules, unit, event):
    if unit.code not in EXPECTED_CODES:
        return False
    if _has_run_out(rules, unit):
        return event.may_run_out and unit.sent <= event.ended
    if unit.kind == "transaction":
        return unit.began <= event.transactions_until
    if unit.kind == "pinned":
        return unit.began <= max(event.pinned_until, event.transactions_until)
    return unit.kind == "statement" and unit.sent <= event.statements_until and unit.code in SERVER_LOST


def _too_long(rules, units):
    for unit in units:
        if unit.longest > rules.limit:
            yield f"waited {unit.longest:.1f} s for one answer: {unit}"
