"""Query attributes on MySQL: through headgate as directly, and those that begin with `headgate.` are hints.

What a server makes of them is seen with its component_query_attributes. MariaDB has no such thing: there is nothing to be
offered, and nothing of this file is run.
"""

import os
import random
import subprocess

import pytest

import attributes as a
import mysqlwire as w
from reply_comparison import comparable
from conftest import FLAVOUR
from headgate import Headgate, direct
from lagging_replicas import held, make_tables
from sandbox_lib import Cluster, flavour

pytestmark = [pytest.mark.room("session", "command", "frontend", "mysql"), pytest.mark.family("mysql"), pytest.mark.smoke]

CAPS = w.MODERN_CAPS & ~w.SESSION_TRACK | w.QUERY_ATTRIBUTES
READ = "SELECT @@server_id FROM own WHERE id = 1"
ASK = "SELECT mysql_query_attribute_string('x'), mysql_query_attribute_string('y')"


@pytest.fixture(scope="module")
def cluster():
    with Cluster.start(flavour=FLAVOUR, replicas=2, die_with_parent=True) as cluster:
        make_tables(cluster)
        for node in cluster.nodes():
            node.sql("SET sql_log_bin = 0; INSTALL COMPONENT 'file://component_query_attributes'")
        yield cluster


@pytest.fixture(scope="module")
def running(cluster):
    """One whose reads have all the time that a busy machine needs."""
    with Headgate(cluster, cluster_settings={"consistency_wait": "60s"}, timeouts={"primary_wait": "60s"},
                  probe_timeout="20s") as headgate:
        yield headgate


def number(cluster, name):
    return str(cluster.node(name).value("SELECT @@server_id")).encode()


# ---- as directly ----

X = [("x", b"v")]
QUERIES = [(ASK, X), (ASK, []), (ASK, [("X", "ünïcode"), ("y", b"")]), (ASK, [("x", None), ("y", 7)]), (ASK, [("y", -7)]),
           (ASK, [("x", b"first"), ("x", b"second")]), (ASK, [("x", b"v" * 70000)]), (ASK, [("headgate.primary", b"1"), *X]),
           (ASK, [("x", a.Raw(w.DATETIME, b"\4\xe8\7\1\2")), ("y", a.Raw(w.DOUBLE, b"\0\0\0\0\0\0\xf8\x3f"))]),
           (f"{ASK}; SELECT 1; {ASK}", X), ("SELECT 1 AS a", X), ("SELECT ?", X), ("", X), ("SELEKT", X), ("DO 1", X),
           ("SELECT n FROM own WHERE id = 1", X), ("SET @seen = mysql_query_attribute_string('x')", X), ("SELECT @seen", []),
           ("SET sql_mode = ''", X), ("USE test", X), ("BEGIN", X), ("SELECT n FROM own WHERE id = 2", X), ("COMMIT", X),
           ("PREPARE p FROM 'SELECT mysql_query_attribute_string(\"x\")'", X), ("EXECUTE p", [("x", b"executed")]),
           ("START TRANSACTION READ ONLY", X), (ASK, X), ("UPDATE own SET n = 1", X), ("COMMIT", X), ("SHOW WARNINGS", X)]
RAW = [b"", b"\0", b"\0\0SELECT 1", b"\0\2SELECT 1", b"\xfb\1SELECT 1", b"\1\1\0", b"\1\1\0\0SELECT 1", b"\xff" * 8,
       b"\xfc\0\0\1SELECT 1", b"\1\1\0\2\xfd\0\1x\1vSELECT 1", b"\xfe" + b"\xff" * 8 + b"\1SELECT 1"]
BY_NAME = "SELECT ?, mysql_query_attribute_string('x')"
EXECUTIONS = [(BY_NAME, dict(values=[1], pairs=X)), (BY_NAME, dict(values=["text"])), (BY_NAME, dict(values=["text"], flags=0)),
              (BY_NAME, dict(values=["again"], types=False)), (BY_NAME, dict(values=[None], pairs=[("x", None)])),
              (BY_NAME, dict(values=["a"], pairs=[("y", 1), *X], flags=0)), (BY_NAME, dict(values=["a"], pairs=X, types=False)),
              (BY_NAME, dict()), (BY_NAME, dict(values=["a", "b"])), (BY_NAME, dict(values=["text"], pairs=X))]


