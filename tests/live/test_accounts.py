"""Logging in, changing the user, killing: who may, and in which words one may not."""

import threading

import pymysql
import pytest

import mysqlwire as w
import replies as r
from client import Client
from headgate import Headgate, direct, rows, value
from proxy import wait_until

pytestmark = [pytest.mark.room("session", "command", "frontend", "access"), pytest.mark.threads]


def refusal(connect):
    with pytest.raises((r.Err, pymysql.MySQLError)) as refused:
        connect()
    return refused.value


def words(error):
    """Code, state and text without the host, which is headgate's own to know."""
    return error.code, error.state, error.message.replace("'127.0.0.1'", "host").replace("'localhost'", "host")


CASES = {
    "wrong_password": {"password": "wrong"},
    "no_password": {"password": ""},
    "unknown_user": {"user": "nobody", "password": "app_pw"},
    "missing_schema": {"schema": "nosuch"},
    "missing_schema_with_rights": {"schema": "granted_but_missing"},
    "forbidden_schema": {"schema": "mysql"},
    "odd_user": {"user": "a'b", "password": "x"},
}


@pytest.fixture(scope="module", autouse=True)
def grants(cluster):
    cluster.sql("db1", "GRANT ALL ON granted_but_missing.* TO app")
    cluster.sync()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("listener", ["split", "local", "writes", "reads"])
def test_refusal_reads_like_the_servers(cluster, hg, case, listener):
    login = {"user": "app", "password": "app_pw", **CASES[case]}
    node = cluster.node("db2" if listener == "reads" else "db1")
    there = refusal(lambda: Client.connect(f"{node.host}:{node.port}", **login))
    here = refusal(lambda: Client.connect(hg.address[listener], **login))
    assert words(here) == words(there)


@pytest.mark.smoke
@pytest.mark.scenario
def test_every_account_reaches_its_own(hg):
    for user in ("app", "other"):
        for listener in ("split", "split6", "local", "writes", "reads"):
            with hg.connect(listener, user=user, password=f"{user}_pw") as db:
                assert value(db, "SELECT CURRENT_USER()").startswith(f"{user}@")


@pytest.mark.smoke
@pytest.mark.scenario
@pytest.mark.parametrize("login, code", [({"password": "wrong"}, 1045), ({"database": "mysql"}, 1044),
                                         ({"database": "granted_but_missing"}, 1049)])
def test_refusal_has_its_number(hg, login, code):
    assert refusal(lambda: hg.connect(**login)).args[0] == code


def test_change_user_is_a_new_session(hg):
    with hg.wire() as client:
        client.query("SET @a = 1, time_zone = '+05:30'")
        client.query("CREATE TEMPORARY TABLE tmp (a INT)")
        client.rows("SELECT 1")
        client.change_user("other", "other_pw", "app2")
        assert client.rows("SELECT CURRENT_USER() LIKE 'other@%', DATABASE(), @a") == [(b"1", b"app2", None)]
        assert client.command(w.QUERY, "SELECT * FROM test.tmp").error.code == 1146
        client.change_user("app", "app_pw", "test")
        assert client.rows("SELECT CURRENT_USER() LIKE 'app@%', DATABASE()") == [(b"1", b"test")]


@pytest.mark.parametrize("login, code", [(("other", "wrong", "test"), 1045), (("nobody", "x", ""), 1045),
                                         (("other", "other_pw", "mysql"), 1044)])
def test_refused_change_of_user_is_said(hg, login, code):
    with hg.wire() as client:
        client.rows("SELECT 1")
        assert refusal(lambda: client.change_user(*login)).code == code


def test_thread_ids_are_the_sessions_own(hg, cluster):
    ids = set()
    for _ in range(5):
        with hg.wire() as client:
            ids.add(client.greeting.connection_id)
    assert len(ids) == 5
    running = {row[0] for node in cluster.nodes() for row in node.sql("SELECT ID FROM information_schema.PROCESSLIST")}
    assert not ids & running


