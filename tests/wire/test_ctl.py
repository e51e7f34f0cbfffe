"""headgatectl: exit codes, the prompt with its history and completion, and `top`, on a pseudo-terminal."""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import stat
import struct
import subprocess
import termios
import time

import pytest

from client import Client
from fakeserver import FakeServer
from proxy import CTL, Proxy

pytestmark = pytest.mark.room("ctl")

PATIENCE = 60
SIZE = (30, 100)
ESCAPE = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[=>()][0-9A-Za-z]?)")


@pytest.fixture(scope="module")
def door():
    """headgate in front of two scripted servers."""
    primary, replica = FakeServer("db1"), FakeServer("db2", role="replica", first_statement_id=500001)
    servers = [{"name": s.name, "address": s.address, "role": s.role} for s in (primary, replica)]
    with Proxy({"main": servers}) as proxy:
        yield proxy
    primary.stop()
    replica.stop()


def ctl(door, *words, stdin="", **options):
    return subprocess.run([CTL, "-s", door.admin_socket, *words], input=stdin, capture_output=True, text=True,
                          timeout=PATIENCE, check=False, **options)


def plain(seen):
    """Without escapes, nor the beginning of one at the end; where a screen begins anew stands a form feed."""
    text = re.sub(r"\x1b[^A-Za-z]*$", "", seen.decode(errors="replace"))
    return ESCAPE.sub("", text.replace("\x1b[H", "\f"))


