"""users_from = "servers" on MySQL: its accounts have caching_sha2_password, so that clients send the password itself, over TLS
or a unix socket."""

import pathlib
import re
import ssl

import pymysql
import pytest

import replies as r
from client import Client
from headgate import Headgate, value
from proxy import wait_until

pytestmark = [pytest.mark.room("access", "frontend", "mysql"), pytest.mark.family("mysql"), pytest.mark.smoke]

GUIDE = pathlib.Path(__file__).resolve().parents[2] / "docs/guide/operation.md"
SOON = {"users_from": "servers", "users_interval": "200ms"}


@pytest.fixture(scope="module")
def soon(cluster):
    block = re.search(r"`users_from` on MySQL:\n\n```sql\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S).group(1)
    for statement in block.strip().split(";\n"):
        cluster.sql("db1", statement.rstrip(";"))
    cluster.sync()
    with Headgate(cluster, cluster_settings=SOON, extra={"users": []}) as running:
        yield running


def over_tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


CHANNELS = {"tls": {"listener": "split", "ssl": over_tls()}, "socket": {"listener": "local"}}


def code(hg, user, password, channel="socket", **options):
    """None: the client is in; or the number of the refusal."""
    try:
        hg.connect(user=user, password=password, **{**CHANNELS[channel], **options}).close()
    except pymysql.MySQLError as error:
        return error.args[0]
    return None


@pytest.mark.scenario
@pytest.mark.parametrize("channel", CHANNELS)
def test_servers_accounts_log_in(soon, channel):
    for user in ("app", "other"):
        with soon.connect(user=user, password=f"{user}_pw", **CHANNELS[channel]) as db:
            assert value(db, "SELECT CURRENT_USER()") == f"{user}@%"
            assert value(db, "SELECT 1 FROM DUAL FOR UPDATE") == 1    # on the primary
    for user, password in (("app", "wrong"), ("app", ""), ("app", "app_p"), ("nobody", "x"), ("nobody", "")):
        assert code(soon, user, password, channel) == 1045


def test_without_tls_the_password_is_not_taken(soon):
    assert code(soon, "app", "app_pw", listener="split") == 1045
    assert code(soon, "nobody", "app_pw", listener="split") == 1045


def test_unknown_users_take_the_steps_of_known_ones(soon):
    """An auth switch to the same plugin, the same request of the password, the same error."""
    said = []
    for user in ("app", "nobody"):
        with pytest.raises(r.Err) as refused:
            Client.connect(soon.address["local"], user=user, password="wrong", timeout=60)
        said.append((refused.value.code, refused.value.state, refused.value.message.replace(user, "")))
    assert said[0] == said[1]


@pytest.mark.parametrize("password", ["", "x", "p" * 31, "p" * 32, "p" * 33, "p" * 64, "p" * 200, "it's a \"word\" $ %"])
def test_passwords_of_all_lengths(cluster, soon, password):
    cluster.sql("db1", "CREATE USER lengthy IDENTIFIED BY '{}'".format(password.replace("'", "''")))
    cluster.sql("db1", "GRANT ALL ON test.* TO lengthy")
    try:
        wait_until(lambda: code(soon, "lengthy", password) is None, "it is known")
        assert code(soon, "lengthy", password, "tls") is None
        assert code(soon, "lengthy", password + "x") == 1045
        assert code(soon, "lengthy", "other") == 1045
    finally:
        cluster.sql("db1", "DROP USER lengthy")
        cluster.sync()


def test_changes_are_followed(cluster, soon):
    cluster.sql("db1", "CREATE USER changing IDENTIFIED BY 'pw'")
    cluster.sql("db1", "GRANT ALL ON test.* TO changing")
    wait_until(lambda: code(soon, "changing", "pw") is None, "it is known")
    with soon.connect(user="changing", password="pw", **CHANNELS["socket"]) as db:
        cluster.sql("db1", "ALTER USER changing IDENTIFIED BY 'new'")
        wait_until(lambda: code(soon, "changing", "new") is None, "the new password is known")
        assert code(soon, "changing", "pw") == 1045
        cluster.sql("db1", "ALTER USER changing ACCOUNT LOCK")
        wait_until(lambda: code(soon, "changing", "new") == 3118, "it is locked")
        cluster.sql("db1", "DROP USER changing")
        wait_until(lambda: code(soon, "changing", "new") == 1045, "it is gone")
        assert value(db, "SELECT 1") == 1
