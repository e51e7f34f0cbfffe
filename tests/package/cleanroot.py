"""A Debian of its own for a test: a folder with the least that apt needs, and what a package depends on.

The base is made once by debootstrap and kept in the cache of tools/sandbox; each test has a copy. Programs run in it
by chroot; what listens, in a network of its own too.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess

import scratch
from sandbox_lib import cache
from sandbox_lib.mirror import KEYRING, debian_mirror
from sandbox_lib.process import dying_with_parent

from shipped import run

# The copies are made often, and nobody reads these.
_NOT_NEEDED = ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale",
               "usr/share/zoneinfo", "usr/lib/x86_64-linux-gnu/gconv")


def why_not():
    """Why there can be no clean root here; None: there can."""
    if os.getuid() != 0:
        return "a clean root needs root"
    try:
        allowed = subprocess.run(["unshare", "--net", "ip", "link", "set", "lo", "up"], capture_output=True, check=False)
    except FileNotFoundError as missing:
        return str(missing)
    return None if allowed.returncode == 0 else f"no network of its own: {allowed.stderr.decode().strip()}"


def _suite():
    return platform.freedesktop_os_release()["VERSION_CODENAME"]


def _base(depends):
    """The folder in the cache that has what a package depends on, in these versions; made now unless it is there."""
    packages = sorted(re.findall(r"(?:^|, )([a-z0-9.+-]+)", depends))
    key = hashlib.sha256(depends.encode()).hexdigest()[:12]

    def make(folder):
        root = os.path.join(folder, "root")
        run("debootstrap", "--variant=minbase", f"--keyring={KEYRING}", f"--include={','.join(packages)}",
            _suite(), root, debian_mirror(), timeout=900)
        for path in _NOT_NEEDED:
            shutil.rmtree(os.path.join(root, path), ignore_errors=True)
        with open(os.path.join(root, "etc/dpkg/dpkg.cfg.d/unsafe-io"), "w", encoding="ascii") as f:
            f.write("force-unsafe-io\n")  # no copy outlives its test
    return os.path.join(cache.made_once(f"base-{_suite()}-{key}", make), "root")


class CleanRoot:
    """A copy of the base, removed at the end."""

    def __init__(self, depends):
        """depends: a package's Depends."""
        self.folder = scratch.folder()
        self.path = os.path.join(self.folder, "root")
        run("cp", "-a", _base(depends), self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def file(self, path):
        """Where a file of the root is, seen from outside."""
        return os.path.join(self.path, path.lstrip("/"))

    def read(self, path):
        with open(self.file(path), encoding="utf-8") as f:
            return f.read()

    def take(self, path):
        """Copy a file into the root; its name there."""
        shutil.copy(path, self.file("/tmp"))
        return os.path.join("/tmp", os.path.basename(path))

    def run(self, *command, user="root", **options):
        """Run a command in it, to its end."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
        return run("chroot", f"--userspec={user}", self.path, *command, env=environment, **options)

    def start(self, command, user, environment, log):
        """Start a service, as that user, with a loopback interface that nobody else has."""
        script = 'ip link set lo up && exec chroot --userspec="$0" "$@"'
        variables = [f"{key}={value}" for key, value in environment.items()]
        line = ["unshare", "--net", "sh", "-c", script, f"{user}:{user}", self.path, "env", "-i", *variables, *command]
        with open(log, "wb") as output:
            return subprocess.Popen(dying_with_parent(line), stdout=output, stderr=output, stdin=subprocess.DEVNULL)

    def listing(self):
        """All paths in it."""
        found = run("find", self.path, "-xdev", "-printf", "%P\n").splitlines()
        return set(filter(None, found))
