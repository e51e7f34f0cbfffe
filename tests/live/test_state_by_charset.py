"""Session state in every character set: set on one connection, read on another that headgate has made equal.

Two sessions take turns on one connection per server. What the first one sets, it also sets in a session of its own directly;
after each step both are asked on a replica and on the primary, and the second session in between. The steps are generated: kinds of
state times the client's character sets, and times the character sets that a schema may have by default, as the server lists them.
HEADGATE_STATE=full takes them all, otherwise a choice; HEADGATE_SEED: of which.

TOLD is what the servers tell of each kind by session tracking; what they do not tell, headgate reads from the statement, or it keeps the
session on its connection (PINNED).
"""

import os
import random

import pytest

import mysqlwire as w
from reply_comparison import comparable
from client import execute
from conftest import FLAVOUR
from headgate import Headgate, direct

pytestmark = [pytest.mark.room("state"), pytest.mark.smoke]

IS_FULL = os.environ.get("HEADGATE_STATE") == "full"
SEED = int(os.environ.get("HEADGATE_SEED", "1"))
SECONDS_PER_TEST = 1800 if IS_FULL else 300
FAMILY = "mysql" if FLAVOUR == "mysql" else "mariadb"

# The kinds of character set that have been trouble: one byte, several, hidden quotes, not ASCII; units of two and four bytes.
CLIENTS_ALWAYS = ["latin1", "utf8mb4", "sjis", "gbk", "swe7", "binary"]
SCHEMAS_ALWAYS = ["latin1", "ucs2", "utf32", "utf16le", "sjis"]
LETTERS = "äжα表אกあ한ქ"
# A text in one of these cannot be read for certain: it keeps the session on its connection.
HIDES_QUOTES = {"big5", "cp932", "gb18030", "gbk", "sjis"}
READ = "SELECT id, HEX(DATABASE()), CHARSET('x'), COLLATION('x'), FROM_UNIXTIME(0), 'a' || 'b', name FROM t"
WRITE = ("SELECT id, HEX(DATABASE()), HEX(CURRENT_ROLE()), @@character_set_client, @@character_set_results, @@collation_connection, @@sql_mode, @@time_zone, "
         "@@character_set_database, HEX(@plain), HEX(@text), CHARSET(@text) FROM t FOR UPDATE")


def name_in(client, charset):
    """A name with a letter outside ASCII, as a client writes it in that character set, and as text; None: it has none."""
    if charset == "binary":
        return "hgä".encode(), "hgä"
    for letter in LETTERS:
        hexed = letter.encode().hex()
        found = client.value(f"SELECT IF(CONVERT(CONVERT(_utf8mb4 X'{hexed}' USING {charset}) USING utf8mb4) = _utf8mb4 X'{hexed}', "
                             f"HEX(CONVERT(_utf8mb4 X'{hexed}' USING {charset})), '')")
        if found:
            return b"hg" + bytes.fromhex(found.decode()), "hg" + letter
    return None


def chosen(charsets, always):
    """All, or the troublesome ones and four others."""
    rest = sorted(set(charsets) - set(always))
    return sorted(charsets) if IS_FULL else [*(c for c in always if c in charsets), *random.Random(SEED).sample(rest, 4)]


class Scene:
    """The servers' character sets, a schema for each, and one for each name."""

    def __init__(self, cluster):
        self.cluster = cluster
        with direct(cluster) as client:
            self.schemas = [row[0].decode() for row in client.rows("SELECT CHARACTER_SET_NAME FROM information_schema.CHARACTER_SETS")]
            self.collations = {row[0].decode(): int(row[1]) for row in client.rows(
                "SELECT CHARACTER_SET_NAME, MIN(ID) FROM information_schema.COLLATIONS WHERE ID < 256 GROUP BY 1")}
            self.clients = [c for c in self.schemas if not client.command(w.QUERY, f"SET NAMES {c}").error]
            self.names = {c: name_in(client, c) for c in self.clients}
        cluster.sql("db1", "GRANT ALL ON `hg%`.* TO app@'%'")
        for at, charset in enumerate(self.schemas):
            self.make(f"hg_{charset}", at + 100, f"CHARACTER SET {charset}")
        for at, name in enumerate(sorted({name for found in self.names.values() if found for name in found[1:]})):
            self.make(name, at + 200, "CHARACTER SET utf8mb4")
            cluster.sql("db1", f"CREATE ROLE `{name}`; GRANT `{name}` TO app@'%'")
        self.make("test", 1, None)
        cluster.sync()

    def make(self, name, number, schema):
        if schema:
            self.cluster.sql("db1", f"CREATE DATABASE `{name}` {schema}")
        self.cluster.sql("db1", f"CREATE TABLE `{name}`.t (id INT PRIMARY KEY, name VARCHAR(20) CHARACTER SET utf8mb4); "
                                f"INSERT INTO `{name}`.t VALUES ({number}, 'ä')")


