"""Views run code: what reads from a view may do more than read, and then it runs on the primary."""

import itertools

import pymysql
import pytest

import mysqlwire as w
from client import execute
from headgate import Headgate, Log, rows
from proxy import wait_until

pytestmark = pytest.mark.room("sql", "stored_code")

REPLICAS = {"db2", "db3"}
number = itertools.count(1)
INTERVAL = "1h"  # in most tests: what is learnt is learnt because a change has passed

# The least that shows which names are views and what they and the routines in them do.
GRANTS = {"mariadb": ["SELECT, SHOW VIEW, TRIGGER ON *.*"], "mysql": ["SELECT, SHOW VIEW, TRIGGER, SHOW_ROUTINE ON *.*"]}
PREPARE = """
CREATE TABLE test.t (id INT PRIMARY KEY, n INT) ENGINE=InnoDB; INSERT INTO test.t VALUES (1, 1), (2, 2);
CREATE TABLE test.written (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB;
CREATE FUNCTION test.f_write() RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO test.written VALUES (); RETURN 1; END;
CREATE FUNCTION test.f_lock() RETURNS INT DETERMINISTIC READS SQL DATA RETURN GET_LOCK('test_views', 0);
CREATE FUNCTION test.f_var() RETURNS INT DETERMINISTIC NO SQL BEGIN SET @left_behind = 1; RETURN 1; END;
CREATE FUNCTION test.f_pure() RETURNS INT DETERMINISTIC NO SQL RETURN 5;
CREATE VIEW test.v_plain AS SELECT id, n FROM test.t;
CREATE VIEW test.v_write AS SELECT id, test.f_write() AS w FROM test.t;
CREATE VIEW test.v_over AS SELECT id, w FROM test.v_write;
CREATE VIEW test.v_lock AS SELECT test.f_lock() AS l;
CREATE VIEW test.v_var AS SELECT test.f_var() AS l;
CREATE VIEW test.v_pure AS SELECT test.f_pure() AS l;
CREATE VIEW app2.v_plain AS SELECT test.f_write() AS n;
CREATE VIEW test.v_get_lock AS SELECT GET_LOCK('test_views', 0) AS l;
"""


def grant(cluster, verb="GRANT", where="TO"):
    for right in GRANTS[cluster.family]:
        cluster.sql("db1", f"{verb} {right} {where} 'monitor'@'%'")


@pytest.fixture(scope="module", autouse=True)
def tables(cluster):
    for statement in PREPARE.strip().split(";\n"):
        cluster.sql("db1", statement.rstrip(";"))
    bypass = "SUPER" if cluster.family == "mysql" else "READ_ONLY ADMIN"
    cluster.sql("db1", f"GRANT {bypass} ON *.* TO other@'%'")
    grant(cluster)
    cluster.sync()


@pytest.fixture(scope="module")
def running(cluster, tables):
    settings = {"read_functions_interval": INTERVAL, "slow_start": "off"}
    with Headgate(cluster, cluster_settings=settings) as headgate:
        wait_until(lambda: "stored code: " in headgate.log(), "stored code is known")
        yield headgate


@pytest.fixture
def log(cluster):
    with Log(cluster) as log:
        yield log


def where(hg, log, sql, db=None, **options):
    """Names of the servers that ran it, marked at its end; for a session without a past, unless there is one."""
    mark = f"mark-{next(number)}-"
    if db is not None:
        rows(db, f"{sql} /* {mark} */")
    else:
        with hg.connect(**options) as db:
            rows(db, f"{sql} /* {mark} */")
    return set(log.where(mark))


def on_a_replica(places):
    return len(places) == 1 and places <= REPLICAS


@pytest.mark.smoke
@pytest.mark.scenario
@pytest.mark.parametrize("user", ["app", "other"])
def test_views_that_only_read_run_on_replicas(hg, log, user):
    options = {"user": user, "password": f"{user}_pw"}
    for sql in ("SELECT * FROM v_plain", "SELECT * FROM test.v_plain v JOIN t USING (id)", "SELECT 1 FROM t"):
        assert on_a_replica(where(hg, log, sql, **options)), sql


