"""The PROXY protocol from load balancers: the client's address, and what happens without a header that should be
there, or with one that should not."""

import contextlib
import socket

import pytest

import mysqlwire as w
import paced_writes
import proxy_header
import replies as r
from client import Client
from fakeserver import FakeServer
from proxy import Proxy, wait_until

pytestmark = [pytest.mark.room("net", "frontend", "access"), pytest.mark.threads]

LISTENERS = tuple({"name": name, "mode": "primary", "kind": kind, "settings": settings} for name, kind, settings in (
    ("required", "tcp", {"proxy_protocol_from": "127.0.0.1/32"}),
    ("optional", "tcp", {"proxy_protocol_from": "127.0.0.1", "proxy_protocol": "optional"}),
    ("elsewhere", "tcp", {"proxy_protocol_from": "192.0.2.0/24, ::1"}),
    ("off", "tcp", {}),
    ("socket", "unix", {"proxy_protocol_from": "localhost"})))


@pytest.fixture(scope="module")
def primary():
    server = FakeServer("db1")
    yield server
    server.stop()


def proxy_of(primary, **options):
    return Proxy({"main": [{"name": "db1", "address": primary.address, "role": "primary"}]}, listeners=LISTENERS,
                 **options)


@pytest.fixture(scope="module")
def proxy(primary):
    with proxy_of(primary) as running:
        yield running


def come(proxy, listener, header, password="app_pw", cuts=None):
    """A client that has logged in behind a header. cuts: the pieces in which the header is written."""
    client = Client(proxy.address[listener])
    try:
        if cuts:
            paced_writes.write_pieces(client.pipe.sock, cuts)
        else:
            client.pipe.send(header)
        client.read_greeting()
        client.log_in("app", password)
    except BaseException:
        client.close()
        raise
    return client


def row_of(proxy, client):
    return next(row for row in proxy.show("sessions") if row["id"] == client.greeting.connection_id)


V1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 6033\r\n"
V2 = proxy_header.v2("192.0.2.7", "198.51.100.1", 56324, 6033)
V2_TLS = proxy_header.v2("192.0.2.7", "198.51.100.1", 56324, 6033, tls="TLSv1.3")
V6 = proxy_header.v2("2001:db8::7", "2001:db8::1", 56324, 6033)

HEADERS = {"v1": (V1, "192.0.2.7", "127.0.0.1"),
           "v2": (V2, "192.0.2.7", "127.0.0.1"),
           "v2 with TLS": (V2_TLS, "192.0.2.7", "127.0.0.1, TLSv1.3"),
           "v2 with a checksum": (proxy_header.with_crc(V2), "192.0.2.7", "127.0.0.1"),
           "IPv6": (V6, "2001:db8::7", "127.0.0.1"),
           "unknown": (b"PROXY UNKNOWN\r\n", "127.0.0.1", None),
           "local": (proxy_header.v2_local(), "127.0.0.1", None)}


@pytest.mark.parametrize("listener", ["required", "optional"])
@pytest.mark.parametrize("kind", HEADERS)
def test_client_has_the_address_of_the_header(proxy, listener, kind):
    header, address, via = HEADERS[kind]
    with come(proxy, listener, header) as client:
        row = row_of(proxy, client)
        assert (row["client"], row["via"]) == (address, via)
        assert client.query("DO 1").oks
    shown = f"client {address}{f' via {via}' if via else ''} logged in as 'app' on listener {listener}"
    assert shown in proxy.log()


def test_refusals_name_the_client_and_not_the_load_balancer(proxy):
    with pytest.raises(r.Err) as refused:
        come(proxy, "required", V2, password="wrong")
    assert refused.value.message == "Access denied for user 'app'@'192.0.2.7' (using password: YES)"


def test_unix_socket_behind_a_load_balancer(proxy):
    with come(proxy, "socket", V2) as client:
        assert (row_of(proxy, client)["client"], row_of(proxy, client)["via"]) == ("192.0.2.7", "localhost")


