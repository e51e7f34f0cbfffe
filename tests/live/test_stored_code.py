"""What stored code leaves in a session is what its statements leave: reads stay on replicas, and no state is lost."""

import itertools
import os
import random
import re

import pymysql
import pytest

import stored_code
from headgate import Headgate, Log, direct, rows, value
from proxy import wait_until

pytestmark = pytest.mark.room("sql", "stored_code", "state")

REPLICAS = {"db2", "db3"}
SEED = int(os.environ.get("HEADGATE_SEED", "1"))
BODIES = int(os.environ.get("HEADGATE_BODIES", "60"))
number = itertools.count(1)

SCHEMAS = ("test", "app2")   # through headgate, and direct: the same in both
COMMON = [
    "CREATE TABLE g (id INT AUTO_INCREMENT PRIMARY KEY, n INT) ENGINE=InnoDB",
    "INSERT INTO g (n) VALUES (1), (2), (3)",
    "CREATE TABLE gt (id INT AUTO_INCREMENT PRIMARY KEY, n INT) ENGINE=InnoDB",
    "CREATE TRIGGER gt_sets BEFORE INSERT ON gt FOR EACH ROW SET @t = NEW.n",
    "CREATE VIEW gv AS SELECT id, n + 1 AS m FROM g",
    "CREATE FUNCTION f_read() RETURNS INT READS SQL DATA RETURN (SELECT COUNT(*) FROM g)",
    "CREATE PROCEDURE h_read() SELECT n FROM gv JOIN g USING (id) ORDER BY id LIMIT 2",
    "CREATE PROCEDURE h_write() INSERT INTO g (n) VALUES (f_read())",
    "CREATE PROCEDURE h_var() SET @a = 11",
    "CREATE PROCEDURE h_lock() DO GET_LOCK(CONCAT(DATABASE(), '-lock'), 0)",
    "CREATE PROCEDURE h_table() CREATE TEMPORARY TABLE IF NOT EXISTS made (a INT)",
]


@pytest.fixture(scope="module", autouse=True)
def objects(cluster):
    for node in cluster.nodes():
        node.sql("SET GLOBAL log_bin_trust_function_creators = 1")
    for schema in SCHEMAS:
        for sql in COMMON:
            cluster.sql("db1", f"USE {schema}; {sql}")
    stored_code.grant(cluster)


@pytest.fixture(scope="module")
def running(cluster, objects):
    with Headgate(cluster, cluster_settings=stored_code.SETTINGS) as headgate:
        stored_code.wait_known(headgate, "test.h_table")
        yield headgate


@pytest.fixture
def log(cluster):
    with Log(cluster) as log:
        yield log


def pins_of(hg, session):
    return next(row["pins"] for row in hg.show("sessions") if row["id"] == session) or ""


def call(db, sql):
    """All rows of all its results, or the error's number."""
    found = []
    with db.cursor() as cursor:
        try:
            cursor.execute(sql)
            found.append(cursor.fetchall())
            while cursor.nextset():
                found.append(cursor.fetchall())
        except pymysql.MySQLError as error:
            return error.args[0]
    return found


@pytest.mark.smoke
def test_a_session_that_calls_procedures_keeps_its_reads_on_replicas(hg, log):
    with hg.connect() as db:
        for _ in range(5):
            for sql in ("CALL h_read()", "CALL h_write()", "INSERT INTO g (n) VALUES (4)", "SELECT f_read()", "CALL h_var()"):
                call(db, sql)
                mark = f"read-{next(number)}-"
                rows(db, f"SELECT '{mark}', COUNT(*) FROM g")
                assert set(log.where(mark)) <= REPLICAS, sql
        assert re.fullmatch(r"user variables \d+s", pins_of(hg, db.thread_id()))
        call(db, "CALL h_lock()")
        mark = f"read-{next(number)}-"
        rows(db, f"SELECT '{mark}', COUNT(*) FROM g")
        assert log.where(mark) == ["db1"]


