"""The PROXY protocol between real ends: a load balancer's header at headgate's listener, and headgate's own header at
MariaDB, which then checks accounts against the client's address and shows it."""

import contextlib

import pymysql
import pytest

import proxy_header
import replies as r
from client import Client
from conftest import FLAVOUR
from headgate import LISTENERS, Headgate, rows, value
from proxy import Proxy, wait_until
from sandbox_lib import Cluster

pytestmark = [pytest.mark.room("net", "upstream", "pool", "frontend"), pytest.mark.family("mariadb"), pytest.mark.smoke]

BEHIND = {"name": "behind", "mode": "primary", "kind": "tcp", "settings": {"proxy_protocol_from": "127.0.0.1"}}


@pytest.fixture(scope="module")
def cluster():
    with Cluster.start(flavour=FLAVOUR, replicas=0, die_with_parent=True,
                       options={"proxy_protocol_networks": "*"}) as cluster:
        cluster.node("db1").sql("CREATE USER near@'192.0.2.%' IDENTIFIED VIA mysql_native_password USING PASSWORD('near_pw');"
                                "GRANT SELECT ON test.* TO near@'192.0.2.%'")
        yield cluster


@pytest.fixture(scope="module", params=["v1", "v2"])
def told(cluster, request):
    with Headgate(cluster, server_settings={"proxy_protocol": request.param}, listeners=(*LISTENERS, BEHIND),
                  users={"app": "app_pw", "near": "near_pw"}) as headgate:
        yield headgate


@contextlib.contextmanager
def behind(headgate, source, user="app", port=56324):
    client = Client(headgate.address["behind"], timeout=60.0)
    try:
        target = "2001:db8::1" if ":" in source else "198.51.100.1"
        client.pipe.send(proxy_header.v2(source, target, port, 6033))
        client.read_greeting()
        client.log_in(user, f"{user}_pw", "test")
        yield client
    finally:
        client.close()


def one(client, sql):
    return client.query(sql).text_rows()[0][0].decode()


def test_server_sees_the_address_behind_the_load_balancer(told):
    for source in ("192.0.2.7", "2001:db8::7"):
        with behind(told, source) as client:
            assert one(client, "SELECT USER()") == f"app@{source}"
            host = one(client, "SELECT host FROM information_schema.processlist WHERE id = CONNECTION_ID()")
            assert source in host and host.endswith("56324")


def test_server_sees_the_address_of_a_plain_client(told):
    for source in ("127.0.0.1", "127.0.0.9"):
        with told.connect("writes", bind_address=source) as db:
            assert value(db, "SELECT USER()") in (f"app@{source}", "app@localhost")
            host = value(db, "SELECT host FROM information_schema.processlist WHERE id = CONNECTION_ID()")
            assert host.partition(":")[0] in (source, "localhost")


def test_accounts_with_a_host_are_about_the_client(told):
    with behind(told, "192.0.2.7", "near") as client:
        assert one(client, "SELECT CURRENT_USER()") == "near@192.0.2.%"
    with pytest.raises(r.Err) as refused:
        with behind(told, "198.51.100.9", "near"):
            pass
    assert refused.value.code == 1045 and "'near'@'198.51.100.9'" in refused.value.message
    with pytest.raises(pymysql.err.OperationalError) as refused:
        told.connect("writes", user="near", password="near_pw")
    assert refused.value.args[0] == 1045
    with behind(told, "192.0.2.8", "near") as client:  # and not by a connection of the pool
        assert one(client, "SELECT USER()") == "near@192.0.2.8"


def test_pool_keeps_addresses_apart(told):
    def connection_of(source, port):
        with behind(told, source, port=port) as client:
            assert one(client, "SELECT USER()") == f"app@{source}"
            return one(client, "SELECT CONNECTION_ID()")
    seen = {}
    for turn in range(6):
        for source in ("192.0.2.21", "192.0.2.22"):
            seen.setdefault(source, set()).add(connection_of(source, 1000 + turn))
            idle = 1 if turn == 0 and source == "192.0.2.21" else 2
            wait_until(lambda idle=idle: told.server("db1")["connections_idle"] >= idle, "the connection is parked")
    assert not seen["192.0.2.21"] & seen["192.0.2.22"]


def test_kill_of_an_account_of_one_address(told):
    with behind(told, "192.0.2.7", "near") as victim, behind(told, "192.0.2.7", "near") as killer:
        victim.query("DO 1")
        victim.pipe.send_packet(b"\x03SELECT SLEEP(50)", seq=0)
        sleeping = "SELECT COUNT(*) FROM information_schema.processlist WHERE info = 'SELECT SLEEP(50)'"
        wait_until(lambda: one(killer, sleeping) == "1", "it sleeps")
        assert killer.query(f"KILL QUERY {victim.greeting.connection_id}").oks
        # MariaDB ends SLEEP with 1 or with an error, by where KILL finds it
        reply = victim.read()
        assert reply.error is None or reply.error.code == 1317


def test_headgates_own_connections_are_its_own(told, cluster):
    hosts = rows(cluster.connect("db1"), "SELECT DISTINCT host FROM information_schema.processlist WHERE user = 'monitor'")
    assert all(host.partition(":")[0] in ("127.0.0.1", "localhost") for host, in hosts)


def test_server_that_takes_no_header_is_down_and_says_why(cluster):
    node = cluster.node("db1")
    node.sql("SET GLOBAL proxy_protocol_networks = '203.0.113.1'")
    try:
        server = {"name": "db1", "address": f"{node.host}:{node.port}", "proxy_protocol": "v2"}
        with Proxy({"main": [server]}, topology="auto", expect_up=False) as proxy:
            proxy.wait_server("db1", lambda row: row["state"] == "down")
            # The server's error 1130 arrives, or is lost by a reset of the connection: both happen.
            assert "proxy_protocol_networks" in proxy.log() or "Proxy header is not accepted" in proxy.log()
    finally:
        node.sql("SET GLOBAL proxy_protocol_networks = '*'")
