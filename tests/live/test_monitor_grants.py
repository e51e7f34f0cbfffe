"""The GRANTs that the README gives to the monitor's account: enough to know all stored code, and each of them needed."""

import contextlib
import pathlib
import re
import subprocess

import pymysql
import pytest

from headgate import Headgate, rows, value
from proxy import BINARY, wait_until
from sandbox_lib import accounts

pytestmark = [pytest.mark.room("cluster", "admin", "session"), pytest.mark.scenario, pytest.mark.smoke]

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
PATIENCE = 60
# Each privilege beside the first statement, and what doctor calls the list that it shows.
SHOWN = {"mariadb": {"SHOW VIEW ON *.*": "views", "TRIGGER ON *.*": "triggers", "REFERENCES ON *.*": "generated columns",
                     "SELECT ON mysql.proc": "routines", "SELECT ON mysql.func": "routines"},
         "mysql": {"SHOW VIEW ON *.*": "views", "TRIGGER ON *.*": "triggers", "SHOW_ROUTINE ON *.*": "routines",
                   "SELECT ON performance_schema.user_defined_functions": "routines"}}
CODE = ("CREATE TABLE test.t (id INT PRIMARY KEY AUTO_INCREMENT, n INT) ENGINE=InnoDB",
        "CREATE TABLE test.written (id INT PRIMARY KEY AUTO_INCREMENT) ENGINE=InnoDB",
        "INSERT INTO test.t VALUES (1, 1)",
        "CREATE TRIGGER test.tr BEFORE INSERT ON test.t FOR EACH ROW SET NEW.n = NEW.n + 1",
        "CREATE FUNCTION test.f() RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO test.written VALUES (); RETURN 1; END",
        "CREATE VIEW test.v AS SELECT test.f() AS n")


def granted_in_readme(family):
    """What the README's statements for this family grant."""
    name = {"mariadb": "MariaDB", "mysql": "MySQL"}[family]
    block = re.search(rf"On {name}:\n\n```sql\n(.*?)```", README.read_text(encoding="utf-8"), re.S).group(1)
    assert block.startswith("CREATE USER monitor@'%'")
    return tuple(re.findall(r"GRANT (.*?) TO monitor@'%';", block))


def test_the_sandbox_has_the_readmes_grants(cluster):
    assert granted_in_readme(cluster.family) == accounts.MONITOR_GRANTS[cluster.family]


@pytest.fixture(scope="module")
def running(cluster):
    for statement in CODE:
        cluster.sql("db1", statement)
    cluster.sync()
    with Headgate(cluster, extra={"workers": 1}, cluster_settings={"read_functions_interval": "50ms", "pool_trust": "1h"}) as headgate:
        wait_until(lambda: stored_code(headgate)["result"] != "unknown", "the primary was asked", PATIENCE)
        yield headgate


def stored_code(hg):
    """doctor's row."""
    row, = [row for row in hg.json("doctor") if row["check"] == "stored_code"]
    return row


def test_all_stored_code_is_known(hg, cluster):
    row = stored_code(hg)
    assert (row["result"], row["server"], row["advice"]) == ("ok", "db1", None), row
    assert "the bodies of" in row["found"]  # of views: without SELECT nobody sees these
    assert "not all stored code is known" not in hg.log()
    named = {(row["kind"], row["name"]) for row in hg.show("routines")}
    assert {("view", "v"), ("function", "f"), ("trigger", "t")} <= named
    done = subprocess.run([BINARY, "-t", "--connect", "-c", hg.path], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0 and "stored code" not in done.stdout, done


def test_it_shows_no_data(cluster):
    for text in ("SELECT * FROM test.t", "SELECT * FROM test.v", "INSERT INTO test.t VALUES (2, 2)", "SELECT test.f()"):
        with pytest.raises(pymysql.MySQLError) as refused, contextlib.closing(cluster.connect("db1", user="monitor")) as db:
            rows(db, text)
        assert refused.value.args[0] in (1142, 1370), text


def test_a_view_with_a_function_that_writes_goes_to_the_primary(hg):
    assert hg.json("explain SELECT * FROM test.v")[0]["place"] == "primary"
    with hg.connect() as db:
        before = value(db, "SELECT COUNT(*) FROM written")
        assert value(db, "SELECT n FROM v") == 1
        assert value(db, "SELECT COUNT(*) FROM written") == before + 1


def resets(hg, statement):
    """How many connections are reset while ten sessions, one after the other, run the statement."""
    def count():
        return next(row["value"] for row in hg.show("stats") if row["name"] == "connections_reset")
    before = count()
    for _ in range(10):
        with hg.connect() as db:
            rows(db, statement)
    return count() - before


READ, WRITE = "SELECT COUNT(*) FROM t", "INSERT INTO t (n) VALUES (1)"


def test_connections_are_reused_without_a_reset(hg):
    for statement in (READ, WRITE):
        assert resets(hg, statement) <= 3, statement


def test_without_one_doctor_names_it_and_what_it_costs(hg, cluster):
    for privilege, listed in SHOWN[cluster.family].items():
        cluster.sql("db1", f"REVOKE {privilege} FROM monitor@'%'")
        wait_until(lambda: stored_code(hg)["result"] == "warning", f"{privilege} is missed", PATIENCE)
        found = stored_code(hg)["found"]
        assert f"may not see all {listed} (" in found and f"GRANT {privilege}" in found, found
        assert ("are reset after sessions that wrote" in found) == (listed == "triggers"), found
        assert found.removeprefix("not all stored code is known: ") in hg.log()
        assert resets(hg, WRITE) >= 7, privilege
        assert (resets(hg, READ) >= 7) == (listed != "triggers"), privilege
        done = subprocess.run([BINARY, "-t", "--connect", "-c", hg.path], capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0 and f"GRANT {privilege}" in done.stdout, done
        cluster.sql("db1", f"GRANT {privilege} TO monitor@'%'")
        wait_until(lambda: stored_code(hg)["result"] == "ok", f"{privilege} is back", PATIENCE)
