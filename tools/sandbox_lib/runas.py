"""Which operating-system account the servers run as."""

import os
import pwd
import stat

from .errors import SandboxError

_CANDIDATES = ("mysql", "nobody")


class RunAs:
    """An account: name, uid, gid; `switches` says whether it differs from ours."""

    def __init__(self, name, uid, gid, switches):
        self.name, self.uid, self.gid, self.switches = name, uid, gid, switches

    def own(self, path):
        """Give a file or a whole tree to the account."""
        if not self.switches:
            return
        os.lchown(path, self.uid, self.gid)
        for folder, folders, files in os.walk(path):
            for name in folders + files:
                os.lchown(os.path.join(folder, name), self.uid, self.gid)

    def own_top(self, path):
        """Give only a folder itself to the account, so that it may make files there."""
        if self.switches:
            os.chown(path, self.uid, self.gid)

    def server_options(self):
        """mysqld refuses to run as root unless it is told so in words."""
        return ["--user=root"] if self.uid == 0 else []

    def spawn_options(self):
        """Keyword arguments for process.spawn."""
        return {"user": self.uid, "group": self.gid} if self.switches else {}


def choose(*directories):
    """The account for servers that use files below all these directories.

    Ours when we are not root; else an unprivileged one, if it can get to
    them at all: below a root-only folder (pytest's tmp_path is one, a cache
    in root's home another) the servers have to stay root.
    """
    if os.geteuid() != 0:
        return named(pwd.getpwuid(os.geteuid()).pw_name)
    for name in _CANDIDATES:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        reachable = all(_may_traverse(path, account) for path in directories)
        return named(name if reachable else "root")
    raise SandboxError("no unprivileged account to run the servers as: "
                       f"none of {', '.join(_CANDIDATES)} exists")


def named(name):
    """The account of that name."""
    account = pwd.getpwnam(name)
    return RunAs(name, account.pw_uid, account.pw_gid, os.geteuid() != account.pw_uid)


def _may_traverse(directory, account):
    path = os.path.realpath(directory)
    while True:
        facts = os.stat(path)
        if facts.st_uid == account.pw_uid:
            allowed = facts.st_mode & stat.S_IXUSR
        elif facts.st_gid == account.pw_gid:
            allowed = facts.st_mode & stat.S_IXGRP
        else:
            allowed = facts.st_mode & stat.S_IXOTH
        if not allowed:
            return False
        if path == "/":
            return True
        path = os.path.dirname(path)
