"""users_from = "servers": what headgate asks a server for its accounts, and what it makes of answers that are not as they
should be."""

import hashlib
import json

import pytest

import mysqlwire as w
import replies as r
from client import Client
from proxy import Proxy, wait_until

pytestmark = pytest.mark.room("access", "frontend")

PATIENCE = 20.0


def hashed(password):
    return "*" + hashlib.sha1(hashlib.sha1(password.encode()).digest()).hexdigest().upper()


def priv(password, **more):
    return json.dumps({"plugin": "mysql_native_password", "authentication_string": hashed(password), **more})


class Accounts:
    """What mysql.global_priv has. `rows`: (name, host, document)."""

    def __init__(self, server):
        self.rows = [("app", "%", priv("app_pw"))]
        self.marks = self.reads = 0
        self.on_rows = None    # (connection): instead of the rows
        server.on_accounts = self.answer

    def answer(self, connection, sql):
        if "BIT_XOR" in sql:
            self.marks += 1
            columns = [(name, w.LONGLONG) for name in ("count", "hash", "resolves")]
            mark = int(hashlib.sha1(repr(self.rows).encode()).hexdigest()[:15], 16)
            connection.reply(r.result(connection.caps, columns, [[str(len(self.rows)), str(mark), "0"]]))
            return
        self.reads += 1
        if self.on_rows:
            self.on_rows(connection)
            return
        columns = [(name, w.VAR_STRING) for name in ("name", "host", "priv")]
        connection.reply(r.result(connection.caps, columns, [list(row) for row in self.rows]))


@pytest.fixture
def accounts(server):
    return Accounts(server)


@pytest.fixture
def proxy(server, accounts):
    row = {"name": "db1", "address": server.address, "role": "primary"}
    with Proxy({"main": [row]}, cluster_settings={"users_from": "servers", "users_interval": "100ms"}, extra={"users": []}) as found:
        yield found


def refusal(proxy, **login):
    """None: the client is in; or the refusal's code, state and text."""
    try:
        Client.connect(proxy.address["split"], timeout=60, **login).close()
    except r.Err as error:
        return error.code, error.state, error.message
    return None


def test_account_is_known_without_a_word_in_the_file(proxy):
    assert refusal(proxy) is None


def test_unknown_user_and_wrong_password_hear_the_same(proxy):
    code, state, message = refusal(proxy, password="wrong")
    assert (code, state) == (1045, "28000")
    assert refusal(proxy, user="abc", password="wrong") == (code, state, message.replace("'app'", "'abc'"))


def test_rows_are_read_only_when_the_mark_differs(proxy, accounts):
    assert refusal(proxy) is None
    reads, marks = accounts.reads, accounts.marks
    wait_until(lambda: accounts.marks > marks + 3, "it is asked again", PATIENCE)
    assert accounts.reads == reads
    accounts.rows.append(("later", "%", priv("x")))
    wait_until(lambda: accounts.reads == reads + 1, "the rows are read", PATIENCE)


NONSENSE = ["", "{", "[]", "null", '{"plugin":7,"authentication_string":[]}', '{"auth_or":{"plugin":"x"}}', '{"auth_or":[7]}',
            '{"plugin":"mysql_native_password","authentication_string":"*short"}', '{"plugin":"' + "x" * 5000 + '"}', "\0", "[" * 3000]


def test_nonsense_in_one_row_leaves_the_others_alone(proxy, accounts):
    accounts.rows = [(f"odd{number}", "%", text) for number, text in enumerate(NONSENSE)] + [("app", "%", priv("app_pw"))]
    reads = accounts.reads
    wait_until(lambda: accounts.reads > reads, "the rows are read", PATIENCE)
    wait_until(lambda: "could not be understood" in proxy.log(), "the log says so", PATIENCE)
    assert refusal(proxy) is None
    for number in range(len(NONSENSE)):
        for password in ("x", ""):    # nor is it an account without a password
            assert refusal(proxy, user=f"odd{number}", password=password)[0] == 1045


@pytest.mark.parametrize("how", ["error", "end", "nothing like rows"])
def test_failed_read_keeps_the_last_known_accounts(proxy, accounts, how):
    assert refusal(proxy) is None
    accounts.on_rows = {"error": lambda c: c.error(1205, "Lock wait timeout exceeded"), "end": lambda c: c.close(),
                        "nothing like rows": lambda c: c.reply([b"\x02", b"\xfe"])}[how]
    accounts.rows = [("other", "%", priv("other_pw"))]
    wait_until(lambda: "accounts could not be read" in proxy.log(), "the log says so", PATIENCE)
    assert refusal(proxy) is None
    accounts.on_rows = None
    wait_until(lambda: refusal(proxy, user="other", password="other_pw") is None, "they are read again", PATIENCE)
    assert refusal(proxy)[0] == 1045


def test_reload_turns_it_off_and_on(proxy, accounts):
    with Client.connect(proxy.address["split"], timeout=60) as client:
        for source, users in (("file", [{"name": "other", "password": "other_pw"}]), ("servers", [])):
            tree = proxy.tree()
            tree["clusters"][0]["users_from"] = source
            tree["users"] = users
            proxy.write(tree)
            proxy.json("reload")
            expected = 1045 if source == "file" else None
            wait_until(lambda: (refusal(proxy) or [None])[0] == expected, source, PATIENCE)
            assert client.rows("SELECT 1") == [(b"db1",)]


def test_account_that_changes_while_a_client_has_it(proxy, accounts):
    """The account of an open session is replaced many times, and dropped."""
    with Client.connect(proxy.address["split"], timeout=60) as client:
        for number in range(5):
            reads = accounts.reads
            accounts.rows = [("app", "%", priv("app_pw", number=number, account_locked=number % 2 == 1))]
            wait_until(lambda: accounts.reads > reads, "the rows are read", PATIENCE)
            assert refusal(proxy) is None
            assert client.rows("SELECT 1") == [(b"db1",)]
        accounts.rows = []
        wait_until(lambda: refusal(proxy), "it is gone", PATIENCE)
        assert client.rows("SELECT 1") == [(b"db1",)]
        with pytest.raises(r.Err):
            client.change_user("app", "app_pw")
