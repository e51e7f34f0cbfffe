"""Stored functions: those whose bodies only read run on replicas, if their names leave no doubt."""

import itertools

import pymysql
import pytest

from headgate import Headgate, Log, rows, value
from proxy import wait_until

pytestmark = pytest.mark.room("sql", "stored_code")

REPLICAS = {"db2", "db3"}
number = itertools.count(1)

GRANTS = {"mariadb": ["SELECT ON mysql.proc", "SELECT ON mysql.func", "SHOW VIEW ON *.*"],
          "mysql": ["SHOW_ROUTINE ON *.*", "SHOW VIEW ON *.*"]}  # the sandbox's monitor reads performance_schema anyway
BODIES = {"READS SQL DATA": "RETURN (SELECT COUNT(*) FROM test.t)",
          "NO SQL": "RETURN 5",
          "CONTAINS SQL": "RETURN GET_LOCK('test_routines', 0)",
          "MODIFIES SQL DATA": "BEGIN INSERT INTO test.written VALUES (); RETURN 5; END"}


def grant(cluster):
    for right in GRANTS[cluster.family]:
        cluster.sql("db1", f"GRANT {right} TO 'monitor'@'%'")


def revoke(cluster):
    for right in GRANTS[cluster.family]:
        cluster.sql("db1", f"REVOKE {right} FROM 'monitor'@'%'")


@pytest.fixture(scope="module", autouse=True)
def tables(cluster):
    cluster.sql("db1", "CREATE TABLE test.t (id INT PRIMARY KEY) ENGINE=InnoDB; "
                       "CREATE TABLE test.written (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB")
    grant(cluster)
    cluster.sync()


@pytest.fixture(scope="module")
def running(cluster, tables):
    settings = {"read_functions": True, "read_functions_interval": "100ms"}
    with Headgate(cluster, cluster_settings=settings) as headgate:
        yield headgate


@pytest.fixture
def log(cluster):
    with Log(cluster) as log:
        yield log


def create(cluster, name, declared):
    cluster.sql("db1", f"DROP FUNCTION IF EXISTS {name}; "
                       f"CREATE FUNCTION {name}() RETURNS INT DETERMINISTIC {declared} {BODIES[declared]}")


def where(hg, log, call):
    """Names of the servers that ran it, each time for a session without a past."""
    mark = f"mark-{next(number)}-"
    with hg.connect() as db:
        rows(db, f"SELECT {call}, '{mark}'")
    return set(log.where(mark))


def goes_to_replicas(hg, log, call):
    places = where(hg, log, call)
    return len(places) == 1 and places <= REPLICAS


def surveyed(cluster, hg, log):
    """headgate has looked at the functions since now: it knows one that was not there before."""
    witness = f"test.witness_{next(number)}"
    create(cluster, witness, "NO SQL")
    cluster.sync()
    wait_until(lambda: goes_to_replicas(hg, log, f"{witness}()"), f"{witness} is known")


@pytest.mark.smoke
def test_functions_that_only_read_go_to_replicas(cluster, hg, log):
    create(cluster, "test.reading", "READS SQL DATA")
    create(cluster, "test.counting", "NO SQL")
    surveyed(cluster, hg, log)
    for call in ("reading()", "READING()", "test.reading()", "counting()", "reading() + counting()",
                 "(SELECT MAX(id) + counting() FROM t)"):
        assert goes_to_replicas(hg, log, call), call


@pytest.mark.smoke
def test_other_functions_stay_on_the_primary(cluster, hg, log):
    """Whatever they are declared to be."""
    create(cluster, "test.writing", "MODIFIES SQL DATA")
    create(cluster, "test.silent", "CONTAINS SQL")
    create(cluster, "test.innocent", "READS SQL DATA")
    surveyed(cluster, hg, log)
    before = cluster.sql("db1", "SELECT COUNT(*) FROM test.written")[0][0]
    for call in ("writing()", "test.writing()", "silent()", "innocent() + writing()", "writing() + innocent()"):
        assert where(hg, log, call) == {"db1"}, call
    assert cluster.sql("db1", "SELECT COUNT(*) FROM test.written")[0][0] == before + 4
    assert goes_to_replicas(hg, log, "innocent()")


@pytest.mark.smoke
def test_a_name_is_of_the_current_schema(cluster, hg, log):
    create(cluster, "test.twice", "READS SQL DATA")
    create(cluster, "app2.Twice", "MODIFIES SQL DATA")
    surveyed(cluster, hg, log)
    assert goes_to_replicas(hg, log, "twice()") and goes_to_replicas(hg, log, "test.twice()")
    assert where(hg, log, "app2.twice()") == {"db1"}
    with hg.connect(database="app2") as db:
        mark = f"mark-{next(number)}-"
        rows(db, f"SELECT twice(), '{mark}'")
        assert log.where(mark) == ["db1"]


