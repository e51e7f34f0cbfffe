"""Servers that are told the client's address by the PROXY protocol: what they hear first, and who shares a connection."""

import socket
import threading

import pytest

import mysqlwire as w
import proxy_header
from client import Client
from fakeserver import FakeServer
from proxy import Proxy, wait_until

pytestmark = [pytest.mark.room("net", "upstream", "pool"), pytest.mark.threads]

LISTENERS = ({"name": "tcp", "mode": "primary", "kind": "tcp"}, {"name": "unix", "mode": "primary", "kind": "unix"},
             {"name": "behind", "mode": "primary", "kind": "tcp", "settings": {"proxy_protocol_from": "127.0.0.1"}})


class Told(FakeServer):
    """A server that reads a PROXY header first. `told[number]` is the source of each of its connections."""

    def __init__(self):
        self.told = {}
        super().__init__("db1")
        self.on_connect = self.read_header

    def read_header(self, connection):
        self.told[connection.number] = proxy_header.read(connection.pipe.sock)

    def of(self, client):
        """The source of the client's connection, and the connection's number."""
        text = f"DO 'client {client.greeting.connection_id} {len(self.sqls())}'"
        client.query(text)
        connection = next(c for c in self.application_connections() if text in c.sqls())
        return self.told[connection.number], connection.number


@pytest.fixture
def told():
    server = Told()
    yield server
    server.stop()


def proxy_of(server, version, **options):
    return Proxy({"main": [{"name": "db1", "address": server.address, "role": "primary", "proxy_protocol": version}]},
                 listeners=LISTENERS, **options)


def come_from(proxy, source, listener="tcp", header=b""):
    """A client with this loopback address. Returns it and its port."""
    client = Client.__new__(Client)
    host, _, port = proxy.address[listener].rpartition(":")
    sock = socket.create_connection((host, int(port)), timeout=50, source_address=(source, 0))
    sock.sendall(header)
    Client.__init__(client, proxy.address["unix"])  # replaced at once: a Client of another socket
    client.pipe.close()
    client.pipe = w.Pipe(sock, 50.0)
    client.read_greeting()
    client.log_in("app", "app_pw")
    return client, sock.getsockname()[1]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_server_is_told_the_client(told, version):
    with proxy_of(told, version) as proxy:
        client, port = come_from(proxy, "127.0.0.9")
        assert told.of(client)[0] == ("127.0.0.9", port)
        client.close()
        for header, source in ((proxy_header.v2("192.0.2.7", "198.51.100.1", 56324, 6033), ("192.0.2.7", 56324)),
                               (proxy_header.v2("2001:db8::7", "2001:db8::1", 56324, 6033), ("2001:db8::7", 56324))):
            client, _ = come_from(proxy, "127.0.0.1", "behind", header)
            assert told.of(client)[0] == source
            client.close()


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_probes_and_clients_without_an_address_are_headgates_own(told, version):
    with proxy_of(told, version) as proxy:
        with Client.connect(proxy.address["unix"]) as client:
            assert told.of(client)[0] is None
        monitors = [c.number for c in told.connections if c.user == b"monitor"]
        assert monitors and all(told.told[number] is None for number in monitors)


def test_connection_is_shared_by_clients_of_its_address_only(told):
    with proxy_of(told, "v2") as proxy:
        def parked(count):
            wait_until(lambda: proxy.server("db1")["connections_idle"] == count, f"{count} connections are parked")
        first, port = come_from(proxy, "127.0.0.9")
        source, number = told.of(first)
        first.close()
        parked(1)
        other, other_port = come_from(proxy, "127.0.0.8")
        assert told.of(other)[0] == ("127.0.0.8", other_port)
        again, _ = come_from(proxy, "127.0.0.9")
        assert told.of(again) == (source, number) and source == ("127.0.0.9", port)
        again.close()
        other.close()
        parked(2)
        # headgate's own connections are for clients without an address
        with Client.connect(proxy.address["unix"]) as local:
            assert told.of(local)[0] is None


def test_connection_of_another_address_makes_room(told):
    """With one connection allowed, that of one address is closed for a client of another address."""
    with Proxy({"main": [{"name": "db1", "address": told.address, "role": "primary", "proxy_protocol": "v2",
                          "max_connections": 1}]}, listeners=LISTENERS) as proxy:
        for source in ("127.0.0.9", "127.0.0.8", "127.0.0.9"):
            client, port = come_from(proxy, source)
            assert told.of(client)[0] == (source, port)
            client.close()


def test_kill_comes_from_the_same_address(told):
    """The account may be one of the client's address only."""
    arrived, killed = threading.Event(), threading.Event()

    def slow(connection, _):
        arrived.set()
        killed.wait(30)
        connection.error(1317, "Query execution was interrupted", "70100")
    told.on("DO 'slow'", slow)
    with proxy_of(told, "v2") as proxy:
        victim, port = come_from(proxy, "127.0.0.9")
        told.of(victim)
        victim.pipe.send_packet(w.int1(w.QUERY) + b"DO 'slow'", seq=0)
        assert arrived.wait(30)
        killer, _ = come_from(proxy, "127.0.0.9")
        assert killer.query(f"KILL QUERY {victim.greeting.connection_id}").oks
        wait_until(lambda: any(sql.startswith("KILL QUERY") for sql in told.sqls()), "KILL has come")
        number = next(c.number for c in told.connections if any(sql.startswith("KILL QUERY") for sql in c.sqls()))
        assert told.told[number] == ("127.0.0.9", port)
        killed.set()
        assert victim.read().error.code == 1317
        victim.close()
        killer.close()


def test_setting_changes_by_a_reload(told):
    """New connections are announced; those that no session uses are closed."""
    told.on_connect = None
    with proxy_of(told, "off") as proxy:
        with Client.connect(proxy.address["unix"]) as client:
            assert client.query("DO 1").oks
        tree = proxy.tree()
        tree["clusters"][0]["servers"][0]["proxy_protocol"] = "v2"
        proxy.write(tree)
        told.on_connect = told.read_header
        assert "error" not in proxy.admin("reload")
        client, port = come_from(proxy, "127.0.0.9")
        assert told.of(client)[0] == ("127.0.0.9", port)
        client.close()
