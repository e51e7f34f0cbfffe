"""`make demo` runs to its end, and what it prints is true."""

import os
import pathlib
import subprocess

import pytest

from conftest import FLAVOUR

pytestmark = [pytest.mark.room("tools"), pytest.mark.long]

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.smoke
def test_the_demo_runs_to_its_end():
    done = subprocess.run([ROOT / "tools" / "demo"], cwd=ROOT, env={**os.environ, "FLAVOUR": FLAVOUR}, timeout=280,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