@pytest.mark.smoke
def test_a_procedure_that_only_reads_runs_on_a_replica_and_sees_what_the_session_has_written(hg, log):
    with hg.connect() as db:
        for _ in range(5):
            before = value(db, "SELECT COUNT(*) FROM g")
            call(db, "CALL h_write()")
            mark = f"call-{next(number)}-"
            assert call(db, f"CALL h_read() /* {mark} */") != []
            assert set(log.where(mark)) <= REPLICAS
            assert value(db, "SELECT f_read()") == before + 1
    with hg.connect() as db:
        mark = f"call-{next(number)}-"
        for sql in ("START TRANSACTION READ ONLY", f"CALL h_read() /* {mark} */", "COMMIT"):
            assert isinstance(call(db, sql), list)
        assert set(log.where(mark)) <= REPLICAS


@pytest.mark.smoke
def test_a_procedure_that_changes_is_known_anew(cluster, hg, log):
    with hg.connect(user="app") as db:
        cluster.sql("db1", "CREATE PROCEDURE test.changing() SELECT 1")
        stored_code.wait_known(hg, "test.changing")
        wait_until(lambda: stored_code.known(hg)[("procedure", "test.changing")] == "reads", "it only reads")
        cluster.sql("db1", "DROP PROCEDURE test.changing; CREATE PROCEDURE test.changing() DO GET_LOCK('changed', 0)")
        wait_until(lambda: "locks" in stored_code.known(hg)[("procedure", "test.changing")], "it takes a lock")
        mark = f"call-{next(number)}-"
        call(db, f"CALL changing() /* {mark} */")
        assert log.where(mark) == ["db1"]
        assert "the server does not report" in pins_of(hg, db.thread_id())


@pytest.mark.smoke
def test_explain_and_show_routines_say_what_was_found(hg):
    found = stored_code.known(hg)
    assert found[("procedure", "test.h_read")] == "reads"
    assert found[("view", "test.gv")] == "reads"
    assert found[("trigger", "test.gt")] == "sets user variables"
    row = next(row for row in hg.show("routines test") if row["name"] == "h_write")
    assert row["effects"] == "writes" and row["through"] is None and row["read_s"] < 60
    answer = hg.json("explain CALL test.h_write()")[0]
    assert (answer["place"], answer["code"], answer["then_pinned"]) == ("primary", "procedure test.h_write: writes", "no")
    answer = hg.json("explain CALL test.h_read()")[0]
    assert (answer["place"], answer["code"], answer["statement"]) == \
        ("replica", "procedure test.h_read: reads", "read with stored functions whose code only reads")
    answer = hg.json("explain INSERT INTO test.gt (n) VALUES (1)")[0]
    assert answer["code"] == "trigger test.gt: sets user variables"
    assert hg.json("explain CALL test.nosuch()")[0]["code"] == "procedure test.nosuch: not known"
    with hg.connect() as db:
        answer = hg.json(f"explain session {db.thread_id()} CALL h_lock()")[0]
        assert answer["code"].startswith("procedure test.h_lock: takes or releases locks")
        assert answer["then_pinned"] == "yes"


# ---- generated bodies ----

NOTHING = ["SELECT n FROM g ORDER BY id LIMIT 2", "SELECT COUNT(*) INTO x FROM g", "SET x = x + 1", "DO x", "CALL h_read()",
           "SELECT f_read(), x", "SELECT MAX(m) INTO x FROM gv", "INSERT INTO g (n) VALUES (x)", "CALL h_write()",
           "UPDATE g SET n = n + 1 WHERE id = 1", "SELECT LAST_INSERT_ID(x + 40)", "SAVEPOINT s", "COMMIT",
           "SIGNAL SQLSTATE '45000'", "DELETE FROM g WHERE id = 2"]
VARIABLES = ["SET @a = x + 1", "SELECT x INTO @b", "CALL h_var()", "INSERT INTO gt (n) VALUES (x)"]
OPENS = ["START TRANSACTION"]
HIDES = ["CREATE TEMPORARY TABLE IF NOT EXISTS made (a INT)", "DO GET_LOCK(CONCAT(DATABASE(), '-lock'), 0)",
         "SET SESSION sql_select_limit = 10", "PREPARE ps FROM 'SELECT 1'", "CALL h_lock()", "CALL h_table()"]
