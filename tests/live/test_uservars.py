"""User variables follow their session: many clients on two connections, each sees its own as if it were alone."""

import contextlib

import pytest

import mysqlwire as w
from answers import comparable, in_words
from conftest import FLAVOUR
from headgate import Headgate, direct
from proxy import wait_until

pytestmark = pytest.mark.smoke

CLIENTS = 16
CONNECTIONS = 2
IS_MYSQL = FLAVOUR == "mysql"

# What is said of itself by a variable: value, type and all that describes it.
LOOKS = ["SELECT @a, @b, @`c d`, @never",
         "SELECT CHARSET(@a), COLLATION(@a), COERCIBILITY(@a), CHARSET(@b), COLLATION(@b), COERCIBILITY(@b), HEX(@`c d`), @a IS NULL",
         "SELECT CONCAT(@a, 'x'), @b / 3, -@b"]

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
    "SELECT #, 'q#', NULL INTO @a, @b, @`c d`", "SELECT @a := # + 1, @b := 'str', @`c d` := 2.5",
    "SELECT id, name FROM uservars WHERE id = 1 INTO @a, @b", "SELECT id FROM uservars WHERE id = 0 INTO @a",
    "DO @a := # * 2", "SELECT MAX(id), AVG(id) FROM uservars INTO @a, @b", "SET NAMES latin1", "SET @a = 'of latin1', @b = CONCAT('x', '#')",
    "SET NAMES utf8mb4", "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */", "/*!40101 SET SQL_MODE=@OLD_SQL_MODE */",
]


@pytest.fixture(scope="module")
def headgate(cluster):
    cluster.sql("db1", "CREATE TABLE test.uservars (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO test.uservars VALUES (1, 'one'), (2, 'two')")
    cluster.sync()
    with Headgate(cluster, extra={"workers": 2}, server_settings={"max_connections": CONNECTIONS}) as proxy:
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


def held(headgate):
    return [row["pins"] for row in headgate.show("sessions") if row["pins"]]


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
