"""What headgate calls a harmless read is one where views and routines run code, also for accounts that bypass read_only.

Generated objects (generated_code.py), and queries over them: of these, and of the queries of test_harmless_reads, those that
headgate sends to a replica are judged by the servers (oracle.py), for an account that read_only holds and for one that it
does not. Then all run through headgate, and nothing has come to be on a replica alone.
"""

import contextlib
import os
import re

import pymysql
import pytest

import read_statements
import mysqlwire as w
import stored_code
from generated_code import LOCK, Code
from headgate import Headgate, Log
from oracle import Oracle, account, check, prepare
from proxy import wait_until
from sandbox_lib.sql import connect_socket, run

pytestmark = [pytest.mark.room("sql", "stored_code"), pytest.mark.long]

SEED = int(os.environ.get("HEADGATE_SEED", "1"))
OBJECTS = int(os.environ.get("HEADGATE_OBJECTS", "60"))
QUERIES = int(os.environ.get("HEADGATE_QUERIES", "100"))
USERS = ("app", "other")   # the second one may write where read_only is on
BYPASS = {"mariadb": "READ_ONLY ADMIN", "mysql": "CONNECTION_ADMIN"}


@pytest.fixture(scope="module")
def code(cluster):
    """The generated code, which all servers have, and the headgate of this file knows."""
    for node in cluster.nodes():
        node.sql("SET GLOBAL log_bin_trust_function_creators = 1")
    prepare(cluster)
    cluster.sql("db1", "GRANT ALL ON db.* TO other@'%'; GRANT ALL ON mysqlx.* TO other@'%'")
    cluster.sql("db1", f"GRANT {BYPASS[cluster.family]} ON *.* TO other@'%'")
    code = Code(SEED, OBJECTS, cluster.family)
    for item in code.items:
        cluster.sql("db1", f"USE {item.schema}; {item.sql}")
    stored_code.grant(cluster)
    return code


@pytest.fixture(scope="module")
def running(cluster, code):
    """Nothing changes the code from here on, and a survey would have tables in use beside the statements."""
    with Headgate(cluster, cluster_settings={**stored_code.SETTINGS, "read_functions_interval": "1h"}) as headgate:
        stored_code.wait_known(headgate, *(f"{item.schema}.{item.name}" for item in code.items))
        wait_until(lambda: {row["name"]: row["read_only"] for row in headgate.show("users")}.items() >=
                   {"app": "holds", "other": "bypassed"}.items(), "accounts are known")
        yield headgate


@pytest.fixture(params=USERS)
def oracle(request, cluster, hg):
    oracle = Oracle(cluster, hg, request.param)
    yield oracle
    oracle.close()


@pytest.mark.smoke
def test_queries_over_generated_code_called_harmless_are(oracle, code):
    queries = [code.query() for _ in range(QUERIES)]
    called = set(check(oracle, [query.sql.encode() for query in queries], 0.8, "queries over generated code"))
    wrong = [(query.sql, query.deeds) for query in queries if query.deeds and query.sql.encode() in called]
    assert not wrong, wrong
    only_read = [query.sql for query in queries if not query.deeds]
    shy = [sql for sql in only_read if sql.encode() not in called]
    assert QUERIES * 0.1 < len(only_read) < QUERIES * 0.95
    assert len(shy) <= 0.05 * len(only_read), "\n".join(shy)


@pytest.mark.smoke
def test_generated_queries_called_harmless_are(oracle):
    statements = [read_statements.query(seed).encode() for seed in range(SEED, SEED + QUERIES)]
    called = check(oracle, statements, 0.6, "generated queries")
    assert len(called) >= 0.2 * QUERIES


# ---- through headgate ----

def run_all(db, sql):
    """To its last result; a server may refuse it for what it says."""
    with contextlib.suppress(pymysql.MySQLError), db.cursor() as cursor:
        cursor.execute(sql)
        while cursor.nextset():
            pass


def errant(cluster):
    """{replica: positions of what it wrote itself}"""
    if cluster.family == "mysql":
        executed = {node.name: node.sql("SELECT @@GLOBAL.gtid_executed")[0][0] for node in cluster.replicas()}
        return {name: cluster.sql("db1", f"SELECT GTID_SUBTRACT('{gtids}', @@GLOBAL.gtid_executed)")[0][0] for name, gtids in executed.items()}
    found = {}
    for node in cluster.replicas():
        (state, number), = node.sql("SELECT @@GLOBAL.gtid_binlog_state, @@server_id")
        found[node.name] = [gtid for gtid in str(state).split(",") if gtid.split("-")[1:2] == [str(number)]]
    return found


def checksums(cluster):
    cluster.sync()
    return {node.name: node.sql("CHECKSUM TABLE " + ", ".join(read_statements.ALL_TABLES)) for node in cluster.nodes()}


@pytest.mark.smoke
@pytest.mark.parametrize("user", USERS)
def test_nothing_is_left_on_a_replica_by_what_runs_through_headgate(cluster, hg, code, user):
    queries = [code.query() for _ in range(QUERIES)]
    assert any("test.w" in deed for query in queries for deed in query.deeds)
    before, locked = errant(cluster), []
    roots = [connect_socket(node.socket) for node in cluster.replicas()]
    with Log(cluster):
        for number, query in enumerate(queries):
            with hg.connect(**account(user)) as db:
                run_all(db, f"{query.sql} /* mark-{number}- */")
                if any(run(root, f"SELECT IS_FREE_LOCK('{LOCK}')")[-1][1] != [(1,)] for root in roots):
                    locked.append(query)
        seen = {name: set(re.findall("mark-([0-9]+)-", cluster.node(name).logged())) for name in ("db1", "db2", "db3")}
    assert not locked, locked
    places = [{name for name in seen if str(number) in seen[name]} for number in range(QUERIES)]
    assert all(places)
    wrong = [(query.sql, query.deeds, place) for query, place in zip(queries, places) if query.deeds and place != {"db1"}]
    assert not wrong, wrong
    read = [place for query, place in zip(queries, places) if not query.deeds]
    assert sum("db1" not in place for place in read) >= 0.9 * len(read) >= 0.1 * QUERIES, read
    assert errant(cluster) == before
    sums = checksums(cluster)
    assert sums["db1"] == sums["db2"] == sums["db3"]


# ---- the last one: replication does not go on after it ----

@pytest.mark.smoke
def test_a_write_on_a_replica_is_noticed(cluster, hg):
    """Where read_only does not hold the account, the snapshot alone can tell."""
    oracle = Oracle(cluster, hg, "other")
    before = errant(cluster)
    try:
        replica = oracle.both[1]
        assert replica.session.command(w.QUERY, b"SELECT f_write(3)").error is None
        with pytest.raises(AssertionError, match="checksums.*position"):
            oracle.nothing_changed(replica, b"SELECT f_write(3)")
    finally:
        oracle.close()
    assert errant(cluster) != before
