"""Writers journal every write while the primary is killed, stopped, and swapped by hand: none is lost, none done twice.

HEADGATE_STORM_SECONDS makes it longer than its 40 s, HEADGATE_SEED repeats a run's choices (not its timing).
"""

import contextlib
import copy
import os
import random
import time

import pymysql
import pytest

import manual_switchover
import mysqlwire as w
import replies as r
from conftest import FLAVOUR
from headgate import Headgate
from journal import (ACKNOWLEDGED, REFUSED, TABLE, UNKNOWN, Event, Prepared, Rules, Text, Unit, Writer,
                     violations)
from proxy import wait_until
from sandbox_lib import replication

pytestmark = [pytest.mark.room("session", "command", "frontend"), pytest.mark.threads, pytest.mark.long]

SECONDS = float(os.environ.get("HEADGATE_STORM_SECONDS", "40"))
SEED = os.environ.get("HEADGATE_SEED") or str(random.SystemRandom().randrange(1 << 32))
SECONDS_PER_TEST = int(SECONDS) + 300
WRITERS = 7

INTERVAL, TIMEOUT, FALL = 0.3, 1.0, 2
PRIMARY_WAIT, QUERY = 6.0, 5.0
MARGIN = 3.0  # two cores for three servers, headgate, the writers, and whoever else is on this machine
RULES = {"limit": PRIMARY_WAIT + QUERY + MARGIN, "primary_wait": PRIMARY_WAIT}

# headgate knows after so long: of a change of roles within two probes, of a hang when `fall` of them are out of time.
FOLLOWED = 2 * INTERVAL + MARGIN
NOTICED = FALL * (INTERVAL + TIMEOUT) + MARGIN
CUT = 0.3  # between a signal sent and its effect on every connection
DEMOTED = 0.15  # from read_only until no transaction begins there any more: the first refusal has the servers asked


@pytest.fixture(scope="module")
def running(cluster):
    monitor = {"user": "monitor", "password": "monitor_pw", "interval": f"{INTERVAL * 1000:.0f}ms",
               "timeout": f"{TIMEOUT * 1000:.0f}ms", "fall": FALL}
    timeouts = {"primary_wait": f"{PRIMARY_WAIT:.0f}s", "query": f"{QUERY:.0f}s"}
    with Headgate(cluster, timeouts=timeouts, cluster_settings={"monitor": monitor}, extra={"workers": 2}) as headgate:
        yield headgate


