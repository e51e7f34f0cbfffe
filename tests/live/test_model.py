"""50 sessions on 5 connections per server ≡ each of them alone on a server: results, warnings, counts, flags, errors.

HEADGATE_MODEL_STEPS: how many, half as many with each kind of kills; HEADGATE_SEED: the first script's seed;
HEADGATE_MODEL_WAIT: how long a read waits for its replica before the primary runs it (consistency_wait). A failure
prints its seed, the shortest script found that still fails, and both answers. Where connections or servers are killed
meanwhile, each answer is the right one or an error that says what was lost; which it is depends on the moment, so nothing
is reduced there.

Of a million steps most of the time goes where servers make files: TMPDIR in memory (/dev/shm) makes it twice as fast. It
tells how far it is every TOLD steps.
"""

import os
import time

import pytest

import kills
import session_scripts
from conftest import FLAVOUR
from many_sessions import CONNECTIONS, ManySessions
from proxy import wait_until
from side_by_side import Difference

pytestmark = [pytest.mark.room("state", "pool", "session", "command", "frontend"), pytest.mark.threads, pytest.mark.long]

SECONDS_PER_TEST = 600    # most of it only for reducing a failure
STEPS = int(os.environ.get("HEADGATE_MODEL_STEPS", "400"))
SEED = int(os.environ.get("HEADGATE_SEED", "1"))
WAIT = os.environ.get("HEADGATE_MODEL_WAIT", "5s")
SCRIPT = 4000             # steps of one script; a shorter one of the same seed is its beginning
TOLD = 10_000
LONG = 1000               # from so many steps on connections change hands as fast as they may; fewer have the default
# Of all statements, commands and asks for state included: most of a script is not a read, and much of the rest is pinned.
LEAST_SHARE_ON_REPLICAS = 0.10
# Steps that came to nothing because of an allowed difference: more would mean that too little is compared.
MOST_UNCOMPARED = 0.06


@pytest.fixture(scope="module")
def many_sessions():
    both = ManySessions(FLAVOUR, wait=WAIT, **({"kept": "20ms"} if STEPS >= LONG else {}))
    try:
        yield both
    finally:
        both.close()


def scripts(first, total):
    """(seed, steps) of each."""
    return [(first + number, min(SCRIPT, total - said)) for number, said in enumerate(range(0, total, SCRIPT))]