def run_all(connect):
    """All of it on one connection, as comparable bytes."""
    with connect(caps=CAPS) as client:
        assert client.caps & w.QUERY_ATTRIBUTES
        replies = [client.command(w.QUERY, sql, attributes=pairs) for sql, pairs in QUERIES]
        for body in RAW:
            client.pipe.send_packet(w.int1(w.QUERY) + body, seq=0)
            replies.append(client.read())
        statement = client.command(w.PREPARE, BY_NAME).statement_id
        replies += [client.command(w.EXECUTE, a.execute(statement, **how)) for _, how in EXECUTIONS]
        return [comparable(reply, client.caps) for reply in replies]


@pytest.mark.parametrize("listener", ["writes", "split"])
def test_replies_are_the_same(cluster, hg, listener):
    alone = run_all(lambda **options: direct(cluster, **options))
    through = run_all(lambda **options: hg.wire(listener, **options))
    said = [*QUERIES, *RAW, *EXECUTIONS]
    assert len(said) == len(alone) == len(through)
    for what, expected, found in zip(said, alone, through):
        assert found == expected, what
    assert b"first" in alone[5][-2][1] and b"executed" in alone[24][-2][1], "the yardstick itself: the server sees them"


SEED = int(os.environ.get("HEADGATE_SEED", "1"))
KNOWN = [0, 1, 2, 3, 4, 5, 7, 8, 10, 11, 12, 15, 16, 242, *range(245, 256)]
SIZES = {1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 8: 8}
DATES = (7, 10, 11, 12)


def some_value(chance):
    """Of any type, mostly one that exists."""
    kind = chance.choice(KNOWN) if chance.random() < 0.95 else chance.randrange(1 << 16)
    size = SIZES.get(kind, chance.choice((0, 4, 7, 8, 11, 12, 13)) if kind in DATES else chance.choice((0, 1, 5, 300)))
    data = chance.randbytes(size)
    if kind in SIZES:
        return a.Raw(kind, data)
    return a.Raw(kind, (w.int1(size) if kind in DATES else w.lenenc(size)) + data)


def some_query(chance):
    """A query's body, sometimes spoiled."""
    pairs = [(chance.choice(("x", "y", "", "name")), some_value(chance)) for _ in range(chance.choice((0, 1, 2, 8, 9, 30)))]
    body = bytearray(a.before_text(pairs) + chance.choice((b"SELECT 1234", b"/* x */ SELECT 'it'", b"DO 1", ASK.encode())))
    if chance.random() < 0.3:
        body[chance.randrange(min(len(body), 60))] = chance.choice((0, 1, 2, 0xFB, 0xFC, 0xFE, 0xFF, chance.randrange(256)))
    return bytes(body)


def test_any_bytes_are_read_as_the_server_reads_them(cluster, hg):
    """Or refused: where the server's own reading is surprising (an INT24 is a string to it)."""
    chance, outcomes = random.Random(SEED), {"same": 0, "refused": 0}
    with direct(cluster, caps=CAPS) as alone, hg.wire("split", caps=CAPS) as through:
        for number in range(600):
            body, replies = some_query(chance), []
            for client in (alone, through):
                client.pipe.send_packet(w.int1(w.QUERY) + body, seq=0)
                replies.append(client.read())
            error = replies[1].error
            is_refused = error and error.code == 1835 and not replies[0].error == error
            assert is_refused or comparable(replies[0], CAPS) == comparable(replies[1], CAPS), (SEED, number, body.hex())
            outcomes["refused" if is_refused else "same"] += 1
    assert outcomes["same"] > 300, outcomes


def test_a_connection_that_changes_hands_is_set_up_as_its_clients_can_read(cluster):
    """headgate's own statements, on connections whose server looks for attributes in them and on others."""
    with Headgate(cluster, server_settings={"max_connections": 1}, probe_timeout="20s", timeouts={"pool_wait": "60s"}) as hg:
        clients = [hg.wire("writes", caps=caps) for caps in (CAPS, CAPS, CAPS & ~w.QUERY_ATTRIBUTES)]
        for turn in range(3):
            for index, client in enumerate(clients):
                client.query(f"SET @@sort_buffer_size = {32768 * (index + 2)}")
                client.query("SET character_set_results = 'latin1'")
            for index, client in enumerate(clients):
                assert client.rows("SELECT @@sort_buffer_size, @@character_set_results",
                                   X if client.caps & w.QUERY_ATTRIBUTES else ()) == [
                    (b"%d" % (32768 * (index + 2)), b"latin1")], (turn, index)
        for client in clients:
            client.close()


