"""Every variable that a session may set, as the server itself lists them: all are set, the connection goes to another session
and comes back, and all are as directly. What must not be said a second time keeps its connection, and says so.
"""

import contextlib

import pytest

import mysqlwire as w
from conftest import FLAVOUR
from headgate import Headgate, direct

pytestmark = [pytest.mark.room("state"), pytest.mark.smoke]

BOSS = {"user": "boss", "password": "boss_pw"}
# The connection is kept for these: they are not to be said twice, or what they did is in that connection.
KEPT = {"insert_id", "sql_log_bin", "skip_replication", "gtid_next", "gtid_seq_no", "pseudo_slave_mode", "pseudo_replica_mode", "pseudo_thread_id",
        "rand_seed1", "rand_seed2", "collation_database", "character_set_database"}
KEPT_KINDS = ("session_track_", "profiling", "optimizer_trace")
# Not by a pin: an id, or rows, that statements find there (test_crowd and the model are about these).
# What would not let the server answer any more, or not so fast.
UNUSED = {"max_session_mem_used"}
ASIDE = {"sql_auto_is_null", "last_insert_id", "identity"}
THE_MOMENT_S = {"timestamp", "pseudo_thread_id", "statement_id"}   # not the same in two sessions that set nothing
BY_CHANCE = {"rand_seed1", "rand_seed2"}
NUMBERS = ["1000000", "0", "1", "2"]
WORDS = ["'de_DE'", "'latin1'", "'+03:00'", "'latin1_swedish_ci'", "'READ-COMMITTED'", "'MyISAM'", "'ANSI'", "'index_merge=off'", "'MINIMAL'", "'AUTOMATIC:a'",
         "'abc'", "'utf8mb3=utf8mb3_general_ci'", "'2020-01-01 00:00:00'", "'ALL_GTIDS'", "'NONE'", "'TREE'", "'/tmp'", "0", "1"]


def is_kept(name):
    return name in KEPT or name.startswith(KEPT_KINDS)


def values(client, names):
    return {name: client.value(f"SELECT @@session.{name}") for name in names}


def settable(client):
    """(name, a value as SQL that it does not have) of each variable that sessions have a value of their own of."""
    for name in [row[0].decode() for row in client.rows("SHOW SESSION VARIABLES")]:
        reply = client.command(w.QUERY, f"SELECT @@session.{name}")
        if reply.error:
            continue
        before = reply.text_rows(0)[0][0]
        for literal in NUMBERS if before and before.lstrip(b"-").replace(b".", b"").isdigit() else WORDS:
            if not client.command(w.QUERY, f"SET SESSION {name} = {literal}").error and client.value(f"SELECT @@session.{name}") != before:
                yield name, literal
                break
        client.command(w.RESET_CONNECTION)


@pytest.fixture(scope="module")
def scene(cluster):
    """headgate with one connection to each server, and what may be set there."""
    how = "WITH caching_sha2_password BY" if FLAVOUR == "mysql" else "BY"
    cluster.sql("db1", f"CREATE USER boss@'%' IDENTIFIED {how} 'boss_pw'")
    cluster.sql("db1", "GRANT ALL ON *.* TO boss@'%'")
    cluster.sync()
    with direct(cluster, **BOSS) as client:
        found = list(settable(client))
    with Headgate(cluster, extra={"workers": 1}, server_settings={"max_connections": 1}, users={"app": "app_pw", "boss": "boss_pw"}) as headgate:
        yield headgate, found


def pins_of(headgate, client):
    """What it says of them, as far as it is about variables, or nobody knows about what."""
    words = ("a variable", "a statement may", "the server reported", "SET TRANSACTION")
    (row,) = (row for row in headgate.show("sessions") if row["id"] == client.greeting.connection_id)
    return [pin for pin in (row["pins"] or "").split(", ") if pin.startswith(words)]


