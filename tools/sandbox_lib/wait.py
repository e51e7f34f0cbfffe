"""Bounded waiting for something to become true."""

import time

from .errors import SandboxError


def wait_for(what, probe, timeout=30.0, explain=None, interval=0.02):
    """Call probe() until it returns something true, and return that.

    After timeout seconds raise SandboxError naming `what`; explain(), if
    given, adds the evidence (the tail of a log, the last state seen).
    """
    deadline = time.monotonic() + timeout
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() >= deadline:
            evidence = "\n" + explain() if explain else ""
            raise SandboxError(f"waited {timeout:g}s for {what}, in vain{evidence}")
        time.sleep(interval)
