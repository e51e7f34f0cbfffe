"""Folders of a test run that do not outlive it: /tmp/headgate-test-<pid>-….

They go when the process that made them ends, also by SIGTERM once end_on_sigterm() was called. After a SIGKILL they
stay, and the next run removes them.
"""

import atexit
import contextlib
import functools
import glob
import os
import re
import shutil
import signal
import tempfile

PREFIX = "headgate-test-"


def folder():
    """A new one, which everybody may enter."""
    _sweep()
    path = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")
    atexit.register(_remove, path, os.getpid())
    os.chmod(path, 0o755)
    return path


def end_on_sigterm():
    """SIGTERM and SIGHUP end a run as Ctrl-C does: fixtures are torn down, processes ended, folders removed."""
    def interrupt(number, _):
        for later in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(later, lambda *_: None)
        raise KeyboardInterrupt(signal.Signals(number).name)
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)


def _remove(path, owner):
    if os.getpid() == owner:  # and not in a child that was forked
        shutil.rmtree(path, ignore_errors=True)


@functools.cache
def _sweep():
    """Once a process: what is ours and was left by a process that is gone. Others may be at the same folders."""
    for path in glob.glob(os.path.join(tempfile.gettempdir(), PREFIX + "*")):
        match = re.fullmatch(PREFIX + r"(\d+)-\w+", os.path.basename(path))
        if match and not os.path.exists(f"/proc/{match[1]}"):
            with contextlib.suppress(FileNotFoundError):
                if os.lstat(path).st_uid == os.getuid():
                    shutil.rmtree(path, ignore_errors=True)
