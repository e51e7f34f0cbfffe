"""Every row of tests/data/routing.tsv on real servers: where its judged statement ran, by the servers' general logs,
and why, by headgate's own word."""

import pytest

import routing
import stored_code
from headgate import Headgate, Log

pytestmark = pytest.mark.room("route")

# `explain session <id> <SQL>` answers in the state of that session. Without it, only rows of one statement are asked.
HAS_EXPLAIN_SESSION = True
ROWS_WANTED = 700

SCHEMA = [
    "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40), n INT, KEY (n), FULLTEXT (name)) ENGINE=InnoDB",
    "INSERT INTO t (name, n) VALUES ('one', 1), ('two', 2), ('three', 3)",
    "CREATE TABLE w (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80), n INT) ENGINE=InnoDB",
    "INSERT INTO w (name, n) VALUES ('one', 1), ('two', 2), ('three', 3)",
    "CREATE TABLE app2.t2 (id INT PRIMARY KEY)",
    "CREATE TABLE j (id INT PRIMARY KEY, doc JSON)",
    "CREATE TABLE g (id INT PRIMARY KEY, p POINT)",
    "CREATE VIEW v AS SELECT id, UPPER(name) AS loud FROM t",
    "CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC RETURN a * 2",
    "CREATE FUNCTION f_writes() RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO w (name) VALUES ('by f'); RETURN 1; END",
    "CREATE FUNCTION f_sets() RETURNS INT BEGIN SET @by_f = 5; RETURN 1; END",
    "CREATE FUNCTION f_lock() RETURNS INT RETURN GET_LOCK('by f', 0)",
    "CREATE FUNCTION f_temporary() RETURNS INT BEGIN CREATE TEMPORARY TABLE by_f (a INT); RETURN 1; END",
    "CREATE PROCEDURE p_nothing() BEGIN END",
    "CREATE PROCEDURE p_select() BEGIN SELECT 1 AS a; SELECT 2 AS b; END",
    "CREATE PROCEDURE p_out(OUT a INT) SET a = 7",
    "CREATE PROCEDURE p_temporary() CREATE TEMPORARY TABLE by_p (a INT)",
    "CREATE PROCEDURE p_autocommit() SET autocommit = 0",
    "CREATE PROCEDURE p_begin() START TRANSACTION",
    "CREATE PROCEDURE p_variable() SET @by_p = 5",
    "CREATE PROCEDURE p_lock() DO GET_LOCK('by p', 0)",
    "CREATE TABLE guarded (id INT AUTO_INCREMENT PRIMARY KEY, n INT) ENGINE=InnoDB",
    "CREATE TABLE noted (id INT AUTO_INCREMENT PRIMARY KEY, n INT) ENGINE=InnoDB",
    "CREATE TABLE plain (id INT AUTO_INCREMENT PRIMARY KEY, n INT) ENGINE=InnoDB",
    "CREATE TRIGGER guarded_lock BEFORE INSERT ON guarded FOR EACH ROW SET NEW.n = GET_LOCK('by trigger', 0)",
    "CREATE TRIGGER noted_set BEFORE INSERT ON noted FOR EACH ROW SET @by_trigger = NEW.n",
    "CREATE TRIGGER plain_count BEFORE INSERT ON plain FOR EACH ROW SET NEW.n = (SELECT COUNT(*) FROM w)",
    "CREATE VIEW v_f AS SELECT id, f(n) AS d FROM t",
    "CREATE VIEW v_lock AS SELECT f_lock() AS l",
    "CREATE FUNCTION f_reads() RETURNS INT READS SQL DATA RETURN (SELECT COUNT(*) FROM t)",
    "CREATE FUNCTION f_asks() RETURNS INT READS SQL DATA RETURN @by_client",
    "CREATE PROCEDURE q_read(a INT) SELECT * FROM t WHERE id = a",
    """CREATE PROCEDURE q_cursor() BEGIN DECLARE done, x, s INT DEFAULT 0;
        DECLARE c CURSOR FOR SELECT id FROM t; DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1;
        OPEN c; l: LOOP FETCH c INTO x; IF done THEN LEAVE l; END IF; SET s = s + x; END LOOP; CLOSE c; SELECT s; END""",
    "CREATE PROCEDURE q_through(a INT) BEGIN CALL q_read(a); CALL p_select(); SELECT f(a), f_reads() FROM v; END",
    "CREATE PROCEDURE q_out(IN a INT, OUT b INT) SELECT n INTO b FROM t WHERE id = a",
    "CREATE PROCEDURE q_write() INSERT INTO w (name) VALUES ('by q')",
    "CREATE PROCEDURE q_guarded() INSERT INTO guarded (n) VALUES (1)",
    "CREATE PROCEDURE q_commit() BEGIN START TRANSACTION; INSERT INTO w (name) VALUES ('by q'); COMMIT; END",
    "CREATE PROCEDURE q_dynamic() BEGIN PREPARE by_q FROM 'SELECT 1'; EXECUTE by_q; END",
    "CREATE PROCEDURE q_mode() SET SESSION sql_mode = @@sql_mode",
    "CREATE PROCEDURE q_ask() SELECT @by_client",
    "CREATE PROCEDURE q_server() SELECT @@server_id, CONNECTION_ID()",
    "CREATE PROCEDURE q_update() SELECT id FROM t WHERE id = 1 FOR UPDATE",
    "CREATE PROCEDURE q_signal() SIGNAL SQLSTATE '45000'",
    "CREATE PROCEDURE q_table() BEGIN DROP TABLE IF EXISTS by_q; CREATE TABLE by_q (a INT); END",
    "CREATE PROCEDURE q_deep() CALL q_deeper()",
    "CREATE PROCEDURE q_deeper() CALL p_lock()",
    "CREATE PROCEDURE q_last() SELECT LAST_INSERT_ID(5)",
    "CREATE TABLE guarded2 (id INT AUTO_INCREMENT PRIMARY KEY, n INT) ENGINE=InnoDB",
    "INSERT INTO guarded2 (n) VALUES (1), (2)",
    "CREATE TRIGGER guarded2_update BEFORE UPDATE ON guarded2 FOR EACH ROW SET NEW.n = GET_LOCK('by trigger', 0)",
    "CREATE TRIGGER guarded2_delete BEFORE DELETE ON guarded2 FOR EACH ROW SET @by_delete = OLD.n",
    "CREATE TABLE deep (id INT AUTO_INCREMENT PRIMARY KEY, n INT) ENGINE=InnoDB",
    "CREATE TRIGGER deep_insert AFTER INSERT ON deep FOR EACH ROW INSERT INTO guarded (n) VALUES (NEW.n)",
    "CREATE FUNCTION f_sleep() RETURNS INT RETURN SLEEP(0)",
    "CREATE FUNCTION f_through() RETURNS INT RETURN f_lock() + 1",
    "CREATE VIEW v_f_reads AS SELECT f_reads() AS a",
    "CREATE VIEW v_write AS SELECT id, f_writes() AS a FROM t WHERE id = 1",
    "CREATE VIEW v_where AS SELECT id FROM t WHERE id = 1 AND f_writes() = 1",
    "CREATE VIEW v_sets AS SELECT f_sets() AS a",
    "CREATE VIEW v_sleep AS SELECT f_sleep() AS a",
    "CREATE VIEW v_get_lock AS SELECT GET_LOCK('by view', 0) AS a",
    "CREATE VIEW v_through AS SELECT f_through() AS a",
    "CREATE VIEW v_server AS SELECT CONNECTION_ID() AS a",
    "CREATE VIEW v_last AS SELECT LAST_INSERT_ID() AS a",
    "CREATE VIEW v_asks AS SELECT f_asks() AS a",
    "CREATE VIEW v_union AS SELECT id FROM t UNION SELECT f_writes()",
    "CREATE VIEW v_nested AS SELECT id, loud FROM v WHERE id IN (SELECT id FROM t)",
    "CREATE VIEW v_nested_f AS SELECT v.id, d FROM v JOIN v_f ON v.id = v_f.id",
    "CREATE VIEW v_over AS SELECT * FROM v_write",
    "CREATE VIEW v_over_over AS SELECT t.id FROM t WHERE t.id IN (SELECT id FROM v_over)",
    "CREATE VIEW `Odd view` AS SELECT f_writes() AS a",
    "CREATE VIEW v_w AS SELECT id, n FROM w",
    "CREATE VIEW v_guarded AS SELECT id, n FROM guarded",
    "CREATE VIEW app2.v AS SELECT test.f_writes() AS id",
    "CREATE VIEW app2.v_write AS SELECT id FROM app2.t2",
    "CREATE ROLE r",
    "GRANT SELECT ON app.* TO r",
    "GRANT r TO app@'%'",
    "GRANT RELOAD ON *.* TO app@'%'",
]
SCHEMA_OF = {
    "mariadb": ["CREATE SEQUENCE s", "CREATE TABLE history (a INT) WITH SYSTEM VERSIONING",
                "CREATE TABLE portions (a INT, b DATE, e DATE, PERIOD FOR p (b, e))",
                # One for each row: 10.11 and 11 crash when one is read on a connection that was reset since it was read there.
                *(f"CREATE TABLE generated{n} (id INT, a INT AS (id + 1) VIRTUAL, b INT AS (@by_column := id) VIRTUAL)" for n in (1, 2, 3)),
                "CREATE TABLE innocent (id INT, a INT AS (id + 1) VIRTUAL)",
                "CREATE VIEW v_generated AS SELECT id, b FROM generated3",
                "CREATE VIEW v_draws AS SELECT NEXT VALUE FOR s AS a"],
    "mysql": ["GRANT BACKUP_ADMIN, XA_RECOVER_ADMIN ON *.* TO app@'%'"],
}