@pytest.mark.smoke
@pytest.mark.scenario
@pytest.mark.parametrize("user", ["app", "other"])
def test_views_that_run_code_run_on_the_primary(cluster, hg, log, user):
    options = {"user": user, "password": f"{user}_pw"}
    before = cluster.sql("db1", "SELECT COUNT(*) FROM test.written")[0][0]
    for sql in ("SELECT * FROM v_write", "SELECT * FROM `v_write` AS x", "SELECT w FROM test.v_over",
                "SELECT 1 FROM t WHERE id IN (SELECT w FROM v_write)", "WITH c AS (SELECT * FROM v_over) SELECT * FROM c",
                "SELECT * FROM v_lock", "SELECT * FROM v_var", "SELECT * FROM v_get_lock", "SELECT * FROM v_pure"):
        assert where(hg, log, sql, **options) == {"db1"}, sql
    assert where(hg, log, "SELECT * FROM v_plain", database="app2", **options) == {"db1"}
    assert cluster.sql("db1", "SELECT COUNT(*) FROM test.written")[0][0] > before
    cluster.sync()
    for replica in REPLICAS:  # nothing was written there alone
        assert cluster.sql(replica, "SELECT COUNT(*) FROM test.written") == cluster.sql("db1", "SELECT COUNT(*) FROM test.written")


@pytest.mark.smoke
def test_a_prepared_statement_learns_what_its_view_has_become(cluster, hg, log):
    cluster.sql("db1", "CREATE VIEW test.v_turns AS SELECT id FROM test.t")
    cluster.sync()
    with hg.connect() as ddl:
        rows(ddl, "CREATE OR REPLACE VIEW test.v_turns AS SELECT id FROM test.t")
    with hg.wire() as client:
        statement = client.command(w.PREPARE, "SELECT /* turns */ * FROM v_turns").statement_id

        def counts():
            return {node.name: node.logged().count("/* turns */") for node in cluster.nodes()}

        def place():
            before = counts()
            assert client.command(w.EXECUTE, execute(statement)).error is None
            after = counts()
            return {name for name in after if after[name] > before[name]}
        wait_until(lambda: on_a_replica(place()), "the view is known")
        with hg.connect() as ddl:
            rows(ddl, "CREATE OR REPLACE VIEW test.v_turns AS SELECT test.f_write() AS id")
        cluster.sync()
        for _ in range(5):
            assert place() == {"db1"}


@pytest.mark.smoke
def test_a_view_made_a_moment_ago_is_never_taken_for_a_table(cluster, hg, log):
    """A table of that name was there before, and read on replicas; in the same session and in another one."""
    for n in range(5):
        with hg.connect() as ddl, hg.connect() as reader:
            rows(ddl, f"CREATE TABLE fresh{n} (id INT)")
            cluster.sync()
            assert on_a_replica(where(hg, log, f"SELECT * FROM fresh{n}", reader))
            rows(ddl, f"DROP TABLE fresh{n}")
            rows(ddl, f"CREATE VIEW fresh{n} AS SELECT f_write() AS w")
            cluster.sync()
            for _ in range(5):
                assert where(hg, log, f"SELECT * FROM fresh{n}", reader) == {"db1"}
            rows(ddl, f"RENAME TABLE fresh{n} TO moved{n}")
            cluster.sync()
            for _ in range(5):
                assert where(hg, log, f"SELECT * FROM moved{n}", reader) == {"db1"}


@pytest.mark.smoke
def test_other_tables_are_read_on_replicas_while_code_changes(cluster, hg, log):
    """A change of one view makes no other table doubtful, and views are known again soon."""
    with hg.connect() as ddl, hg.connect() as reader:
        for _ in range(10):
            rows(ddl, "CREATE OR REPLACE VIEW v_changing AS SELECT id FROM t")
            assert on_a_replica(where(hg, log, "SELECT * FROM t", reader))
        cluster.sync()
        wait_until(lambda: on_a_replica(where(hg, log, "SELECT * FROM v_plain", reader)), "views are known again")
        assert on_a_replica(where(hg, log, "SELECT * FROM v_changing", reader))


