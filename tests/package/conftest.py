"""What is shipped: the unit, manual pages, completion, examples, alerts, and the package in a clean root."""

import os
import sys

import pytest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "wire"), os.path.join(ROOT, "tools")]

from fakeserver import FakeServer  # noqa: E402
from proxy import Proxy  # noqa: E402
from scratch import end_on_sigterm  # noqa: E402


def pytest_configure():
    end_on_sigterm()


@pytest.fixture(scope="module")
def running():
    """headgate before two servers that are there and do nothing."""
    servers = [FakeServer("db1"), FakeServer("db2", role="replica")]
    listed = [{"name": s.name, "address": s.address, "role": s.role} for s in servers]
    with Proxy({"main": listed}) as proxy:
        yield proxy
    for server in servers:
        server.stop()
