"""The tests' own manners: a run that is cut short leaves neither processes nor folders."""

import os
import signal
import subprocess
import sys

import pytest

import scratch
from proxy import wait_until

pytestmark = pytest.mark.room("tools")

HERE = os.path.dirname(os.path.abspath(__file__))
OWNER = "import scratch, time; scratch.end_on_sigterm(); print(scratch.folder(), flush=True); time.sleep(60)"


@pytest.fixture
def place():
    """A TMPDIR of its own, with a path short enough for sockets."""
    yield scratch.folder()


def start(place, *command):
    return subprocess.Popen([sys.executable, "-B", *command], cwd=HERE, env={**os.environ, "TMPDIR": place},
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # a shell's & ignores it


def own_folder(place):
    """A process and the folder it made."""
    process = start(place, "-c", OWNER)
    return process, process.stdout.readline().strip()


def end(process, number):
    process.send_signal(number)
    process.wait(20)
    process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_folder_goes_with_its_process(place, number):
    process, path = own_folder(place)
    assert os.path.isdir(path)
    end(process, number)
    assert not os.path.exists(path)


def test_what_a_killed_process_left_is_removed_by_the_next_and_nothing_else(place):
    os.mkdir(os.path.join(place, "headgate-test-somebody"))
    living, kept = own_folder(place)
    killed, left = own_folder(place)
    end(killed, signal.SIGKILL)
    assert os.path.isdir(left)
    another, own = own_folder(place)
    assert sorted(os.listdir(place)) == sorted(["headgate-test-somebody", *map(os.path.basename, (kept, own))])
    for process in (living, another):
        end(process, signal.SIGTERM)


def test_a_folder_that_goes_while_it_is_looked_at_disturbs_nobody(place, monkeypatch):
    process, path = own_folder(place)
    end(process, signal.SIGTERM)  # between the list and the look
    monkeypatch.setattr(scratch.glob, "glob", lambda _: [path])
    scratch._sweep.__wrapped__()
    assert not os.path.exists(path)


def processes_in(place):
    """Ids of the processes that were given a path in that folder."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                found += [int(pid)] if place.encode() in f.read() else []
        except OSError:
            pass
    return found


@pytest.mark.parametrize("number, leaves", [(signal.SIGTERM, False), (signal.SIGINT, False), (signal.SIGKILL, True)])
def test_run_that_is_cut_short_ends_its_headgate(place, number, leaves):
    process = start(place, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_backpressure.py")
    pids = wait_until(lambda: processes_in(place), "headgate to be started", 30)
    end(process, number)
    wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), f"{pids} to end")
    assert any(name.startswith(scratch.PREFIX) for name in os.listdir(place)) == leaves
