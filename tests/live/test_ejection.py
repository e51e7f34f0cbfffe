"""A replica that accepts connections and breaks off every read: probes succeed, sessions fail."""

import pytest

from headgate import value
from proxy import wait_until
from relays import Cutter, Relay, Relayed

pytestmark = pytest.mark.room("cluster", "monitor")

EJECTION = {"base": "1s", "max": "4s"}


@pytest.fixture
def relays(cluster):
    relays = {node.name: Cutter(node, b"only_read") if node.name == "db3" else Relay(node) for node in cluster.nodes()}
    yield relays
    for relay in relays.values():
        relay.close()


def read(hg):
    with hg.connect() as db:
        return value(db, "SELECT @@server_id AS only_read")


def times(hg, was, now):
    """How long db3 had been what it was, each time."""
    return [event["after_s"] for event in hg.show("events") if (event["server"], event["was"], event["is"]) == ("db3", was, now)]


@pytest.mark.long
def test_replica_that_breaks_off_each_read_is_left_alone_longer_each_time(cluster, relays):
    with Relayed(cluster, relays, cluster_settings={"ejection": EJECTION, "slow_start": "off"}) as hg:
        def look():
            assert read(hg) != 3          # no error, and no answer from there
            return len(times(hg, "ejected replica", "up replica")) >= 2
        wait_until(look, "it has been ejected and come back twice", 60)
        first, second = times(hg, "ejected replica", "up replica")[:2]
        assert first >= 0.8 and second >= 1.6 and second > first
        row = hg.server("db3")
        assert row["queries"] == 0 and relays["db3"].count >= 10
        relays["db3"].is_cutting = False
        wait_until(lambda: read(hg) == 3, "it is read from again", 60)
        assert hg.server("db1")["state"] == "up"
