"""Clients that send garbage, halves, too much, or nothing, in every state: each is dropped, nobody else notices."""

import contextlib
import random
import socket

import pytest

import mysqlwire as w
import replies as r
from client import Client, dial, execute
from handshake import Response
from proxy import Proxy, memory_margin, wait_until

pytestmark = pytest.mark.room("session", "command", "frontend")

GARBAGE = {
    "zeros": bytes(64),
    "ones": b"\xff" * 64,
    "http": b"GET / HTTP/1.1\r\nHost: db\r\n\r\n",
    "tls": bytes.fromhex("16030100a5010000a10303") + bytes(154),
    "proxy_protocol": b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n",
    "random": random.Random(7).randbytes(3000),
    "length_of_16_mib": b"\xff\xff\xff\x00" + b"x" * 1000,
    "wrong_sequence": w.packet(9, b"\x03SELECT 1"),
    "half_a_header": b"\x05\x00",
    "half_a_packet": w.packet(0, b"\x03SELECT 1")[:-3],
    "empty_packets": b"\0\0\0\0" * 50,
}


def in_state(rig, state):
    """A connection of that age, as a socket."""
    if state == "connected":
        return dial(rig.proxy.address["primary"])
    client = Client(rig.proxy.address["primary"])
    client.read_greeting()
    if state == "greeted":
        return client.pipe.sock
    if state == "asked_again":
        client.pipe.send_packet(Response(b"app", b"x", w.MODERN_CAPS, plugin=b"other_plugin").payload())
        client.pipe.read_packet()
        return client.pipe.sock
    client.log_in("app", "app_pw")
    if state == "in_transaction":
        client.query("START TRANSACTION")
    elif state == "awaiting_reply":
        client.send(w.QUERY, "DO 'never answered'")
        rig.primary.wait_for(lambda: "DO 'never answered'" in rig.primary.sqls())
    return client.pipe.sock


STATES = ["connected", "greeted", "asked_again", "ready", "in_transaction", "awaiting_reply"]


def never_answers(c, _):
    """Holds the connection until the proxy gives it up."""
    with contextlib.suppress(w.WireError, OSError):
        c.pipe.read_packet()
    return False


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_disturbs_nobody(rig, state, garbage):
    rig.primary.on("DO 'never answered'", never_answers)
    sock = in_state(rig, state)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        sock.sendall(GARBAGE[garbage])
    assert rig.is_served()
    sock.close()
    assert rig.is_served()


# A client that only shuts down its sending half while it awaits a reply may yet want to read it: servers give it.
ENDS = [(s, m) for s in STATES for m in ("closes", "shuts_down", "resets") if (s, m) != ("awaiting_reply", "shuts_down")]


@pytest.mark.parametrize("state, manner", ENDS)
def test_sudden_end_frees_everything(rig, state, manner):
    rig.primary.on("DO 'never answered'", never_answers)
    sock = in_state(rig, state)
    if manner == "resets":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    if manner == "shuts_down":
        sock.shutdown(socket.SHUT_WR)
    else:
        sock.close()
    wait_until(lambda: all(c.is_closed.is_set() for c in rig.primary.application_connections()),
               "the upstreams of gone clients are closed")
    sock.close()


@pytest.fixture(scope="module")
def impatient(servers):
    listed = [{"name": s.name, "address": s.address, "role": s.role} for s in servers]
    with Proxy({"main": listed}, timeouts={"client_login": "2s"}) as proxy:
        yield proxy


def test_client_that_never_answers_is_dropped_in_time(impatient):
    for sent in (b"", b"\x20", w.packet(1, bytes(200))[:30]):
        pipe = w.Pipe(dial(impatient.address["primary"]))
        pipe.read_packet()
        pipe.send(sent)
        answer = pipe.read_to_end()
        assert answer == b"" or answer[4] == 0xFF


def test_client_that_trickles_its_login_is_dropped_in_time(impatient):
    """A byte now and then must not prolong the deadline for ever."""
    client = Client(impatient.address["primary"])
    client.read_greeting()
    data = w.packet(1, client.response("app", "app_pw", attributes={"k": "v" * 200}))
    client.pipe.sock.settimeout(0.05)
    sent = 0
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for byte in data:
            client.pipe.send(bytes([byte]))
            sent += 1
            with contextlib.suppress(TimeoutError):
                if client.pipe.sock.recv(1000) is not None:
                    break
    assert sent < len(data)


