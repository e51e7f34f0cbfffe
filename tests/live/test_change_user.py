"""Connections that change their account or their worker: the next session must find what a new login would have found."""

import contextlib
import os
import threading

import pytest

import mysqlwire as w
from conftest import FLAVOUR
from headgate import Headgate, direct, prepared_count, rows, value
from proxy import wait_until
from test_pool import DIRT, application_ids, forget_all, leave, state

pytestmark = [pytest.mark.room("pool"), pytest.mark.smoke, pytest.mark.threads]

OTHER = {"user": "other", "password": "other_pw"}
SESSIONS = int(os.environ.get("HEADGATE_SHORT_SESSIONS", "300"))


@pytest.fixture(scope="module")
def table(cluster):
    cluster.sql("db1", "CREATE TABLE test.pool (id INT PRIMARY KEY AUTO_INCREMENT)")
    cluster.sync()


@pytest.fixture(scope="module")
def both(cluster, table):
    """Two headgates in front of one cluster: one has one connection for all, one closes each after its session."""
    for role, user in (("role_of_app", "app"), ("role_of_other", "other")):
        cluster.sql("db1", f"CREATE ROLE {role}")
        cluster.sql("db1", f"GRANT {role} TO {user}@'%'")
    cluster.sync()
    with Headgate(cluster, extra={"workers": 1}, server_settings={"max_connections": 1}, timeouts={"pool_wait": "60s"}) as pooled, \
            Headgate(cluster, extra={"workers": 1}, cluster_settings={"pool_idle_max": 0}) as single:
        yield pooled, single


def identity(client):
    """Who a session is, and what it may."""
    found = {question: client.value(f"SELECT {question}") for question in ("CURRENT_USER()", "USER()", "CURRENT_ROLE()", "DATABASE()")}
    return {**found, "grants": client.rows("SHOW GRANTS")}


def changed(headgate):
    return next(row["value"] for row in headgate.show("stats") if row["name"] == "pool_changed_user")


def compare(cluster, both, next_one, number, **login):
    """The connection is the same; all that the session sees is as after a login."""
    pooled, single = both
    with single.wire("writes", **login) as fresh:
        assert number in application_ids(cluster) and pooled.server("db1")["connections_idle"] == 0
        assert identity(next_one) == identity(fresh)
        assert state(next_one) == state(fresh)
        assert int(next_one.value("SELECT CONNECTION_ID()")) == number
    next_one.close()  # it has asked for its number: the connection goes with it


@pytest.mark.parametrize("option", [0, 1])
def test_an_option_outlives_the_account_as_it_does_on_a_server(cluster, both, option):
    """COM_SET_OPTION: whoever has switched several statements off must not be given them back."""
    pooled, _ = both
    with direct(cluster) as alone, pooled.wire() as client:
        said = []
        for one in (alone, client):
            assert one.command(w.SET_OPTION, w.int2(option)).error is None
            one.change_user("other", "other_pw")
            said.append(one.command(w.QUERY, "DO 1; DO 2").error)
        assert [str(error)[:60] for error in said] == [str(said[0])[:60]] * 2
        assert bool(said[0]) == bool(option)


@pytest.mark.parametrize("dirt", DIRT)
def test_nothing_of_the_other_account_s_session_is_left(cluster, both, dirt):
    pooled, _ = both
    forget_all(pooled, cluster)
    first = pooled.wire("writes")
    (number,) = application_ids(cluster)
    for sql in DIRT[dirt]:
        assert not first.command(w.QUERY, sql).error, sql
    leave(pooled, first)
    before = changed(pooled)
    next_one = pooled.wire("writes", schema="", **OTHER)
    assert changed(pooled) == before + 1
    compare(cluster, both, next_one, number, schema="", **OTHER)


@pytest.mark.parametrize("dirt", ["variables that go with a session", "character sets", "schema", "prepared"])
@pytest.mark.parametrize("collation", [45, 8, 63])
def test_nothing_of_a_session_that_lives_on_elsewhere_is_left(cluster, both, dirt, collation):
    """It gives up its connection as it is: nothing but COM_CHANGE_USER makes it new."""
    pooled, _ = both
    forget_all(pooled, cluster)
    first = pooled.wire("writes")
    (number,) = application_ids(cluster)
    for sql in {"variables that go with a session": ["SET sql_mode = 'ANSI_QUOTES'", "SET time_zone = '+02:00'", "SET sql_safe_updates = 1"],
                "character sets": DIRT["character sets"], "schema": DIRT["schema"], "prepared": []}[dirt]:
        assert not first.command(w.QUERY, sql).error, sql
    if dirt == "prepared":
        assert first.command(w.PREPARE, "SELECT id FROM pool WHERE id = ?").statement_id
    next_one = pooled.wire("writes", schema="", collation=collation, **OTHER)
    compare(cluster, both, next_one, number, schema="", collation=collation, **OTHER)
    assert first.value("SELECT CURRENT_USER()") == b"app@%"


