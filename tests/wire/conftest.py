"""What the wire tests share: a time limit for each test, two scripted servers, and headgate in front of them.

WIRE_DIRECT=1 puts no proxy between: the client speaks to the scripted primary itself. That is how the tests of
transparency are tested.
"""

import contextlib
import os
import signal
import sys

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from client import Client  # noqa: E402
from fakeserver import FakeServer  # noqa: E402
from proxy import Proxy, is_sanitized  # noqa: E402
from scratch import end_on_sigterm  # noqa: E402

SECONDS_PER_TEST = 60


DIRECT = os.environ.get("WIRE_DIRECT") == "1"


def pytest_configure():
    end_on_sigterm()


def belongs(item):
    """Is it part of this run? What is not is deselected, not skipped."""
    if item.get_closest_marker("own_memory") and is_sanitized():
        return False
    return not DIRECT or (item.path.name == "test_scripted_ends.py"
                          or "front" in item.fixturenames and not {"rig", "running"} & set(item.fixturenames))


def pytest_collection_modifyitems(config, items):
    config.hook.pytest_deselected(items=[item for item in items if not belongs(item)])
    items[:] = [item for item in items if belongs(item)]


@pytest.fixture(autouse=True)
def bounded():
    """No test hangs."""
    def too_long(*_):
        raise TimeoutError(f"test took more than {SECONDS_PER_TEST} s")
    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(SECONDS_PER_TEST)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def server():
    """The one scripted server of a scene."""
    made = FakeServer("db1")
    yield made
    made.stop()


@pytest.fixture
def scene(server, request):
    """What makes the Scene of the test's own file, with whatever it takes besides; all of it is closed afterwards."""
    with contextlib.ExitStack() as stack:
        yield lambda *limits, **options: request.module.Scene(stack, server, *limits, **options)


class Rig:
    """headgate between scripted ends."""

    def __init__(self, proxy, primary, replica):
        self.proxy, self.primary, self.replica = proxy, primary, replica

    def connect(self, listener="primary", **options):
        return Client.connect(self.proxy.address[listener], **options)

    def is_served(self, listener="primary"):
        """A new client logs in and has a statement answered."""
        with self.connect(listener) as client:
            return client.query("DO 'served'").error is None


class Direct:
    """No proxy."""

    def __init__(self, primary):
        self.primary = primary

    def connect(self, **options):
        return Client.connect(self.primary.address, **options)

    def is_served(self):
        with self.connect() as client:
            return client.query("DO 'served'").error is None


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """A scripted primary, on a unix socket (where a write is known to have been read), and a replica, over TCP."""
    primary = FakeServer("db1", path=str(tmp_path_factory.mktemp("db1") / "sock"))
    replica = FakeServer("db2", role="replica", first_statement_id=500001)
    yield primary, replica
    primary.stop()
    replica.stop()


@pytest.fixture(scope="module")
def running(servers, request):
    """headgate, for a whole file of tests. The file's TIMEOUTS are its timeouts."""
    primary, replica = servers
    listed = [{"name": s.name, "address": s.address, "role": s.role} for s in servers]
    listeners = (*Proxy.LISTENERS, {"name": "tcp", "mode": "primary", "kind": "tcp"})
    # What a session's connections hear, to their end; what becomes of them otherwise is test_pool's.
    with Proxy({"main": listed}, listeners=listeners, cluster_settings={"pool_idle_max": 0},
               timeouts=getattr(request.module, "TIMEOUTS", None)) as proxy:
        yield Rig(proxy, primary, replica)


@pytest.fixture
def rig(running):
    """headgate before two servers that start each test as dull ones."""
    assert running.proxy.is_running(), running.proxy.log()[-6000:]
    for server in (running.primary, running.replica):
        server.forget()
    yield running
    assert running.proxy.is_running(), running.proxy.log()[-6000:]
    running.proxy.check_log()


@pytest.fixture
def front(request):
    """What a client of the primary sees: headgate, or with WIRE_DIRECT the scripted server itself."""
    if DIRECT:
        primary, _ = request.getfixturevalue("servers")
        primary.forget()
        yield Direct(primary)
    else:
        yield request.getfixturevalue("rig")
