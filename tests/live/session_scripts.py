"""What many sessions say, in turns: from a seed, always the same.

A session that holds nothing of one server's connection says what leaves nothing there: reads, autocommitted writes,
settings, user variables, prepared statements of the binary protocol. Now and then one plays a scene: it takes a transaction,
locks, temporary tables and the like, and for so long it needs a connection that is its own. At most HOLDERS of
all sessions do at a time, so that on every server connections are left for the others. A scene ends with a reset, another
user or another session in its place; or it is a tidy one, whose last statement gives back what the first one took.

A script is a list of rounds. A round is a list of (who, acts): these sessions speak at the same time, each of them its acts
one after the other. An act is a statement or command of the grammar, or
    ("leave", how, anew)   the session ends, by "quit" or "cut", and another comes in its place; anew: its tables as they were
    ("become", user)       COM_CHANGE_USER
"""

import random
import re

import grammar
import mysqlwire as w
from conftest import FLAVOUR

SESSIONS = 50
HOLDERS = 3    # with 4, three of four scripts of 4000 steps came to 1040: what others hold for a moment is besides
USERS = ("app", "other")

# What leaves something in a server's connection that headgate does not carry to another one, or may leave it:
# transactions, locks, texts that are not read with certainty, SETs that cannot be said again elsewhere, on MariaDB writes
# that read a user variable (where it is not set it is made, and the change that the server reports may be any).
HOLDS = re.compile(
    r"/\*m?!|'open|\(1$|nonsense|\bf_\w|v_write|"
    r"\b(call|do|execute|prepare|deallocate|begin|start|commit|rollback|savepoint|release|xa|lock|unlock|tables|handler|temporary|"
    r"autocommit|statement|transaction|transaction_\w+|tx_\w+|completion_type|get_lock|is_used_lock|set\s+charset|character\s+set|"
    r"insert_id|sql_log_bin|get|signal|if|max_statement_time|concat|tr|optimize|sql_auto_is_null)\b|count \(|"
    r"; ;|\b(insert|update|delete|replace)\b.*@|sql_calc_found_rows|\b(set|use|insert|update|delete|replace)\b[^;]*;\s*\S|;\s*(set|use|insert|update|delete|replace)\b",
    re.IGNORECASE)
# Where a prepared statement is executed in another schema than its own, servers report a change of state that headgate cannot
# explain, and holds the connection: so who speaks the binary protocol stays in one schema, and the others go to and fro.
LEAVES = re.compile(r"\buse\b|app2", re.IGNORECASE)
# Allowed difference: on MySQL what a prepared statement shows of a variable has the type that this had when it was prepared
# on that connection; of one that nobody has set, the length follows the character set of that moment.
SHOWS_VARIABLES = re.compile(r"select @\w+, @", re.IGNORECASE)
SQL_PREPARES = re.compile(r"^\s*prepare\b", re.IGNORECASE)
# After it texts of several statements fail, and an error tells nothing of a transaction: so one may be open, for all
# that headgate knows, until the session speaks again.
NO_MORE_MULTI = ("command", w.SET_OPTION, w.int2(1))
ASSIGNS = re.compile(r":=|\b(set|into|call)\b.*@", re.IGNORECASE)
# Where there are no sequences NEXTVAL is an unknown function, which holds.
FREE_THEMES = ("reads", "writes", *(["sequences"] if FLAVOUR.startswith("mariadb") else []), "settings", "settings", "variables", "variables", "diagnostics", "several", "ddl")

# Each gives back at its end what it has taken, whatever else a session has: then nothing may be held for it any more.
TIDY = [
    ["BEGIN", "{write}", "{read}", "{write}", "COMMIT"],
    ["START TRANSACTION", "{write}", "SAVEPOINT s1", "{write}", "ROLLBACK TO s1", "{read}", "ROLLBACK"],
    ["START TRANSACTION READ ONLY", "{read}", "{read}", "COMMIT"],
    ["SET autocommit = 0", "{read}", "{write}", "COMMIT", "SET autocommit = 1"],
    ["SET autocommit = 0", "{write}", "SET autocommit = 1", "{read}"],
    ["CREATE TEMPORARY TABLE tmp1 (a INT)", "INSERT INTO tmp1 (a) VALUES ({n})", "SELECT COUNT(*) FROM tmp1", "{read}", "DROP TEMPORARY TABLE tmp1"],
    ["SELECT GET_LOCK('l4_RUN', 0)", "{read}", "SELECT IS_FREE_LOCK('l4_RUN')", "{write}", "DO RELEASE_LOCK('l4_RUN')"],   # under sql_select_limit = 0 SELECT would not
    ["LOCK TABLES t WRITE", "INSERT INTO t (name, n) VALUES ('locked', {n})", "SELECT COUNT(*) FROM t", "SELECT COUNT(*) FROM u", "UNLOCK TABLES"],
    ["HANDLER t OPEN", "HANDLER t READ FIRST", "{read}", "HANDLER t READ NEXT", "HANDLER t CLOSE"],
    ["PREPARE p3 FROM 'SELECT id, name FROM t ORDER BY id'", "EXECUTE p3", "{read}", "EXECUTE p3", "DEALLOCATE PREPARE p3"],
    ["XA START 'z_RUN'", "INSERT INTO t (name, n) VALUES ('xa', {n})", "XA END 'z_RUN'", "XA COMMIT 'z_RUN' ONE PHASE"],
    ["XA START 'z_RUN'", "INSERT INTO t (name, n) VALUES ('xa', {n})", "XA END 'z_RUN'", "XA PREPARE 'z_RUN'", "XA ROLLBACK 'z_RUN'"],
]

