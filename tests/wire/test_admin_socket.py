"""The admin socket: errors, lines of SQL, several commands on one connection, and garbage."""

import json
import socket

import pytest

from admin_socket import ctl, ctl_json, raw
from fakeserver import primary_and_replica
from proxy import Proxy

pytestmark = pytest.mark.room("admin", "console", "ctl")


@pytest.fixture(scope="module")
def door():
    """headgate in front of two scripted servers."""
    with primary_and_replica() as servers:
        listed = [{"name": s.name, "address": s.address, "role": s.role} for s in servers]
        with Proxy({"main": listed}) as proxy:
            yield proxy


@pytest.mark.parametrize("line, words", [
    ("nonsense", "unknown command"), ("show", "unknown command"), ("explain", "argument"),
    ("drain db9", "no server db9"), ("show cluster x", "no such cluster"), ("switchover main", "not in this version"), ("show servers now", "no argument"),
    ("help nonsense", "no such command"), ("kill x", "number"),
])
def test_errors_go_to_stderr_with_exit_status_1(door, line, words):
    assert words in ctl(door, *line.split(), ok=False)
    assert raw(door, line + "\n").startswith("error:") and raw(door, line + "\n").count("\n") == 1
    assert words in json.loads(raw(door, f"json {line}\n"))["error"]


def test_kill_of_nobody_is_an_error(door):
    """A server's own number of a connection, say."""
    assert "there is no session 12: see 'show sessions'" in ctl(door, "kill", "12", ok=False)


def test_newline_inside_quotes_does_not_end_a_command(door):
    told, = json.loads(raw(door, "json explain SELECT 'a\nb'\n"))
    assert told["place"] == "replica"


def test_lines_of_sql_are_said_as_one_that_means_the_same(door):
    for sql, place in (("SELECT 1 -- it's\n FROM t FOR UPDATE", "primary"), ("SELECT 1 # a\nFROM t", "replica"),
                       ("SELECT 1 /* # */ FROM t\nFOR UPDATE", "primary"), ("SELECT '-- a\nb' FROM t", "replica"),
                       ("/* only this */", "primary"), ("-- only\n", "primary"), ("SELECT 1 -- and\n", "replica"),
                       ("SELECT 1 /*! FROM t -- a\n FOR UPDATE */", "primary"), ("SELECT 5--2\nFROM t FOR UPDATE", "primary")):
        assert ctl_json(door, "explain", sql)[0]["place"] == place, sql


def test_interactive_keeps_the_connection_and_marks_the_ends(door):
    with socket.socket(socket.AF_UNIX) as admin:
        admin.settimeout(20)
        admin.connect(door.admin_socket)
        lines = admin.makefile("rw")
        lines.write("interactive\nshow version\nnonsense\njson show version\n")
        lines.flush()
        answers, block = [], []
        while len(answers) < 3:
            line = lines.readline()
            assert line, "closed"
            if line == "\n":
                if block:
                    answers.append(block)
                block = []
            else:
                block.append(line)
        assert answers[0][0].startswith("version") and answers[1][0].startswith("error:")
        assert json.loads(answers[2][0])[0]["version"]


def test_garbage_and_endless_commands_harm_nobody(door):
    for junk in (b"\0\xff" * 5000 + b"\n", b"x" * 100, b"'" * 3):
        with socket.socket(socket.AF_UNIX) as admin:
            admin.settimeout(20)
            admin.connect(door.admin_socket)
            admin.sendall(junk)
            admin.shutdown(socket.SHUT_WR)
            while admin.recv(65536):
                pass
    with socket.socket(socket.AF_UNIX) as admin:
        admin.settimeout(20)
        admin.connect(door.admin_socket)
        with pytest.raises(OSError):
            for _ in range(64):
                admin.sendall(b"'" + b"y" * 65536)
    assert ctl_json(door, "show", "version")