class Conductor:
    """Does things to the primary, one after the other, in an order that the seed gives."""

    def __init__(self, cluster, hg, writers, seed):
        self.cluster, self.hg, self.writers = cluster, hg, writers
        self.random = random.Random(seed)
        self.events = []

    def go(self, until):
        """Every kind once before any comes again; the last may end after the time is up."""
        self._everybody_writes(Event("the beginning", ended=time.time()))
        bag = []
        while time.time() < until:
            bag = bag or self.random.sample(self.KINDS, len(self.KINDS))
            self._one(bag.pop())
            self._pause(0.3, 1.0)

    def _one(self, kind):
        event = Event(kind.__name__.strip("_"), began=time.time())
        self.events.append(event)
        try:
            kind(self, event)
        finally:
            event.ended = time.time()
        self._everybody_writes(event)

    def _everybody_writes(self, event):
        """Nobody waits for ever: each writer gets on within the time that one answer may take."""
        waiting = set(self.writers)
        while waiting:
            waiting = {writer for writer in waiting
                       if writer.crash is None and not writer.has_written_since(event.ended)}
            names = sorted(writer.name for writer in waiting)
            assert time.time() < event.ended + RULES["limit"], f"{names} hang after {event}"
            time.sleep(0.02)

    def _pause(self, least, most):
        time.sleep(self.random.uniform(least, most))

    def _follows(self, event, name, role, limit):
        self.hg.wait_server(name, lambda row: (row["state"], row["role"]) == ("up", role), limit)
        return event.note(f"{name} is {role} for headgate")

    # ---- the primary ends, or hangs ----

    def _restart(self, event):
        primary = self.cluster.primary()
        primary.kill()
        killed = event.note(f"{primary.name} killed")
        event.statements_until = event.transactions_until = killed + CUT
        self.hg.wait_server(primary.name, lambda row: row["state"] == "down", FOLLOWED)
        self._pause(0.0, self.random.choice((0.5, 0.5, PRIMARY_WAIT + 1)))
        self.cluster.start_node(primary.name)
        event.note("started again")
        back = self._follows(event, primary.name, "primary", FOLLOWED)
        event.may_run_out = back - event.began > PRIMARY_WAIT - CUT

    def _hiccup(self, event):
        """Shorter than the probe's patience: nobody hears of it."""
        primary = self.cluster.primary()
        primary.pause()
        event.note(f"{primary.name} stopped")
        self._pause(0.2, 0.8)
        primary.resume()
        event.note("resumed")

    def _hang(self, event):
        """Longer than that: what it was asked before is cut when it is declared down."""
        primary = self.cluster.primary()
        primary.pause()
        event.note(f"{primary.name} stopped")
        try:
            self.hg.wait_server(primary.name, lambda row: row["state"] == "down", NOTICED)
            down = event.note("declared down")
            event.statements_until = event.transactions_until = down + CUT
            self._pause(0.0, 1.5)
        finally:
            primary.resume()
        event.note("resumed")
        back = self._follows(event, primary.name, "primary", FOLLOWED)
        event.may_run_out = back - event.began > PRIMARY_WAIT - CUT

    def _cut_off(self, event):
        """The network is gone: packets are dropped, in both directions."""
        primary = self.cluster.primary()
        last = primary.value("SELECT MAX(ID) FROM information_schema.PROCESSLIST")
        self.cluster.partition(primary.name)
        event.note(f"{primary.name} cut off")
        try:
            self.hg.wait_server(primary.name, lambda row: row["state"] == "down", NOTICED)
            event.statements_until = event.transactions_until = event.note("declared down") + CUT
            self._pause(0.0, 1.5)
            event.cut_until = time.time()
        finally:
            self.cluster.heal(primary.name)
        event.note("healed")
        back = self._follows(event, primary.name, "primary", FOLLOWED)
        event.may_run_out = back - event.began > PRIMARY_WAIT - CUT
        self._bury(primary, last)

    @staticmethod
    def _bury(primary, last):
        """Connections that nobody is at the other end of, up to that number: the server hears of it hours later."""
        for number, in primary.sql(f"SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'app' AND ID <= {last}"):
            with contextlib.suppress(Exception):  # it has just ended
                primary.sql(f"KILL {number}")

    # ---- it ends, and somebody has made a replica writable that nobody follows ----

    def _beside_a_stray(self, event, trouble):
        """Nothing is written there, whatever becomes of the primary."""
        name = self._candidate()
        manual_switchover.detach(self.cluster, name)
        manual_switchover.open_for_writes(self.cluster, name)
        event.note(f"{name} is writable and follows nobody")
        self.hg.wait_server(name, lambda row: "writable beside" in row["reason"], FOLLOWED)
        self._is_probed(self.cluster.primary().name, 2)
        try:
            trouble(event)
        finally:
            manual_switchover.reattach(self.cluster, name)
        event.note(f"{name} replicates again")

    def _restart_beside_a_stray(self, event):
        self._beside_a_stray(event, self._restart)

    def _hang_beside_a_stray(self, event):
        self._beside_a_stray(event, self._hang)

    def _drain_beside_a_stray(self, event):
        self._beside_a_stray(event, self._drain)

    def _drain(self, event):
        """No errors but for who has waited too long: transactions may end."""
        primary = self.cluster.primary()
        event.pinned_until = event.transactions_until = event.note(f"{primary.name} is drained") + CUT
        assert not self.hg.admin(f"drain {primary.name}").startswith("error")
        try:
            self._pause(0.5, 1.5)
        finally:
            assert not self.hg.admin(f"enable {primary.name}").startswith("error")
        event.note("enabled")
        self._follows(event, primary.name, "primary", FOLLOWED)

    def _is_probed(self, name, times):
        """Meanwhile everybody writes on, and headgate has seen how that server is."""
        def answered():
            row = self.hg.server(name)
            return row["probes"] - row["probe_failures"]
        before = answered()
        wait_until(lambda: answered() >= before + times, f"{name} answers {times} probes", 20)

    # ---- somebody swaps it ----

    def _candidate(self):
        return self.random.choice(self.cluster.replicas()).name

    def _swap(self, event):
        name = self._candidate()
        self._demote(event)
        self._finish_swap(event, name)

    def _swap_in_the_wrong_order(self, event):
        """The new one is writable before the old one is not."""
        name = self._candidate()
        manual_switchover.open_for_writes(self.cluster, name)
        event.note(f"{name} is writable, too")
        self._pause(0.0, 1.5)
        self._demote(event)
        self._finish_swap(event, name)

    def _swap_while_paused(self, event):
        """The operator's way: nobody hears of it, transactions neither."""
        assert not self.hg.admin("pause main").startswith("error")
        event.pinned_until = event.note("paused")
        self._wait_no_transactions()
        name = self._candidate()
        self._demote(event)
        event.transactions_until = 0.0
        try:
            self._finish_swap(event, name)
        finally:
            assert not self.hg.admin("resume main").startswith("error")
        event.note("resumed")

    def _wait_no_transactions(self):
        deadline = time.time() + MARGIN
        while any(row["in_transaction"] != "no" for row in self.hg.show("sessions")):
            assert time.time() < deadline, self.hg.admin("show sessions")
            time.sleep(0.01)

    def _demote(self, event):
        old = self.cluster.primary().name
        manual_switchover.demote(self.cluster)
        event.transactions_until = event.note(f"{old} is read-only") + DEMOTED
        self._pause(0.0, 1.0)

    def _finish_swap(self, event, name):
        manual_switchover.catch_up(self.cluster, name)
        manual_switchover.detach(self.cluster, name)
        event.note(f"{name} has everything and follows nobody")
        self._pause(0.0, 0.7)
        manual_switchover.open_for_writes(self.cluster, name)
        event.note(f"{name} is writable")
        manual_switchover.take_over(self.cluster, name)
        event.new_primary = self.cluster.node(name).server_id
        self._follows(event, name, "primary", FOLLOWED)
        self._pause(0.0, 1.0)
        manual_switchover.follow(self.cluster)
        event.note("the others follow it")

    def _second_writable(self, event):
        """Somebody makes a replica writable that is none any more, and sees his mistake: nothing is written there."""
        name = self._candidate()
        manual_switchover.detach(self.cluster, name)
        manual_switchover.open_for_writes(self.cluster, name)
        event.note(f"{name} is writable and follows nobody")
        self._pause(0.5, 2.0)
        manual_switchover.reattach(self.cluster, name)
        event.note(f"{name} replicates again")

    KINDS = (_restart, _hiccup, _hang, _cut_off, _swap, _swap_in_the_wrong_order, _swap_while_paused, _second_writable,
             _restart_beside_a_stray, _hang_beside_a_stray, _drain_beside_a_stray)


