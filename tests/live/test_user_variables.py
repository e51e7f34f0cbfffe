"""User variables follow their session: many clients on two connections, each sees its own as if it were alone."""

import contextlib
import re

import pytest

import mysqlwire as w
import stored_code
from reply_comparison import comparable, in_words
from client import execute
from conftest import FLAVOUR
from headgate import Headgate, direct
from proxy import wait_until
from sandbox_lib import SandboxError

pytestmark = [pytest.mark.room("state"), pytest.mark.smoke]

CLIENTS = 16
CONNECTIONS = 2
IS_MYSQL = FLAVOUR == "mysql"

# What is said of itself by a variable: value, type and all that describes it.
LOOKS = ["SELECT @a, @b, @`c d`, @never",
         "SELECT CHARSET(@a), COLLATION(@a), COERCIBILITY(@a), CHARSET(@b), COLLATION(@b), COERCIBILITY(@b), HEX(@`c d`), @a IS NULL",
         "SELECT CONCAT(@a, 'x'), CONCAT(@b, 'x'), COALESCE(@b, 7)"]

# `#`: a number of each client's own.
SETS = [
    "SET @a = #, @b = -#, @`c d` = '#'",
    "SET @a = 18446744073709551615, @b = #.50, @`c d` = 1.1e-300",
    "SET @a = _latin1'x#' COLLATE latin1_bin, @b = # / 7, @`c d` = x'00ff27#0'",
    "SET @a = 'it''s \\\\ #', @b = 1e0 / 3 + #, @`c d` = _utf8mb4'\u00e9# \U0001f600'",
    "SET @a = NULL, @b = CAST(# AS UNSIGNED), @`c d` = CAST(# AS DECIMAL(30, 10))",
    "SET @b = # + 1, @a = @b, @`c d` = CAST('2020-02-0# 01:02:03.04' AS DATETIME(3))",
    "SET @a = # + 0, @b = 1.5 + 0, @`c d` = CONCAT('x', '#')", "SET @a = NULL, @b = NULL, @`c d` = NULL",
    "SET @a = CAST(# AS UNSIGNED)", "SET @a = NULL",
    "SET @a = _binary'#', @b = DATE('2020-01-0#'), @`c d` = TIME('01:0#:03')", "SET @a = '', @b = #e0, @`c d` = 0x41",
    "SET @a = CONVERT('\u00e9#' USING utf16), @b = TRUE, @`c d` = REPEAT('x#', 2000)",
    "SELECT #, 'q#', NULL INTO @a, @b, @`c d`",
    "SELECT id, name INTO @a, @b FROM uservars WHERE id = 1", "SELECT MAX(id), AVG(id) INTO @a, @b FROM uservars", "SET NAMES latin1", "SET @a = 'of latin1', @b = CONCAT('x', '#')",
    "SET NAMES utf8mb4", "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */", "/*!40101 SET SQL_MODE=@OLD_SQL_MODE */",
]


# These leave warnings (MySQL: that := is deprecated), for which a connection is kept for a second.
WARNED = ["SELECT @a := # + 1, @b := 'str', @`c d` := 2.5", "DO @a := @a * 2", "SELECT id FROM uservars WHERE id = 0 INTO @b"]


@pytest.fixture(scope="module")
def headgate(cluster):
    cluster.sql("db1", "CREATE TABLE test.uservars (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO test.uservars VALUES (1, 'one'), (2, 'two');"
                "CREATE TABLE test.uservars_loaded (id INT PRIMARY KEY, v INT); CREATE TABLE test.uservars_made (id INT PRIMARY KEY, v VARCHAR(20));"
                "CREATE TRIGGER test.uservars_makes AFTER INSERT ON test.uservars_made FOR EACH ROW SELECT NEW.v INTO @made;"
                "CREATE TABLE test.uservars_read (id INT PRIMARY KEY, v VARCHAR(20));"
                "CREATE TRIGGER test.uservars_reads BEFORE INSERT ON test.uservars_read FOR EACH ROW SET NEW.v = CONCAT_WS(' ', @a, @b, NEW.v);"
                "CREATE PROCEDURE test.uservars_sets() SET @b = CONCAT(@a, 'called')")
    if IS_MYSQL:
        cluster.sql("db1", "SET GLOBAL local_infile = 1; GRANT SELECT ON performance_schema.user_variables_by_thread TO app")
    stored_code.hide(cluster)  # a trigger that headgate knows counts as one that may have set variables
    with Headgate(cluster, extra={"workers": 2}, server_settings={"max_connections": CONNECTIONS},
                  timeouts={"pool_wait": "60s"}) as proxy:
        yield proxy