@pytest.mark.parametrize("kind", ["v1", "v2 with TLS"])
@pytest.mark.parametrize("listener", ["required", "optional"])
def test_header_cut_anywhere(proxy, listener, kind):
    header, address, via = HEADERS[kind]
    for cut in range(1, len(header)):
        with come(proxy, listener, header, cuts=paced_writes.cut_at(header, cut)) as client:
            if cut % 8 == 1:
                assert (row_of(proxy, client)["client"], row_of(proxy, client)["via"]) == (address, via)
    with come(proxy, listener, header, cuts=paced_writes.one_by_one(header)) as client:
        assert row_of(proxy, client)["client"] == address


@pytest.mark.parametrize("kind", ["v1", "v2"])
def test_bytes_after_the_header_are_the_clients(proxy, kind):
    """The header and the whole login in one write: the answer to a greeting that the client has not read."""
    header = HEADERS[kind][0]
    client = Client(proxy.address["optional"])
    client.read_greeting()
    client.pipe.send(header + w.packet(1, client.response("app", "app_pw")))
    client.finish_login("app_pw")
    assert row_of(proxy, client)["client"] == "192.0.2.7"
    client.close()
    client = Client(proxy.address["required"])
    client.pipe.send(header + b"\x01")   # the first byte of a packet that never ends
    client.read_greeting()
    client.close()


def test_optional_header_may_be_absent(proxy):
    with Client.connect(proxy.address["optional"]) as client:
        assert (row_of(proxy, client)["client"], row_of(proxy, client)["via"]) == ("127.0.0.1", None)


def answer(proxy, listener, data, greeted):
    client = Client(proxy.address[listener])
    if greeted:
        client.read_greeting()
    client.pipe.send(data)
    err = r.parse_err(client.pipe.read_packet())
    assert client.pipe.read_to_end() == b""
    client.close()
    return err.code, err.message


NOT_ACCEPTED = "headgate: a PROXY protocol header is not accepted by listener '{}' from 127.0.0.1, which is not in its proxy_protocol_from"


@pytest.mark.parametrize("header", [V1, V2, V1[:4], V2[:4], b"PROXY nonsense\r\n"], ids=["v1", "v2", "v1 cut", "v2 cut", "bad"])
@pytest.mark.parametrize("listener", ["elsewhere", "off"])
def test_header_from_elsewhere_is_refused(proxy, listener, header):
    assert answer(proxy, listener, header, True) == (1130, NOT_ACCEPTED.format(listener))


@pytest.mark.parametrize("listener", ["elsewhere", "off"])
def test_client_from_elsewhere_needs_none(proxy, listener):
    with Client.connect(proxy.address[listener]) as client:
        assert (row_of(proxy, client)["client"], row_of(proxy, client)["via"]) == ("127.0.0.1", None)


@pytest.mark.parametrize("header", [V1, V2], ids=["v1", "v2"])
def test_second_header_is_refused(proxy, header):
    for listener in ("required", "optional"):
        client = Client(proxy.address[listener])
        client.pipe.send(header + header)
        client.read_greeting()
        err = r.parse_err(client.pipe.read_packet())
        # After an optional header the next bytes are a packet; 0x50 'P' begins one of more than 64 KiB.
        assert err.code == (1130 if listener == "required" else 1043)
        client.close()


