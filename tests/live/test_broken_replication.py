"""A replica whose replication is broken: what an operator is told."""

import pytest

import web
from headgate import Headgate
from proxy import wait_until
from sandbox_lib import dialect

pytestmark = pytest.mark.room("cluster", "monitor")

PATIENCE = 60.0


@pytest.fixture
def words(cluster):
    found = dialect.of(cluster.family)
    yield found
    cluster.node("db2").sql("SET sql_log_bin = 0; DELETE FROM test.doubled")
    cluster.node("db2").sql(found.stop)
    cluster.node("db2").sql(found.start)
    cluster.sql("db1", "DROP TABLE IF EXISTS test.doubled")
    cluster.sync()


def test_a_replica_that_cannot_apply_is_a_problem_until_it_can(cluster, words):
    """The replica has a row that the primary's next one collides with."""
    node = cluster.node("db2")
    cluster.sql("db1", "CREATE TABLE test.doubled (id INT PRIMARY KEY)")
    cluster.sync()
    with Headgate(cluster, extra={"http": {"address": "127.0.0.1:0"}}) as hg:
        at = web.address_of(hg)

        def problems():
            return [p["problem"] for p in web.get(at, "/health").json()["problems"]]
        assert problems() == []
        node.sql("SET sql_log_bin = 0; INSERT INTO test.doubled VALUES (1)")
        cluster.sql("db1", "INSERT INTO test.doubled VALUES (1)")
        row = hg.wait_server("db2", lambda row: row["reason"].startswith("replication is stopped"), PATIENCE)
        said = "Coordinator stopped" if cluster.family == "mysql" else "test.doubled"
        assert row["state"] == "up" and said in row["reason"]
        found = problems()
        assert len(found) == 1 and found[0].startswith("server db2 is up, role replica: replication is stopped: its link is stopped")
        assert web.metrics(at).value("headgate_server_replication_fault", cluster="main", server="db2") == 1
        assert "warning server db2" in hg.log()
        node.sql("SET sql_log_bin = 0; DELETE FROM test.doubled")
        node.sql(words.stop)
        node.sql(words.start)
        wait_until(lambda: problems() == [], "it is over", PATIENCE)
        assert web.metrics(at).value("headgate_server_replication_fault", cluster="main", server="db2") == 0
