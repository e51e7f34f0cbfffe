"""headgate as a test holds it: a configuration in a folder of its own, started, watched, ended."""

import collections
import contextlib
import copy
import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import scratch
from compressed_socket import PACK

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from sandbox_lib.process import dying_with_parent  # noqa: E402

BINARY = os.path.abspath(os.environ.get("HEADGATE_BIN", os.path.join(ROOT, "build", "headgate")))
CTL = os.path.join(os.path.dirname(BINARY), "headgatectl")

# Long, as is probe_timeout: a machine may stand still for seconds. Tests of waits that end say when.
TIMEOUTS = {"connect": "20s", "login": "20s", "client_login": "20s", "primary_wait": "20s", "pool_wait": "20s",
            "shutdown": "20s"}
REPORT = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|UndefinedBehavior|runtime error:|Assertion ")


@functools.cache
def is_sanitized():
    """Is the binary built with a sanitizer? Then its memory is not its own alone."""
    with open(BINARY, "rb") as binary:
        content = binary.read()
    return b"__asan_init" in content or b"__tsan_init" in content


def memory_margin():
    """Bytes by which memory may move while nothing is kept: buffers in use, and what the allocator holds back."""
    return (64 if is_sanitized() else 8) << 20


_given = collections.deque(maxlen=64)    # the ports of late: two of one configuration are never the same


def state(pid, thread):
    """One of the kernel's letters: R, S, T …"""
    with open(f"/proc/{pid}/task/{thread}/stat", encoding="ascii") as f:
        return f.read().rpartition(")")[2].split()[0]


def free_port(family=socket.AF_INET):
    """A port that nobody has at this moment; the caller tries again if somebody was faster."""
    for _ in range(1000):
        with socket.socket(family) as sock:
            sock.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
            port = sock.getsockname()[1]
        if port not in _given:
            _given.append(port)
            return port
    raise AssertionError("no port is free")