def prepare(cluster):
    """The objects the rows use; and MySQL logs only with log_raw what it cannot parse."""
    primary = cluster.primary()
    for node in cluster.nodes():
        node.sql("SET GLOBAL log_bin_trust_function_creators = 1")
        if cluster.family == "mysql":
            node.sql("SET GLOBAL log_raw = 1")
    for sql in [*SCHEMA, *SCHEMA_OF[cluster.family]]:
        primary.sql(f"USE test; {sql}")
    cluster.sync()


class Outcome:
    """Complaints of all rows, and what is needed to judge them."""

    def __init__(self, cluster, rows):
        self.rows, self.primary = rows, cluster.primary().name
        self.complaints, self.said = [], {}
        stored_code.hide(cluster)
        with Log(cluster):
            with Headgate(cluster) as hg:
                self._run(hg, [row for row in rows if not row.is_known])
            stored_code.grant(cluster)
            with Headgate(cluster, cluster_settings=stored_code.SETTINGS) as hg:
                stored_code.wait_known(hg, "test.p_lock")
                self._run(hg, [row for row in rows if row.is_known])
            self.found = routing.tags_by_node(cluster)

    def _run(self, hg, rows):
        for row in rows:
            explain = routing.explained if HAS_EXPLAIN_SESSION else None
            complaints, said = routing.run_row(hg, row, explain)
            self.complaints += complaints
            if not HAS_EXPLAIN_SESSION and len(row.statements) == 1:
                said = routing.explained(hg, row)
            self.said[row.line] = said