ASKS = ["SELECT CURRENT_USER(), DATABASE(), CURRENT_ROLE()", "SELECT LAST_INSERT_ID()", "SELECT id, name, n FROM t ORDER BY id",
        "SELECT @@sql_mode, @@time_zone, @@group_concat_max_len, @@sql_select_limit", "SELECT @@character_set_client, @@collation_connection, @@div_precision_increment"]


def is_free(act):
    """Does it surely leave nothing in a server's connection?"""
    if isinstance(act, str):
        return not HOLDS.search(act)
    if act == NO_MORE_MULTI:
        return False
    return act[0] != "prepare" or not (HOLDS.search(act[2]) or SHOWS_VARIABLES.search(act[2]))


def script(seed, steps, sessions=SESSIONS, holders=HOLDERS):
    """The rounds of this seed: so many steps in all, or a few more."""
    chance = random.Random(seed)
    voices = [_Voice(chance) for _ in range(sessions)]
    rounds, said = [], 0
    while said < steps:
        held = sum(bool(voice.scene) for voice in voices)
        who = _speakers(chance, voices)
        turns = []
        for number in who:
            begins = not voices[number].scene and held < holders and chance.random() < 0.35
            held += begins
            turns.append((number, voices[number].turn(begins)))
        rounds.append(turns)
        said += sum(len(acts) for _, acts in turns)
    return rounds


def _speakers(chance, voices):
    """Who speaks in a round: of those who play a scene more often than of the others, so that scenes come to their end."""
    who = set(chance.sample(range(len(voices)), chance.choice((1, 1, 2, 3, 5, 8))))
    playing = [number for number, voice in enumerate(voices) if voice.scene]
    if playing and chance.random() < 0.5:
        who.add(chance.choice(playing))
    return sorted(who)


def tidy(seed):
    """The acts of one scene that gives back what it takes."""
    return _Voice(random.Random(seed)).tidy()


def _without_mere_prepare(act):
    """Allowed difference: PREPARE of an assignment alone gives the user variable a type, on that connection. And see
    SHOWS_VARIABLES.
    """
    if FLAVOUR == "mysql" and isinstance(act, str) and SQL_PREPARES.search(act) and ASSIGNS.search(act):
        return "SELECT @a := 3"
    if act[0] == "prepare" and SHOWS_VARIABLES.search(act[2]) and FLAVOUR == "mysql":
        return act[2]
    return "SELECT @a := 3" if act[0] == "prepare" and ASSIGNS.search(act[2]) else act


class _Voice:
    """One place: a session, and those who come after it."""

    def __init__(self, chance):
        self.chance, self.maker, self.scene = chance, grammar.Maker(chance), []
        self.is_binary = chance.random() < 0.5
        self.assigning = {}     # by the name of a prepared statement: does it assign user variables?

    def turn(self, begins):
        """A few acts in a row."""
        count = self.chance.choice((1, 1, 2, 3, 4))
        if begins:
            self.scene = self.tidy() if self.chance.random() < 0.4 else self._wild()
        if self.scene:
            acts, self.scene = self.scene[:count], self.scene[count:]
            return acts
        return [act for _ in range(count) for act in self._assigned(self._free())]

    def _assigned(self, act):
        """The PREPARE of an assignment together with an execution: see _without_mere_prepare. And of each execution the
        parameters are numbers. Allowed difference: what `SET @b = ?` and `SELECT @a := ?` assign depends on executions before,
        of the same connection. After one with 1, one with 'x' warns on MySQL, and assigns 0; after one with 'x', one with NULL
        is no longer binary on MariaDB (both seen on direct connections).
        """
        if act[0] == "prepare":
            self.assigning[act[1]] = ASSIGNS.search(act[2])
        if act[0] == "prepare" and self.assigning[act[1]]:
            return [act, ("execute", act[1], self._numbers(self.maker.prepared[act[1]]))]
        return [self._with_numbers(act)]

    def _with_numbers(self, act):
        """In place of an execution of an assignment."""
        if act[0] != "execute" or not self.assigning.get(act[1]):
            return act
        return ("execute", act[1], self._numbers(len(act[2])))

    def _numbers(self, count):
        return [self.chance.choice((0, 1, 2)) for _ in range(count)]

    def _free(self):
        dice = self.chance.random()
        if dice < 0.02:     # what holds a connection although nothing was to (an error amid several statements) ends here
            return self._ending()
        if dice < 0.2:
            return self.chance.choice(ASKS)
        for _ in range(50):
            act = self.maker.one(FREE_THEMES, self.is_binary, 0.5)
            if is_free(act) and not (self.is_binary and LEAVES.search(str(act))):
                return act
            if not isinstance(act, str) and act[0] == "prepare":
                del self.maker.prepared[act[1]]
        return "SELECT 1"

    def tidy(self):
        return [self.maker.text(template) for template in self.chance.choice(TIDY)]

    def _wild(self):
        themes = self.chance.sample(sorted(grammar.THEMES), self.chance.choice((1, 2, 3)))
        binary, share = self.chance.random() < 0.4, self.chance.choice((0.3, 0.6))
        acts = [self._with_numbers(_without_mere_prepare(self.maker.one(themes, binary, share)))
                for _ in range(self.chance.choice((4, 8, 12)))]
        back = [("command", w.INIT_DB, b"test")] if self.is_binary else []
        return [*acts, *self.chance.sample(grammar.ASKS[:8], 2), self._ending(), *back]

    def _ending(self):
        self.maker.prepared.clear()
        dice = self.chance.random()
        if dice < 0.45:
            return ("command", w.RESET_CONNECTION, b"")
        if dice < 0.65:
            return ("become", self.chance.choice(USERS))
        return ("leave", self.chance.choice(("quit", "cut")), self.chance.random() < 0.4)
