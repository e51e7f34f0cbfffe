"""What `help` says of a command's answer is what the answer is: its columns, in their order, of their types."""

import json
import subprocess

import pymysql
import pytest

from client import Client
from fakeserver import FakeServer
from proxy import CTL, Proxy

pytestmark = pytest.mark.room("admin")

PATIENCE = 60
TYPES = {pymysql.constants.FIELD_TYPE.VAR_STRING: "text", pymysql.constants.FIELD_TYPE.LONGLONG: "integer",
         pymysql.constants.FIELD_TYPE.DOUBLE: "real"}
# Of those that need an argument, one with which they answer; {session} is one that is there.
ARGUMENTS = {"explain session": "{session} SELECT 1", "explain": "SELECT 1", "drain": "db2", "disable": "db2", "enable": "db2",
             "pause": "main", "resume": "main", "kill": "{session}", "help": "show servers"}


@pytest.fixture(scope="module")
def door():
    """headgate with an admin address, in front of two scripted servers."""
    primary, replica = FakeServer("db1"), FakeServer("db2", role="replica", first_statement_id=500001)
    servers = [{"name": s.name, "address": s.address, "role": s.role} for s in (primary, replica)]
    with Proxy({"main": servers}, admin_settings={"users": [{"name": "root", "password": "door"}]}) as proxy:
        yield proxy
    primary.stop()
    replica.stop()


@pytest.fixture
def db(door):
    host, _, port = door.address["admin"].rpartition(":")
    connection = pymysql.connect(host=host, port=int(port), user="root", password="door", connect_timeout=PATIENCE,
                                 read_timeout=PATIENCE)
    yield connection
    connection.close()


def answer(db, command):
    """The names and types of the answer's columns, which are there without any row, and the rows."""
    with db.cursor(pymysql.cursors.DictCursor) as cursor:
        cursor.execute(command)
        return [(column[0], TYPES[column[1]]) for column in cursor.description], cursor.fetchall()


def test_help_documents_the_columns_of_every_answer(door, db):
    listed = answer(db, "help")[1]
    assert len(listed) > 20
    with Client.connect(door.address["split"]) as client:
        assert client.query("DO 1").error is None
        session = client.greeting.connection_id
        for row in listed:
            command = row["command"]
            first, *columns = answer(db, f"help {command}")[1]
            assert first == {**row, "column": None, "type": None}
            assert columns and all(column["help"] and column["command"] == command for column in columns), command
            assert row["argument"][:1] != "<" or command in ARGUMENTS, f"{command}: say here with which argument it answers"
            line = f"{command} {ARGUMENTS.get(command, '').format(session=session)}"
            assert answer(db, line)[0] == [(column["column"], column["type"]) for column in columns], line


def test_the_list_of_all_is_without_columns(db):
    assert answer(db, "help")[0] == [("command", "text"), ("argument", "text"), ("help", "text")]


def test_headgatectl_prints_them(door):
    def ctl(*words):
        return subprocess.run([CTL, "-s", door.admin_socket, *words], capture_output=True, text=True, timeout=PATIENCE,
                              check=True).stdout
    header, first, *columns = ctl("help", "show", "servers").splitlines()
    assert header.split() == ["command", "argument", "column", "type", "help"]
    assert first.startswith("show servers ") and "every server" in first
    told = json.loads(ctl("--json", "help", "show servers"))
    assert [row["column"] for row in told] == [None, *json.loads(ctl("--json", "show", "servers"))[0]]
    assert len(told) == 1 + len(columns)
    for row, line in zip(told[1:], columns):
        assert all(row[key] in line for key in ("command", "column", "type", "help"))