class Terminal:
    """headgatectl with a terminal of its own."""

    def __init__(self, door, home, *words, size=SIZE):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.process = subprocess.Popen([CTL, "-s", door.admin_socket, *words], stdin=slave, stdout=slave, stderr=slave,
                                        start_new_session=True, env={**os.environ, "HOME": str(home), "TERM": "xterm"})
        self.seen = b""
        self.taken = 0  # characters of it that were waited for, escapes not counted

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def type(self, text):
        os.write(self.master, text.encode())

    def read(self, seconds=PATIENCE):
        """Some more of what it writes; False when none came in that time."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        self.seen += os.read(self.master, 65536)
        return True

    def wait_for(self, pattern):
        """What was seen up to the end of the pattern's first place after what was waited for before."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, plain(self.seen)[self.taken:])):
            assert time.monotonic() < deadline and self.read(), (pattern, self.seen[-3000:])
        text = plain(self.seen)[self.taken:][:found.end()]
        self.taken += found.end()
        return text

    def end(self):
        """Its exit status; what it still writes is read, or it would wait for us."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.seen[-3000:]
            self.read(0.05)
        return self.process.returncode


# ---- exit codes ----

def test_exit_codes(door, tmp_path):
    assert ctl(door, "show", "version").returncode == 0
    refused = ctl(door, "nonsense")
    assert refused.returncode == 1 and refused.stdout == "" and "unknown command" in refused.stderr
    in_json = ctl(door, "--json", "nonsense")
    assert in_json.returncode == 1 and "unknown command" in json.loads(in_json.stderr)["error"]
    absent = subprocess.run([CTL, "-s", str(tmp_path / "no.sock"), "show", "version"], capture_output=True, text=True,
                            timeout=PATIENCE, check=False)
    assert absent.returncode == 1 and "no.sock" in absent.stderr
    for words in (["--nonsense"], ["-s"], ["--json", "top"], ["top", "now"]):
        wrong = subprocess.run([CTL, *words], capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert wrong.returncode == 2 and wrong.stdout == "" and wrong.stderr, words
    for words in (["--help"], ["--version"]):
        right = subprocess.run([CTL, *words], capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert right.returncode == 0 and right.stdout and not right.stderr
    assert ctl(door, "explain", "SELECT 'open").returncode == 1


def test_a_script_learns_of_failures_at_the_end(door):
    done = ctl(door, stdin="show version\nnonsense\nshow clusters;\n")
    assert done.returncode == 1 and "unknown command" in done.stderr and "epoch" in done.stdout
    assert ctl(door, stdin="show version\n\nquit\nnonsense\n").returncode == 0
    listed = ctl(door, "--json", stdin="show version\n")
    assert json.loads(listed.stdout)[0]["version"]


# ---- the prompt ----

def test_the_prompt_answers_completes_and_remembers(door, tmp_path):
    with Client.connect(door.address["split"]), Terminal(door, tmp_path) as terminal:
        terminal.wait_for("headgate> ")
        terminal.type("show ver\t\n")
        terminal.wait_for(r"uptime_s(.|\n)*headgate> ")
        terminal.type("drain \t\t")
        terminal.wait_for("db1 +db2")
        terminal.type("2\n")  # db is there already
        terminal.wait_for(r"drained by an operator(.|\n)*headgate> ")
        terminal.type("enable d\t2\n")
        terminal.wait_for(r"main +db2 +\w+(.|\n)*headgate> ")
        terminal.type("show cluster m\t\n")
        terminal.wait_for(r"primary_since_s(.|\n)*headgate> ")
        terminal.type("show users o\t\n")
        terminal.wait_for(r"other +% +file(.|\n)*headgate> ")
        terminal.type("explain SELECT 'a\n")
        terminal.wait_for("       -> ")
        terminal.type("b'\n")
        terminal.wait_for(r"replica(.|\n)*headgate> ")
        terminal.type("nonsense\n")
        terminal.wait_for(r"unknown command(.|\n)*headgate> ")
        terminal.type("quit\n")
        assert terminal.end() == 0
    history = tmp_path / ".headgatectl_history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert "version" in history.read_text()
    history.chmod(0o644)
    with Terminal(door, tmp_path) as terminal:
        terminal.wait_for("headgate> ")
        terminal.type("\x1b[A\x1b[A")  # two lines up
        terminal.wait_for("nonsense")
        terminal.type("\x15\x04")  # the line away, and the end of input
        assert terminal.end() == 0
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    door.wait_server("db2", lambda row: row["state"] == "up", PATIENCE)


def test_the_prompt_goes_on_with_a_headgate_that_has_come_back(tmp_path):
    server = FakeServer("db1")
    with Proxy({"main": [{"name": "db1", "address": server.address, "role": "primary"}]}) as proxy, \
            Terminal(proxy, tmp_path) as terminal:
        terminal.wait_for("headgate> ")
        proxy.stop()
        terminal.type("show version\n")
        terminal.wait_for(r"headgatectl: (.|\n)*headgate> ")
        proxy.start()
        terminal.type("show version\n")
        terminal.wait_for(r"uptime_s(.|\n)*headgate> ")
        terminal.type("exit\n")
        assert terminal.end() == 0
    server.stop()


# ---- top ----

def test_top_without_a_terminal_is_one_frame(door):
    with Client.connect(door.address["split"]) as client:
        assert client.query("DO 1").error is None
        done = ctl(door, "top")
    assert done.returncode == 0 and not done.stderr and "\x1b" not in done.stdout
    assert re.search(r"^headgate \S+ +up \d+:\d\d:\d\d +workers \d+ +sessions \d+", done.stdout)
    assert re.search(r"^db1 +primary +up ", done.stdout, re.M) and re.search(r"^db2 +replica +up ", done.stdout, re.M)
    assert re.search(r"^ *\d+ +app +\S+ +idle ", done.stdout, re.M)


def test_top_follows_the_terminal_and_ends_with_q(door, tmp_path):
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(Client.connect(door.address["split"]))
        terminal = stack.enter_context(Terminal(door, tmp_path, "top", size=(20, 50)))
        terminal.wait_for("SESSION +USER")
        terminal.wait_for("\f")  # the next frame begins
        frame = terminal.wait_for("\f")[:-1]
        lines = frame.split("\r\n")
        assert len(lines) <= 20 and max(map(len, lines)) <= 50 and "db1" in frame and "QUERIES/s" in frame
        fcntl.ioctl(terminal.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        terminal.process.send_signal(signal.SIGWINCH)
        terminal.wait_for("QUERIES/s")
        terminal.wait_for(r"queries/s \d+")
        terminal.type("q")
        assert terminal.end() == 0
        assert termios.tcgetattr(terminal.slave) == terminal.before


def test_top_leaves_the_terminal_as_it_was_after_a_signal(door, tmp_path):
    with Terminal(door, tmp_path, "top") as terminal:
        while b"\x1b[?1049h" not in terminal.seen or b"SERVER" not in terminal.seen:
            assert terminal.read(), terminal.seen
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.end() == 0
        while b"\x1b[?1049l" not in terminal.seen:
            assert terminal.read(), terminal.seen
        assert termios.tcgetattr(terminal.slave) == terminal.before


def test_top_says_that_headgate_is_gone_and_finds_it_again(tmp_path):
    server = FakeServer("db1")
    with Proxy({"main": [{"name": "db1", "address": server.address, "role": "primary"}]}) as proxy, \
            Terminal(proxy, tmp_path, "top") as terminal:
        terminal.wait_for("SESSION +USER")
        proxy.stop()
        terminal.wait_for("admin.sock")
        proxy.start()
        terminal.wait_for("SESSION +USER")
        terminal.type("q")
        assert terminal.end() == 0
    server.stop()


def test_top_fails_where_there_is_no_headgate(door, tmp_path):
    class Nobody:
        admin_socket = str(tmp_path / "no.sock")
    with Terminal(Nobody, tmp_path, "top") as terminal:
        assert terminal.end() == 1
        terminal.read(1)
        assert b"no.sock" in terminal.seen and b"1049" not in terminal.seen
