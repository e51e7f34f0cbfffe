"""Where things are in the source tree, and running what looks at them."""

import os
import shutil
import subprocess

import pytest

from proxy import BINARY, CTL

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.dirname(BINARY)
__all__ = ["BINARY", "BUILD", "CTL", "ROOT", "in_tree", "need", "run"]


def in_tree(*names):
    return os.path.join(ROOT, *names)


def need(program, package):
    """Skip aloud where a program is missing that tools/setup does not bring."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not here: it is in the package {package}")


def run(*command, timeout=300, status=0, **options):
    """What a command prints, both streams; an AssertionError if it ends otherwise than with that status."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          text=True, check=False, timeout=timeout, **options)
    assert done.returncode == status, f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout[-4000:]}"
    return done.stdout
