"""tests/data/host_patterns.tsv, asked of a real server: which of an account's host patterns does it use for a client?"""

import os

import pymysql
import pytest

from conftest import FLAVOUR

pytestmark = [pytest.mark.room("access"), pytest.mark.smoke]

FAMILY = "mysql" if FLAVOUR == "mysql" else "mariadb"
TABLE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data", "host_patterns.tsv")


def table():
    with open(TABLE, encoding="ascii") as file:
        lines = [line.rstrip("\n").split("\t") for line in file if line.strip() and not line.startswith("#")]
    return [(patterns.split(), client, used) for families, patterns, client, used in lines if families in ("both", FAMILY)]


def used_pattern(node, user, client):
    """What the server calls the account of this client after the @."""
    place = {"unix_socket": node.socket} if client == "socket" else {
        "host": node.host, "port": node.port, "bind_address": client}
    try:
        with pymysql.connect(user=user, connect_timeout=20, **place) as db, db.cursor() as cursor:
            cursor.execute("SELECT CURRENT_USER()")
            return cursor.fetchone()[0].rpartition("@")[2]
    except pymysql.err.OperationalError as error:
        assert error.args[0] == 1045, error
        return "-"


def test_servers_choose_as_the_table_says(cluster):
    node, cases = cluster.node("db1"), table()
    for number, (patterns, _, _) in enumerate(cases):
        for pattern in patterns:
            node.sql(f"CREATE USER 'row{number}'@'{pattern}' IDENTIFIED BY ''")
    found = [(patterns, client, used_pattern(node, f"row{number}", client)) for number, (patterns, client, _) in enumerate(cases)]
    differing = [(row, said[2]) for row, said in zip(cases, found) if row[2].lower() != said[2].lower()]
    assert differing == []