def end(writers):
    """All of them, within the time of one answer."""
    for writer in writers:
        writer.ending.set()
    deadline = time.time() + RULES["limit"] * 2
    for writer in writers:
        writer.join(max(0.1, deadline - time.time()))
        assert not writer.is_alive(), f"{writer.name} hangs"


def tables_of(cluster):
    sql = "SELECT writer, n, server, zone, at FROM test.journal"
    return {node.name: list(node.sql(sql)) for node in cluster.nodes()}


def tell(conductor, units):
    print(f"HEADGATE_SEED={SEED} HEADGATE_STORM_SECONDS={SECONDS:g} on {FLAVOUR}")
    for event in conductor.events:
        print(event)
    count = {word: sum(unit.outcome == word for unit in units) for word in (ACKNOWLEDGED, REFUSED, UNKNOWN)}
    print(f"{len(units)} units: {count}")
    for unit in [unit for unit in units if unit.code][:60]:
        print(unit)


def connections(hg):
    """Ways to connect: in text, and with prepared statements."""
    def text():
        return Text(hg.connect(read_timeout=RULES["limit"] * 2))

    def prepared():
        try:
            return Prepared(hg.wire(timeout=RULES["limit"] * 2))
        except (w.Closed, OSError, r.Err) as error:
            raise pymysql.err.OperationalError(getattr(error, "code", 2013), repr(error)) from error
    return text, prepared


