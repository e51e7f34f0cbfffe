"""MariaDB's own mysql-test through headgate, a sample of it: all of it is `make mysql-test`, see tests/mysql_test."""

import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "mysql_test"))

import suite  # noqa: E402

pytestmark = [pytest.mark.room("session", "command", "frontend"), pytest.mark.family("mariadb"), pytest.mark.long]  # the servers are those of "mariadb", whatever HEADGATE_FLAVOUR says
SAMPLE = ("alias", "alter_table_trans", "ansi", "bigint", "bool", "check_constraint_show", "create_drop_user", "create_user",
          "ctype_utf8mb4_unicode_ci_casefold", "errors", "fetch_first", "foreign_key", "func_rollback", "lock_kill", "locking_clause",
          "natural_sort_key", "ps_innodb", "reopen_temp_table", "sp-group", "tablelock", "type_time_hires", "union_innodb",
          "update_innodb", "user_var")


@pytest.mark.parametrize("protocol, replicas", [("plain", 1), ("ps", 0)])
def test_sample_passes_through_headgate(protocol, replicas):
    found = suite.run(lambda: suite.Through(replicas), protocol, SAMPLE)
    assert {test: result for test, result in found.items() if result != "pass"} == {}
    assert set(found) == set(SAMPLE)


def test_list_of_tests_that_differ_is_in_order():
    """Each names a test that there is, once, with a reason."""
    rows = suite.rows()
    assert {test for _, test, _ in rows} <= set(suite.names())
    assert len({(protocols, test) for protocols, test, _ in rows}) == len(rows)
    assert all(len(reason) > 10 for _, _, reason in rows)