@contextlib.contextmanager
def pairs(headgate, cluster, count=CLIENTS):
    """(through headgate, alone) of each client."""
    with contextlib.ExitStack() as stack:
        yield [(stack.enter_context(headgate.wire()), stack.enter_context(direct(cluster))) for _ in range(count)]


def both(pair, byte, body):
    through, alone = (side.command(byte, body) for side in pair)
    got, want = comparable(through, pair[0].caps), comparable(alone, pair[1].caps)
    assert got == want, f"{body!r}\n through {in_words(through)} {got}\n alone   {in_words(alone)} {want}"
    return through


def say(pair, sql):
    return both(pair, w.QUERY, sql.encode())


def run(client, sql, *values):
    """The statement prepared by the binary protocol, and executed once."""
    reply = client.command(w.PREPARE, sql.encode())
    assert reply.error is None, reply.error
    reply = client.command(w.EXECUTE, execute(reply.statement_id, values))
    assert reply.error is None, reply.error


def held(headgate):
    """Why connections are kept, without since when."""
    return [re.sub(r" \d+\w+$", "", row["pins"]) for row in headgate.show("sessions") if row["pins"]]


@pytest.mark.scenario
def test_variables_of_every_type_are_what_they_are_alone(headgate, cluster):
    with pairs(headgate, cluster) as clients:
        for turn in range(len(SETS) + 2):
            for number, pair in enumerate(clients):
                if turn < len(SETS):
                    say(pair, SETS[(turn + number) % len(SETS)].replace("#", str(number % 9 + 1)))
                if (turn + number) % 3 == 0:
                    for look in LOOKS:
                        say(pair, look)
        for pair in clients:
            for look in LOOKS:
                say(pair, look)
        # Nobody holds one but those who have one now.
        assert len(held(headgate)) <= CONNECTIONS


def test_a_variable_holds_no_connection(headgate, cluster):
    with pairs(headgate, cluster, 8) as clients:
        for sql in ("SET @a = #", "SELECT @a", "SET @a = NULL", "SELECT @a, @b", "SET @b = @a + #"):
            for number, pair in enumerate(clients):
                say(pair, sql.replace("#", str(number)))
        assert len(held(headgate)) <= CONNECTIONS


def test_what_has_warned_is_read_a_little_later(headgate, cluster):
    with pairs(headgate, cluster, CONNECTIONS + 1) as clients:
        for turn in range(len(WARNED)):
            for number, pair in enumerate(clients):
                say(pair, WARNED[(turn + number) % len(WARNED)].replace("#", str(number)))
        for pair in clients:
            say(pair, LOOKS[0])


def test_statements_that_are_prepared_assign_too(headgate, cluster):
    with pairs(headgate, cluster, CONNECTIONS + 2) as clients:
        for number, pair in enumerate(clients):
            for sql in ("SET @a = ?", "SELECT ?, 'x' INTO @b, @c"):
                for side in pair:
                    run(side, sql, b"v%d" % number)
        for number, pair in enumerate(clients):
            say(pair, "SELECT @a, @b, @c")
            for sql in ("SET @n = #", "PREPARE p FROM 'SELECT ? + 1 INTO @sum'", "EXECUTE p USING @n", "DEALLOCATE PREPARE p"):
                say(pair, sql.replace("#", str(number)))
        for pair in clients:
            say(pair, "SELECT @a, @n, @sum")


def test_writes_assign_what_they_name_and_triggers_what_they_like(headgate, cluster):
    with pairs(headgate, cluster, CONNECTIONS + 2) as clients:
        for pair in clients:
            pair[0].infile = pair[1].infile = lambda name: b"1\t10\n2\t20\n"
            say(pair, "SET @mine = 1")
        for write, look in (("UPDATE uservars SET name = (@a := CONCAT('by ', #)) WHERE id = 1", "SELECT @a, @mine"),
                            ("LOAD DATA LOCAL INFILE 'f' REPLACE INTO TABLE uservars_loaded (id, @v) SET v = @v * 2", "SELECT @v, @mine"),
                            ("REPLACE INTO uservars_made (id, v) VALUES (#, 'x#')", "SELECT @made, @mine")):
            for number, pair in enumerate(clients):
                for side in pair:      # one after the other, in the same tables
                    side.query(write.replace("#", str(number)))
            for pair in clients:
                say(pair, look)
        assert len(held(headgate)) <= CONNECTIONS