def run(cluster, conductor, seconds):
    """All units, when the writers have ended and the replicas have caught up."""
    for writer in conductor.writers:
        writer.start()
    try:
        conductor.go(time.time() + seconds)
    finally:
        end(conductor.writers)
        units = [unit for writer in conductor.writers for unit in writer.units]
        tell(conductor, units)
    assert [writer.crash for writer in conductor.writers] == [None] * WRITERS
    position = replication.position_of(cluster.primary())
    for node in cluster.replicas():
        if node.replication():
            replication.wait_for_position(node, position)
    return units


@pytest.mark.smoke
def test_every_write_is_done_once_whatever_happens_to_the_primary(cluster, hg):
    cluster.sql("db1", TABLE)
    cluster.sync()
    rules = Rules(first_primary=cluster.primary().server_id, **RULES)
    writers = [Writer(number, connections(hg)[number % 2], SEED) for number in range(WRITERS)]
    conductor = Conductor(cluster, hg, writers, SEED)
    units = run(cluster, conductor, SECONDS)
    found = violations(rules, units, conductor.events, tables_of(cluster))
    assert not found, "\n".join(found[:40])
    assert sum(unit.outcome == ACKNOWLEDGED for unit in units) > 10 * SECONDS


class Expelled(Conductor):
    """The primary hangs, somebody promotes a replica, and then the old one wakes up, as writable as it was."""

    def go(self, until):
        self._everybody_writes(Event("the beginning", ended=time.time()))
        self._one(type(self)._failover)

    def _failover(self, event):
        old = self.cluster.primary()
        old.pause()
        event.note(f"{old.name} stopped")
        self.hg.wait_server(old.name, lambda row: row["state"] == "down", NOTICED)
        event.statements_until = event.transactions_until = event.note("declared down") + CUT
        name = self.cluster.most_advanced().name
        self.cluster.promote(name)
        event.new_primary = self.cluster.node(name).server_id
        self._follows(event, name, "primary", FOLLOWED)
        self._is_probed(name, 3)
        old.resume()
        self.woken = event.note(f"{old.name} resumed")
        self.old = old
        self._is_probed(old.name, 8)
        assert self.hg.server(old.name)["role"] != "primary"
        event.may_run_out = True


@pytest.mark.smoke
def test_old_primary_that_wakes_up_gets_nothing_new(cluster, hg):
    """What it was asked before it hung it may still do, unknown to all; and what it had not sent on is lost with it.

    Nobody makes it a replica again: this is the last test of its cluster.
    """
    cluster.primary().sql("DROP TABLE IF EXISTS test.journal")
    cluster.primary().sql(TABLE)
    cluster.sync()
    rules = Rules(first_primary=cluster.primary().server_id, **RULES)
    writers = [Writer(number, connections(hg)[number % 2], SEED) for number in range(WRITERS)]
    conductor = Expelled(cluster, hg, writers, SEED)
    units = run(cluster, conductor, 0)
    tables = tables_of(cluster)
    old_rows = tables.pop(conductor.old.name)
    late = [row for row in old_rows if row[4] > conductor.woken]
    unknown = {(unit.writer, n) for unit in units if unit.outcome == UNKNOWN for n in unit.numbers}
    assert {row[:2] for row in late} <= unknown, late
    acknowledged_there = {(unit.writer, n) for unit in units if unit.outcome == ACKNOWLEDGED for n in unit.numbers}
    lost = {row[:2] for row in old_rows} & acknowledged_there - {row[:2] for row in next(iter(tables.values()))}
    kept = [unit for unit in units if not lost & {(unit.writer, n) for n in unit.numbers}]
    assert len(units) - len(kept) <= WRITERS, lost
    found = violations(rules, kept, conductor.events, tables)
    assert not found, "\n".join(found[:40])


