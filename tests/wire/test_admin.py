"""The admin commands: over the MySQL protocol to drivers, and who may say them over the unix socket."""

import grp
import json
import os
import socket
import stat
import subprocess

import pymysql
import pytest

import mysqlwire as w
from client import Client
from fakeserver import FakeServer
from proxy import BINARY, Proxy, wait_until

pytestmark = pytest.mark.room("admin", "console")

ADMIN = {"users": [{"name": "root", "password": "door"}, {"name": "hashed", "password": "*" + "14E65567ABDB5135D0CFD9A70B3032C179A49EE7"}]}
SECRETS = ("app_pw", "other_pw", "monitor_pw", "door", "14E65567")


@pytest.fixture(scope="module")
def door():
    """headgate with an admin address, in front of two scripted servers."""
    primary, replica = FakeServer("db1"), FakeServer("db2", role="replica", first_statement_id=500001)
    servers = [{"name": s.name, "address": s.address, "role": s.role} for s in (primary, replica)]
    group = grp.getgrgid(os.getgid()).gr_name
    with Proxy({"main": servers}, admin_settings={**ADMIN, "group": group}, timeouts={"client_login": "2s"}) as proxy:
        yield proxy
    primary.stop()
    replica.stop()


def connect(door, user="root", password="door", **options):
    host, _, port = door.address["admin"].rpartition(":")
    return pymysql.connect(host=host, port=int(port), user=user, password=password, connect_timeout=60,
                           read_timeout=60, **options)


def rows(db, sql):
    with db.cursor(pymysql.cursors.DictCursor) as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


@pytest.fixture
def db(door):
    connection = connect(door)
    yield connection
    connection.close()


def test_tables_are_result_sets_with_types(door, db):
    listed = door.show("servers")
    told = rows(db, "show servers")
    assert [row["name"] for row in told] == ["db1", "db2"]
    assert [set(row) for row in told] == [set(row) for row in listed]
    assert {name: type(value) for name, value in told[0].items() if value is not None and name != "zone"} == {
        name: type(value) for name, value in listed[0].items() if value is not None and name != "zone"}
    assert rows(db, "  SHOW  version ;")[0]["version"] == door.show("version")[0]["version"]


def test_every_command_that_only_looks_answers_as_on_the_socket(door, db):
    for row in rows(db, "help"):
        if not row["command"].startswith("show") or row["argument"].startswith("<"):
            continue
        told, listed = rows(db, row["command"]), door.json(row["command"])
        assert [set(one) for one in told] == [set(one) for one in listed], row


def test_a_command_that_waits_for_workers_answers_in_order(door, db):
    with Client.connect(door.address["split"]) as client:
        assert client.query("DO 1").error is None
        wait_until(lambda: len(rows(db, "show sessions")) == 1, "earlier clients are gone", 60)
        for _ in range(20):
            assert [row["user"] for row in rows(db, "show sessions")] == ["app"]
            assert rows(db, "show version")[0]["sessions"] == 1


def test_errors_are_err_packets_and_the_connection_goes_on(db):
    for line in ("nonsense", "drain db9", "show servers now", "switchover main", "", "SELECT $$", "SELECT 1 FROM t", "explain", "json show servers"):
        with pytest.raises(pymysql.MySQLError) as raised:
            rows(db, line)
        assert raised.value.args[0] == 1105 and raised.value.args[1]
    with pytest.raises(pymysql.err.OperationalError, match="nosuch"):
        rows(db, "SELECT @@nosuch")
    assert rows(db, "show version")


def test_what_drivers_say_by_themselves_is_answered(db):
    for sql in ("SET NAMES utf8mb4", "SET autocommit = 0", "COMMIT", "USE x", "START TRANSACTION", "/* hi */ SET @a = 1"):
        assert rows(db, sql) == ()
    assert rows(db, "select @@version_comment limit 1")[0]["@@version_comment"].startswith("headgate")
    assert rows(db, "/* connector */SELECT  @@session.autocommit AS a, @@GLOBAL.sql_mode, DATABASE(), USER() u, 1;") == [
        {"a": "1", "@@GLOBAL.sql_mode": "STRICT_TRANS_TABLES", "DATABASE()": None, "u": "root@%", "1": "1"}]
    assert {row["Variable_name"] for row in rows(db, "SHOW SESSION VARIABLES LIKE 'tx\\_%'")} == {"tx_isolation", "tx_read_only"}
    assert len(rows(db, "SHOW VARIABLES WHERE Variable_name = 'x'")) > 20
    for sql in ("SHOW WARNINGS", "SHOW GLOBAL STATUS", "SHOW DATABASES", "SHOW CHARACTER SET", "SHOW FULL TABLES"):
        assert rows(db, sql) == ()
    db.ping(reconnect=False)
    db.select_db("x")
    db.autocommit(True)


@pytest.mark.parametrize("user, password", [("root", "wrong"), ("nobody", "door"), ("root", ""), ("app", "app_pw")])
def test_others_are_refused(door, user, password):
    with pytest.raises(pymysql.err.OperationalError) as raised:
        connect(door, user, password)
    assert raised.value.args[0] == 1045 and "Access denied" in raised.value.args[1]


def test_a_password_may_be_given_as_its_hash(door):
    connect(door, "hashed", "secret").close()