def setting(value):
    """A value in libconfig's grammar."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return "{ " + " ".join(f"{key} = {setting(item)};" for key, item in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "(" + ", ".join(setting(item) for item in value) + ")"
    return json.dumps(value, ensure_ascii=False)


class NotUp(Exception):
    """headgate ended, or its servers did not come up."""


class Proxy:
    """A running headgate.

    clusters: {name: [server, …]}, a server being {"name", "address", "role"?, …}.
    listeners: [{"name", "mode", "kind": "unix" | "tcp" | "tcp6", "cluster"?}]; their addresses are in `address[name]`.
    Leaving the `with` ends it by SIGTERM and looks at its exit status and at what it wrote.
    """

    LISTENERS = ({"name": "split", "mode": "split", "kind": "unix"},
                 {"name": "primary", "mode": "primary", "kind": "unix"},
                 {"name": "replica", "mode": "replica", "kind": "unix"})

    def __init__(self, clusters, listeners=LISTENERS, timeouts=None, topology="static", users=None, interval="500ms",
                 extra=None, expect_up=True, cluster_settings=None, wrapper=(), user_settings=None, probe_timeout="20s",
                 admin_settings=None):
        self.clusters, self.listeners, self.topology = clusters, listeners, topology
        self.timeouts = {**TIMEOUTS, **(timeouts or {})}
        self.users = users or {"app": "app_pw", "other": "other_pw"}
        self.interval, self.extra, self.expect_up = interval, extra or {}, expect_up
        self.probe_timeout = probe_timeout
        self.directory = scratch.folder()
        self.admin_socket = os.path.join(self.directory, "admin.sock")
        self.log_path = os.path.join(self.directory, "headgate.log")
        # A busy machine's replicas need their time; where that matters, tests say how much: see test_consistency.
        self.cluster_settings = {"consistency_wait": "5s", **(cluster_settings or {})}
        self.admin_settings = admin_settings or {}  # with users: at address["admin"] the MySQL protocol is spoken
        self.wrapper, self.user_settings = list(wrapper), user_settings or {}
        self.process = None
        self.address = {}

    # ---- configuration ----

    def tree(self):
        """The configuration as dicts and lists, a copy."""
        first = next(iter(self.clusters))
        monitor = {"user": "monitor", "password": "monitor_pw", "interval": self.interval, "timeout": self.probe_timeout}
        return copy.deepcopy({
            "admin": {"socket": self.admin_socket, **self.admin_settings,
                      **({"address": self.address["admin"]} if "users" in self.admin_settings else {})},
            "timeouts": self.timeouts,
            "listeners": [{"name": l["name"], "address": self.address[l["name"]],
                           "cluster": l.get("cluster", first), "mode": l["mode"], **l.get("settings", {})}
                          for l in self.listeners],
            "clusters": [{"name": name, "topology": self.topology, "monitor": monitor,
                          "servers": [{"compression": PACK, **server} for server in servers] if PACK else servers,
                          **self.cluster_settings}
                         for name, servers in self.clusters.items()],
            "users": [{"name": name, "password": password, **self.user_settings.get(name, {})}
                      for name, password in self.users.items()],
            **self.extra,
        })

    def configuration(self, tree=None):
        """As text: this, or another tree."""
        return "".join(f"{key} = {setting(value)};\n" for key, value in (tree or self.tree()).items())

    def _choose_addresses(self):
        self.address["admin"] = f"127.0.0.1:{free_port()}"
        for listener in self.listeners:
            name = listener["name"]
            self.address[name] = {
                "unix": lambda: os.path.join(self.directory, f"{name}.sock"),
                "tcp": lambda: f"127.0.0.1:{free_port()}",
                "tcp6": lambda: f"[::1]:{free_port(socket.AF_INET6)}",
            }[listener["kind"]]()

    # ---- life ----

    @property
    def path(self):
        return os.path.join(self.directory, "headgate.conf")

    def write(self, tree=None):
        """The configuration file, anew: as this object says now, or another tree."""
        with open(self.path, "w", encoding="utf-8") as f:
            f.write(self.configuration(tree))

    def start(self):
        for attempt in range(5):
            self._choose_addresses()
            path = self.path
            self.write()
            with open(self.log_path, "wb") as log:
                self.process = subprocess.Popen(dying_with_parent([*self.wrapper, BINARY, "-c", path]),
                                                stderr=log, stdout=log, stdin=subprocess.DEVNULL,
                                                env={**os.environ, **self._sanitizer_options()})
            try:
                self._wait_up()
                return self
            except NotUp:
                self.kill()
                if attempt == 4 or "in use" not in self.log():
                    raise
        return self

    @staticmethod
    def _sanitizer_options():
        def joined(name, more):
            return ":".join(filter(None, (os.environ.get(name), more)))
        return {"ASAN_OPTIONS": joined("ASAN_OPTIONS", "quarantine_size_mb=4"),
                "UBSAN_OPTIONS": joined("UBSAN_OPTIONS", "print_stacktrace=1")}

    def _wait_up(self, timeout=15.0):
        deadline = time.monotonic() + timeout
        states = None
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise NotUp(f"headgate ended with {self.process.returncode}:\n{self.log()}")
            try:
                states = {row["name"]: row["state"] for row in self.show("servers")}
                if not self.expect_up or states and set(states.values()) == {"up"}:
                    return
            except (OSError, ValueError):
                pass
            time.sleep(0.02)
        raise NotUp(f"servers after {timeout} s: {states}\n{self.log()}")

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        try:
            if kind is None:
                self.stop()
        finally:
            self.kill()
            if kind is not None:
                print(f"---- headgate's log ----\n{self.log()[-6000:]}")
            shutil.rmtree(self.directory, ignore_errors=True)

    def stop(self, timeout=15.0, cut=(0, 0)):
        """SIGTERM; then what it says of its end, and no sanitizer's report, or an AssertionError.

        cut: how many sessions are to be cut at the end of timeouts.shutdown, and how many of them in a transaction.
        """
        self.process.send_signal(signal.SIGTERM)
        self.check_end(cut, timeout)

    def check_end(self, cut=(0, 0), timeout=15.0):
        """It ends, with the exit status and the last line that belong to so many sessions cut."""
        status = self.process.wait(timeout)
        assert status == (3 if cut[0] else 0), f"exit status {status}\n{self.log()[-6000:]}"
        self.check_log()
        words = f"headgate has ended: {cut[0]} sessions were cut, {cut[1]} of them in a transaction"
        level = "warning" if cut[0] else "notice"
        told = self.extra.get("log", {})
        if cut[0] or told.get("level", "info") in ("debug", "info", "notice"):
            with open(told.get("file", self.log_path), encoding="utf-8", errors="replace") as f:
                last = f.read().rstrip().rpartition("\n")[2]
            assert words in last and level in last, last

    def check_log(self):
        assert not REPORT.search(self.log()), self.log()[-20000:]

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def is_running(self):
        return self.process.poll() is None

    @contextlib.contextmanager
    def stopped(self):
        """It hears of nothing meanwhile, and of everything at once afterwards."""
        pid = self.process.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            wait_until(lambda: all(state(pid, thread) == "T" for thread in os.listdir(f"/proc/{pid}/task")), "every thread is stopped")
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    # ---- looking ----

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def admin(self, command):
        """One admin command's answer as text."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(self.admin_socket)
            sock.sendall(command.encode(errors="surrogateescape") + b"\n")
            parts = []
            while part := sock.recv(65536):
                parts.append(part)
        return b"".join(parts).decode(errors="surrogateescape")

    def json(self, command):
        return json.loads(self.admin("json " + command))

    def show(self, what):
        return self.json("show " + what)

    def server(self, name):
        return next(row for row in self.show("servers") if row["name"] == name)

    def wait_server(self, name, condition, timeout=20.0):
        """Until condition(row of `show servers`) holds."""
        deadline = time.monotonic() + timeout
        while not condition(row := self.server(name)):
            assert time.monotonic() < deadline, f"{name} after {timeout} s: {row}\n{self.log()[-3000:]}"
            time.sleep(0.02)
        return row

    def rss(self):
        """Bytes of memory that are its own."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            return int(re.search(r"RssAnon:\s+(\d+) kB", f.read()).group(1)) * 1024

    def fds(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as f:
            words = f.read().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def wait_until(condition, what, timeout=30.0):
    """The first true value of condition(), looked at again and again."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.01)
    return found
