"""Rooms: every file of tests names the folders of src/ that it is about; --room POOL runs what is about src/pool."""

import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]


def pytest_addoption(parser):
    parser.addoption("--room", help="only the files of tests that are about this folder of src/")


def pytest_collection_modifyitems(config, items):
    wanted = config.getoption("room")
    if wanted is not None:
        _must_be_room(wanted, "--room")
    rooms = {item.path: _rooms_of(item) for item in {item.path: item for item in items}.values()}
    if wanted is not None:
        config.hook.pytest_deselected(items=[item for item in items if wanted not in rooms[item.path]])
        items[:] = [item for item in items if wanted in rooms[item.path]]


def _rooms_of(item):
    marker = item.get_closest_marker("room")
    if marker is None:
        raise pytest.UsageError(f'{item.path} names no room: pytestmark = pytest.mark.room("…")')
    for name in marker.args:
        _must_be_room(name, item.path)
    return marker.args


def _must_be_room(name, where):
    if name != "tools" and not (ROOT / "src" / name).is_dir():
        raise pytest.UsageError(f"{where}: there is no src/{name}")


def pytest_sessionfinish(session, exitstatus):
    """A room need not have tests of every kind."""
    if session.config.getoption("room") and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK
