"""cluster.json: what a sandbox is, for people, tests and later commands."""

import contextlib
import fcntl
import json
import os

from .errors import SandboxError


class Store:
    """The description file of one sandbox, read afresh at every use.

    Several commands may work on one sandbox at a time, and a test may hold
    it open meanwhile: nobody keeps a copy.
    """

    def __init__(self, directory):
        self.directory = os.path.realpath(directory)
        self.path = os.path.join(self.directory, "cluster.json")

    def exists(self):
        return os.path.exists(self.path)

    def read(self):
        """The whole description."""
        try:
            with open(self.path, encoding="utf-8") as f:
                return json.load(f)
        except FileNotFoundError:
            raise SandboxError(f"no sandbox in {self.directory}: {self.path} is missing "
                               f"(make one with `sandbox {self.directory} start`)") from None

    def write(self, data):
        """Replace the description, never leaving half of one."""
        part = self.path + ".part"
        with open(part, "w", encoding="utf-8") as f:
            json.dump(data, f, indent=2)
            f.write("\n")
        os.rename(part, self.path)

    def remove(self):
        """Forget the sandbox."""
        for path in (self.path, os.path.join(self.directory, ".lock")):
            if os.path.exists(path):
                os.unlink(path)

    @contextlib.contextmanager
    def change(self):
        """Read the description, let the caller change it, write it: one at a time."""
        with open(os.path.join(self.directory, ".lock"), "w", encoding="ascii") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            data = self.read()
            yield data
            self.write(data)

    def node(self, name):
        """One node's entry."""
        return entry(self.read(), name)

    def change_node(self, name, **facts):
        """Set facts of one node's entry; the new entry."""
        with self.change() as data:
            found = entry(data, name)
            found.update(facts)
        return found


def entry(data, name):
    """The entry of node `name` in a description."""
    for node in data["nodes"]:
        if node["name"] == name:
            return node
    known = ", ".join(node["name"] for node in data["nodes"])
    raise SandboxError(f"no node {name!r} in this sandbox: there are {known}")
