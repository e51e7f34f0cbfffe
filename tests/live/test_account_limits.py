"""An account that may have few connections at a server (MAX_USER_CONNECTIONS): its clients wait for one another."""

import contextlib
import os
import threading
import time

import pymysql
import pytest

from conftest import FLAVOUR
from headgate import Headgate, rows, value
from proxy import wait_until

pytestmark = [pytest.mark.room("pool", "upstream"), pytest.mark.threads]

FEW = 3             # connections that each account may have at a server
CLIENTS = 4 * FEW
TIMES = int(os.environ.get("HEADGATE_TURNS", "15"))  # transactions of each client
SECONDS_PER_TEST = 300 + TIMES
ACCOUNTS = ("busy", "held", "reader", "shared")


@pytest.fixture(scope="module", autouse=True)
def accounts(cluster):
    how = "WITH caching_sha2_password BY" if FLAVOUR == "mysql" else "BY"
    for name in ACCOUNTS:
        limit = f" WITH MAX_USER_CONNECTIONS {FEW}" if name != "reader" else ""
        cluster.sql("db1", f"CREATE USER {name}@'%' IDENTIFIED {how} '{name}_pw'{limit}")
        cluster.sql("db1", f"GRANT ALL ON test.* TO {name}@'%'")
    cluster.sql("db1", "CREATE TABLE test.few (client INT, n INT, PRIMARY KEY (client, n))")
    cluster.sync()


@contextlib.contextmanager
def proxy(cluster, workers=2, **timeouts):
    users = {"app": "app_pw", **{name: f"{name}_pw" for name in ACCOUNTS}}
    with Headgate(cluster, users=users, extra={"workers": workers}, cluster_settings={"slow_start": "off"},
                  timeouts={"pool_wait": "60s", **timeouts}) as hg:
        yield hg


def connect(hg, name, **options):
    return hg.connect(user=name, password=f"{name}_pw", **options)


def comes(hg, name):
    """False: not within pool_wait."""
    try:
        connect(hg, name).close()
    except pymysql.MySQLError as error:
        assert error.args[0] == 1040, error
        return False
    return True


def lines_about(hg, name):
    return [line for line in hg.log().splitlines() if f"'{name}' is at a limit" in line]


def run_all(works):
    """Side by side; what went wrong, each by itself."""
    errors = []

    def run(work):
        try:
            work()
        except Exception as error:  # told by the caller
            errors.append(repr(error))
    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100 + TIMES)
    assert not any(thread.is_alive() for thread in threads), "somebody hangs"
    return errors


@pytest.mark.smoke
def test_more_clients_than_connections_are_all_served(cluster):
    """Transactions, reads between them, and each client's connections idle after that: nobody hears 1226 or 1040."""
    began = time.monotonic()
    with proxy(cluster) as hg:
        def work(client):
            with connect(hg, "busy") as db:
                for n in range(TIMES):
                    rows(db, "BEGIN")
                    rows(db, f"INSERT INTO few VALUES ({client}, {n})")
                    assert value(db, f"SELECT COUNT(*) FROM few WHERE client = {client}") == n + 1
                    rows(db, "COMMIT")
                    assert value(db, f"SELECT MAX(n) FROM few WHERE client = {client}") == n
                done.wait(100 + TIMES)  # all stay until the last one is served: what they have idle is needed
        done = threading.Barrier(CLIENTS)
        cluster.sql("db1", "DELETE FROM test.few")
        assert run_all([lambda client=client: work(client) for client in range(CLIENTS)]) == []
        assert cluster.node("db1").value("SELECT COUNT(*) FROM test.few") == CLIENTS * TIMES
        assert hg.server("db1")["refusals"] > 0  # the limit was met
        # Connections opened ahead of need may still meet the limit between the two questions.
        name = "user busy at db1: max_user_connections"
        wait_until(lambda: next(row["refused"] for row in hg.show("limits") if row["limit"] == name) == hg.server("db1")["refusals"],
                   "both count the same refusals")
        at_db1 = [line for line in lines_about(hg, "busy") if " at db1: " in line]
        assert 1 <= len(at_db1) <= 1 + (time.monotonic() - began) / 60, at_db1  # and told, once a minute


@pytest.mark.smoke
def test_who_waited_in_vain_hears_whose_limit_it_is(cluster):
    with proxy(cluster, workers=1, pool_wait="1s") as hg, contextlib.ExitStack() as stack:
        holders = [stack.enter_context(connect(hg, "held", autocommit=False)) for _ in range(FEW)]
        for n, db in enumerate(holders):
            rows(db, f"INSERT INTO few VALUES (1000, {n})")
        late = stack.enter_context(hg.connect(user="app", password="app_pw"))
        with pytest.raises(pymysql.MySQLError) as refused:
            connect(hg, "held")
        code, text = refused.value.args
        assert code == 1040 and "'held' has all that its max_user_connections allows it there" in text, text
        assert f"{FEW} of them headgate's" in text and "transaction" in text, text
        assert value(late, "SELECT 1") == 1  # nobody else's matter
        holders[0].rollback()
        wait_until(lambda: comes(hg, "held"), "it has one of those that are free again", 60)
        for db in holders[1:]:
            db.rollback()


def test_reads_go_to_another_replica_at_once(cluster):
    """A limit at one replica only: what does not fit there is read at the other one, and not at the primary."""
    cluster.sql("db2", "SET sql_log_bin = 0; ALTER USER reader@'%' WITH MAX_USER_CONNECTIONS 1")
    with proxy(cluster) as hg, contextlib.ExitStack() as stack:
        readers = [stack.enter_context(connect(hg, "reader")) for _ in range(6)]
        for db in readers:
            rows(db, "START TRANSACTION READ ONLY")
        ids = [value(db, "SELECT @@server_id FROM (SELECT 1) AS d") for db in readers]
        assert 1 not in ids and ids.count(2) <= 1, ids


def test_what_somebody_else_frees_is_found_out(cluster):
    """Whoever uses the account without headgate: what he leaves is taken by those who wait."""
    node = cluster.node("db1")
    with contextlib.ExitStack() as stack, proxy(cluster) as hg:
        other = pymysql.connect(host=node.host, port=node.port, user="shared", password="shared_pw")
        stack.callback(lambda: other.open and other.close())
        holders = [stack.enter_context(connect(hg, "shared", autocommit=False)) for _ in range(FEW - 1)]
        for n, db in enumerate(holders):
            rows(db, f"INSERT INTO few VALUES (3000, {n})")

        def come():
            with connect(hg, "shared") as db:
                rows(db, "DO 1")
            served.set()
        served = threading.Event()
        threading.Thread(target=come, daemon=True).start()
        wait_until(lambda: sum(row["waiting"] for row in hg.show("pools")) == 1, "one waits", 60)
        assert not served.is_set()
        other.close()
        assert served.wait(60)
        for db in holders:
            db.rollback()
