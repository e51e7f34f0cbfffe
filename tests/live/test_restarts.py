"""headgate knows a server's restart by the start time of its process."""

import pytest

from headgate import Headgate, rows
from proxy import wait_until

pytestmark = pytest.mark.room("cluster", "monitor", "upstream")

PATIENCE = 60.0


def test_a_restart_is_told_once_and_nothing_else_is_one(cluster):
    """Each server says when its process was started, whatever its family; the kept connections are asked anew every 3 s."""
    with Headgate(cluster) as hg:
        def restarts():
            return [row["server"] for row in hg.show("events") if row["is"] == "restarted"]
        with hg.connect() as db:
            for _ in range(20):
                rows(db, "SELECT SLEEP(0.2)")
        assert restarts() == []
        node = cluster.node("db3")
        node.kill()
        node.start()
        wait_until(lambda: restarts() == ["db3"], "the restart is known", PATIENCE)
        hg.wait_server("db3", lambda row: row["state"] == "up" and row["role"] == "replica")
        assert restarts() == ["db3"]
        assert "server db3" in hg.log() and "has restarted" in hg.log()
