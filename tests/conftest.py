"""Rooms: every file of tests names the folders of src/ that it is about; --room pool runs what is about src/pool."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
NAMED = re.compile(r"pytest\.mark\.room\(([^)]*)\)")


def pytest_addoption(parser):
    parser.addoption("--room", help="only the files of tests that are about this folder of src/")


def pytest_configure(config):
    if (wanted := config.getoption("room")) is not None:
        _must_be_room(wanted, "--room")


def pytest_ignore_collect(collection_path, config):
    """A file that is about other rooms is not even imported."""
    wanted = config.getoption("room")
    if wanted is None or not collection_path.name.startswith("test_"):
        return None
    found = NAMED.search(collection_path.read_text(encoding="utf-8"))
    return True if found and f'"{wanted}"' not in found[1] else None


def pytest_collection_modifyitems(items):
    for item in {item.path: item for item in items}.values():
        marker = item.get_closest_marker("room")
        if marker is None:
            raise pytest.UsageError(f'{item.path} names no room: pytestmark = pytest.mark.room("…")')
        for name in marker.args:
            _must_be_room(name, item.path)


def pytest_sessionfinish(session, exitstatus):
    """A room need not have tests of every kind."""
    if session.config.getoption("room") and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


def _must_be_room(name, where):
    if name != "tools" and not (ROOT / "src" / name).is_dir():
        raise pytest.UsageError(f"{where}: there is no src/{name}")
