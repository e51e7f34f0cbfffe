"""users_from = "servers": clients log in with the servers' own accounts, which nothing in headgate's configuration names."""

import pathlib
import random
import re
import time

import pymysql
import pytest

import replies as r
from conftest import FLAVOUR
from headgate import Headgate, value
from proxy import wait_until

pytestmark = [pytest.mark.room("access", "frontend"), pytest.mark.family("mariadb")]

SOON = {"users_from": "servers", "users_interval": "200ms"}
SELDOM = {"users_from": "servers", "users_interval": "1h"}


GUIDE = pathlib.Path(__file__).resolve().parents[2] / "docs/guide/operation.md"


@pytest.fixture(scope="module", autouse=True)
def monitor_reads_accounts(cluster):
    """With the guide's statements for users_from, and no other privilege."""
    name = {"mariadb": "MariaDB", "mysql": "MySQL"}[cluster.family]
    block = re.search(rf"`users_from` on {name}:\n\n```sql\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S).group(1)
    for statement in block.strip().split(";\n"):
        cluster.sql("db1", statement.rstrip(";"))
    cluster.sync()


def headgate(cluster, settings):
    return Headgate(cluster, cluster_settings=settings, extra={"users": []})


@pytest.fixture(scope="module")
def soon(cluster):
    """Asks the primary all the time."""
    with headgate(cluster, SOON) as running:
        yield running


@pytest.fixture(scope="module")
def seldom(cluster):
    """Asks the primary at the start, and when it has a reason."""
    with headgate(cluster, SELDOM) as running:
        yield running


@pytest.fixture
def account(cluster):
    """Accounts of this test: account(name, host, …) makes one, and SQL text follows its name."""
    made = []

    def make(name, host="%", more="IDENTIFIED BY 'pw'"):
        cluster.sql("db1", f"CREATE USER '{name}'@'{host}' {more}")
        cluster.sql("db1", f"GRANT ALL ON test.* TO '{name}'@'{host}'")
        made.append(f"'{name}'@'{host}'")
    yield make
    for name in made:
        cluster.sql("db1", f"DROP USER IF EXISTS {name}")
    cluster.sync()


def log_in(hg, user, password="pw", **options):
    return hg.connect(options.pop("listener", "writes"), user=user, password=password, **options)


def code(hg, user, password="pw", **options):
    """None: the client is in; or the number of the refusal."""
    try:
        log_in(hg, user, password, **options).close()
    except pymysql.MySQLError as error:
        return error.args[0]
    return None


@pytest.mark.scenario
@pytest.mark.smoke
def test_servers_accounts_log_in_everywhere(soon):
    for user in ("app", "other"):
        for listener in ("split", "split6", "local", "writes", "reads"):
            with soon.connect(listener, user=user, password=f"{user}_pw") as db:
                assert value(db, "SELECT CURRENT_USER()") == f"{user}@%"


@pytest.mark.smoke
def test_refusal_reads_like_the_servers(cluster, soon):
    node = cluster.node("db1")
    for login in ({"user": "app", "password": "wrong"}, {"user": "app", "password": ""}, {"user": "nobody", "password": "x"}):
        with pytest.raises(pymysql.MySQLError) as here:
            log_in(soon, **login)
        with pytest.raises(pymysql.MySQLError) as there:
            pymysql.connect(host=node.host, port=node.port, **login)
        assert here.value.args == there.value.args


@pytest.mark.smoke
def test_what_an_account_requires_of_the_channel_is_required_here_too(cluster, soon, account):
    """headgate checks REQUIRE, because for the server the client is headgate. (MariaDB 10.11 has no TLS without a certificate.)"""
    account("encrypted", more="IDENTIFIED BY 'pw' REQUIRE SSL")
    account("certified", more="IDENTIFIED BY 'pw' REQUIRE X509")
    account("free")
    wait_until(lambda: code(soon, "free") is None, "the accounts are known")
    encrypting = {"ssl": {"check_hostname": False}}
    for user, options, why in ("encrypted", {}, "the account requires TLS"), ("certified", encrypting, "the account requires a client certificate"):
        assert code(soon, user, **options) == 1045
        # Refusals are logged a few times a second only, and there were others just now.
        wait_until(lambda: why in soon.log() or code(soon, user, **options) is None, "a line in the log")
        assert why in soon.log()
    (has_tls,), = cluster.sql("db1", "SELECT @@have_ssl")
    assert code(soon, "encrypted", **encrypting) == (None if has_tls == "YES" else 1045)


@pytest.mark.smoke
def test_new_password_takes_over_and_open_sessions_stay(cluster, soon, account):
    account("changing")
    wait_until(lambda: code(soon, "changing") is None, "the account is known")
    with log_in(soon, "changing") as db:
        cluster.sql("db1", "SET PASSWORD FOR changing = PASSWORD('new')")
        wait_until(lambda: code(soon, "changing", "new") is None, "the new password is known")
        assert code(soon, "changing") == 1045
        assert value(db, "SELECT 1") == 1
        db.begin()
        assert value(db, "SELECT CURRENT_USER()") == "changing@%"


def test_locked_account_hears_the_servers_own_error(cluster, soon, account):
    account("locked")
    wait_until(lambda: code(soon, "locked") is None, "the account is known")
    with log_in(soon, "locked") as db:
        cluster.sql("db1", "ALTER USER locked ACCOUNT LOCK")
        wait_until(lambda: code(soon, "locked") == 4151, "the lock is known")
        assert value(db, "SELECT 1") == 1
        cluster.sql("db1", "ALTER USER locked ACCOUNT UNLOCK")
        wait_until(lambda: code(soon, "locked") is None, "it is unlocked")


def test_dropped_account_is_unknown(cluster, soon, account):
    account("dropped")
    wait_until(lambda: code(soon, "dropped") is None, "the account is known")
    with log_in(soon, "dropped") as db:
        cluster.sql("db1", "DROP USER dropped")
        wait_until(lambda: code(soon, "dropped") == 1045, "it is gone")
        assert value(db, "SELECT 1") == 1


def test_changed_host_pattern_counts(cluster, soon, account):
    account("moving", "127.0.0.%")
    wait_until(lambda: code(soon, "moving") is None, "the account is known")
    cluster.sql("db1", "RENAME USER 'moving'@'127.0.0.%' TO 'moving'@'10.%'")
    wait_until(lambda: code(soon, "moving") == 1045, "the pattern does not match any more")
    cluster.sql("db1", "DROP USER 'moving'@'10.%'")


def test_change_through_headgate_counts_at_once(cluster, seldom, account):
    """Nothing but the statement itself makes headgate ask: the interval is an hour."""
    account("passing")
    cluster.sql("db1", "GRANT ALL ON *.* TO passing WITH GRANT OPTION")
    wait_until(lambda: code(seldom, "passing") is None, "the account is known")
    with log_in(seldom, "passing") as db, db.cursor() as cursor:
        cursor.execute("SET PASSWORD = PASSWORD('new')")
    wait_until(lambda: code(seldom, "passing", "new") is None, "the new password is known")
    assert code(seldom, "passing") == 1045


def test_new_account_logs_in_at_its_first_try(cluster, seldom, account):
    """An unknown user and a wrong password wait for the servers' accounts to be read once more, at most once a second."""
    code(seldom, "app", "app_pw")

    def first_try(user, password):
        time.sleep(1.1)    # the refusal before was a question to the primary too; the rate is one question a second
        return code(seldom, user, password)
    account("brand_new")
    assert first_try("brand_new", "pw") is None
    cluster.sql("db1", "SET PASSWORD FOR brand_new = PASSWORD('newer')")
    assert first_try("brand_new", "newer") is None
    assert first_try("brand_new", "pw") == 1045


def test_configured_account_hides_the_servers(cluster, account):
    account("twice")
    cluster.sql("db1", "SET PASSWORD FOR twice = PASSWORD('on_server')")
    users = [{"name": "twice", "password": "in_file"}]
    with Headgate(cluster, cluster_settings=SOON, extra={"users": users}) as hg:
        wait_until(lambda: code(hg, "app", "app_pw") is None, "the accounts are known")
        assert code(hg, "twice", "on_server") == 1045
        assert code(hg, "twice", "in_file") == 1045    # by the server
        cluster.sql("db1", "SET PASSWORD FOR twice = PASSWORD('in_file')")
        wait_until(lambda: code(hg, "twice", "in_file") is None, "the server has the same password")


def test_last_known_accounts_serve_while_the_primary_is_away(cluster):
    with headgate(cluster, SOON) as hg:
        wait_until(lambda: code(hg, "app", "app_pw") is None, "the accounts are known")
        node = cluster.node("db1")
        node.pause()
        try:
            with hg.connect("reads", user="app", password="app_pw") as db:
                assert value(db, "SELECT 1") == 1
            assert code(hg, "app", "wrong", listener="reads") == 1045
        finally:
            node.resume()


def test_change_user_takes_servers_accounts(soon):
    with soon.wire(user="app", password="app_pw") as client:
        client.change_user("other", "other_pw", "app2")
        assert client.rows("SELECT CURRENT_USER(), DATABASE()") == [(b"other@%", b"app2")]
        with pytest.raises(r.Err) as refused:
            client.change_user("app", "wrong", "test")
        assert refused.value.code == 1045


PIECES = ("127", "0", "1", "%", "_", "12%", "2", "3")
MASKS = ("255.255.255.0", "255.255.0.0", "255.0.0.0", "255.255.255.255", "255.0.0.255")


def pattern(generator):
    if generator.random() < 0.2:
        return f"127.0.0.{generator.randint(0, 3)}/{generator.choice(MASKS)}"
    if generator.random() < 0.2:
        return generator.choice(("%", "localhost", "%0.%", "127.%", "%.1", "127.0.0.1"))
    return ".".join(("127", *(generator.choice(PIECES) for _ in range(3))))


@pytest.mark.smoke
def test_random_host_patterns_are_chosen_as_by_the_server(cluster, soon, request):
    """A password for each pattern tells which one was used."""
    generator = random.Random(20260)
    accounts = [(f"any{number}", {pattern(generator) for _ in range(4)}) for number in range(40)]
    node = cluster.node("db1")
    for user, patterns in accounts:
        for text in patterns:
            cluster.sql("db1", f"CREATE USER '{user}'@'{text}' IDENTIFIED BY '{text}'")
            request.addfinalizer(lambda user=user, text=text: cluster.sql("db1", f"DROP USER '{user}'@'{text}'"))
    cluster.sql("db1", "CREATE USER 'last'@'%' IDENTIFIED BY 'pw'")
    request.addfinalizer(lambda: cluster.sql("db1", "DROP USER last"))
    wait_until(lambda: code(soon, "last", database=None) is None, "the accounts are known")
    differing = []
    for user, patterns in accounts:
        client = f"127.0.0.{generator.randint(1, 3)}"
        here, there = [], []
        for text in sorted(patterns):
            here.append(code(soon, user, text, database=None, bind_address=client))
            try:
                pymysql.connect(host=node.host, port=node.port, user=user, password=text, bind_address=client).close()
                there.append(None)
            except pymysql.MySQLError as error:
                there.append(error.args[0])
        # The server sees headgate's address, 127.0.0.1: it may refuse what it would accept from the client itself.
        if [said is None for said in here] != [said is None for said in there] and client == "127.0.0.1":
            differing.append((user, client, sorted(patterns), here, there))
    assert differing == []


def listed(hg, name):
    return [row for row in hg.show("users") if row["name"] == name]


def test_show_users_says_where_accounts_come_from(cluster, soon, account):
    account("shown", "10.0.0.0/255.0.0.0", "IDENTIFIED VIA mysql_native_password USING PASSWORD('pw') OR unix_socket ACCOUNT LOCK")
    wait_until(lambda: listed(soon, "shown"), "the account is known")
    row, = soon.show("users shown")
    assert {key: row[key] for key in ("name", "host", "source", "plugin", "state", "clients", "password", "read_only")} == {
        "name": "shown", "host": "10.0.0.0/255.0.0.0", "source": "main", "plugin": "mysql_native_password, unix_socket",
        "state": "locked", "clients": 0, "password": "hash", "read_only": "holds"}
    with log_in(soon, "app", "app_pw"):
        assert [row["clients"] for row in soon.show("users app")] == [1]    # of this name alone
    cluster.sql("db1", "GRANT ALL ON *.* TO 'shown'@'10.0.0.0/255.0.0.0'")
    wait_until(lambda: listed(soon, "shown")[0]["read_only"] == "bypassed", "its privilege is known")
    assert "*" not in str([row for row in soon.show("users")])    # no hash


def test_monitor_without_the_privilege_is_told(cluster):
    grant = "SELECT ON mysql.global_priv"
    with headgate(cluster, SOON) as hg:
        wait_until(lambda: code(hg, "app", "app_pw") is None, "the accounts are known")
        cluster.sql("db1", f"REVOKE {grant} FROM monitor")
        try:
            wait_until(lambda: f"the monitor's account 'monitor' needs {grant}" in hg.log(), "the log says so")
            told = wait_until(lambda: [row for row in hg.json("doctor") if row["check"] == "server_accounts" and
                                       row["result"] == "error"], "doctor says so")
            assert grant in told[0]["found"]
            assert code(hg, "app", "app_pw") is None    # the last known ones
        finally:
            cluster.sql("db1", f"GRANT {grant} TO monitor")
        wait_until(lambda: "accounts can be read again" in hg.log(), "the log says so")


@pytest.mark.long
def test_a_hundred_thousand_accounts(cluster, seldom):
    """Written into the table itself: as many CREATE USER take too long. (One account is made to be changed.)"""
    cluster.sql("db1", "INSERT INTO mysql.global_priv SELECT '%', CONCAT('mass', seq), "
                       "JSON_OBJECT('plugin', 'mysql_native_password', 'authentication_string', PASSWORD('pw')) FROM test.seq_1_to_100000")
    try:
        cluster.sql("db1", "FLUSH PRIVILEGES")
        assert wait_until(lambda: code(seldom, "mass100000", database=None) is None, "the accounts are known")
        assert code(seldom, "mass1", database=None) is None
        assert code(seldom, "mass1", "wrong", database=None) == 1045
    finally:
        cluster.sql("db1", "DELETE FROM mysql.global_priv WHERE User LIKE 'mass%'")
        cluster.sql("db1", "FLUSH PRIVILEGES")