# ---- the verdict sees what it is there for ----

def a_history():
    """Two writes before a swap, one after it, an error that it excuses; and the tables that belong to that."""
    def unit(number, began, outcome=ACKNOWLEDGED, kind="statement", code=0):
        return Unit(1, 1, kind, (number,), began, began, began + 0.1, 0.1, outcome, code)
    units = [unit(1, 10.0), unit(2, 19.0, REFUSED, "transaction", 1290), unit(3, 19.95), unit(4, 21.0)]
    swap = Event("swap", 20.0, 20.8, transactions_until=20.5, new_primary=2)
    units[1].answered = 20.2
    rows = [(1, 1, 1, "+01:30", 10.05), (1, 3, 1, "+01:30", 19.96), (1, 4, 2, "+01:30", 21.05)]
    return units, [swap], {name: list(rows) for name in ("db1", "db2")}


def verdict(units, events, tables):
    return violations(Rules(limit=14.0, primary_wait=6.0, first_primary=1), units, events, tables)


def test_verdict_finds_nothing_where_nothing_is_wrong():
    assert verdict(*a_history()) == []


def everywhere(tables, change):
    for rows in tables.values():
        change(rows)


FAULTS = {
    "lost": lambda units, events, tables: everywhere(tables, lambda rows: rows.pop(1)),
    "twice": lambda units, events, tables: everywhere(tables, lambda rows: rows.append(rows[2])),
    "on one server only": lambda units, events, tables: tables["db2"].pop(0),
    "refused and yet there": lambda units, events, tables: everywhere(
        tables, lambda rows: rows.insert(1, (1, 2, 1, "+01:30", 19.5))),
    "of nobody": lambda units, events, tables: everywhere(
        tables, lambda rows: rows.append((2, 1, 2, "+02:30", 22.0))),
    "to the old server after the new": lambda units, events, tables: everywhere(
        tables, lambda rows: rows.append((1, 4, 1, "+01:30", 21.2)) or rows.pop(2)),
    "an error of a statement": lambda units, events, tables: setattr(units[1], "kind", "statement"),
    "a transaction that began later": lambda units, events, tables: setattr(units[1], "began", 20.6),
    "an error of another kind": lambda units, events, tables: setattr(units[1], "code", 1062),
    "a second error": lambda units, events, tables: units.append(
        Unit(1, 1, "transaction", (), 19.0, 20.3, 20.4, 0.1, REFUSED, 1927)),
    "a wait in vain where there was a primary": lambda units, events, tables: setattr(units[1], "longest", 6.0),
    "a long wait": lambda units, events, tables: setattr(units[0], "longest", 15.0),
    "another time zone": lambda units, events, tables: everywhere(
        tables, lambda rows: rows.__setitem__(0, (1, 1, 1, "SYSTEM", 10.05))),
    "half a transaction": lambda units, events, tables: (
        units.append(Unit(1, 2, "transaction", (5, 6), 22.0, 22.1, 22.2, 0.1, UNKNOWN, 1927)),
        setattr(events[0], "transactions_until", 23.0),
        everywhere(tables, lambda rows: rows.append((1, 5, 2, "+01:30", 22.05)))),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda name: name.replace(" ", "_"))
def test_verdict_finds(fault):
    history = copy.deepcopy(a_history())
    FAULTS[fault](*history)
    assert len(verdict(*history)) == 1, verdict(*history)