def test_who_changes_something_is_told_to_the_log(door, db):
    rows(db, "drain db2")
    door.admin("enable db2")
    wait_until(lambda: "enable db2" in door.log(), "the second command in the log", 60)
    lines = [line for line in door.log().splitlines() if "admin: drain" in line or "admin: enable" in line]
    assert "user=root" in lines[-2] and "client=127.0.0.1" in lines[-2]
    assert f"pid={os.getpid()}" in lines[-1] and f"uid={os.getuid()}" in lines[-1]


def test_prepared_statements_and_unknown_commands_are_refused(door):
    with Client.connect(door.address["admin"], user="root", password="door", schema="") as client:
        for command, payload, code in ((0x16, b"show servers", 1295), (0x1D, b"", 1047), (0x12, b"x", 1047)):
            client.send(command, payload)
            assert client.read().error.code == code
        client.send(w.QUERY, b"show version")
        assert client.read().error is None


def test_strangers_harm_nobody(door):
    host, _, port = door.address["admin"].rpartition(":")
    for junk in (b"\0" * 70000, b"GET / HTTP/1.0\r\n\r\n", b"\xff\xff\xff\1" + b"a" * 100, b""):
        with socket.create_connection((host, int(port)), 60) as stranger:
            stranger.settimeout(60)
            try:
                stranger.sendall(junk)
                stranger.shutdown(socket.SHUT_WR)
                while stranger.recv(65536):
                    pass
            except OSError:  # cut already
                pass
    connect(door).close()


def test_a_query_that_is_too_long_is_refused(door):
    db = connect(door)
    with pytest.raises(pymysql.err.OperationalError):  # 1153, unless the end of the connection comes before it
        rows(db, "explain SELECT '" + "x" * (2 << 20) + "'")
    connect(door).close()


def test_a_client_that_says_nothing_is_let_go(door):
    """After timeouts.client_login."""
    host, _, port = door.address["admin"].rpartition(":")
    with socket.create_connection((host, int(port)), 60) as silent:
        silent.settimeout(60)
        while silent.recv(65536):
            pass


def test_the_socket_is_for_owner_and_group(door):
    status = os.stat(door.admin_socket)
    assert stat.S_IMODE(status.st_mode) == 0o660 and status.st_gid == os.getgid()


def test_listeners_and_users_are_shown(door):
    wait_until(lambda: door.show("sessions") == [], "earlier clients are gone", 60)
    with Client.connect(door.address["split"]):
        split, = [row for row in door.show("listeners") if row["name"] == "split"]
        assert split.pop("certificate_days") > 3600
        assert split == {"name": "split", "address": door.address["split"], "cluster": "main", "mode": "split",
                         "clients": 1, "max_clients": None, "refused": 0, "tls": "preferred", "certificate": "self-made"}
        app, = door.show("users app")
        assert app == {"name": "app", "host": "%", "source": "file", "plugin": "mysql_native_password", "state": "open",
                       "clients": 1, "max_connections": None, "refused": 0, "password": "known", "read_only": "holds"}
    assert {row["name"] for row in door.show("users")} == {"app", "other"}
    assert "no such user" in door.json("show users nobody")["error"]


def test_every_setting_is_shown_and_no_secret(door):
    settings = {row["setting"]: row for row in door.show("config")}
    assert settings["clusters.main.servers.db1.weight"]["value"] == "1"
    assert settings["timeouts.client_login"] == {"setting": "timeouts.client_login", "value": '"2s"', "default": "10s",
                                                 "effect": settings["timeouts.client_login"]["effect"]}
    assert settings["users.app.password"]["value"] == settings["admin.users.root.password"]["value"] == '"***"'
    assert {row["setting"] for row in door.show("config timeouts.tcp")} == {"timeouts.tcp_keepalive", "timeouts.tcp_user_timeout"}
    assert "no setting" in door.json("show config nosuch")["error"]
    reference = subprocess.run([BINARY, "--reference"], capture_output=True, text=True, timeout=60, check=True).stdout
    for path in settings:
        assert f"`{path.rpartition('.')[2]}`" in reference, path


def test_no_secret_is_shown_anywhere(door, db):
    told = door.log() + json.dumps([rows(db, row["command"]) for row in rows(db, "help") if row["command"].startswith("show") and not row["argument"].startswith("<")], default=str)
    assert not [secret for secret in SECRETS if secret in told]


@pytest.mark.parametrize("admin, words", [
    ('address = "127.0.0.1:1";', "address needs users"),
    ('users = ({ name = "a"; password = "b"; });', "users need an address"),
    ('group = "no-such-group";', "no group"),
    ('address = "127.0.0.1:1"; users = ({ name = "a"; });', "password"),
    ('address = "127.0.0.1:1"; users = ({ name = "a"; password = "' + "x" * 300 + '"; });', "longer than 255"),
    ('address = "127.0.0.1:6033"; users = ({ name = "a"; password = "b"; });', "is the admin address"),
])
def test_what_cannot_work_is_refused_with_its_line(tmp_path, admin, words):
    path = tmp_path / "headgate.conf"
    path.write_text(f"""admin: {{ {admin} }};
listeners = ({{ name = "l"; address = "127.0.0.1:6033"; cluster = "c"; }});
clusters = ({{ name = "c"; monitor: {{ user = "m"; password = "p"; }}; servers = ({{ name = "s"; address = "127.0.0.1:2"; }}); }});
users = ({{ name = "u"; password = "p"; }});
""")
    done = subprocess.run([BINARY, "-t", "-c", path], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and words in done.stderr and "headgate.conf:" in done.stderr
