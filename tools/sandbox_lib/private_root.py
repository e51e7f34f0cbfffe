"""Servers of other Debian suites, unpacked into a root of their own in the cache.

They bring all their libraries, libc's loader too, and are run with that
loader: so they need nothing of the host, not even root.
"""

import os
import re
import shutil
import subprocess

from . import cache
from .errors import SandboxError
from .private_apt import PrivateApt

# Per flavour: the suite, the package that names the version, what else is
# unpacked with its dependencies, and what without (for plugins alone).
_RECIPES = {
    "mariadb-11": ("trixie", "mariadb-server-core", ["mariadb-client-core"],
                   ["mariadb-server"]),
    "mysql": ("sid", "mysql-server-core", ["mysql-client-core"], []),
}

# Dependencies that only scripts have, which nothing here runs.
_NOT_NEEDED = re.compile(r"^(perl|perl-base|perl-modules-.*|libperl.*|debconf)$")

_LINKS = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"}
_VERSION_FILE = "headgate-version"


def ensure(name):
    """The root of a flavour, fetched now unless the cache has it."""
    return cache.made_once(f"root-{name}", lambda folder: _make(name, folder))


def version(root):
    """The version of the server package in a root."""
    with open(os.path.join(root, _VERSION_FILE), encoding="ascii") as f:
        return f.read().strip()


def command(root, program):
    """The command line that runs a program of a root by the root's own loader."""
    return [os.path.join(root, "lib64/ld-linux-x86-64.so.2"), "--library-path",
            ":".join(_library_folders(root)), program]


def _library_folders(root):
    """Where the loader looks: the root's library folders and private ones in them."""
    base = os.path.join(root, "usr/lib/x86_64-linux-gnu")
    private = [os.path.join(root, "usr/lib/mysql/private")]
    return [base, *filter(os.path.isdir, private)]


def _make(name, folder):
    suite, server, others, alone = _RECIPES[name]
    state = os.path.join(cache.cache_dir(), f"apt-{name}")
    apt = PrivateApt(state, suite)
    apt.prepare()
    apt.update()
    packages = [p for p in apt.resolve([server, *others]) if not _NOT_NEEDED.match(p)]
    files = apt.download([*packages, *alone], os.path.join(state, "packages"))
    _unpack(folder, files)
    _write_version(folder, server, files)
    _try_out(name, folder)
    shutil.rmtree(state, ignore_errors=True)


def _unpack(root, files):
    for link, target in _LINKS.items():
        os.makedirs(os.path.join(root, target), exist_ok=True)
        os.symlink(target, os.path.join(root, link))
    for file in files:
        # tar, unlike dpkg-deb -x, keeps the links above where an archive
        # has a folder of that name.
        script = ("dpkg-deb --fsys-tarfile \"$1\" | tar -x --keep-directory-symlink "
                  "--no-same-owner --exclude './usr/share/doc/*' --exclude './usr/share/man/*' "
                  "-C \"$2\"")
        done = subprocess.run(["sh", "-c", script, "sh", file, root],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise SandboxError(f"unpacking {file} failed: {done.stderr}")
    os.chmod(root, 0o755)


def _write_version(root, server, files):
    for file in files:
        if os.path.basename(file).startswith(server + "_"):
            done = subprocess.run(["dpkg-deb", "-f", file, "Version"],
                                  capture_output=True, text=True, check=True)
            with open(os.path.join(root, _VERSION_FILE), "w", encoding="ascii") as f:
                f.write(done.stdout)
            return
    raise SandboxError(f"{server} is not among the fetched packages")


def _try_out(name, root):
    """A root that cannot even tell its version must not get into the cache."""
    program = "mysqld" if name == "mysql" else "mariadbd"
    line = [*command(root, os.path.join(root, "usr/sbin", program)), "--no-defaults", "--version"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SandboxError(f"the fetched server does not run: {' '.join(line)}: "
                           f"{done.stdout}{done.stderr}")
