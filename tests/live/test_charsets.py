"""Character sets and collations, the hidden ones included, are the session's on whatever connection it has.

SET NAMES x COLLATE y makes y the collation of results, which no variable tells, but the metadata of every result does. Some
sessions on one connection per server say such SETs in random order, each beside a session of its own directly; the connection
changes hands all the time. HEADGATE_CHARSET_STEPS: how many; HEADGATE_SEED: of which choice.
"""

import os
import random

import pytest

import mysqlwire as w
from reply_comparison import comparable
from headgate import Headgate, direct

pytestmark = [pytest.mark.room("state"), pytest.mark.smoke]

STEPS = int(os.environ.get("HEADGATE_CHARSET_STEPS", "150"))
SEED = int(os.environ.get("HEADGATE_SEED", "1"))
SECONDS_PER_TEST = 300 + STEPS
# What clients greet with: utf8mb4_general_ci, utf8mb4_bin, latin1_swedish_ci, latin1_bin.
HANDSHAKES = [45, 46, 8, 47]
COLLATIONS = {"utf8mb4": ["utf8mb4_bin", "utf8mb4_unicode_ci", "utf8mb4_general_ci"], "latin1": ["latin1_bin", "latin1_german1_ci", "latin1_swedish_ci"],
              "cp1251": ["cp1251_bin", "cp1251_general_ci"]}
CHARSETS = sorted(COLLATIONS)
VARIABLES = ["character_set_client", "character_set_results", "character_set_connection", "collation_connection"]
CONNECTION_S = ["character_set_client", "character_set_connection"]     # never NULL
ASKED = f"SELECT 'x', {', '.join('@@' + name for name in VARIABLES)}, @@sql_mode, id, name FROM test.charsets"


def assignment(rng):
    """One, of all kinds that can be followed from their text alone."""
    charset = rng.choice(CHARSETS)
    collation = rng.choice(COLLATIONS[charset])
    if rng.random() < 0.25:     # what the others must leave alone
        return f"NAMES {charset} COLLATE {collation}"
    return rng.choice([
        f"NAMES {charset}", "NAMES DEFAULT", f"CHARACTER SET {charset}", "CHARACTER SET DEFAULT",
        f"character_set_client = {charset}", f"character_set_results = {charset}", "character_set_results = NULL",
        f"character_set_connection = {charset}", f"character_set_connection = '{charset}'", f"collation_connection = {collation}",
        f"{rng.choice(VARIABLES)} = DEFAULT", "sql_mode = ''"])


def setting(rng):
    """One SET, some with several assignments; or one that only the server knows the value of."""
    if rng.random() < 0.1:
        return f"SET {rng.choice(VARIABLES[:3])} = @@{rng.choice(CONNECTION_S)}"
    return "SET " + ", ".join(assignment(rng) for _ in range(rng.choice([1, 1, 1, 2, 3])))


@pytest.fixture(scope="module")
def headgate(cluster):
    cluster.sql("db1", "CREATE TABLE test.charsets (id INT PRIMARY KEY, name VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci)")
    cluster.sql("db1", "INSERT INTO test.charsets VALUES (1, 'one')")
    cluster.sync()
    with Headgate(cluster, extra={"workers": 1}, server_settings={"max_connections": 1}) as headgate:
        yield headgate


class Pair:
    """A session through headgate, and its twin that is alone on a server."""

    def __init__(self, cluster, headgate, collation):
        self.through, self.alone = headgate.wire(collation=collation), direct(cluster, collation=collation)
        self.said = [f"(greeted with {collation})"]

    def say(self, sql):
        """The same answer, metadata and all."""
        self.said.append(sql)
        through, alone = self.through.command(w.QUERY, sql), self.alone.command(w.QUERY, sql)
        assert comparable(through, self.through.caps) == comparable(alone, self.alone.caps), self.told()
        return alone

    def is_as_alone(self):
        self.say(ASKED)
        self.say(f"{ASKED} FOR UPDATE")     # on the primary

    def told(self):
        since = max((at for at, sql in enumerate(self.said) if sql == "(reset)"), default=0)
        return [self.said[0], *(sql for sql in self.said[since:] if not sql.startswith(ASKED))]

    def reset(self):
        self.said.append("(reset)")
        for side in (self.through, self.alone):     # until a schema is entered SET CHARACTER SET pins: test_state_by_charset
            side.command(w.RESET_CONNECTION)
            side.command(w.INIT_DB, "test")

    def close(self):
        self.through.close()
        self.alone.close()


def pins(headgate):
    return {row["pins"] for row in headgate.show("sessions")} - {None}


@pytest.mark.parametrize("sets", [
    ["SET NAMES utf8mb4 COLLATE utf8mb4_bin", "SET collation_connection = latin1_bin, character_set_connection = utf8mb4"],
    ["SET NAMES utf8mb4 COLLATE utf8mb4_bin", "SET character_set_connection = latin1"],
    ["SET NAMES utf8mb4 COLLATE utf8mb4_bin", "SET character_set_connection = @@character_set_client"],
    ["SET collation_connection = latin1_bin", "SET character_set_connection = latin1"],
    ["SET CHARACTER SET latin1", "SET collation_connection = cp1251_bin", "USE information_schema"],
    ["SET CHARACTER SET cp1251", "SET character_set_connection = latin1", "USE information_schema", "USE test"]])
def test_the_collation_of_results_outlives_what_is_about_the_connection(cluster, headgate, sets):
    first, second = Pair(cluster, headgate, 45), Pair(cluster, headgate, 8)
    try:
        for sql in sets:
            first.say(sql)
            second.is_as_alone()
            first.is_as_alone()
        assert not pins(headgate)
    finally:
        first.close()
        second.close()


def test_whatever_the_order_in_which_they_were_set(cluster, headgate):
    rng = random.Random(SEED)
    pairs = [Pair(cluster, headgate, collation) for collation in HANDSHAKES]
    try:
        for _ in range(STEPS):
            pair = rng.choice(pairs)
            if rng.random() < 0.1:
                pair.reset()
            else:
                said = setting(rng)
                pair.say(said)
                if pins(headgate):      # no server must report a value that is what it was
                    assert "@@" in said, said
                    pair.reset()
            for other in rng.sample(pairs, 2):
                other.is_as_alone()
    finally:
        for pair in pairs:
            pair.close()