# ---- hints ----

def test_a_read_goes_where_its_attributes_say(cluster, hg):
    with hg.wire(caps=CAPS) as client:
        for name in ("db1", "db2", "db3", "db2"):
            assert client.value(READ, [("headgate.server", name), *X]) == number(cluster, name)
            told, = hg.json(f"explain session {client.greeting.connection_id} with headgate.server = {name} {READ}")
            assert (told["place"], told["hints"]) == ("primary" if name == "db1" else "replica", f"headgate.server={name}")
        assert client.value(READ, [("headgate.primary", b"1")]) == number(cluster, "db1")
        assert client.value(READ, [("headgate.primary", b"0"), *X]) != number(cluster, "db1")


def test_executions_go_where_their_attributes_say_and_know_their_types_there(cluster, hg):
    with hg.wire(caps=CAPS) as client:
        statement = client.command(w.PREPARE, "SELECT @@server_id, ? FROM own WHERE id = 1").statement_id

        def run(value, pairs=(), types=True):
            reply = client.command(w.EXECUTE, a.execute(statement, [value], pairs, types=types))
            assert not reply.error, reply.error
            reader = w.Reader(reply.results[-1][0][2:])
            return str(reader.int(8)).encode(), reader.lenenc_bytes()
        for name in ("db2", "db3", "db1", "db2"):
            assert run("text", [("headgate.server", name)]) == (number(cluster, name), b"text")
        client.query("BEGIN")
        assert run("no types", types=False) == (number(cluster, "db1"), b"no types")
        client.query("COMMIT")
        assert run("here", [("headgate.server", "db3")]) == (number(cluster, "db3"), b"here")
        assert run("no types", types=False)[1] == b"no types"


def test_how_new_and_how_long(cluster):
    with Headgate(cluster, cluster_settings={"consistency_wait": "10ms"}, probe_timeout="20s") as hg, \
            hg.wire(caps=CAPS) as writer, hg.wire(caps=CAPS) as reader, held(cluster):
        read = "SELECT n FROM own WHERE id = 3"
        before = reader.value(read)
        writer.query("UPDATE own SET n = n + 1 WHERE id = 3")
        assert reader.value(read) == before
        assert writer.value(read, [("headgate.consistency", b"eventual")]) == before
        assert int(reader.value(read, [("headgate.consistency", b"strong")])) == int(before) + 1
        token = writer.value("SHOW HEADGATE TOKEN")
        with hg.wire(caps=CAPS) as other:
            assert other.value(read) == before
            assert int(other.value(read, [("headgate.after", token)])) == int(before) + 1
        error = writer.command(w.QUERY, "SELECT SLEEP(100)", attributes=[("headgate.timeout", b"300ms")]).error
        assert error and error.code == 3024, error
        assert writer.value("SELECT 1") == b"1"


# ---- MySQL's own client ----

def test_the_mysql_client_sends_hints(cluster, hg):
    """Its command `query_attributes` is for the next statement. (Version 9 has the old password plugin in a file.)"""
    mysql = flavour.find(FLAVOUR)
    primary = cluster.node("db1")
    plugins = os.path.join(mysql.root, "usr/lib/mysql/plugin")

    def said(script, place=hg.host_and_port()):
        done = subprocess.run([*mysql.client(), f"--host={place[0]}", f"--port={place[1]}", "--user=app", "--password=app_pw",
                               "--protocol=tcp", "--ssl-mode=DISABLED", "--get-server-public-key", f"--plugin-dir={plugins}",
                               "--skip-column-names", "--commands", "--batch", "test"],
                              input=script, capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()
    numbers = [number(cluster, name).decode() for name in ("db1", "db2", "db3")]
    script = "".join(f"query_attributes headgate.server db{i}\n{READ};\n" for i in (1, 2, 3, 2))
    assert said(script) == [numbers[0], numbers[1], numbers[2], numbers[1]]
    assert said(f"query_attributes headgate.primary 1 x v\n{READ};\n") == numbers[:1]
    assert said(f"{READ};\n")[0] in numbers[1:]
    script = f"query_attributes x seen y 2\n{ASK};\nSELECT 'x';\n{ASK};\n"
    assert said(script) == said(script, (primary.host, primary.port))
    assert said(script)[:2] == ["seen", "2"]