def test_all_are_there_after_the_connection_was_another_s(cluster, scene):
    headgate, found = scene
    changes = [(name, literal) for name, literal in found if not is_kept(name) and name not in ASIDE | UNUSED]
    names = [name for name, _ in changes]
    with direct(cluster, **BOSS) as alone, headgate.wire(**BOSS) as first, headgate.wire(**BOSS) as second:
        before = values(alone, names)
        for name, literal in changes:
            reply = first.command(w.QUERY, f"SET SESSION {name} = {literal}")
            assert bool(reply.error) == bool(alone.command(w.QUERY, f"SET SESSION {name} = {literal}").error), (name, reply.error)
            assert not pins_of(headgate, first), name
        wanted, theirs, ours = values(alone, names), values(second, names), values(first, names)
    assert len(names) > 80 and "auto_increment_increment" in names
    assert {name: value for name, value in theirs.items() if value != before[name] and name not in THE_MOMENT_S} == {}
    assert {name: (value, wanted[name]) for name, value in ours.items() if value != wanted[name]} == {}


def test_what_is_not_to_be_said_twice_keeps_its_connection(scene):
    headgate, found = scene
    with headgate.wire(**BOSS) as client:
        for name, literal in found:
            if is_kept(name):
                before = client.value(f"SELECT @@session.{name}")
                assert not client.command(w.QUERY, f"SET SESSION {name} = {literal}").error
                assert pins_of(headgate, client), name
                client.command(w.RESET_CONNECTION)
                assert not pins_of(headgate, client), name
                if name not in BY_CHANCE:
                    assert client.value(f"SELECT @@session.{name}") == before, name


OWN_VARIABLES = ["SELECT /*+ SET_VAR(sort_buffer_size = 100000) */ COUNT(*) FROM vars", "SELECT /*+ SET_VAR(time_zone = '+03:00') */ FROM_UNIXTIME(0)"] \
    if FLAVOUR == "mysql" else ["SET STATEMENT max_statement_time = 100 FOR SELECT COUNT(*) FROM vars", "SET STATEMENT time_zone = '+03:00' FOR SELECT FROM_UNIXTIME(0)",
                                "SET STATEMENT time_zone = '+03:00' FOR SELECT nosuch FROM vars", "SET STATEMENT sql_mode = 'ANSI_QUOTES' FOR SELECT \"id\" FROM vars"]
UNPINNED = [*OWN_VARIABLES, "SET NAMES latin1, sql_mode = ''", "SET sql_mode = '', NAMES utf8mb4", "SET NAMES utf8mb4, character_set_results = NULL",
            "SET collation_connection = latin1_bin, character_set_connection = utf8mb4", "SET CHARACTER SET latin1, time_zone = '+01:00'",
            "SET sql_select_limit = 5, nosuch = 1", "SET sql_mode = '', time_zone = 'Nowhere/Land'", "SET NAMES latin1, sql_mode = 'NOSUCH'", 
            "SET sql_log_bin = 0", "SET timestamp = 5, auto_increment_offset = 3, NAMES latin1"]
ASKED = ["sql_mode", "time_zone", "sql_select_limit", "character_set_client", "character_set_results", "character_set_connection", "collation_connection",
         "auto_increment_offset", "sort_buffer_size", "timestamp > 10"]


def test_settings_that_can_be_followed_hold_no_connection(cluster, scene):
    """Each after the others, beside a session of its own directly; the connection is another's in between."""
    headgate, _ = scene
    cluster.sql("db1", "CREATE TABLE test.vars (id INT)")
    cluster.sync()
    with direct(cluster) as alone, headgate.wire() as first, headgate.wire() as second:
        for sql in UNPINNED:
            wanted, found = alone.command(w.QUERY, sql), first.command(w.QUERY, sql)
            assert str(found.error) == str(wanted.error) and str(found.results) == str(wanted.results), sql
            assert not pins_of(headgate, first), sql
            assert not second.command(w.QUERY, "DO 1").error
            asked = "SELECT " + ", ".join(f"@@{name}" for name in ASKED)
            assert first.rows(asked) == alone.rows(asked), sql


