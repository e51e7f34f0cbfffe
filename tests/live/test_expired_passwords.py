"""Accounts whose password has expired, by clients that can set another one and by those that cannot."""

import pytest

import mysqlwire as w
import replies as r
from conftest import FLAVOUR
from headgate import Headgate, direct
from client import Client
from proxy import wait_until

pytestmark = [pytest.mark.room("session", "command", "frontend"), pytest.mark.smoke]

IS_MYSQL = FLAVOUR == "mysql"
USERS = {"app": "app_pw", "boss": "boss_pw", "clerk": "clerk_pw"}
ABLE = w.MODERN_CAPS | w.EXPIRED_PASSWORDS
NEW_PASSWORD = "SET PASSWORD = 'new'" if IS_MYSQL else "SET PASSWORD = PASSWORD('new')"
SANDBOXED = ["SELECT 1", "SELECT a FROM test.expired", "INSERT INTO test.expired VALUES (2)", "BEGIN", "SHOW WARNINGS"]


@pytest.fixture(scope="module", autouse=True)
def boss(cluster):
    for sql in ("CREATE USER boss IDENTIFIED BY 'boss_pw'", "GRANT ALL ON *.* TO boss WITH GRANT OPTION",
                "CREATE TABLE test.expired (a INT)", "INSERT INTO test.expired VALUES (1)"):
        cluster.sql("db1", sql)
    if not IS_MYSQL:
        for node in cluster.nodes():
            node.sql("SET GLOBAL disconnect_on_expired_password = 1")
    cluster.sync()


@pytest.fixture(scope="module")
def front(cluster):
    with Headgate(cluster, users=USERS) as headgate:
        yield headgate


@pytest.fixture
def clerk(cluster, front):
    for sql in ("DROP USER IF EXISTS clerk", "CREATE USER clerk IDENTIFIED BY 'clerk_pw'", "GRANT ALL ON test.* TO clerk"):
        cluster.sql("db1", sql)
    tell(front, "FLUSH PRIVILEGES")
    cluster.sync()


def tell(front, sql):
    with front.wire("writes", user="boss", password="boss_pw", schema="") as boss:
        boss.query(sql)


def log_in(front, listener="split", caps=ABLE, password="clerk_pw", schema="test"):
    return front.wire(listener, user="clerk", password=password, caps=caps, schema=schema)


def error_of(client, sql):
    error = client.command(w.QUERY, sql).error
    return error and (error.code, error.state, error.message)


def refusal(connect):
    with pytest.raises(r.Err) as refused:
        connect().close()
    return refused.value


@pytest.mark.parametrize("is_parked", [False, True])
@pytest.mark.parametrize("listener", ["split", "writes"])
def test_client_that_can_set_another_has_its_sandbox(cluster, front, clerk, listener, is_parked):
    if is_parked:
        with log_in(front, listener) as before:
            before.rows("SELECT a FROM test.expired")
            before.quit()
        wait_until(lambda: front.server("db1")["connections_idle"] > 0, "it is parked")
    tell(front, "ALTER USER clerk PASSWORD EXPIRE")
    with direct(cluster, user="clerk", password="clerk_pw", caps=ABLE) as straight, log_in(front, listener) as client:
        assert client.caps & w.EXPIRED_PASSWORDS
        for sql in SANDBOXED:
            told = error_of(client, sql)
            assert told == error_of(straight, sql) and told[0] == 1820, sql
        assert error_of(client, NEW_PASSWORD) is None
        assert client.rows("SELECT a FROM test.expired") == [(b"1",)]
        assert error_of(client, "BEGIN") is None and error_of(client, "INSERT INTO test.expired VALUES (3)") is None
        assert client.rows("SELECT COUNT(*) FROM test.expired") == [(b"2",)]
        assert error_of(client, "ROLLBACK") is None and error_of(client, "SET @a = 7") is None
        assert client.rows("SELECT @a, COUNT(*) FROM test.expired") == [(b"7", b"1")]
    error = refusal(lambda: log_in(front, listener))
    assert error.code == 1045 and "refused the password of headgate's `users`" in error.message
    assert refusal(lambda: log_in(front, listener, password="new")).code == 1045
    assert {row["state"] for row in front.show("servers")} == {"up"}


@pytest.mark.family("mariadb")
def test_server_that_lets_everybody_in_gives_everybody_the_sandbox(cluster, front, clerk):
    """MariaDB with disconnect_on_expired_password = OFF, its default."""
    for node in cluster.nodes():
        node.sql("SET GLOBAL disconnect_on_expired_password = 0")
    try:
        tell(front, "ALTER USER clerk PASSWORD EXPIRE")
        with log_in(front, caps=w.MODERN_CAPS) as client:
            assert error_of(client, "SELECT a FROM test.expired")[0] == 1820
            assert error_of(client, NEW_PASSWORD) is None
            assert client.rows("SELECT a FROM test.expired") == [(b"1",)]
    finally:
        for node in cluster.nodes():
            node.sql("SET GLOBAL disconnect_on_expired_password = 1")


@pytest.mark.parametrize("is_parked", [False, True])
def test_client_that_cannot_is_refused(cluster, front, clerk, is_parked):
    if is_parked:
        with log_in(front, caps=w.MODERN_CAPS) as before:
            before.rows("SELECT a FROM test.expired")
            before.quit()
        wait_until(lambda: front.server("db1")["connections_idle"] > 0, "it is parked")
    tell(front, "ALTER USER clerk PASSWORD EXPIRE")
    node = cluster.node("db1")
    there = refusal(lambda: Client.connect(f"{node.host}:{node.port}", user="clerk", password="clerk_pw", caps=w.MODERN_CAPS))
    here = refusal(lambda: log_in(front, caps=w.MODERN_CAPS))
    assert (here.code, here.state, here.message) == (there.code, there.state, there.message) and here.code == 1862


def test_password_of_before_is_the_account_s_again(front, clerk):
    """What an operator does who wants the application to go on: the same password anew."""
    tell(front, "ALTER USER clerk PASSWORD EXPIRE")
    with log_in(front) as client:
        assert error_of(client, "SELECT 1")[0] == 1820
        assert error_of(client, "SET PASSWORD = 'clerk_pw'" if IS_MYSQL else "SET PASSWORD = PASSWORD('clerk_pw')") is None
        assert client.rows("SELECT a FROM test.expired") == [(b"1",)]
    with log_in(front, caps=w.MODERN_CAPS) as client:
        assert client.rows("SELECT a FROM test.expired") == [(b"1",)]
        assert not client.command(w.RESET_CONNECTION).error


def test_session_that_runs_is_not_disturbed(front, clerk):
    with log_in(front, caps=w.MODERN_CAPS) as client:
        client.rows("SELECT a FROM test.expired")
        client.query("DO 1")
        tell(front, "ALTER USER clerk PASSWORD EXPIRE")
        assert client.rows("SELECT a FROM test.expired") == [(b"1",)]
        assert error_of(client, "UPDATE test.expired SET a = 1") is None
