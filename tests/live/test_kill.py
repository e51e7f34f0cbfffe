"""KILL on real servers: which accounts may kill which sessions; KILL of the own session and prepared KILL in each family."""

import subprocess
import threading

import pytest

from client import execute
from headgate import Headgate
import mysqlwire as w
from proxy import wait_until

pytestmark = [pytest.mark.room("session", "command", "frontend"), pytest.mark.smoke]
PASSWORD = "boss_pw"


def privileges(cluster):
    """Accounts and what lets them kill sessions of others; boss_by_role has it by a role that is active at login."""
    admin = "CONNECTION ADMIN" if cluster.family == "mariadb" else "CONNECTION_ADMIN"
    for user in ("boss", "boss_super", "boss_by_role", "clerk"):
        yield f"CREATE USER {user}@'%' IDENTIFIED BY '{PASSWORD}'"
        yield f"GRANT SELECT ON test.* TO {user}@'%'"
    yield f"GRANT {admin} ON *.* TO boss@'%'"
    yield "GRANT SUPER ON *.* TO boss_super@'%'"
    yield "CREATE ROLE bosses"
    yield f"GRANT {admin} ON *.* TO bosses"
    yield "GRANT bosses TO boss_by_role@'%'"
    yield ("SET DEFAULT ROLE bosses FOR boss_by_role@'%'" if cluster.family == "mariadb" else
           "SET DEFAULT ROLE bosses TO boss_by_role@'%'")


@pytest.fixture(scope="module")
def hg(cluster):
    for sql in privileges(cluster):
        cluster.sql("db1", sql)
    cluster.sync()
    users = {"app": "app_pw", **{user: PASSWORD for user in ("boss", "boss_super", "boss_by_role", "clerk")}}
    with Headgate(cluster, users=users) as headgate:
        yield headgate


def is_gone(client):
    rest = client.pipe.read_to_end()
    return rest == b"" or rest[4] == 0xFF


@pytest.mark.parametrize("user", ["boss", "boss_super", "boss_by_role"])
def test_account_that_may_kills_the_session_of_another(cluster, hg, user):
    """SUPER holds CONNECTION ADMIN until MariaDB 10.11; from 11 on it does not."""
    with hg.wire() as client, hg.wire(user=user, password=PASSWORD) as boss:
        if user == "boss_super" and cluster.flavour_name == "mariadb-11":
            assert boss.command(w.QUERY, f"KILL {client.greeting.connection_id}").error.code == 1095
            return
        assert boss.query(f"KILL {client.greeting.connection_id}").oks
        assert is_gone(client)
        assert boss.query("DO 1").oks


@pytest.mark.scenario
def test_account_that_may_interrupts_the_statement_of_another(cluster, hg):
    with hg.wire() as client, hg.wire(user="boss", password=PASSWORD) as boss:
        client.send(w.QUERY, "DO SLEEP(60)")
        answered = []
        thread = threading.Thread(target=lambda: answered.append(client.read()))
        thread.start()
        wait_until(lambda: any("SLEEP(60)" in (row[0] or "") for row in cluster.sql(
            "db1", "SELECT INFO FROM information_schema.PROCESSLIST WHERE USER = 'app'")), "the statement runs")
        assert boss.query(f"KILL QUERY {client.greeting.connection_id}").oks
        thread.join(30)
        assert answered, "not interrupted"
        assert client.query("DO 1").oks


@pytest.mark.parametrize("user", ["clerk", "app"])
def test_account_that_may_not_hears_what_a_server_says(hg, user):
    owner = ("boss", PASSWORD) if user == "app" else ("app", "app_pw")
    with hg.wire(user=owner[0], password=owner[1]) as client, \
            hg.wire(user=user, password=hg.users[user]) as stranger:
        number = client.greeting.connection_id
        error = stranger.command(w.QUERY, f"KILL {number}").error
        assert (error.code, error.state, error.message) == (1095, "HY000", f"You are not owner of thread {number}")
        assert client.query("DO 1").oks and stranger.query("DO 1").oks


@pytest.mark.parametrize("text", ["KILL ?", "KILL QUERY ?", "KILL {}"])
def test_prepared(cluster, hg, text):
    """MySQL takes no parameter there (6413), and says so through headgate as it does directly."""
    with hg.wire() as client, hg.wire() as killer, hg.wire() as other:
        number = client.greeting.connection_id
        prepared = killer.command(w.PREPARE, text.format(number))
        if cluster.family == "mysql" and "?" in text:
            assert prepared.error.code == 6413
            return
        assert killer.command(w.EXECUTE, execute(prepared.statement_id, [number] if "?" in text else [])).oks
        if "QUERY" in text:
            assert client.query("DO 1").oks
        else:
            assert is_gone(client)
        assert other.query("DO 1").oks


@pytest.mark.parametrize("sql", ["KILL QUERY CONNECTION_ID()", "KILL CONNECTION_ID()"])
def test_own_connection(cluster, hg, sql):
    """In the words that each family has for it."""
    with hg.wire() as client:
        error = client.command(w.QUERY, sql).error
        is_told = "QUERY" in sql or cluster.family == "mysql"
        assert (error.code, error.message) == ((1317, "Query execution was interrupted") if is_told else
                                               (1927, "Connection was killed"))
        if "QUERY" in sql:
            assert client.query("DO 1").oks
        else:
            assert client.pipe.read_to_end() == b""


def test_the_command_line_tool_kills(cluster, hg):
    host, port = hg.host_and_port()
    with hg.wire() as client:
        done = subprocess.run(["mariadb-admin", "--no-defaults", f"-h{host}", f"-P{port}", "-uapp", "-papp_pw", "kill",
                               str(client.greeting.connection_id)], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert is_gone(client)
