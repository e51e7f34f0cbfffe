"""What the live tests share: a real cluster, headgate in front of it, and a time limit for each test.

HEADGATE_FLAVOUR chooses the servers: mariadb (the default, everything is run), mariadb-11 or mysql (`-m smoke`).
"""

import os
import signal
import sys

import pytest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
for folder in (HERE, os.path.join(os.path.dirname(HERE), "wire"),
               os.path.join(os.path.dirname(os.path.dirname(HERE)), "tools")):
    if folder not in sys.path:
        sys.path.insert(0, folder)

from headgate import Headgate  # noqa: E402
from scratch import end_on_sigterm  # noqa: E402
from shared_cluster import SharedCluster  # noqa: E402

FLAVOUR = os.environ.get("HEADGATE_FLAVOUR", "mariadb")
SECONDS_PER_TEST = 300  # in the slowest company; a module may have a SECONDS_PER_TEST of its own


def pytest_configure():
    end_on_sigterm()


def pytest_collection_modifyitems(config, items):
    """A test about the other family's own statements is not part of this run: deselected, not skipped."""
    family = "mysql" if FLAVOUR == "mysql" else "mariadb"

    def belongs(item):
        marker = item.get_closest_marker("family")
        return marker is None or marker.args[0] == family
    others = [item for item in items if not belongs(item)]
    items[:] = [item for item in items if belongs(item)]
    if others:
        config.hook.pytest_deselected(items=others)


@pytest.fixture(autouse=True)
def time_limit(request):
    """No test hangs."""
    seconds = getattr(request.module, "SECONDS_PER_TEST", SECONDS_PER_TEST)

    def too_long(*_):
        raise TimeoutError(f"test took more than {seconds} s")
    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def shared_cluster():
    """A primary and two replicas. (userstat: for class Counters. From the start, because a connection that is reused without a
    reset counts as it did when it was new.)
    """
    options = {} if FLAVOUR == "mysql" else {"userstat": 1}
    with SharedCluster(flavour=FLAVOUR, replicas=2, options=options) as shared:
        yield shared


@pytest.fixture(scope="module")
def cluster(shared_cluster):
    """As new for each file of tests."""
    yield shared_cluster.take()
    shared_cluster.give_back()


@pytest.fixture(scope="module")
def running(cluster):
    # No slow start: a replica that is back has its whole share of the reads at once, and tests see it there.
    with Headgate(cluster, cluster_settings={"slow_start": "off"}) as headgate:
        yield headgate


@pytest.fixture
def hg(running):
    """headgate, alive before and after."""
    assert running.is_running(), running.log()[-6000:]
    yield running
    assert running.is_running(), running.log()[-6000:]
    running.check_log()
