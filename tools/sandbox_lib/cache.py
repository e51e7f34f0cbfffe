"""The cache outside the clone, and how things get into it whole or not at all."""

import contextlib
import fcntl
import os
import shutil
import tempfile


def cache_dir():
    """$HEADGATE_CACHE, else headgate below the user's cache folder."""
    folder = os.environ.get("HEADGATE_CACHE")
    if not folder:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        folder = os.path.join(base, "headgate")
    os.makedirs(folder, exist_ok=True)
    return os.path.realpath(folder)


@contextlib.contextmanager
def lock(name):
    """Hold an exclusive lock of that name in the cache, waiting for it."""
    with open(os.path.join(cache_dir(), f".{name}.lock"), "w", encoding="ascii") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def made_once(name, make):
    """The path of cache entry `name`, calling make(folder) if it is missing.

    make fills a folder beside it, which is renamed into place only when
    make returned: whoever sees the name sees it complete.
    """
    path = os.path.join(cache_dir(), name)
    if os.path.isdir(path):
        return path
    with lock(name):
        if os.path.isdir(path):
            return path
        folder = tempfile.mkdtemp(prefix=f"{name}.part-", dir=cache_dir())
        try:
            make(folder)
            os.rename(folder, path)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return path
