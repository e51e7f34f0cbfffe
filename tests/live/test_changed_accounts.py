"""Accounts that change while their connections are in the pool: the next login through headgate is as one at the server."""

import pytest

import replies as r
from conftest import FLAVOUR
from headgate import Headgate
from proxy import wait_until

pytestmark = [pytest.mark.room("pool"), pytest.mark.smoke]

IS_MYSQL = FLAVOUR == "mysql"
USERS = {"app": "app_pw", "boss": "boss_pw", "clerk": "clerk_pw"}
FAR = {"pool_login_trust": "1h", "pool_idle_max": 100}


@pytest.fixture(scope="module", autouse=True)
def boss(cluster):
    cluster.sql("db1", "CREATE USER boss IDENTIFIED BY 'boss_pw'")
    cluster.sql("db1", "GRANT ALL ON *.* TO boss WITH GRANT OPTION")
    cluster.sql("db1", "CREATE DATABASE vault")
    cluster.sql("db1", "CREATE TABLE vault.t (a INT)")
    cluster.sync()


@pytest.fixture
def clerk(cluster, far):
    """An account with a role that it has to set, made anew; `far` is told that accounts have changed."""
    for sql in ("DROP USER IF EXISTS clerk", "DROP ROLE IF EXISTS reader", "CREATE USER clerk IDENTIFIED BY 'clerk_pw'", "CREATE ROLE reader",
                "GRANT SELECT ON vault.* TO reader", "GRANT reader TO clerk", "GRANT SELECT ON test.* TO clerk"):
        cluster.sql("db1", sql)
    with login(far, "writes", user="boss") as boss:
        boss.query("FLUSH PRIVILEGES")
    cluster.sync()


def login(headgate, listener, schema="", user="clerk"):
    return headgate.wire(listener, user=user, password=USERS[user], schema=schema)


def park(headgate, listener):
    """A connection of the clerk's to each server that the listener's sessions use, parked."""
    with login(headgate, listener) as client:
        client.rows("SELECT 1")
        client.command(0x03, "SELECT 1 FROM test.nothing FOR UPDATE" if listener != "reads" else "SELECT 2")
        client.quit()
    wait_until(lambda: sum(row["connections_idle"] for row in headgate.show("servers")) > 0, "it is parked")


def refused(connect):
    with pytest.raises(r.Err) as error:
        connect().close()
    return error.value


DEFAULT_ROLE = "SET DEFAULT ROLE reader TO clerk" if IS_MYSQL else "SET DEFAULT ROLE reader FOR clerk"
NEW_PASSWORD = "SET PASSWORD FOR clerk = 'new'" if IS_MYSQL else "SET PASSWORD FOR clerk = PASSWORD('new')"
LOCKED = 3118 if IS_MYSQL else 4151


def may(client, sql):
    """None, or the number of the server's refusal."""
    error = client.command(0x03, sql).error
    return error.code if error else None


def check_role(log_in):
    with log_in() as client:
        assert client.value("SELECT CURRENT_ROLE()").strip(b"`").startswith(b"reader")
        assert may(client, "SELECT COUNT(*) FROM vault.t") is None
    with log_in(schema="vault") as client:
        assert client.rows("SELECT COUNT(*) FROM t") == [(b"0",)]


def check_global(log_in):
    with log_in() as client:
        assert may(client, "SELECT COUNT(*) FROM vault.t") is None


def check_locked(log_in):
    assert refused(log_in).code == LOCKED


def check_gone(log_in):
    assert refused(log_in).code == 1045


def check_password(log_in):
    error = refused(log_in)
    assert error.code == 1045 and "refused the password of headgate's `users`" in error.message


CASES = {
    "default role": (DEFAULT_ROLE, check_role),
    "global right": ("GRANT SELECT ON *.* TO clerk", check_global),
    "schema's right": ("GRANT SELECT ON vault.* TO clerk", check_global),
    "locked": ("ALTER USER clerk ACCOUNT LOCK", check_locked),
    "dropped": ("DROP USER clerk", check_gone),
    "renamed": ("RENAME USER clerk TO former_clerk", check_gone),
    "password": (NEW_PASSWORD, check_password),
}


@pytest.fixture(autouse=True)
def tidy(cluster):
    yield
    cluster.sql("db1", "DROP USER IF EXISTS former_clerk")


@pytest.fixture(scope="module")
def far(cluster):
    with Headgate(cluster, users=USERS, cluster_settings=FAR) as headgate:
        yield headgate


@pytest.mark.parametrize("listener", ["writes", "split"])
@pytest.mark.parametrize("case", CASES)
def test_change_through_headgate_is_true_of_the_next_login(far, clerk, case, listener):
    sql, check = CASES[case]
    with login(far, "writes", user="boss") as boss:
        park(far, listener)
        boss.query(sql)
        check(lambda **options: login(far, listener, **options))


@pytest.mark.parametrize("case", CASES)
def test_change_elsewhere_is_true_in_time(cluster, clerk, case):
    sql, check = CASES[case]
    with Headgate(cluster, users=USERS, cluster_settings={"pool_login_trust": "500ms"}) as headgate:
        for listener in ("writes", "reads"):
            park(headgate, listener)
        cluster.sql("db1", sql)
        cluster.sync()
        for listener in ("writes", "reads"):
            def is_true(listener=listener):
                try:
                    check(lambda **options: login(headgate, listener, **options))
                    return True
                except (AssertionError, AttributeError, r.Err, pytest.fail.Exception):
                    return False
            wait_until(is_true, f"{case} is true of logins at {listener}")


def test_change_of_user_is_a_login_too(far, clerk):
    with login(far, "writes", user="boss") as boss, login(far, "writes") as client:
        assert client.value("SELECT CURRENT_ROLE()") in (None, b"NONE")
        boss.query(DEFAULT_ROLE)
        assert client.value("SELECT CURRENT_ROLE()") in (None, b"NONE"), "a session keeps what it has"
        client.change_user("clerk", "clerk_pw")
        assert client.value("SELECT CURRENT_ROLE()").strip(b"`").startswith(b"reader")


def test_use_reads_the_schema_s_rights_anew_everywhere(far, clerk):
    """As directly: a right on a schema counts from the next USE, wherever the session's reads are."""
    with login(far, "writes", user="boss") as boss, login(far, "split") as client:
        boss.query("GRANT SELECT ON vault.* TO clerk")
        client.query("USE vault")
        assert client.rows("SELECT COUNT(*) FROM t") == [(b"0",)]
        boss.query("REVOKE SELECT ON vault.* FROM clerk")
        assert client.rows("SELECT COUNT(*) FROM t") == [(b"0",)]
        assert may(client, "USE vault") == 1044
        assert may(client, "USE test") is None
        assert may(client, "SELECT COUNT(*) FROM vault.t") == 1142


@pytest.mark.long
def test_login_waits_for_no_replica_that_lacks_the_change(cluster, far, clerk):
    """Its reads go where the change is."""
    with login(far, "writes", user="boss") as boss:
        park(far, "split")
        try:
            for node in cluster.replicas():
                cluster.lag(node.name, 20)
            boss.query(DEFAULT_ROLE)
            check_role(lambda **options: login(far, "split", **options))
        finally:
            for node in cluster.replicas():
                cluster.lag(node.name, 0)
            cluster.sync()