def test_reads_go_to_replicas_while_writes_hold_their_connection(cluster, scene):
    headgate, _ = scene
    with headgate.wire(**BOSS) as client:
        client.query("SET SESSION insert_id = 5, auto_increment_increment = 10")
        assert pins_of(headgate, client) and client.value("SELECT @@hostname IS NOT NULL") == b"1"
        before = headgate.server("db1")["queries"]
        for _ in range(5):
            client.query("SELECT 1 + 1")  # of no table: read_only does not hold this account, and views are not known
        assert headgate.server("db1")["queries"] == before
        client.query("SET SESSION insert_id = 0")
        # MySQL takes 0 for an id like others, and does not tell when it is used up
        assert bool(pins_of(headgate, client)) == (FLAVOUR == "mysql")


@pytest.fixture
def few(cluster, scene):
    """Two sessions of scene's boss, and one connection; the table is new."""
    cluster.sql("db1", "DROP TABLE IF EXISTS test.ids")
    cluster.sql("db1", "CREATE TABLE test.ids (id INT AUTO_INCREMENT PRIMARY KEY, n INT)")
    cluster.sync()
    with Headgate(cluster, extra={"workers": 1}, server_settings={"max_connections": 1}, users={"app": "app_pw", "boss": "boss_pw"},
                  timeouts={"pool_wait": "700ms", "diagnostics": "50ms"}) as headgate, headgate.wire(**BOSS) as first, headgate.wire(**BOSS) as second:
        yield headgate, first, second


def waits_in_vain(client):
    return client.command(w.QUERY, "INSERT INTO ids (n) VALUES (2)").error


def made(client, sql):
    return client.query(sql).oks[-1].insert_id


@pytest.mark.parametrize("used_up_by", ["INSERT INTO ids (n) VALUES (1)", "INSERT INTO ids VALUES (NULL, 1), (NULL, 2)", "REPLACE INTO ids (n) VALUES (1)"])
def test_an_id_keeps_its_connection_until_it_is_used_up(few, used_up_by):
    headgate, first, second = few
    first.query("SET insert_id = 70")
    for other in ("INSERT INTO ids VALUES (5, 1)", "UPDATE ids SET n = 3", "INSERT INTO ids VALUES (70, 1)", "DELETE FROM ids"):
        first.query(other)
        error = waits_in_vain(second)
        assert error.code == 1040 and "variable" in error.message, other
        assert pins_of(headgate, first)
    assert made(first, used_up_by) == 70
    assert made(second, "INSERT INTO ids (n) VALUES (2)") > 70
    assert not pins_of(headgate, first)


def test_an_insert_that_fails_has_used_it_up(few):
    headgate, first, second = few
    first.query("INSERT INTO ids VALUES (70, 1)")
    first.query("SET insert_id = 70")
    assert first.command(w.QUERY, "INSERT INTO ids (n) VALUES (1)").error.code == 1062
    assert not second.command(w.QUERY, "INSERT INTO ids (n) VALUES (2)").error
    assert not pins_of(headgate, first)


def test_what_is_used_up_beside_other_pins_does_not_end_them(few):
    headgate, first, second = few
    first.query("SET insert_id = 70, sql_log_bin = 0")
    assert made(first, "INSERT INTO ids (n) VALUES (1)") == 70
    assert waits_in_vain(second).code == 1040
    first.query("SET sql_log_bin = 1")
    assert not second.command(w.QUERY, "INSERT INTO ids (n) VALUES (2)").error
    assert not pins_of(headgate, first)


@pytest.mark.family("mariadb")
def test_a_number_for_the_next_transaction_is_used_up(few):
    headgate, first, second = few
    number = int(first.value("SELECT @@gtid_binlog_pos").rpartition(b"-")[2]) + 1000
    first.query(f"SET gtid_seq_no = {number}")
    assert waits_in_vain(second).code == 1040
    first.query("INSERT INTO ids (n) VALUES (1)")
    assert first.value("SELECT @@gtid_binlog_pos").rpartition(b"-")[2] == b"%d" % number
    assert not second.command(w.QUERY, "INSERT INTO ids (n) VALUES (2)").error
    assert not pins_of(headgate, first)