@pytest.mark.smoke
def test_a_name_that_servers_take_for_another_is_ambiguous(cluster, hg, log):
    """Without its accent it is the same to them: shown here, because that is why."""
    create(cluster, "test.fur", "READS SQL DATA")
    create(cluster, "app2.`für`", "MODIFIES SQL DATA")
    surveyed(cluster, hg, log)
    with hg.connect(database="app2") as db:
        before = cluster.sql("db1", "SELECT COUNT(*) FROM test.written")[0][0]
        assert value(db, "SELECT fur()") == 5
        assert cluster.sql("db1", "SELECT COUNT(*) FROM test.written")[0][0] == before + 1
    assert where(hg, log, "fur()") == {"db1"}
    cluster.sql("db1", "DROP FUNCTION app2.`für`")
    surveyed(cluster, hg, log)
    assert goes_to_replicas(hg, log, "fur()")


@pytest.mark.smoke
def test_a_function_that_changes_is_forgotten(cluster, hg, log):
    create(cluster, "test.changing", "READS SQL DATA")
    surveyed(cluster, hg, log)
    assert goes_to_replicas(hg, log, "changing()")
    create(cluster, "test.changing", "MODIFIES SQL DATA")
    surveyed(cluster, hg, log)
    assert where(hg, log, "changing()") == {"db1"}
    cluster.sql("db1", "DROP FUNCTION test.changing")
    surveyed(cluster, hg, log)
    mark = f"mark-{next(number)}-"
    with hg.connect() as db, pytest.raises(pymysql.OperationalError) as error:
        rows(db, f"SELECT changing(), '{mark}'")
    assert error.value.args[0] == 1305
    assert log.where(mark) == ["db1"]


@pytest.mark.smoke
def test_without_the_right_to_see_all_functions_none_is_used(cluster, hg, log):
    create(cluster, "test.unseen", "READS SQL DATA")
    surveyed(cluster, hg, log)
    assert goes_to_replicas(hg, log, "unseen()")
    revoke(cluster)
    try:
        wait_until(lambda: "may not see all routines" in hg.log(), "the log says it")
        wait_until(lambda: where(hg, log, "unseen()") == {"db1"}, "no function is known")
        # To see this one is not enough: another of its name may be hidden.
        cluster.sql("db1", "GRANT EXECUTE ON FUNCTION test.unseen TO 'monitor'@'%'")
        enough = log.count("'LOADABLE'") + 3
        wait_until(lambda: log.count("'LOADABLE'") >= enough, "headgate has asked again")
        assert where(hg, log, "unseen()") == {"db1"}
        assert hg.log().count("may not see all routines") == 1
        assert {row["state"] for row in hg.show("servers")} == {"up"}
    finally:
        grant(cluster)
    wait_until(lambda: goes_to_replicas(hg, log, "unseen()"), "functions are known again")


@pytest.mark.family("mariadb")
@pytest.mark.smoke
def test_a_package_with_the_name_of_a_schema_is_not_mistaken_for_it(cluster, hg, log):
    create(cluster, "app2.inside", "READS SQL DATA")
    surveyed(cluster, hg, log)
    assert goes_to_replicas(hg, log, "app2.inside()")
    cluster.sql("db1", "SET sql_mode = ORACLE; "
                       "CREATE PACKAGE test.app2 AS FUNCTION inside RETURN INT; END; "
                       "CREATE PACKAGE BODY test.app2 AS FUNCTION inside RETURN INT AS "
                       "BEGIN INSERT INTO test.written VALUES (); RETURN 6; END; END")
    try:
        surveyed(cluster, hg, log)
        # Before MariaDB 11 only sessions with this sql_mode look for packages.
        with hg.connect(init_command="SET sql_mode = ORACLE") as db:
            assert value(db, "SELECT app2.inside()") == 6
        assert where(hg, log, "app2.inside()") == {"db1"}
    finally:
        cluster.sql("db1", "SET sql_mode = ORACLE; DROP PACKAGE test.app2")


@pytest.mark.family("mysql")
@pytest.mark.smoke
def test_a_loadable_function_makes_its_name_ambiguous(cluster, hg, log):
    """The server prefers it to a stored one, and nobody says what it does."""
    loadable = cluster.sql("db1", "SELECT UDF_NAME FROM performance_schema.user_defined_functions "
                                  "WHERE UDF_NAME LIKE 'innodb%' LIMIT 1")[0][0]
    create(cluster, f"test.{loadable}", "READS SQL DATA")
    create(cluster, f"test.{loadable}_not", "READS SQL DATA")
    surveyed(cluster, hg, log)
    assert where(hg, log, f"test.{loadable}()") == {"db1"}
    assert goes_to_replicas(hg, log, f"test.{loadable}_not()")


@pytest.mark.smoke
def test_functions_do_not_run_on_replicas_unless_it_is_set(cluster, log):
    create(cluster, "test.unasked", "READS SQL DATA")
    cluster.sync()
    with Headgate(cluster) as hg:
        for _ in range(3):
            assert where(hg, log, "unasked()") == {"db1"}
        assert "stored functions stay" not in hg.log()