# What a replica knows of them goes along to the primary: what names them there, and triggers, find them.
ON_A_REPLICA = [["START TRANSACTION READ ONLY", "SELECT COUNT(*) FROM uservars WHERE id > 90 INTO @a", "COMMIT"],
                ["SELECT 7", "GET DIAGNOSTICS @a = NUMBER, @b = ROW_COUNT"]]
AT_THE_PRIMARY = [["REPLACE INTO uservars_made (id, v) VALUES (1, 'it')"], ["REPLACE INTO uservars_read (id, v) VALUES (1, 'it')"],
                  ["SET @b = 4"], ["SET @b = @a + 1"], ["UPDATE uservars SET name = @a WHERE id = 2"],
                  ["BEGIN", "SELECT @a, @b", "REPLACE INTO uservars_read (id, v) VALUES (2, @b)", "COMMIT"],
                  ["PREPARE p FROM 'REPLACE INTO uservars_read (id, v) VALUES (3, CONCAT(?, @a))'", "EXECUTE p USING @a"],
                  ["CALL uservars_sets()"]]


@pytest.mark.parametrize("before", ON_A_REPLICA, ids=["transaction", "diagnostics"])
@pytest.mark.parametrize("then", AT_THE_PRIMARY, ids=lambda then: then[0].split(" ")[0] + str(AT_THE_PRIMARY.index(then)))
def test_variables_of_a_replica_go_along_to_the_primary(headgate, cluster, before, then):
    heard = []
    for connect in (headgate.wire, lambda: direct(cluster)):
        with connect() as client:
            client.query("DELETE FROM uservars_made; DELETE FROM uservars_read; UPDATE uservars SET name = 'old'")
            heard.append([(sql, comparable(client.command(w.QUERY, sql), client.caps)) for sql in (
                *before, *then, "SELECT @a, @b, @made", "SELECT v FROM uservars_read ORDER BY id", "SELECT name FROM uservars ORDER BY id")])
    assert heard[0] == heard[1]


def test_what_a_replica_cannot_tell_is_not_missing_in_a_write(headgate):
    with headgate.wire() as client:
        for sql in ("START TRANSACTION READ ONLY", "SELECT REPEAT('x', 20000) INTO @a", "COMMIT"):
            client.query(sql)
        assert client.command(w.QUERY, "REPLACE INTO uservars_made (id, v) VALUES (1, LENGTH(@a))").error.code == 1235
        assert client.rows("SELECT LENGTH(@a)") == [(b"20000",)]
        client.query("UPDATE uservars_loaded SET v = 1")


def test_a_server_that_does_not_tell_what_triggers_have_made_keeps_the_connection(headgate):
    """MySQL tells this account no names; MariaDB tells everybody's own."""
    with headgate.wire(user="other", password="other_pw") as writer, contextlib.ExitStack() as stack:
        writer.query("SET @a = 'mine'")
        writer.query("REPLACE INTO uservars_made (id, v) VALUES (77, 'made')")
        for number in range(CONNECTIONS + 1):
            stack.enter_context(headgate.wire()).query(f"SET @a = {number}")
        if IS_MYSQL:
            assert held(headgate) == ["user variables"]
        assert writer.rows("SELECT @a, @made") == [(b"mine", b"made")]


def test_what_cannot_be_read_keeps_its_connection_until_it_is_gone(headgate):
    cause = ["user variables"]
    with headgate.wire() as first, headgate.wire() as second, headgate.wire() as third:
        for client in (first, second):
            client.query("SET @long = REPEAT('x', 20000), @a = 1")
        third.send(w.QUERY, b"SET @a = 3")
        wait_until(lambda: "waiting for a free connection" in str(headgate.show("sessions")), "it waits", 60)
        assert held(headgate) == cause * 2
        first.query("SET @long = 1")
        assert third.read().error is None
        assert [client.rows("SELECT LENGTH(@long), @a") for client in (second, first, third)] == [
            [(b"20000", b"1")], [(b"1", b"1")], [(None, b"3")]]
        assert held(headgate) == cause


def test_a_reset_and_another_user_have_none(headgate):
    with headgate.wire() as one, headgate.wire() as two:
        for client in (one, two):
            client.query("SET @a = 1, @b = @a + 1")
        one.command(w.RESET_CONNECTION)
        two.change_user("other", "other_pw", "test")
        assert [client.rows("SELECT @a, @b") for client in (one, two)] == [[(None, None)]] * 2


def kill_all(cluster):
    """Ends the application's connections at the primary, and waits until they are gone."""
    ours = "FROM information_schema.processlist WHERE user = 'app'"
    for (number,) in cluster.sql("db1", f"SELECT id {ours}"):
        with contextlib.suppress(SandboxError):      # gone by itself
            cluster.sql("db1", f"KILL {number}")
    wait_until(lambda: not cluster.sql("db1", f"SELECT id {ours}"), "they are gone", 60)


