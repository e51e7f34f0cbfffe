"""What headgate calls a harmless read is one, by the servers' own word (oracle.py).

Asked are all statements that `headgatectl explain` sends to a replica.
"""

import itertools
import os
import random
import re

import pytest

import read_statements
import mysqlwire as w
from oracle import REFUSED, Oracle, check, prepare
from proxy import ROOT

pytestmark = [pytest.mark.room("sql", "tokens"), pytest.mark.long]

CLASSIFY = os.path.join(ROOT, "tests", "unit", "sql", "classify.tsv")
ROUTING = os.path.join(ROOT, "tests", "data", "routing.tsv")
FUNCTIONS = os.path.join(ROOT, "include", "tokens", "tbl", "sql_functions.h")
QUERIES = int(os.environ.get("HEADGATE_QUERIES", "250"))
SEED = int(os.environ.get("HEADGATE_SEED", "1"))
NO_SUCH_FUNCTION = 1305


@pytest.fixture(scope="module")
def oracle(cluster, running):
    prepare(cluster)
    oracle = Oracle(cluster, running)
    yield oracle
    oracle.close()


@pytest.mark.smoke
def test_rows_called_harmless_are(oracle):
    family = oracle.cluster.family
    rows = [(sql.replace(b" = ?", b" = 1"), read_statements.is_of(family, fields)) for sql, fields in read_statements.rows_of(CLASSIFY)]
    called = check(oracle, [sql for sql, is_ours in rows if is_ours], 0.85, f"rows of classify.tsv for {family}")
    assert len(called) >= 90
    check(oracle, [sql for sql, is_ours in rows if not is_ours], 0, "rows of classify.tsv for others")


@pytest.mark.smoke
def test_rows_that_go_to_a_replica_are_harmless(oracle):
    called = check(oracle, list(read_statements.routed_to_replicas(ROUTING, oracle.cluster.family)), 0.8, "rows of routing.tsv")
    assert len(called) >= 100


@pytest.mark.smoke
def test_functions_called_pure_are(oracle, cluster):
    chance, silent, wrong, ran = random.Random(SEED), [], [], 0
    names = sorted(read_statements.pure_functions(FUNCTIONS, cluster.family))
    for name in names:
        good = 0
        for sql in itertools.islice(read_statements.calls(name, chance), 60):
            error = oracle.guarded.command(w.QUERY, sql).error
            if error and error.code == NO_SUCH_FUNCTION:
                wrong.append(f"not built into this server, so anybody may make a stored function of that name: {sql}")
                break
            if error and error.code not in REFUSED:
                continue
            if not oracle.is_called_harmless(sql.encode()):
                wrong.append(f"called pure in the table, and not a harmless read: {sql}")
                break
            try:
                good += oracle.runs(sql.encode())
            except AssertionError as found:
                wrong.append(str(found))
                oracle.start_anew()
            if good == 2:
                break
        ran += good
        if not good:
            silent.append(name)
    print(f"{len(names)} functions, {ran} calls ran; none of {silent}")
    assert not wrong, "\n".join(wrong[:20])
    assert len(silent) <= 0.05 * len(names), silent


def test_generated_queries_called_harmless_are(oracle):
    statements = [read_statements.query(seed).encode() for seed in range(SEED, SEED + QUERIES)]
    called = check(oracle, statements, 0.6, "generated queries")
    assert len(called) >= 0.2 * QUERIES


@pytest.mark.parametrize("sql, where", [
    (b"SELECT f_var(3)", "user variables"), (b"SELECT GET_LOCK('harmless', 0)", "locks"), (b"SET SESSION time_zone = '+03:00'", "@@time_zone"),
    (b"CREATE TEMPORARY TABLE tmp (a INT)", "refused"), (b"SELECT LAST_INSERT_ID(77)", "last id"), (b"SELECT f_write(3)", "refused"),
    (b"SELECT * FROM t WHERE id = 1 FOR UPDATE", "refused"), (b"SELECT @@port + 0 AS p", None)])
def test_the_oracle_notices(oracle, cluster, running, sql, where):
    """What is not harmless is seen, were headgate to call it so."""
    fresh = Oracle(cluster, running)
    try:
        if where is None:
            assert fresh.runs(sql)
            return
        with pytest.raises(AssertionError, match=re.escape(where)):
            fresh.runs(sql)
    finally:
        fresh.close()
