"""Sequences of statements through headgate ≡ the same alone on a server: results, warnings, counts, ids, flags, errors.

HEADGATE_SEQUENCES: how many (thousands in a soak), HEADGATE_SEED: the first one's seed. A failure prints its seed, the
shortest script found that still fails, where each of its statements ran, and both answers.
"""

import os
import re

import pytest

import grammar
from conftest import FLAVOUR
from headgate import Log
from side_by_side import FORMS, SideBySide, mark

pytestmark = [pytest.mark.room("state"), pytest.mark.long]

COUNT = int(os.environ.get("HEADGATE_SEQUENCES", "400"))
SEED = int(os.environ.get("HEADGATE_SEED", "1"))
BATCH = 100
# Of all statements, commands and asks for state included: most of a sequence is not a read, and much of the rest is pinned.
LEAST_SHARE_ON_REPLICAS = 0.10
# Sequences that ended because headgate refused by design: more would mean that too little is compared.
MOST_REFUSED = 0.15


@pytest.fixture(scope="module")
def side_by_side():
    both = SideBySide(FLAVOUR)
    try:
        yield both
    finally:
        both.close()


def first_seeds():
    """The first batch is for every flavour, the others for the default one and for soaks."""
    for first in range(SEED, SEED + COUNT, BATCH):
        yield pytest.param(first, marks=pytest.mark.smoke) if first == SEED else first


def ran_on_replicas(side_by_side):
    """How many different statements the replicas' general logs show."""
    return sum(len(set(re.findall(r"/\*run\d+\.\d+\*/", node.logged()))) for node in side_by_side.cluster.replicas())


def script(side_by_side, sequence, caps):
    """The statements, each with the servers that ran it, by their logs."""
    run = side_by_side.next_run()
    side_by_side.fails(sequence, caps)
    logs = {node.name: node.logged() for node in side_by_side.cluster.nodes()}
    return "\n".join(f"    {statement!r}  -- {', '.join(name for name, log in logs.items() if mark(run, index) in log)}"
                     for index, statement in enumerate(sequence))


def report(side_by_side, seed, caps, difference):
    sequence, shortest = side_by_side.reduce(grammar.sequence(seed), caps)
    if shortest is None:
        return f"seed {seed}: {difference}\n  (not again when it was repeated)"
    return f"seed {seed}, reduced:\n{script(side_by_side, sequence, caps)}\n{shortest}"


@pytest.mark.parametrize("first", first_seeds())
def test_sequences_are_the_same_through_headgate_and_alone(side_by_side, first):
    statements, refused = side_by_side.statements, side_by_side.refused
    with Log(side_by_side.cluster):
        for seed in range(first, min(first + BATCH, SEED + COUNT)):
            caps = FORMS[seed % len(FORMS)]
            difference = side_by_side.fails(grammar.sequence(seed), caps)
            assert difference is None, report(side_by_side, seed, caps, difference)
        replicas, all_of_them = ran_on_replicas(side_by_side), side_by_side.statements - statements
    print(f"{all_of_them} statements, {replicas} on replicas, {side_by_side.refused - refused} sequences ended by a refusal")
    assert side_by_side.refused - refused <= MOST_REFUSED * BATCH
    assert replicas >= LEAST_SHARE_ON_REPLICAS * all_of_them, "almost everything ran on the primary: that proves nothing"


def test_a_difference_is_found_and_reduced(side_by_side):
    """The oracle itself: a statement that cannot be the same on both sides is found amid others, and is all that is left."""
    caps = FORMS[0]
    sequence = [*grammar.READS[1:3], "SELECT 1", "SELECT @@port", "SELECT 2"]
    sequence, difference = side_by_side.reduce([sql.replace("{n}", "3") for sql in sequence], caps)
    assert sequence == ["SELECT @@port"] and "@@port" in str(difference)


def test_data_that_differs_is_found(side_by_side):
    """The oracle itself: rows that only one of the sides has."""
    sequence = [f"INSERT INTO u SELECT 1000, 'only there' FROM t WHERE id = 1 AND @@port = {side_by_side.alone.primary().port}"]
    assert side_by_side.fails(sequence, FORMS[0])