def test_known_variables_outlive_their_connection(headgate, cluster):
    with headgate.wire() as known, headgate.wire() as unknown:
        known.query("SET @a = 5, @b = 'x'")
        unknown.query("SET @a = 1 + 1")
        kill_all(cluster)
        wait_until(lambda: "db1" not in [row["primary"] for row in headgate.show("sessions")], "headgate knows", 60)
        assert known.rows("SELECT @a, @b, COUNT(*) FROM uservars FOR UPDATE")[0][:2] == (b"5", b"x")
        assert unknown.command(w.QUERY, b"SELECT @a").error.code in (1053, 1927)


def take_all_replicas(headgate, stack):
    """Others, who have all connections to both replicas then."""
    others = [stack.enter_context(headgate.wire()) for _ in range(2 * CONNECTIONS)]
    for number, other in enumerate(others):
        other.query(f"START TRANSACTION READ ONLY /* headgate: server=db{2 + number % 2} */")
        other.query("SELECT COUNT(*) FROM uservars")
    taken = [row["replica"] for row in headgate.show("sessions") if row["in_transaction"] != "no"]
    assert sorted(taken) == ["db2"] * CONNECTIONS + ["db3"] * CONNECTIONS
    return others


def test_what_a_replica_tells_while_the_primary_works_is_said_there_afterwards(headgate):
    """The primary's connection lacks it, though a statement has just run there."""
    with headgate.wire() as client, contextlib.ExitStack() as stack:
        client.query("SELECT 7")
        client.query("GET DIAGNOSTICS @a = NUMBER, @b = ROW_COUNT")
        client.send(w.QUERY, "SELECT SLEEP(3) FROM uservars WHERE id = 1 FOR UPDATE")
        others = take_all_replicas(headgate, stack)
        assert client.read().error is None
        for other in others:
            other.query("COMMIT")
        client.query("UPDATE uservars_loaded SET v = v WHERE id = -1")
        assert client.rows("SELECT @a, @b") == [(b"0", b"-1")]


def test_what_a_replica_has_told_comes_not_between_a_question_and_its_statement(headgate):
    """A SET of ours would be what ROW_COUNT() is about."""
    with headgate.wire() as client, contextlib.ExitStack() as stack:
        client.command(w.QUERY, "SELECT * FROM nosuch")
        client.query("GET DIAGNOSTICS CONDITION 1 @a = MYSQL_ERRNO")
        client.query("DO GET_LOCK('uservars', 0)")
        client.query("UPDATE uservars_loaded SET v = v WHERE id = -1")
        client.query("SELECT IS_USED_LOCK('uservars')")      # -1, and on the primary's connection, which has the lock
        others = take_all_replicas(headgate, stack)     # @a is read back
        for other in others:
            other.query("COMMIT")
        assert client.rows("SELECT ROW_COUNT()") == [(b"-1",)]
        assert client.rows("SELECT @a") == [(b"1146",)]


def test_what_is_said_again_warns_nobody(headgate, cluster):
    """MySQL warns of each string in utf8mb3, as messages of errors are."""
    with headgate.wire() as client, headgate.wire() as second, headgate.wire() as third:
        client.command(w.QUERY, "SELECT * FROM nosuch")
        client.query("GET DIAGNOSTICS CONDITION 1 @a = MESSAGE_TEXT")
        client.query("UPDATE uservars_loaded SET v = 1")
        for other in (second, third):     # one of them has the client's connection then
            other.query("BEGIN")
            other.query("SELECT 1")
        for other in (second, third):
            other.query("COMMIT")
        client.query("SELECT LAST_INSERT_ID()")
        kill_all(cluster)
        assert client.rows("SHOW COUNT(*) WARNINGS") == [(b"0",)]
        assert client.rows("SHOW WARNINGS") == []


def test_known_variables_go_over_to_another_primary(headgate, cluster):
    with headgate.wire() as known, headgate.wire() as unknown:
        known.query("SET @a = 5, @b = 'x'")
        unknown.query("SET @a = 1 + 1")
        try:
            cluster.promote("db2")
            headgate.wait_server("db2", lambda row: row["role"] == "primary")
            assert known.rows("SELECT @a, @b, @@server_id FROM uservars LIMIT 1 FOR UPDATE") == [(b"5", b"x", b"2")]
            assert unknown.command(w.QUERY, b"SELECT @a").error.code == 1053
        finally:
            cluster.promote("db1")
            headgate.wait_server("db1", lambda row: row["role"] == "primary")