@pytest.mark.smoke
@pytest.mark.parametrize("sql", ["SELECT SLEEP(30)", "SELECT COUNT(*) FROM seq_1_to_100000 a, seq_1_to_100000 b"])
def test_ctrl_c_interrupts_ones_own_statement(cluster, hg, sql):
    """What a command line does: a second connection says KILL QUERY with the id from the greeting."""
    if "seq_" in sql and cluster.family != "mariadb":
        sql = "SELECT COUNT(*) FROM information_schema.COLUMNS a, information_schema.COLUMNS b, information_schema.COLUMNS c"
    with hg.wire(caps=w.OLD_CAPS) as client:
        outcome = []
        client.send(w.QUERY, sql)
        thread = threading.Thread(target=lambda: outcome.append(client.read()))
        thread.start()
        wait_until(lambda: any(row[0] and row[0].startswith(sql[:20]) for node in cluster.nodes() for row in
                               node.sql("SELECT INFO FROM information_schema.PROCESSLIST WHERE USER = 'app'")),
                   "the statement runs somewhere")
        with hg.wire() as killer:
            assert killer.query(f"KILL QUERY {client.greeting.connection_id}").oks
        thread.join(20)
        assert outcome, "not interrupted"
        reply = outcome[0]
        # A SLEEP that is interrupted returns all the same, with 1.
        assert reply.error.code == 1317 if reply.error else reply.text_rows() == [(b"1",)]
        assert client.query("DO 1").oks


@pytest.mark.smoke
@pytest.mark.parametrize("sql", ["SELECT CONNECTION_ID()", "SHOW PROCESSLIST"])
def test_kill_takes_the_ids_that_the_server_shows(cluster, sql):
    """Of connections that nobody had before: otherwise the number may be meant for that one."""
    with Headgate(cluster, cluster_settings={"pool_idle_max": 0}) as hg, hg.connect(database="app2") as client, hg.connect() as killer:
        rows(client, "DO 1")
        found = rows(client if "CONNECTION" in sql else killer, sql)
        number = max(row[0] for row in found if len(row) == 1 or row[3] == "app2")
        rows(killer, f"KILL {number}")
        with pytest.raises(pymysql.MySQLError):
            rows(client, "DO 1")
        rows(killer, "DO 1")


@pytest.mark.parametrize("sql", ["KILL 4294967200", "KILL QUERY 4294967200", "KILL CONNECTION 4294967200"])
def test_unknown_thread_is_1094(cluster, hg, sql):
    with hg.wire() as client, direct(cluster) as straight:
        here, there = client.command(w.QUERY, sql).error, straight.command(w.QUERY, sql).error
        assert (here.code, here.state, here.message) == (there.code, there.state, there.message)
        assert here.code == 1094


@pytest.mark.family("mariadb")
@pytest.mark.smoke
def test_servers_accounts_with_ed25519_are_logged_in_to(cluster):
    for node in cluster.nodes():
        if not node.sql("SELECT 1 FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'ed25519' AND PLUGIN_STATUS = 'ACTIVE'"):
            node.sql("INSTALL SONAME 'auth_ed25519'")
    cluster.sql("db1", "CREATE USER IF NOT EXISTS ed IDENTIFIED VIA ed25519 USING PASSWORD('ed_pw')")
    cluster.sync()
    with Headgate(cluster, users={"ed": "ed_pw"}) as hg:
        for _ in range(5):
            with hg.wire("writes", user="ed", password="ed_pw", schema="") as client:
                assert client.rows("SELECT CURRENT_USER()") == [(b"ed@%",)]


@pytest.mark.family("mariadb")
@pytest.mark.smoke
@pytest.mark.parametrize("listener", ["split", "writes", "reads"])
@pytest.mark.parametrize("account, words", [("ancient", "password format of MySQL before 4.1")])
def test_login_that_headgate_cannot_prove_is_refused_at_once(cluster, account, words, listener):
    for node in cluster.nodes():
        node.sql("SET GLOBAL secure_auth = 0")
    cluster.sql("db1", "CREATE USER IF NOT EXISTS ancient IDENTIFIED VIA mysql_old_password USING '5d2e19393cc5ef67'")
    cluster.sync()
    users = {"app": "app_pw", "ancient": "password"}
    with Headgate(cluster, users=users, timeouts={"primary_wait": "10m", "client_login": "10m"}) as hg:
        error = refusal(lambda: hg.wire(listener, user=account, password=users[account], schema=""))
        assert (error.code, error.state) == (1251, "08004") and words in error.message
        assert {row["state"] for row in hg.show("servers")} == {"up"}