@pytest.mark.smoke
def test_a_change_made_elsewhere_is_known_with_the_next_survey(cluster, log):
    with Headgate(cluster, cluster_settings={"read_functions_interval": "50ms", "read_functions": True, "slow_start": "off"}) as hg:
        wait_until(lambda: on_a_replica(where(hg, log, "SELECT * FROM v_pure")), "functions that only read may run there")
        cluster.sql("db1", "CREATE VIEW test.v_elsewhere AS SELECT test.f_write() AS w")
        cluster.sync()
        wait_until(lambda: where(hg, log, "SELECT * FROM v_elsewhere") == {"db1"}, "the new view is known")
        # (In other words: what a replica has refused is not asked of one again.)
        cluster.sql("db1", "CREATE OR REPLACE VIEW test.v_elsewhere AS SELECT 1 AS w")
        cluster.sync()
        wait_until(lambda: on_a_replica(where(hg, log, "SELECT w FROM v_elsewhere")), "… and what it has become")


@pytest.mark.family("mariadb")
def test_a_generated_column_that_sets_a_variable_is_read_on_the_primary(cluster, hg, log):
    with hg.connect() as db, hg.connect() as reader:
        rows(db, "CREATE TABLE g (id INT, a INT AS (@generated := id) VIRTUAL)")
        rows(db, "INSERT INTO g (id) VALUES (7)")
        cluster.sync()
        for _ in range(5):
            assert where(hg, log, "SELECT a FROM g", reader) == {"db1"}
        wait_until(lambda: on_a_replica(where(hg, log, "SELECT * FROM v_plain")), "views are known again")
        assert where(hg, log, "SELECT a FROM g", reader) == {"db1"}


# ---- accounts that read_only does not hold ----

@pytest.mark.smoke
def test_accounts_that_bypass_read_only_are_told(hg):
    users = {row["name"]: row["read_only"] for row in hg.show("users")}
    assert users["app"] == "holds" and users["other"] == "bypassed", users
    warning, = [line for line in hg.log().splitlines() if "read_only does not hold it" in line]
    assert "account 'other' has " in warning and " warning " in warning


@pytest.mark.smoke
def test_a_reload_tells_it_again(cluster, tables):
    with Headgate(cluster) as hg:
        wait_until(lambda: "account 'other' has" in hg.log(), "it is told")
        hg.json("reload")
        wait_until(lambda: hg.log().count("account 'other' has") >= 2, "it is told again")


@pytest.mark.smoke
def test_where_views_are_not_known_such_an_account_reads_no_table_on_a_replica(cluster, log):
    """… where an account that read_only holds does: a write there is refused, and runs on the primary."""
    grant(cluster, "REVOKE", "FROM")
    try:
        with Headgate(cluster, cluster_settings={"slow_start": "off"}) as hg:
            wait_until(lambda: {row["read_only"] for row in hg.show("users")} == {"holds", "bypassed"}, "accounts are known")
            other = {"user": "other", "password": "other_pw"}
            before = cluster.sql("db1", "SELECT COUNT(*) FROM test.written")[0][0]
            for sql in ("SELECT * FROM t", "SELECT * FROM v_write", "SELECT (SELECT MAX(w) FROM v_write)"):
                assert where(hg, log, sql, **other) == {"db1"}, sql
            assert on_a_replica(where(hg, log, "SELECT 1", **other))
            assert on_a_replica(where(hg, log, "SELECT * FROM t"))
            assert "db1" in where(hg, log, "SELECT * FROM v_write WHERE id = 1")
            assert cluster.sql("db1", "SELECT COUNT(*) FROM test.written")[0][0] > before
            cluster.sync()
            for replica in REPLICAS:
                assert cluster.sql(replica, "SELECT COUNT(*) FROM test.written") == cluster.sql("db1", "SELECT COUNT(*) FROM test.written")
    finally:
        grant(cluster)


@pytest.mark.smoke
def test_such_an_account_writes_nothing_through_a_listener_of_replicas(cluster, hg):
    with hg.connect("reads", user="other", password="other_pw") as db:
        assert rows(db, "SELECT COUNT(*) FROM t")
        rows(db, "SET @a = 1")
        for sql in ("INSERT INTO t VALUES (77, 7)", "CREATE TABLE never (a INT)", "SELECT f_write()", "SELECT * FROM v_write", "CALL nothing()"):
            with pytest.raises(pymysql.MySQLError) as error:
                rows(db, sql)
            assert error.value.args[0] == 1235 and "read_only does not hold the account" in error.value.args[1], (sql, error.value)