@pytest.fixture(scope="module")
def scene(cluster):
    return Scene(cluster)


@pytest.fixture(scope="module")
def headgate(scene):
    with Headgate(scene.cluster, extra={"workers": 1}, server_settings={"max_connections": 1}, timeouts={"diagnostics": "50ms"}) as headgate:
        yield headgate


# ---- what servers tell ----

# Types of entries in the OK, with headgate's own set-up: schema, state ("session state has changed"), or the variable's name.
SET_UP = {
    "mariadb": "SET SESSION session_track_system_variables=CONCAT('last_gtid,', @@global.session_track_system_variables, ',*'), "
               "session_track_schema=1, session_track_state_change=1",
    "mysql": "SET SESSION session_track_system_variables='sql_mode,time_zone,character_set_client,character_set_results,character_set_connection,"
             "collation_connection', session_track_schema=1, session_track_state_change=1, session_track_transaction_info='CHARACTERISTICS'"}[FAMILY]
IS_MYSQL, IS_11 = FAMILY == "mysql", FLAVOUR == "mariadb-11"
OF_NAMES = {"character_set_client", "character_set_connection", "character_set_results", "state"}
STATE = set() if IS_MYSQL else {"state"}
TOLD = [
    ("USE hg_latin1", {"schema", "state"}),
    ("SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')", {"sql_mode", "state"}),
    ("SET sql_mode = DEFAULT", {"sql_mode", "state"}),
    ("SET time_zone = '+01:00'", {"time_zone", "state"}),
    ("SET NAMES cp1251 COLLATE cp1251_bin", OF_NAMES),      # the collation of results is told by nothing
    ("SET CHARACTER SET cp1251", OF_NAMES),
    ("SET character_set_results = latin1", {"character_set_results", "state"}),
    ("SET collation_connection = latin1_bin", {"character_set_connection" if IS_11 else "collation_connection", "state"}),
    ("SET ROLE NONE", STATE),
    ("SET @plain = 1", {"state"}),
    ("SELECT 1 INTO @plain", set()),
    ("CREATE TEMPORARY TABLE tmp (id INT)", {"state"}),
    ("DO GET_LOCK('x', 0)", set()),
    ("HANDLER t OPEN", set()),
    ("HANDLER t CLOSE", set()),
    ("LOCK TABLES t READ", set()),
    ("UNLOCK TABLES", set()),
    ("PREPARE s FROM 'SELECT 1'", {"state"}),
    ("SET TRANSACTION READ ONLY", {"characteristics"} if IS_MYSQL else set()),
    ("SET last_insert_id = 5", {"state"} if IS_11 or IS_MYSQL else {"last_insert_id", "state"}),
]
# In schemas of these character sets MariaDB 10.11 writes zero bytes before what it tells: to client libraries it tells nothing.
PADDED = {"ucs2", "utf16", "utf16le", "utf32"} if FLAVOUR == "mariadb" else set()


def told(reply):
    """The names of what the OKs tell."""
    found = set()
    for ok in reply.oks:
        reader = w.Reader(ok.session)
        while reader.left():
            kind, data = reader.int(1), w.Reader(reader.lenenc_bytes())
            while kind == 0 and data.left():
                found.add(data.lenenc_bytes().decode())
                data.lenenc_bytes()
            if kind:
                found.add({1: "schema", 2: "state", 3: "gtids", 4: "characteristics", 5: "transaction"}[kind])
    return found - {"last_gtid", "gtids", "transaction"}