@pytest.fixture(scope="module")
def outcome(cluster):
    prepare(cluster)
    rows = [row for row in routing.read_rows() if row.families in ("both", cluster.family)]
    return Outcome(cluster, rows)


def report(lines):
    return f"{len(lines)} rows:\n" + "\n".join(lines)


def test_every_row_is_well_formed():
    rows = routing.read_rows()
    names = routing.names_of_reasons()
    assert len(rows) >= ROWS_WANTED
    wrong = [str(row) for row in rows if row.families not in routing.FAMILIES or row.place not in routing.PLACES
             or not all(s.text or s is row.judged for s in row.statements)]
    assert not wrong, report(wrong)
    unknown = [f"{row}: no such reason: {row.reason}" for row in rows if row.reason not in names]
    assert not unknown, report(unknown)


@pytest.mark.smoke
def test_every_statement_succeeds_or_fails_as_told(outcome):
    assert not outcome.complaints, report(outcome.complaints)


@pytest.mark.smoke
def test_every_judged_statement_runs_in_its_place(outcome):
    wrong = []
    for row in outcome.rows:
        place = routing.place_of(row, outcome.found, outcome.primary)
        if place != routing.expected_place(row):
            wrong.append(f"{row}\n    expected {row.place} ({row.reason}), got {place}")
    assert not wrong, report(wrong)


@pytest.mark.smoke
def test_every_judged_statement_has_its_reason(outcome):
    wrong = []
    for row in outcome.rows:
        if (said := outcome.said[row.line]) is None:
            continue
        place, names = said
        expected = row.place.split("=")[-1 if HAS_EXPLAIN_SESSION else 0]
        if row.reason not in names or place != expected:
            wrong.append(f"{row}\n    expected {row.place} {row.reason}, explain said {place} {' '.join(sorted(names))}")
    assert not wrong, report(wrong)