@pytest.mark.parametrize("size", [70000, 1 << 20, w.MAX_FRAGMENT])
def test_oversized_login_is_refused_unread(rig, size):
    pipe = w.Pipe(dial(rig.proxy.address["primary"]))
    pipe.read_packet()
    before = rig.proxy.rss()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        pipe.send(w.int3(size) + b"\1")
        pipe.send(w.int4(w.MODERN_CAPS) + bytes(size - 4))
    answer = pipe.read_to_end()
    assert answer == b"" or answer[4] == 0xFF
    assert rig.proxy.rss() < before + memory_margin()
    assert rig.is_served()


def mutations(payload, seed, count):
    chance = random.Random(seed)
    for _ in range(count):
        mutant = bytearray(payload)
        for _ in range(chance.randrange(1, 4)):
            mutant[chance.randrange(len(mutant))] = chance.choice((0, 0xFF, 0xFE, 0xFB, chance.randrange(256)))
        if chance.random() < 0.3:
            del mutant[chance.randrange(len(mutant)):]
        yield bytes(mutant)


def test_mutated_logins_disturb_nobody(rig):
    for seed in range(3):
        sample = Client(rig.proxy.address["primary"])
        sample.read_greeting()
        payload = sample.response("app", "app_pw", "test")
        sample.close()
        for mutant in mutations(payload, seed, 40):
            pipe = w.Pipe(dial(rig.proxy.address["primary"]))
            pipe.read_packet()
            pipe.send(w.packet(1, mutant))
            pipe.sock.shutdown(socket.SHUT_WR)
            for_client = pipe.read_to_end()
            assert not for_client or for_client[4] in (0x00, 0xFE, 0xFF)
            pipe.close()
    assert rig.is_served()


def test_mutated_commands_disturb_nobody(rig):
    commands = [b"\x03SELECT * FROM t WHERE a = 'x' /* c */", b"\x17" + execute(1, [b"abc", 5, None]),
                b"\x16SELECT ?", b"\x02schema", b"\x1b\0\0", b"\x1c\1\0\0\0\5\0\0\0", b"\x18\1\0\0\0\0\0data",
                b"\x11app\0\x14" + bytes(20) + b"db\0\x2d\0mysql_native_password\0\0"]
    for seed, command in enumerate(commands):
        for mutant in mutations(command, seed, 12):
            with rig.connect() as client:
                client.command(w.PREPARE, "SELECT ?, ?, ?")
                client.pipe.send(w.packet(0, mutant) + w.packet(0, b"\x01"))
                client.pipe.sock.shutdown(socket.SHUT_WR)
                client.pipe.read_to_end()
    assert rig.is_served()


def test_memory_and_descriptors_are_back_after_200_hostile_connections(rig):
    def hostile(number):
        state = STATES[number % 5]
        sock = in_state(rig, state)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(list(GARBAGE.values())[number % len(GARBAGE)])
        sock.close()

    for number in range(60):   # the first of each kind may make what later ones use again
        hostile(number)
    assert rig.is_served()
    settled = wait_until(lambda: all(c.is_closed.is_set() for c in rig.primary.application_connections()) and rig.proxy.fds(),
                         "the warm-up's connections are gone")
    before = rig.proxy.rss()
    for number in range(200):
        hostile(number)
    assert rig.is_served()
    wait_until(lambda: rig.proxy.fds() <= settled, "as many descriptors as before")
    assert rig.proxy.rss() < before + memory_margin() // 4


def test_idle_clients_cost_little(rig):
    idle = [rig.connect() for _ in range(50)]
    assert rig.is_served()
    for client in idle:
        assert client.query("DO 1").oks
        client.close()


def test_out_of_order_packet_is_refused(rig):
    with rig.connect() as client:
        client.pipe.send(w.packet(5, b"\x03DO 1"))
        try:
            assert r.parse_err(client.pipe.read_packet()).code == 1156
        except w.Closed as closed:
            assert not closed.partial
    assert rig.is_served()
