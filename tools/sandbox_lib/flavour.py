"""The server flavours: which binary, which family, how to make an empty data directory."""

import os
import shutil
import subprocess

from . import private_root
from .errors import SandboxError

FAMILIES = {"mariadb": "mariadb", "mariadb-11": "mariadb", "mysql": "mysql"}
NAMES = tuple(FAMILIES)


class Flavour:
    """A server that can be run: its command line starts with `command`."""

    def __init__(self, name, command, basedir, version, root=None):
        self.name = name
        self.family = FAMILIES[name]
        self.command = command
        self.basedir = basedir
        self.version = version
        self.root = root

    def share(self):
        """The folder of its messages, character sets and scripts."""
        for name in ("share/mysql", "share/mariadb"):
            path = os.path.join(self.basedir, name)
            if os.path.isdir(os.path.join(path, "charsets")):
                return path
        raise SandboxError(f"found no charsets below {self.basedir}/share")

    def client(self):
        """The command line that starts this flavour's own SQL client."""
        program = "mariadb" if self.family == "mariadb" else "mysql"
        path = os.path.join(self.basedir, "bin", program)
        if not os.path.exists(path):
            raise SandboxError(f"flavour {self.name} has no SQL client: {path} is missing")
        return private_root.command(self.root, path) if self.root else [path]


def find(name):
    """The Flavour of that name, fetched first if it is one that is fetched."""
    if name not in FAMILIES:
        raise SandboxError(f"unknown flavour {name!r}: known are {', '.join(NAMES)}")
    return _installed(name) if name == "mariadb" else _fetched(name)


def _installed(name):
    path = shutil.which("mariadbd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if not path:
        raise SandboxError("mariadbd is not installed: run `tools/setup test` "
                           "(Debian's package is mariadb-server)")
    return Flavour(name, [path], "/usr", _package_version("mariadb-server-core") or _asked(path))


def _fetched(name):
    root = private_root.ensure(name)
    program = "mariadbd" if FAMILIES[name] == "mariadb" else "mysqld"
    path = os.path.join(root, "usr/sbin", program)
    return Flavour(name, private_root.command(root, path), os.path.join(root, "usr"),
                   private_root.version(root), root)


def _package_version(package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package],
                          capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def _asked(path):
    """For a server that no package brought: what it says of itself."""
    done = subprocess.run([path, "--no-defaults", "--version"],
                          capture_output=True, text=True, check=True)
    return done.stdout.split("Ver ", 1)[-1].split()[0]