@pytest.mark.parametrize("theirs", ["NONE", "role_of_app"])
@pytest.mark.parametrize("ours", ["NONE", "role_of_other"])
def test_default_roles_are_those_of_the_account(cluster, both, theirs, ours):
    """MariaDB lets the next account have the role of the one before, unless it has a default one of its own."""
    pooled, _ = both
    forget_all(pooled, cluster)
    for user, role in (("app", theirs), ("other", ours)):
        cluster.sql("db1", f"ALTER USER {user}@'%' DEFAULT ROLE {role}" if FLAVOUR == "mysql" else f"SET DEFAULT ROLE {role} FOR {user}@'%'")
    try:
        first = pooled.wire("writes", schema="")
        (number,) = application_ids(cluster)
        assert (b"role_of_app" in (first.value("SELECT CURRENT_ROLE()") or b"")) == (theirs != "NONE")
        leave(pooled, first)
        next_one = pooled.wire("writes", schema="", **OTHER)
        compare(cluster, both, next_one, number, schema="", **OTHER)
    finally:
        for user in ("app", "other"):
            cluster.sql("db1", f"ALTER USER {user}@'%' DEFAULT ROLE NONE" if FLAVOUR == "mysql" else f"SET DEFAULT ROLE NONE FOR {user}@'%'")


def test_schema_that_the_account_may_not_use_is_refused_as_at_a_login(cluster, both):
    pooled, single = both
    forget_all(pooled, cluster)
    leave(pooled, pooled.wire("writes"))
    said = []
    for headgate in (pooled, single):
        with pytest.raises(Exception) as refused:
            headgate.wire("writes", schema="mysql", **OTHER)
        said.append((refused.value.code, refused.value.state, refused.value.message))
    assert said[0] == said[1] and said[0][0] in (1044, 1049)


def test_statements_and_locks_of_the_one_before_are_gone_at_the_server(cluster, both):
    pooled, _ = both
    forget_all(pooled, cluster)
    before = prepared_count(cluster)
    client = pooled.wire("writes")
    for n in range(10):
        assert client.command(w.PREPARE, f"SELECT {n} FROM pool WHERE id = ?").statement_id
    assert prepared_count(cluster) == before + 10
    with pooled.wire("writes", **OTHER) as other:
        assert other.value("SELECT CURRENT_USER()") == b"other@%"
        assert prepared_count(cluster) == before


def test_many_short_sessions_of_two_accounts_and_two_workers_share_few_connections(cluster, table):
    """Each is who it says it is, none fails, and there are far fewer logins than sessions."""
    def logins():
        return int(cluster.sql("db1", "SHOW GLOBAL STATUS LIKE 'Connections'")[0][1])
    errors = []
    with Headgate(cluster, extra={"workers": 2}, server_settings={"max_connections": 4}, timeouts={"pool_wait": "60s"}) as headgate:
        before = logins()

        def work(user):
            try:
                for n in range(SESSIONS // 6):
                    with contextlib.closing(headgate.connect("writes", user=user, password=f"{user}_pw")) as db:
                        assert value(db, "SELECT CURRENT_USER()") == f"{user}@%"
                        assert value(db, "SELECT @mine") is None and value(db, "SELECT DATABASE()") == "test"
                        rows(db, f"SET @mine = {n}, time_zone = '+0{n % 9}:00'")
                        rows(db, "INSERT INTO pool VALUES (NULL)")
            except BaseException as error:
                errors.append(error)
                raise
        threads = [threading.Thread(target=work, args=(("app", "other")[n % 2],), daemon=True) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(110)
        assert not errors and not any(thread.is_alive() for thread in threads)
        stats = {row["name"]: row["value"] for row in headgate.show("stats")}
        print({name: number for name, number in stats.items() if name.startswith("pool_")}, "logins:", logins() - before)
        wait_until(lambda: headgate.server("db1")["waiting"] == 0, "nobody waits", 60)
        assert stats["pool_changed_user"] > 0 and stats["pool_changes_failed"] == 0
        assert logins() - before < SESSIONS / 2
        assert headgate.server("db1")["connections_active"] + headgate.server("db1")["connections_idle"] <= 4
