"""What a client was running ends at the server when the client dies."""

import pytest

import mysqlwire as w
from headgate import Headgate
from proxy import wait_until

pytestmark = [pytest.mark.room("session", "command", "frontend"), pytest.mark.long]

PATIENCE = 30.0  # servers look after 5 s whether a sleeping client is there


def running(cluster, text, since_s=0):
    found = cluster.sql("db1", "SELECT ID, INFO FROM information_schema.PROCESSLIST "
                               f"WHERE TIME >= {since_s} AND INFO LIKE '%{text}%' AND INFO NOT LIKE '%PROCESSLIST%'")
    return [row[0] for row in found]


@pytest.mark.parametrize("tls", ("off", "preferred"))
def test_a_sleeping_statement_ends_with_its_client(cluster, tls):
    """With TLS the good-bye of the connection would be unread data, by which the server takes its client for alive."""
    with Headgate(cluster, {"tls": tls}) as hg:
        client = hg.wire("writes")
        client.send(w.QUERY, f"SELECT SLEEP(120) AS of_a_dead_client_{tls}".encode())
        # Until the server's kernel has acknowledged it, it would be reset.
        wait_until(lambda: running(cluster, f"of_a_dead_client_{tls}", 1), "it has run for a while", PATIENCE)
        client.close()
        wait_until(lambda: not running(cluster, f"of_a_dead_client_{tls}"), "it has ended", PATIENCE)