def test_what_servers_tell(scene):
    """The same in schemas of every character set."""
    padded = set()
    for charset in scene.schemas:
        with direct(scene.cluster, schema=f"hg_{charset}") as client:
            client.query(SET_UP)
            found = []
            for sql, _ in TOLD:
                found.append((sql, told(client.query(sql))))
                reply = client.query(f"USE hg_{charset}")
                padded |= {charset} if reply.oks[0].padding else set()
            assert found == TOLD, charset
    assert padded == PADDED


# ---- the same, through headgate ----

class Turns:
    """A session through headgate, its twin directly, and another session that has the connections in between."""

    def __init__(self, scene, headgate, other, **options):
        self.scene, self.headgate, self.other = scene, headgate, other
        self.through = headgate.wire(**options)
        self.alone = direct(scene.cluster, **options)
        self.options, self.is_kept = options, False
        self.said = [("logged in with", options)]

    def both(self, byte, body):
        self.said.append((byte, body))
        through, alone = self.through.command(byte, body), self.alone.command(byte, body)
        assert comparable(through, self.through.caps) == comparable(alone, self.alone.caps), self.told()
        return through, alone

    def told(self):
        return "\n".join([f"{byte} {body!r}" for byte, body in self.said if body not in (READ, WRITE)])

    def reset(self, schema):
        """Allowed difference: after a reset servers tell the default of character_set_database, until a schema is entered."""
        self.both(w.RESET_CONNECTION, b"")
        self.both(w.INIT_DB, schema)

    def say(self, step):
        """One step: SQL, or (command, body), or what to prepare and execute later."""
        if callable(step):
            step(self)
        else:
            self.both(*(step if isinstance(step, tuple) else (w.QUERY, step)))
        pins = self.pins()
        if not pins and not self.is_kept:
            self.give_way()
        self.both(w.QUERY, READ)
        self.both(w.QUERY, WRITE)
        return pins

    def pins(self):
        (row,) = (row for row in self.headgate.show("sessions") if row["id"] == self.through.greeting.connection_id)
        return [pin for pin in (row["pins"] or "").split(", ") if pin and not pin.startswith("user variables")]  # which are asked for

    def give_way(self):
        """The other session's state is its own."""
        assert self.other.value(READ) == b"1", self.told()
        assert self.other.value(WRITE) == b"1", self.told()

    def keep(self):
        """From now on the other session does not get the connection."""
        self.is_kept = True

    def change_user(self, schema):
        for side in (self.through, self.alone):
            side.change_user("app", "app_pw", schema, self.options.get("collation", 45))

    def close(self):
        self.through.close()
        self.alone.close()


def run(scene, headgate, steps, **options):
    """Says them; returns the pins after each."""
    with headgate.wire() as other:
        turns = Turns(scene, headgate, other, **options)
        try:
            return [turns.say(step) for step in steps]
        finally:
            turns.close()


def test_in_schemas_of_every_character_set(scene, headgate):
    """However the session came there; and what is set there."""
    for charset in chosen(scene.schemas, SCHEMAS_ALWAYS):
        name = f"hg_{charset}"
        steps = [f"USE {name}", "USE test", (w.INIT_DB, name), "SET sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')", "SET time_zone = '+03:00'",
                 "SET NAMES cp1251", "SET collation_connection = cp1251_bin", "SET @plain = 5",
                 "SET autocommit = 1", lambda turns, name=name: turns.reset(name), "SET CHARACTER SET latin1", f"USE {name}", lambda turns, name=name: turns.change_user(name),
                 "SELECT 5 INTO @plain"]
        assert run(scene, headgate, steps) == [[]] * len(steps), charset
        assert run(scene, headgate, ["SET sql_mode = 'PIPES_AS_CONCAT'", "USE test", f"USE {name}"], schema=name) == [[]] * 3, charset


def test_collation_of_the_server_after_a_reset(scene, headgate):
    """SET CHARACTER SET takes it instead of the schema's: what other connections would not do."""
    def reset_and_set(turns):
        turns.both(w.RESET_CONNECTION, b"")
        turns.both(w.QUERY, "SET CHARACTER SET cp1251")
    for charset in chosen(scene.schemas, SCHEMAS_ALWAYS):
        assert all(run(scene, headgate, [reset_and_set], schema=f"hg_{charset}")), charset