AFTER = ["SELECT LAST_INSERT_ID()", "SELECT @a, @b, @t", "SELECT COUNT(*) FROM made", "EXECUTE ps", "SELECT @@sql_select_limit",
         "SELECT IS_USED_LOCK(CONCAT(DATABASE(), '-lock')) = CONNECTION_ID()", "SELECT COUNT(*), SUM(n) FROM g", "ROLLBACK",
         "SELECT COUNT(*), SUM(n) FROM g"]


class Body:
    """A random body, and what it may leave, known from what it is made of."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.text = "BEGIN DECLARE x INT DEFAULT 1; " + self.statements(3) + " END"

    def has(self, statements):
        return any(f"{statement};" in self.text for statement in statements)

    def statements(self, depth):
        return " ".join(self.statement(depth) + ";" for _ in range(self.chance.randint(1, 3)))

    def statement(self, depth):
        if depth == 0 or self.chance.random() < 0.6:
            return self.plain()
        inner, other = self.statements(depth - 1), self.statements(depth - 1)
        return self.chance.choice([
            f"BEGIN DECLARE y INT DEFAULT x; DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN SET x = y; END; {inner} END",
            f"IF x > {self.chance.randint(0, 3)} THEN {inner} ELSE {other} END IF",
            f"CASE x WHEN 1 THEN {inner} WHEN 2 THEN {other} ELSE BEGIN END; END CASE",
            f"l{depth}: LOOP {inner} LEAVE l{depth}; END LOOP",
            f"BEGIN DECLARE i INT DEFAULT 0; WHILE i < 2 DO SET i = i + 1; {inner} END WHILE; END",
            f"BEGIN DECLARE j INT DEFAULT 0; REPEAT SET j = j + 1; {inner} UNTIL j = CASE WHEN j THEN j ELSE 1 END END REPEAT; END",
        ])

    def plain(self):
        kind = self.chance.random()
        return self.chance.choice(NOTHING if kind < 0.85 else VARIABLES if kind < 0.92 else OPENS if kind < 0.94 else HIDES)


@pytest.mark.smoke
def test_generated_bodies_lose_nothing_and_pin_nothing_without_a_cause(cluster, objects):
    """The connections of the primary are so few that a session without state must let another one have its."""
    bodies = [Body(SEED * 1000 + i) for i in range(BODIES)]
    hidden = sum(body.has(HIDES) for body in bodies)
    assert BODIES // 8 < hidden < BODIES - BODIES // 8
    for schema in SCHEMAS:
        cluster.sql("db1", f"USE {schema}; TRUNCATE g; {COMMON[1]}")
    for i, body in enumerate(bodies):
        for schema in SCHEMAS:
            cluster.sql("db1", f"USE {schema}; CREATE PROCEDURE generated{i}() {body.text}")
    cluster.sync()
    with Headgate(cluster, {"max_connections": 2}, cluster_settings=stored_code.SETTINGS) as hg, \
            hg.connect() as holder, hg.connect() as thief:
        stored_code.wait_known(hg, f"test.generated{BODIES - 1}")
        rows(holder, "SELECT GET_LOCK('holder', 0)")
        for i, body in enumerate(bodies):
            check(cluster, hg, thief, body, f"generated{i}")
        hg.check_log()


def check(cluster, hg, thief, body, name):
    with hg.connect() as db, cluster.connect("db1", database="app2", autocommit=True) as twin:
        told = call(db, f"CALL {name}()")
        assert told == call(twin, f"CALL {name}()"), (name, body.text)
        if isinstance(told, int):   # whether a transaction is open is known with the next OK
            assert call(db, "DO 1") == call(twin, "DO 1")
        pins = pins_of(hg, db.thread_id())
        assert ("the server does not report" in pins) == body.has(HIDES), (name, body.text, pins)
        if not body.has(HIDES + VARIABLES + OPENS):
            assert re.fullmatch(r"(warnings, an error, .* \d+s)?", pins), (name, body.text, pins)
            rows(thief, "UPDATE g SET n = n WHERE id = 1")   # takes its connection
        for sql in AFTER:
            mine, other = call(db, sql), call(twin, sql)
            assert mine == other, (name, body.text, sql, mine, other)
