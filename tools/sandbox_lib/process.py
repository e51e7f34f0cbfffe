"""Starting, recognising and ending processes that outlive the one that started them.

A pid alone names nobody: it may have been given to a stranger since. So a
process is known here by its pid together with the kernel's start time of it.
"""

import os
import signal
import subprocess

from .errors import SandboxError
from .wait import wait_for


def start_time(pid):
    """The kernel's start time (clock ticks since boot) of a pid, or None."""
    fields = _stat_fields(pid)
    return int(fields[19]) if fields else None


def _stat_fields(pid):
    """The fields of /proc/PID/stat that follow the command's name."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()
    except OSError:
        return None


def _reap(pid):
    """Collect a dead child of ours; a no-op for anybody else's process."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass


def state(pid, started):
    """'dead', 'paused' or 'running' for the process born as (pid, started)."""
    if not pid:
        return "dead"
    fields = _stat_fields(pid)
    if not fields or int(fields[19]) != started:
        return "dead"
    if fields[0] in "ZX" and _last_thread(pid):
        _reap(pid)
        return "dead"
    return "paused" if fields[0] in "Tt" else "running"


def _last_thread(pid):
    """Whether a zombie has no thread left: the others may still hold files and ports."""
    try:
        return len(os.listdir(f"/proc/{pid}/task")) <= 1
    except OSError:
        return True


def dying_with_parent(command, setpriv=()):
    """The command that does this one and is killed when the present process ends, however it ends.

    setpriv, with the options given besides, asks the kernel for that; the shell behind it sees whether it
    was asked too late.
    """
    return ["setpriv", *setpriv, "--pdeathsig", "KILL", "--",
            "sh", "-c", 'test "$PPID" = "$0" && exec "$@"', str(os.getpid()), *command]


def spawn(command, log, user=None, group=None, die_with_parent=False, cwd="/"):
    """Start a command detached, its output appended to log. Return (pid, start time).

    user and group are numeric ids to become first. setpriv does that and
    asks for the parent-death signal afterwards: the kernel forgets that wish
    whenever a process changes who it is, so the order matters.
    """
    wrapper = []
    if user is not None:
        wrapper += ["--reuid", str(user), "--regid", str(group), "--clear-groups"]
    if die_with_parent:
        command = dying_with_parent(command, wrapper)
    elif wrapper:
        command = ["setpriv", *wrapper, "--", *command]
    with open(log, "ab") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True, cwd=cwd, env=_clean_environment())
    # This module reaps; the object must not complain that nobody asked it to.
    child.returncode = 0
    return child.pid, start_time(child.pid)


def _clean_environment():
    """Only what a server needs: no MYSQL_* or LD_* of the caller's."""
    keep = ("PATH", "HOME", "TZ", "TMPDIR")
    environment = {key: os.environ[key] for key in keep if key in os.environ}
    environment["LC_ALL"] = "C.UTF-8"
    return environment


def send(pid, started, number):
    """Send a signal if, and only if, the pid is still the process meant."""
    if state(pid, started) == "dead":
        return False
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def kill(pid, started, timeout=10.0):
    """SIGKILL, and wait until the kernel has let go of it (files, ports)."""
    send(pid, started, signal.SIGKILL)
    wait_for(f"process {pid} to be gone after SIGKILL",
             lambda: state(pid, started) == "dead", timeout, interval=0.005)


def end_all(processes, grace=20.0):
    """End many processes at once: SIGTERM to all, then SIGKILL to the slow."""
    for pid, started in processes:
        send(pid, started, signal.SIGTERM)
        send(pid, started, signal.SIGCONT)  # a paused one must run to be able to end
    try:
        wait_for("the servers to end after SIGTERM",
                 lambda: all(state(*p) == "dead" for p in processes), grace)
    except SandboxError:
        for pid, started in processes:
            kill(pid, started)
