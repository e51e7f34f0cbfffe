"""Every row of tests/data/routing.tsv on real servers: where its judged statement ran, by the servers' general logs,
and why, by headgate's own word."""

import pytest

import routing
from headgate import Headgate, Log

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
    "CREATE FUNCTION f_temporary() RETURNS INT BEGIN CREATE TEMPORARY TABLE by_f (a INT); RETURN 1; END",
    "CREATE PROCEDURE p_nothing() BEGIN END",
    "CREATE PROCEDURE p_select() BEGIN SELECT 1 AS a; SELECT 2 AS b; END",
    "CREATE PROCEDURE p_out(OUT a INT) SET a = 7",
    "CREATE PROCEDURE p_temporary() CREATE TEMPORARY TABLE by_p (a INT)",
    "CREATE PROCEDURE p_autocommit() SET autocommit = 0",
    "CREATE PROCEDURE p_begin() START TRANSACTION",
    "CREATE PROCEDURE p_variable() SET @by_p = 5",
    "CREATE PROCEDURE p_lock() DO GET_LOCK('by p', 0)",
    "CREATE ROLE r",
    "GRANT SELECT ON app.* TO r",
    "GRANT r TO app@'%'",
    "GRANT RELOAD ON *.* TO app@'%'",
]
SCHEMA_OF = {
    "mariadb": ["CREATE SEQUENCE s", "CREATE TABLE history (a INT) WITH SYSTEM VERSIONING",
                "CREATE TABLE portions (a INT, b DATE, e DATE, PERIOD FOR p (b, e))"],
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
        with Headgate(cluster) as hg, Log(cluster):
            for row in rows:
                explain = routing.explained if HAS_EXPLAIN_SESSION else None
                complaints, said = routing.run_row(hg, row, explain)
                self.complaints += complaints
                if not HAS_EXPLAIN_SESSION and len(row.statements) == 1:
                    said = routing.explained(hg, row)
                self.said[row.line] = said
            self.found = routing.tags_by_node(cluster)


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