def scripts_with_kills():
    return pytest.mark.parametrize("seed,steps", scripts(SEED + 1_000_000, max(STEPS // 2, 100)))


def queries(many_sessions):
    """(on replicas, in all), as headgate counts them."""
    count = {row["name"]: row["queries"] for row in many_sessions.headgate.show("servers")}
    return sum(count[node.name] for node in many_sessions.cluster.replicas()), sum(count.values())


class Progress:
    """What the run has come to, every TOLD steps."""

    def __init__(self):
        self.began, self.due = time.monotonic(), TOLD

    def tell(self, many_sessions):
        if many_sessions.steps < self.due:
            return
        self.due = many_sessions.steps // TOLD * TOLD + TOLD
        on_replicas, in_all = queries(many_sessions)
        uncompared = many_sessions.restarts + many_sessions.unanswered
        print(f"\n{many_sessions.steps} steps, {on_replicas / in_all:.0%} of the commands on replicas, "
              f"{uncompared / many_sessions.steps:.1%} not compared, {many_sessions.losses} losses, {time.monotonic() - self.began:.0f} s",
              end=" ", flush=True)


@pytest.fixture(scope="module")
def progress():
    return Progress()


@pytest.fixture(autouse=True)
def told(many_sessions, progress, capsys):
    yield
    with capsys.disabled():
        progress.tell(many_sessions)


def most_connections(many_sessions):
    return max(row["connections_active"] for row in many_sessions.headgate.show("servers"))


def report(many_sessions, seed, rounds, difference):
    rounds, shortest = many_sessions.reduce(rounds)
    if shortest is None:
        return f"seed {seed}: session {difference.who}: {difference}\n  (not again when it was repeated)"
    said = "\n".join(f"    {turns}" for turns in rounds)
    return f"seed {seed}, reduced:\n{said}\n  session {shortest.who}: {shortest}"


def play_with_kills(many_sessions, seed, rounds, killer):
    """How many sessions were told that something was lost."""
    losses = many_sessions.losses
    try:
        many_sessions.play(rounds, killer)
    except Difference as difference:
        said = "\n".join(f"    {act}" for act in difference.story)
        pytest.fail(f"seed {seed}, round {difference.index}, session {difference.who}, which has said\n{said}\n  {difference}")
    return many_sessions.losses - losses


def nobody_is_left(many_sessions):
    wait_until(lambda: not many_sessions.headgate.show("sessions"), "all sessions have ended", 60)


@pytest.mark.smoke
@pytest.mark.parametrize("seed,steps", scripts(SEED, STEPS))
def test_many_sessions_on_few_connections_hear_what_each_alone_hears(many_sessions, seed, steps):
    before, uncompared = queries(many_sessions), many_sessions.restarts + many_sessions.unanswered
    rounds = session_scripts.script(seed, steps)
    try:
        many_sessions.play(rounds)
    except Difference as difference:
        pytest.fail(report(many_sessions, seed, rounds, difference))
    on_replicas, in_all = (now - then for now, then in zip(queries(many_sessions), before))
    uncompared = many_sessions.restarts + many_sessions.unanswered - uncompared
    print(f"{steps} steps, {on_replicas} of {in_all} commands on replicas, {uncompared} not compared")
    assert on_replicas >= LEAST_SHARE_ON_REPLICAS * in_all, "almost everything ran on the primary: that proves nothing"
    assert uncompared <= MOST_UNCOMPARED * steps
    assert most_connections(many_sessions) <= CONNECTIONS
    nobody_is_left(many_sessions)


def test_what_gives_back_what_it_took_holds_no_connection(many_sessions):
    """Pins end: else the connections would soon be used up."""
    nodes = range(0, session_scripts.SESSIONS, 2)
    rounds = [[(who, session_scripts.tidy(who + turn))] for turn in range(3) for who in nodes]
    pins = many_sessions.play_and_look(rounds, lambda: [
        (row["schema"], row["pins"], row["in_transaction"]) for row in many_sessions.headgate.show("sessions")])
    assert len(pins) == len(nodes) and {row[1:] for row in pins} == {(None, "no")}, pins


@pytest.mark.smoke
@scripts_with_kills()
def test_killed_connections_cost_a_clear_error_or_nothing(many_sessions, seed, steps):
    killer = kills.Connections(seed)
    losses = play_with_kills(many_sessions, seed, session_scripts.script(seed, steps), killer)
    print(f"{steps} steps, {killer.count} connections killed, {losses} sessions told")
    assert killer.count > 0
    assert losses <= killer.most_losses(), "an error that nobody has caused"
    nobody_is_left(many_sessions)


@pytest.mark.smoke
@scripts_with_kills()
def test_killed_servers_cost_a_clear_error_or_nothing(many_sessions, seed, steps):
    rounds, times = session_scripts.script(seed, steps), max(3, steps // 500)
    killer = kills.Servers(seed, len(rounds), times)
    losses = play_with_kills(many_sessions, seed, rounds, killer)
    print(f"{killer.count} servers killed, {losses} sessions told")
    assert killer.count == times
    assert losses <= killer.most_losses()
    nobody_is_left(many_sessions)


def test_a_difference_is_found_and_reduced(many_sessions):
    """The oracle itself: what cannot be the same on both sides is found amid others, and is all that is left."""
    rounds = session_scripts.script(SEED, 60)
    who = rounds[len(rounds) // 2][0][0]
    rounds.insert(len(rounds) // 2, [(who, ["SELECT @@port"])])
    rounds, difference = many_sessions.reduce(rounds)
    assert rounds == [[(who, ["SELECT @@port"])]] and "@@port" in str(difference)


def test_data_that_differs_is_found(many_sessions):
    """The oracle itself: rows that only one of the sides has."""
    port = many_sessions.alone.primary().port
    difference = many_sessions.fails([[(3, [f"INSERT INTO u SELECT 1000, 'only there' FROM t WHERE id = 1 AND @@port = {port}"])]])
    assert difference and difference.who == 3