@pytest.mark.parametrize("data, says", [
    (w.packet(1, b"hello"), "headgate: listener 'required' requires a PROXY protocol header from 127.0.0.1; other bytes came"),
    (b"PROXY TCP4 a b c d\r\n", "headgate: 127.0.0.1 sent a PROXY header of version 1 that is neither TCP4, TCP6 nor UNKNOWN with two addresses and two ports"),
    (b"PROXY " + b"x" * 200, "headgate: 127.0.0.1 sent a PROXY header of version 1 without an end of line in its first 107 bytes"),
    (V2[:14] + b"\xff\xff", "headgate: 127.0.0.1 sent a PROXY header of 65551 bytes; at most 4096 are read"),
    (proxy_header.with_crc(V2)[:-1] + b"\x00", "headgate: 127.0.0.1 sent a PROXY header of version 2 with a wrong checksum"),
], ids=["none", "bad v1", "endless v1", "long v2", "checksum"])
def test_bad_headers_are_named(proxy, data, says):
    assert answer(proxy, "required", data, False) == (1043, says)


def test_refused_header_is_logged(primary):
    with proxy_of(primary) as proxy:
        answer(proxy, "off", V2, True)
        assert f"client 127.0.0.1: the client broke the protocol: {NOT_ACCEPTED.format('off')}" in proxy.log()


def test_no_header_in_time(primary):
    with proxy_of(primary, timeouts={"client_login": "300ms"}) as proxy:
        says = "headgate: listener 'required' requires a PROXY protocol header from 127.0.0.1; none came in time"
        assert answer(proxy, "required", b"", False) == (1043, says)
        assert answer(proxy, "required", V1[:9], False) == (1043, says)
        assert says in proxy.log()


def test_client_that_leaves_before_its_header_leaves_nothing(proxy):
    for data in (b"", V1[:9], V2[:20]):
        with socket.create_connection(tuple(proxy.address["required"].rsplit(":", 1))) as sock:
            sock.sendall(data)
    wait_until(lambda: not any(row["listener"] == "required" for row in proxy.show("sessions")), "they are gone")


def limit(proxy, name):
    return next(row for row in proxy.show("limits") if row["limit"] == name)


def test_limit_per_address_counts_clients_and_not_the_load_balancer(primary):
    with proxy_of(primary, extra={"limits": {"max_clients_per_address": 2}}) as proxy, contextlib.ExitStack() as stack:
        for listener in ("required", "optional"):
            for last in (1, 2, 3):
                address = f"192.0.2.{last}"
                stack.enter_context(come(proxy, listener, proxy_header.v2(address, "198.51.100.1", 1, 2)))
        full = "headgate: limits.max_clients_per_address = 2 is reached"
        for listener in ("required", "optional"):
            with pytest.raises(r.Err) as refused:
                come(proxy, listener, proxy_header.v2("192.0.2.2", "198.51.100.1", 1, 2))
            assert (refused.value.code, refused.value.message) == (1040, full)
        assert limit(proxy, "limits.max_clients_per_address")["refused"] == 2
        # The load balancer's own connections, which name no address, count for its own.
        for listener in ("required", "optional"):
            stack.enter_context(come(proxy, listener, proxy_header.v2_local()))
        with pytest.raises(r.Err) as refused:
            come(proxy, "required", proxy_header.v2_local())
        assert (refused.value.code, refused.value.message) == (1040, full)
        stack.close()
        wait_until(lambda: limit(proxy, "limits.max_clients")["used"] == 0, "all have left")
        come(proxy, "required", proxy_header.v2("192.0.2.2", "198.51.100.1", 1, 2)).close()


def test_networks_change_by_a_reload(primary):
    with proxy_of(primary) as proxy:
        tree = proxy.tree()
        by_name = {listener["name"]: listener for listener in tree["listeners"]}
        by_name["off"]["proxy_protocol_from"] = "127.0.0.0/8"
        by_name["required"]["proxy_protocol_from"] = "192.0.2.1"
        with come(proxy, "required", V1) as before:
            proxy.write(tree)
            assert "error" not in proxy.admin("reload")
            with come(proxy, "off", V1) as client:
                assert row_of(proxy, client)["client"] == "192.0.2.7"
            Client.connect(proxy.address["required"]).close()
            assert row_of(proxy, before)["client"] == "192.0.2.7" and before.query("DO 1").oks