def test_names_in_every_character_set(scene, headgate):
    """Of schemas: said, logged in with, changed to; while the character set is that one, and another."""
    for charset in chosen([c for c in scene.clients if scene.names[c]], CLIENTS_ALWAYS):
        name, utf8 = scene.names[charset]
        use = (w.INIT_DB, name) if charset in HIDES_QUOTES else b"USE `" + name + b"`"
        greeted = {"collation": scene.collations[charset]}
        steps = [use, "USE test", (w.INIT_DB, name), "SET NAMES latin1", "SET sql_mode = ''", "SET NAMES utf8mb4", (w.INIT_DB, utf8), "SET NAMES binary",
                 f"SET NAMES {charset}", use, "SET CHARACTER SET latin1", lambda turns: turns.reset("test"), use, "SET time_zone = '+03:00'"]
        # Allowed difference: servers take a name in a login of the character set binary for latin1, as they do nowhere else.
        if charset != "binary":
            steps.append(lambda turns, name=name: turns.change_user(name))
            assert run(scene, headgate, ["SET @plain = 5", "SET NAMES utf8mb4"], schema=name, **greeted) == [[]] * 2, charset
        assert run(scene, headgate, steps, **greeted) == [[]] * len(steps), charset
        assert run(scene, headgate, [f"SET NAMES {charset}", use, (w.INIT_DB, name)]) == [[]] * 3, charset
        if charset in HIDES_QUOTES:
            assert all(run(scene, headgate, [b"USE `" + name + b"`", "USE test"], **greeted)), charset


def test_texts_in_every_character_set(scene, headgate):
    """Values, names of variables and of roles, statements prepared: said in one character set, and asked for in another."""
    for charset in chosen([c for c in scene.clients if scene.names[c] and c not in HIDES_QUOTES], CLIENTS_ALWAYS):
        name, _ = scene.names[charset]
        greeted = {"collation": scene.collations[charset]}
        role = [b"SET ROLE `" + name + b"`", "SET NAMES latin1", lambda turns: turns.reset("test"), "SET NAMES utf8mb4", "SET ROLE NONE"]
        steps = [b"SET @text = '" + name + b"'", "SET NAMES utf8mb4", "SET NAMES latin1", "SET sql_mode = 'PIPES_AS_CONCAT'",
                 f"SET NAMES {charset}", b"SET @text = CONCAT(@text, '" + name + b"')", "SET NAMES latin1"]
        run(scene, headgate, role, **greeted)
        run(scene, headgate, steps, **greeted)
        # A user variable whose name is outside ASCII keeps its connection.
        run(scene, headgate, [Turns.keep, b"SET @`" + name + b"` = 5", b"SELECT @`" + name + b"`", "SET NAMES utf8mb4", b"SELECT @`" + name + b"`"], **greeted)
        run(scene, headgate, [b"CREATE TEMPORARY TABLE `" + name + b"` (id INT)", "SET NAMES utf8mb4", b"SELECT COUNT(*) FROM `" + name + b"`"], **greeted)
        run(scene, headgate, [Prepared(b"SELECT id, HEX('" + name + b"'), '" + name + b"' FROM t"), "SET NAMES utf8mb4", Prepared.again, "USE hg_ucs2",
                              Prepared.again, "SET NAMES latin1", Prepared.again, lambda turns: turns.reset("test")], **greeted)


class Prepared:
    """A step that prepares and executes; and one that executes it again."""

    def __init__(self, sql):
        self.sql = sql

    def __call__(self, turns):
        turns.prepared = [reply.statement_id for reply in turns.both(w.PREPARE, self.sql)]
        self.again(turns)

    @staticmethod
    def again(turns):
        turns.said.append(("execute", ""))
        through, alone = (side.command(w.EXECUTE, execute(number)) for side, number in zip((turns.through, turns.alone), turns.prepared))
        assert comparable(through, turns.through.caps) == comparable(alone, turns.alone.caps), turns.told()
