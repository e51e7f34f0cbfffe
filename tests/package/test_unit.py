"""The unit: systemd's own opinion of it, and that headgate does nothing that it forbids."""

import re
import signal

import pytest

from client import Client
from fakeserver import FakeServer
from proxy import Proxy, is_sanitized, wait_until
from shipped import BINARY, in_tree, need, run

pytestmark = pytest.mark.room("app")

UNIT = in_tree("conf", "headgate.service")
EXPOSURE_MAX = 2.0  # of 10; what is left is mostly that it is in the network

CALL = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?([a-z0-9_]+)\((.*)$")


@pytest.fixture
def unit(tmp_path):
    """As make install places it for this binary."""
    with open(UNIT, encoding="utf-8") as f:
        text = f.read()
    path = tmp_path / "headgate.service"
    path.write_text(text.replace("/usr/sbin/headgate", BINARY))
    return str(path)


def test_systemd_finds_nothing_wrong_with_it(unit, tmp_path):
    need("systemd-analyze", "systemd")
    said = run("systemd-analyze", "verify", "--man=no", unit)  # of units that it depends on, too
    assert [line for line in said.splitlines() if "headgate" in line] == []
    with open(unit, "a", encoding="utf-8") as f:
        f.write("\n[Service]\nProtectSytem=strict\n")
    assert "ProtectSytem" in run("systemd-analyze", "verify", "--man=no", unit)


def test_it_is_not_exposed_more_than_it_was(unit):
    need("systemd-analyze", "systemd")
    said = run("systemd-analyze", "security", "--no-pager", "--offline=true",
               f"--threshold={int(EXPOSURE_MAX * 10)}", unit)
    assert float(re.search(r"Overall exposure level.*: ([0-9.]+)", said)[1]) <= EXPOSURE_MAX


def members(group):
    """System calls of a group of systemd's, those of the groups in it too."""
    found = set()
    for line in run("systemd-analyze", "syscall-filter", group).splitlines():
        name = line.strip()
        if name.startswith("@") and name != group:
            found |= members(name)
        elif re.fullmatch(r"[a-z0-9_]+", name):
            found.add(name)
    return found


def settings(name):
    with open(UNIT, encoding="utf-8") as f:
        return re.findall(rf"^{name}=(.*)$", f.read(), re.M)


def allowed_calls():
    allowed = set()
    for value in settings("SystemCallFilter"):
        for word in value.removeprefix("~").split():
            calls = members(word) if word.startswith("@") else {word}
            allowed = allowed - calls if value.startswith("~") else allowed | calls
    return allowed


def lead_a_life(proxy):
    """Clients, servers that come up and one that does not, signals, and the end."""
    with proxy:
        proxy.wait_server("db2", lambda row: row["state"] == "up", 60)
        with Client.connect(proxy.address["primary"]) as client:
            assert client.query("DO 1").error is None
        for number in (signal.SIGHUP, signal.SIGUSR1):
            proxy.process.send_signal(number)
        proxy.admin("show sessions")
        proxy.stop(60)
        proxy.stop = proxy.check_log


def trace_of_a_life(path):
    """(call, arguments) of all that headgate asks of the kernel from its execve on, which the unit's filter allows too."""
    primary, replica = FakeServer("db1"), FakeServer("db2", role="replica")
    listed = [{"name": s.name, "address": s.address, "role": s.role} for s in (primary, replica)]
    listed.append({"name": "db3", "address": "localhost:1", "role": "replica"})  # a name, and nobody there
    listeners = (*Proxy.LISTENERS, {"name": "tcp", "mode": "split", "kind": "tcp6"})
    try:
        # -D: headgate is the process that was started, and strace another one, which may end later.
        lead_a_life(Proxy({"main": listed}, listeners=listeners, expect_up=False,
                          wrapper=["strace", "-D", "-f", "-qq", "-o", path, "--"]))
    finally:
        primary.stop()
        replica.stop()
    return wait_until(lambda: calls_of(path), "the end of the trace", 60)


def calls_of(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        calls = [(match[1], match[2]) for line in f if (match := CALL.match(line))]
    return calls if any(name == "exit_group" for name, _ in calls) else None


@pytest.mark.skipif(is_sanitized(), reason="sanitizers do as they like")
def test_what_it_does_is_what_the_unit_lets_it_do(tmp_path):
    need("strace", "strace")
    need("systemd-analyze", "systemd")
    calls = trace_of_a_life(str(tmp_path / "trace"))
    used = {name for name, _ in calls}
    assert {"execve", "socket", "bind", "listen", "accept4", "epoll_wait", "exit_group"} <= used
    allowed = allowed_calls()
    assert "socket" in allowed and "mount" not in allowed and "reboot" not in allowed
    assert used - allowed == set()
    families = {match[1] for name, args in calls if name == "socket" and (match := re.match(r"(AF_\w+)", args))}
    assert {"AF_UNIX", "AF_INET"} <= families <= set(settings("RestrictAddressFamilies")[0].split())
    # MemoryDenyWriteExecute: no memory that can be written is made executable.
    assert not [args for name, args in calls if name in ("mmap", "mprotect") and "PROT_WRITE" in args and "PROT_EXEC" in args]
