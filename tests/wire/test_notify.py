"""What the service manager hears of a life: ready when clients can come, reloading, alive, stopping."""

import signal
import socket
import time

import pytest

from client import Client
from fakeserver import FakeServer
from service_manager import Manager
from proxy import NotUp, Proxy

pytestmark = [pytest.mark.room("app"), pytest.mark.threads]

WATCHDOG_US = 200_000


@pytest.fixture
def manager(tmp_path):
    with Manager(str(tmp_path)) as listening:
        yield listening


class Managed(Proxy):
    """headgate as a service: it is up when it says so."""

    def __init__(self, manager, server, **options):
        listed = [{"name": server.name, "address": server.address, "role": "primary"}]
        wrapper = ["env", *(f"{key}={value}" for key, value in manager.environment(WATCHDOG_US).items())]
        listeners = (*Proxy.LISTENERS, {"name": "tcp", "mode": "primary", "kind": "tcp"})
        super().__init__({"main": listed}, listeners=listeners, wrapper=wrapper, **options)
        self.manager = manager

    def _wait_up(self, timeout=60.0):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise NotUp(self.log())
            try:
                if "READY" in self.manager.hear(0.25):
                    return
            except TimeoutError:
                pass
        raise NotUp(f"not ready after {timeout} s\n{self.log()}")


def is_up(message):
    return message.get("STATUS") == "main: db1 is the primary, 1 of 1 servers are up"


def is_alive(message):
    return message == {"WATCHDOG": "1"}


def test_it_is_ready_when_clients_can_connect(manager, server):
    with Managed(manager, server) as proxy:
        socket.create_connection(("127.0.0.1", int(proxy.address["tcp"].rpartition(":")[2]))).close()
        manager.hear_until(is_up)
        with Client.connect(proxy.address["primary"]) as client:
            assert client.query("DO 1").error is None


def test_it_says_that_it_lives(manager, server):
    with Managed(manager, server):
        for _ in range(3):
            manager.hear_until(is_alive)


def test_reloading_ends_with_ready(manager, server):
    with Managed(manager, server) as proxy:
        before = time.monotonic_ns() // 1000
        proxy.process.send_signal(signal.SIGHUP)
        told = manager.hear_until(lambda message: "RELOADING" in message)
        assert before <= int(told["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
        ready = manager.hear_until(lambda message: "READY" in message)
        assert ready["READY"] == "1" and "STATUS" in ready
        if not is_up(ready):
            manager.hear_until(is_up)
        with Client.connect(proxy.address["primary"]) as client:
            assert client.query("DO 1").error is None


def test_stopping_asks_for_the_time_that_it_may_take(manager, server):
    with Managed(manager, server, timeouts={"shutdown": "50s"}) as proxy:
        proxy.process.send_signal(signal.SIGTERM)
        told = manager.hear_until(lambda message: "STOPPING" in message)
        assert told["STOPPING"] == "1" and int(told["EXTEND_TIMEOUT_USEC"]) >= 50_000_000
        assert proxy.process.wait(60) == 0
        proxy.stop = proxy.check_log


def test_without_a_manager_it_lives_as_well(server, tmp_path):
    """The environment of a service that outlived its manager: nobody is at the socket."""
    manager = Manager(str(tmp_path))
    manager.close()
    listed = [{"name": server.name, "address": server.address, "role": "primary"}]
    with Proxy({"main": listed}, wrapper=["env", f"NOTIFY_SOCKET={manager.path}"]) as proxy:
        with Client.connect(proxy.address["primary"]) as client:
            assert client.query("DO 1").error is None
