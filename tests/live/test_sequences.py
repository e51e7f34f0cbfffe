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
from twins import FORMS, Twins, mark

pytestmark = [pytest.mark.room("state"), pytest.mark.long]

COUNT = int(os.environ.get("HEADGATE_SEQUENCES", "400"))
SEED = int(os.environ.get("HEADGATE_SEED", "1"))
BATCH = 100
# Of all statements, commands and asks for state included: most of a sequence is not a read, and much of the rest is pinned.
LEAST_SHARE_ON_REPLICAS = 0.10
# Sequences that ended because headgate refused by design: more would mean that too little is compared.
MOST_REFUSED = 0.15


@pytest.fixture(scope="module")
def twins():
    both = Twins(FLAVOUR)
    try:
        yield both
    finally:
        both.close()


def first_seeds():
    """The first batch is for every flavour, the others for the default one and for soaks."""
    for first in range(SEED, SEED + COUNT, BATCH):
        yield pytest.param(first, marks=pytest.mark.smoke) if first == SEED else first


def ran_on_replicas(twins):
    """How many different statements the replicas' general logs show."""
    return sum(len(set(re.findall(r"/\*run\d+\.\d+\*/", node.logged()))) for node in twins.cluster.replicas())


def script(twins, sequence, caps):
    """The statements, each with the servers that ran it, by their logs."""
    run = twins.next_run()
    twins.fails(sequence, caps)
    logs = {node.name: node.logged() for node in twins.cluster.nodes()}
    return "\n".join(f"    {statement!r}  -- {', '.join(name for name, log in logs.items() if mark(run, index) in log)}"
                     for index, statement in enumerate(sequence))


def report(twins, seed, caps, difference):
    sequence, shortest = twins.reduce(grammar.sequence(seed), caps)
    if shortest is None:
        return f"seed {seed}: {difference}\n  (not again when it was repeated)"
    return f"seed {seed}, reduced:\n{script(twins, sequence, caps)}\n{shortest}"


@pytest.mark.parametrize("first", first_seeds())
def test_sequences_are_the_same_through_headgate_and_alone(twins, first):
    statements, refused = twins.statements, twins.refused
    with Log(twins.cluster):
        for seed in range(first, min(first + BATCH, SEED + COUNT)):
            caps = FORMS[seed % len(FORMS)]
            difference = twins.fails(grammar.sequence(seed), caps)
            assert difference is None, report(twins, seed, caps, difference)
        replicas, all_of_them = ran_on_replicas(twins), twins.statements - statements
    print(f"{all_of_them} statements, {replicas} on replicas, {twins.refused - refused} sequences ended by a refusal")
    assert twins.refused - refused <= MOST_REFUSED * BATCH
    assert replicas >= LEAST_SHARE_ON_REPLICAS * all_of_them, "almost everything ran on the primary: that proves nothing"


def test_a_difference_is_found_and_reduced(twins):
    """The oracle itself: a statement that cannot be the same on both sides is found amid others, and is all that is left."""
    caps = FORMS[0]
    sequence = [*grammar.READS[1:3], "SELECT 1", "SELECT @@port", "SELECT 2"]
    sequence, difference = twins.reduce([sql.replace("{n}", "3") for sql in sequence], caps)
    assert sequence == ["SELECT @@port"] and "@@port" in str(difference)


def test_data_that_differs_is_found(twins):
    """The oracle itself: rows that only one of the sides has."""
    sequence = [f"INSERT INTO u SELECT 1000, 'only there' FROM t WHERE id = 1 AND @@port = {twins.alone.primary().port}"]
    assert twins.fails(sequence, FORMS[0])