@pytest.mark.family("mysql")
def test_zero_is_an_id_whose_use_nobody_sees(few):
    headgate, first, second = few
    first.query("SET insert_id = 0")
    assert waits_in_vain(second).code == 1040 and pins_of(headgate, first)
    first.query("INSERT INTO ids (n) VALUES (1)")
    assert first.value("SELECT MAX(id) FROM ids FOR UPDATE") == b"0"
    assert waits_in_vain(second).code == 1040
    first.command(w.RESET_CONNECTION)
    assert not second.command(w.QUERY, "INSERT INTO ids (n) VALUES (2)").error


WAITS = ["SET wait_timeout = 1234", "SET SESSION wait_timeout = 1000 + 1", "SET sql_mode = '', wait_timeout = 2345, @x = 1", "SET wait_timeout = 99999999",
         "SET @@wait_timeout = DEFAULT", "SET @@session.wait_timeout = 600, wait_timeout = 700", "SET wait_timeout = 'x'", "SET wait_timeout = 800; SELECT 1"]


def test_wait_timeout_is_told_as_it_was_set(cluster, scene):
    headgate, _ = scene
    with direct(cluster) as alone, headgate.wire() as first, headgate.wire() as second:
        for sql in WAITS:
            wanted, found = alone.command(w.QUERY, sql), first.command(w.QUERY, sql)
            assert str(found.error) == str(wanted.error) and found.warnings == wanted.warnings, sql
            for question in ("SELECT @@wait_timeout", "SHOW VARIABLES LIKE 'wait_timeout'"):
                assert first.rows(question) == alone.rows(question), (sql, question)
                if "@x" not in sql and "; " not in sql:  # which keep the connection
                    assert second.value("SELECT @@wait_timeout") == b"28800"
            first.command(w.RESET_CONNECTION)
            alone.command(w.RESET_CONNECTION)
            assert first.value("SELECT @@wait_timeout") == b"28800"


@pytest.mark.parametrize("sqls", [["SET wait_timeout = 100", "SET profiling = 1"], ["SET wait_timeout = 100, profiling = 1"], ["SET profiling = 1", "SET wait_timeout = 100"]])
def test_profiles_list_the_clients_statements_alone(cluster, scene, sqls):
    headgate, _ = scene

    def profiles(client):
        for sql in ["SET sql_mode = ''", "SET @a = 5", *sqls, "SELECT @@wait_timeout", "SELECT @a", "SHOW VARIABLES LIKE 'wait_timeout'", "INSERT INTO test.profiled VALUES (1)",
                    "SELECT CAST('x' AS SIGNED)", "SHOW WARNINGS", "SELECT LAST_INSERT_ID()"]:
            client.query(sql)
        return [row[2] for row in client.rows("SHOW PROFILES")], client.value("SELECT @@wait_timeout")
    cluster.sql("db1", "CREATE TABLE IF NOT EXISTS test.profiled (n INT)")
    with direct(cluster) as alone, headgate.wire() as client:
        assert profiles(client) == profiles(alone)
        for side in (client, alone):
            side.command(w.RESET_CONNECTION)
        assert client.value("SELECT @@wait_timeout") == alone.value("SELECT @@wait_timeout")


def test_silent_client_hears_what_its_server_says(cluster, scene):
    headgate, _ = scene

    def last_words(client):
        client.query("SET wait_timeout = 1, @mine = 1")
        sock, heard = client.pipe.sock, b""
        with contextlib.suppress(ConnectionResetError):
            while piece := sock.recv(4096):
                heard += piece
        return heard
    with direct(cluster) as alone, headgate.wire() as client:
        assert last_words(client) == last_words(alone)
