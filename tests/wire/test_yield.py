"""Fewer connections to a server than clients: sessions wait for a connection, and give theirs to waiting sessions."""

import contextlib
import threading
import time

import pytest

import mysqlwire as w
import paced_writes
import replies as r
from client import Client, execute
from fakeserver import FakeServer
from proxy import Proxy, wait_until

pytestmark = [pytest.mark.room("pool"), pytest.mark.threads]


@pytest.fixture
def servers():
    made = [FakeServer("db1"), FakeServer("db2", role="replica", first_statement_id=500001),
            FakeServer("db3", role="replica", first_statement_id=900001)]
    yield made
    for server in made:
        server.stop()


# It cannot go on with a connection of the others, not as another account either: it has to log in.
OTHER = {"caps": w.MODERN_CAPS & ~w.DEPRECATE_EOF}


class Scarce:
    """headgate with so many connections to each server, and clients of it."""

    def __init__(self, servers, limits, workers, stack, **timeouts):
        listed = [{"name": s.name, "address": s.address, "role": s.role, **({"max_connections": n} if n else {})}
                  for s, n in zip(servers, limits)]
        self.stack, self.servers = stack, servers
        self.proxy = stack.enter_context(Proxy({"main": listed}, extra={"workers": workers},
                                               timeouts={"pool_wait": "60s", **timeouts}))

    def client(self, listener="split", **login):
        return self.stack.enter_context(Client.connect(self.proxy.address[listener], **login))

    def waiting(self, name="db1"):
        return self.proxy.server(name)["waiting"]

    def wait_for_queue(self, count, name="db1"):
        wait_until(lambda: self.waiting(name) == count, f"{count} wait for {name}")

    def used(self, name="db1"):
        return self.proxy.server(name)["connections_active"]

    def in_background(self, *works):
        """Each in a thread of its own, begun in that order; joined by the caller."""
        threads = [threading.Thread(target=work, daemon=True) for work in works]
        for thread in threads:
            thread.start()
        return threads


@pytest.fixture(params=[1, 3], ids=["one worker", "three workers"])
def scarce(servers, request):
    with contextlib.ExitStack() as stack:
        yield lambda *limits, **timeouts: Scarce(servers, limits, request.param, stack, **timeouts)


def serve_one(scene, client, sql):
    """A thread that runs one statement; .error or .reply when it is joined."""
    class Result(threading.Thread):
        reply = error = ended = None

        def run(self):
            try:
                self.reply = client.query(sql)
            except (r.Err, w.WireError) as error:
                self.error = error
            self.ended = time.monotonic()
    result = Result(daemon=True)
    result.start()
    return result


def test_clients_take_turns_on_one_connection(scarce, servers):
    scene = scarce(1, 1)
    clients = [scene.client() for _ in range(6)]
    for round_ in range(5):
        for number, client in enumerate(clients):
            assert client.query(f"DO '{round_} {number}'").oks
            assert client.rows(f"SELECT {number} FROM t") == [(b"db2",)]
    assert [servers[0].sqls().count(f"DO '{i} {n}'") for i in range(5) for n in range(6)] == [1] * 30
    assert (scene.used("db1"), scene.used("db2")) == (1, 1)
    row = scene.proxy.server("db1")
    assert (row["connections_max"], row["waiting"]) == (1, 0)


def test_auto_is_the_servers_own_limit_less_the_reserve(scarce):
    assert scarce(0).proxy.wait_server("db1", lambda row: row["connections_max"] == 490)


def test_session_state_is_said_again_on_the_next_connection(scarce, servers):
    scene = scarce(1)
    first, second = scene.client(schema="one"), scene.client(schema="two")
    first.query("SET time_zone = '+01:00'")
    second.query("DO 'other'")
    first.query("DO 'mine'")
    connection = servers[0].application_connections()[-1]
    assert connection.sqls()[-2:] == ["SET time_zone='+01:00'", "DO 'mine'"] and connection.schema == b"one"


def test_transaction_keeps_its_connection_and_who_waits_too_long_hears_why(scarce, servers):
    scene = scarce(1, pool_wait="700ms")
    second, first = scene.client("primary"), scene.client("primary")
    first.query("BEGIN")
    began = time.monotonic()
    reply = second.command(w.QUERY, "DO 'too late'")
    waited = time.monotonic() - began
    assert (reply.error.code, reply.error.state) == (1040, "08004")
    told = "headgate: no connection to db1 was free for 700ms: all of max_connections = 1 are in use ({}), and 1 wait; the " \
        "statement was not run"
    assert reply.error.message in (told.format("1 by open transaction"), told.format("1 by others"))
    # the other worker has counted its own by now, or will have
    wait_until(lambda: second.command(w.QUERY, "DO 'too late'").error.message == told.format("1 by open transaction"),
               "it is told who has it", 60)
    assert 0.65 <= waited < 15
    assert "DO 'too late'" not in servers[0].sqls()
    late = serve_one(scene, second, "DO 'in time'")
    scene.wait_for_queue(1)
    first.query("COMMIT")
    late.join(20)
    assert late.reply.oks
    assert first.query("DO 'again'").oks


def test_login_waits_too_and_hears_1040(scarce):
    scene = scarce(1, pool_wait="300ms")
    first = scene.client("primary")
    first.query("BEGIN")
    with pytest.raises(r.Err) as refused:
        scene.client("primary")
    assert (refused.value.code, refused.value.state) == (1040, "08004")
    assert "no connection to db1 was free for 300ms" in refused.value.message
    first.query("COMMIT")
    assert scene.client("primary").query("DO 1").oks


def test_little_patience_is_the_error_soon(scarce):
    scene = scarce(1, pool_wait="50ms")
    second, first = scene.client("primary"), scene.client("primary")
    first.query("BEGIN")
    began = time.monotonic()
    assert second.command(w.QUERY, "DO 1").error.code == 1040
    assert time.monotonic() - began < 15


def test_those_who_wait_are_served_in_their_order(scarce, servers):
    scene = scarce(1)
    clients = [scene.client("primary") for _ in range(6)]
    holder = scene.client("primary")
    holder.query("BEGIN")
    waiting = []
    for number, client in enumerate(clients):
        waiting.append(serve_one(scene, client, f"DO 'turn {number}'"))
        scene.wait_for_queue(number + 1)
    holder.query("COMMIT")
    again = serve_one(scene, holder, "DO 'at the end'")  # it gave up, and comes back behind them
    for thread in [*waiting, again]:
        thread.join(10)
        assert thread.reply and thread.reply.oks, thread.error
    turns = [sql for sql in servers[0].sqls() if "turn" in sql or "at the end" in sql]
    assert turns == [f"DO 'turn {n}'" for n in range(6)] + ["DO 'at the end'"]


def test_who_goes_while_waiting_holds_nobody_up(scarce, servers):
    scene = scarce(1)
    gone, killed, patient, holder = (scene.client("primary") for _ in range(4))
    holder.query("BEGIN")
    gone.send(w.QUERY, "DO 'gone'")
    scene.wait_for_queue(1)
    killed.send(w.QUERY, "DO 'killed'")
    scene.wait_for_queue(2)
    served = serve_one(scene, patient, "DO 'patient'")
    scene.wait_for_queue(3)
    gone.close()
    scene.proxy.admin(f"kill {killed.greeting.connection_id}")
    scene.wait_for_queue(1)
    holder.query("COMMIT")
    served.join(20)
    assert served.reply.oks
    assert not [sql for sql in servers[0].sqls() if "gone" in sql or "killed" in sql]


def test_reads_take_another_replica_before_they_wait(scarce):
    scene = scarce(4, 1, 1)
    first, second, third = (scene.client() for _ in range(3))
    where = {first.value("SELECT a FROM t"), second.value("SELECT a FROM t")}
    assert where == {b"db2", b"db3"}
    assert third.value("SELECT a FROM t") in where
    assert scene.used("db2") == scene.used("db3") == 1


def test_reads_do_not_wait_at_one_replica_while_another_one_s_are_idle(scarce):
    """Who is idle gives to those who wait at its server: nobody stays at one where all are held."""
    scene = scarce(4, 1, 1, pool_wait="30s")
    holder, idle = scene.client(), scene.client()
    holder.query("START TRANSACTION READ ONLY")
    held = holder.value("SELECT a FROM t")
    free, = {b"db2", b"db3"} - {held}
    for _ in range(10):
        assert idle.value("SELECT a FROM t") == free
        idle = scene.client()
    assert scene.waiting("db2") == scene.waiting("db3") == 0
    assert holder.value("SELECT a FROM t") == held


def test_two_who_need_what_the_other_has_both_get_it(scarce):
    scene = scarce(1, 1)
    reader, writer = scene.client(), scene.client()
    for _ in range(20):
        writer.send(w.QUERY, "DO 'write'")
        reader.send(w.QUERY, "SELECT 1 FROM t")
        assert writer.read().oks and not reader.read().error
        reader, writer = writer, reader


@pytest.mark.parametrize("scarce", [1], indirect=True, ids=["one worker"])
def test_least_recently_used_gives_first(scarce, servers):
    """Of one worker's: those of the waiter's own come before the others'."""
    scene = scarce(3)
    clients = [scene.client("primary") for _ in range(3)]
    for number in (1, 2, 0):
        time.sleep(0.15)  # the order is kept to a tenth of a second
        clients[number].query(f"DO '{number}'")
    before = servers[0].application_connections()
    scene.client("primary").query("DO 'newcomer'")
    used = [[sql for sql in c.sqls() if sql.startswith("DO")] for c in before]
    assert [sqls for sqls in used if "DO 'newcomer'" in sqls] == [["DO '1'", "DO 'newcomer'"]]


# ---- what is not given up ----

def pin_by_lock(client):
    client.query("SELECT GET_LOCK('a', 1)")


def pin_by_transaction(client):
    client.query("START TRANSACTION")


def pin_by_table(client):
    client.query("CREATE TEMPORARY TABLE t (a INT)")


def pin_by_variable(client):
    client.query("SET @a = NOW()")


def pin_by_long_data(client):
    statement = client.command(w.PREPARE, "INSERT INTO t VALUES (?)").statement_id
    client.command(w.LONG_DATA, w.int4(statement) + w.int2(0) + b"piece")
    client.query("DO 'between'")


def pin_by_cursor(client):
    statement = client.command(w.PREPARE, "SELECT a FROM t FOR UPDATE").statement_id
    assert not client.command(w.EXECUTE, execute(statement, flags=1), cursor=True).error


@pytest.mark.parametrize("pin", [pin_by_lock, pin_by_transaction, pin_by_table, pin_by_variable, pin_by_long_data,
                                 pin_by_cursor])
def test_what_holds_something_of_its_client_stays(scarce, servers, pin):
    servers[0].prepared["SELECT a FROM t FOR UPDATE"] = (0, [("a", w.LONGLONG)])
    servers[0].on((w.EXECUTE, "SELECT a FROM t FOR UPDATE"),
                  lambda c, _: c.reply(r.opened_cursor(c.caps, [("a", w.LONGLONG)])))
    scene = scarce(1, pool_wait="400ms")
    other, holder = scene.client("primary"), scene.client("primary")
    pin(holder)
    assert other.command(w.QUERY, "DO 'other'").error.code == 1040
    assert holder.query("DO 'still here'").oks
    assert len({c.number for c in servers[0].application_connections() if not c.is_closed.is_set()}) == 1


def warn(connection, _):
    connection.ok(warnings=1)


def test_warnings_are_kept_for_a_second_and_then_missed_aloud(scarce, servers):
    servers[0].on("INSERT IGNORE", warn)
    scene = scarce(1)
    other, holder = scene.client("primary"), scene.client("primary")
    holder.query("INSERT IGNORE")
    began = time.monotonic()
    assert other.query("DO 'other'").oks  # it waits for that second
    assert 0.5 < time.monotonic() - began < 15
    error = holder.command(w.QUERY, "SHOW WARNINGS").error
    assert error.code == 1235 and "needed by another client" in error.message
    holder.query("DO 'no table'")  # on MariaDB that leaves the warnings as they were
    assert holder.command(w.QUERY, "SHOW WARNINGS").error.code == 1235
    holder.query("DELETE FROM t")
    assert not holder.command(w.QUERY, "SHOW WARNINGS").error


@pytest.mark.parametrize("stored", ["CALL p()", "EXECUTE IMMEDIATE 'DO 1'", "SELECT f()", "PREPARE p FROM 'DO 1'", "PREPARE p FROM @text"])
def test_warnings_that_stored_code_may_have_left_alone_are_missed_aloud_too(scarce, servers, stored):
    """Without tables it leaves them as they were, on MariaDB: it says nothing of those that were elsewhere."""
    servers[0].on("INSERT IGNORE", warn)
    scene = scarce(1, diagnostics="1ms", pool_wait="60s")
    other, holder = scene.client("primary"), scene.client("primary")
    holder.query("INSERT IGNORE")
    assert other.query("DO 'other'").oks
    holder.query(stored)
    assert holder.command(w.QUERY, "SHOW WARNINGS").error.code == 1235
    holder.query("DELETE FROM t")
    assert not holder.command(w.QUERY, "SHOW WARNINGS").error
    holder.query(stored)                 # where they are it is asked
    assert not holder.command(w.QUERY, "SHOW WARNINGS").error


@pytest.mark.parametrize("stored", ["CALL p()", "PREPARE p FROM 'DO 1'"])
def test_warnings_of_a_replica_are_not_the_primary_s_to_tell(scarce, servers, stored):
    """After a statement there that may have left them alone; and where it ran on their own connection that one is asked."""
    for server in servers:
        server.on("SELECT 1/0", lambda c, _: c.reply(r.result(c.caps, [("x", w.LONGLONG)], [[None]], warnings=1)))
        server.on("INSERT IGNORE", warn)
    client = scarce(4, 4, 4).client()
    client.query("SELECT 1/0")
    client.query(stored)
    assert client.command(w.QUERY, "SHOW WARNINGS").error.code == 1235
    client.query("INSERT IGNORE")
    client.query(stored)
    assert not client.command(w.QUERY, "SHOW WARNINGS").error
    assert servers[0].application_connections()[-1].sqls()[-2:] == [stored, "SHOW WARNINGS"]


@pytest.mark.parametrize("kept,pins", [("off", 0), ("1ms", 1)])
def test_warnings_need_not_be_kept(scarce, servers, kept, pins):
    servers[0].on("INSERT IGNORE", warn)
    scene = scarce(1, diagnostics=kept, pool_wait="60s")
    other, holder = scene.client("primary"), scene.client("primary")
    holder.query("INSERT IGNORE")
    assert not holder.command(w.QUERY, "SHOW WARNINGS").error, "nobody else needs it"
    assert other.query("DO 'other'").oks
    assert holder.command(w.QUERY, "SHOW WARNINGS").error.code == 1235
    assert {row["name"]: row["value"] for row in scene.proxy.show("stats")}["pinned_by_answers"] == pins


def test_warnings_are_kept_as_long_as_is_set(scarce, servers):
    servers[0].on("INSERT IGNORE", warn)
    scene = scarce(1, diagnostics="1h", pool_wait="1500ms")
    other, holder = scene.client("primary"), scene.client("primary")
    holder.query("INSERT IGNORE")
    assert other.command(w.QUERY, "DO 'other'").error.code == 1040
    assert not holder.command(w.QUERY, "SHOW WARNINGS").error


@pytest.mark.parametrize("draws", ["SELECT NEXTVAL(s)", "SELECT SETVAL(s, 5)", "SELECT PREVIOUS VALUE FOR s"])
def test_a_sequence_clears_the_warnings_as_a_table_does(scarce, servers, draws):
    """They were of a statement on a replica. (FROM-less statements else leave them on MariaDB; seen on 10.11 and 11.)"""
    for server in servers:
        server.on("SELECT 1/0", lambda c, _: c.reply(r.result(c.caps, [("x", w.LONGLONG)], [[None]], warnings=1)))
        server.on(draws, lambda c, _: c.reply(r.result(c.caps, [("x", w.LONGLONG)], [[5]])))
        server.on("SHOW COUNT(*) WARNINGS", lambda c, _: c.reply(r.result(c.caps, [("x", w.LONGLONG)], [[0]])))
    client = scarce(4, 4, 4).client()
    client.query("SELECT 1/0")
    client.query("DO 'no table'")
    client.query("SHOW COUNT(*) WARNINGS")
    assert "SHOW COUNT(*) WARNINGS" not in servers[0].sqls()
    client.query(draws)
    client.query("SHOW COUNT(*) WARNINGS")
    assert servers[0].application_connections()[-1].sqls()[-2:] == [draws, "SHOW COUNT(*) WARNINGS"]


def test_what_was_drawn_is_known_however_slowly_its_reply_comes(scarce, servers):
    """After a connection that had drawn has gone: of the present one the text tells, which goes as the reply begins."""
    def slowly(c, _):
        paced_writes.write_pieces(c.pipe.sock, paced_writes.one_by_one(w.packets(1, r.result(c.caps, [("x", w.LONGLONG)], [[5]]))))
    for sql in ("SELECT NEXTVAL(s)", "SELECT LASTVAL(s)"):
        servers[0].on(sql, slowly)
    scene = scarce(1, diagnostics="20ms")
    other, client = scene.client("primary"), scene.client("primary")
    client.query("SELECT NEXTVAL(s)")
    assert other.query("DO 'other'").oks
    assert client.command(w.QUERY, "SELECT LASTVAL(s)").error.code == 1235
    client.pipe.sock.sendall(w.packet(0, bytes([w.CLOSE]) + w.int4(1)) + w.packet(0, bytes([w.QUERY]) + b"SELECT NEXTVAL(s)"))
    assert client.read().error is None
    assert client.command(w.QUERY, "SELECT LASTVAL(s)").error is None


def test_a_prepare_that_failed_is_the_last_statement(scarce, servers):
    """ROW_COUNT() is -1 after it (seen on all families), and as it was after one that succeeds."""
    for server in servers[1:]:
        server.on(w.PREPARE, lambda c, _: c.error(1267, "Illegal mix of collations", "HY000"))
    client = scarce(4, 4, 4).client()
    client.query("UPDATE t SET a = 1")
    assert client.command(w.PREPARE, "SELECT a = b FROM t").error.code == 1267
    client.query("SELECT ROW_COUNT()")
    assert "SELECT ROW_COUNT()" not in servers[0].sqls()
    assert [server for server in servers[1:] if "SELECT ROW_COUNT()" in server.sqls()]


def test_statement_that_failed_tells_nothing_of_the_rows_counted_before(scarce, servers):
    servers[0].on("SELECT nosuch FOR UPDATE", lambda connection, _: connection.error(1054, "Unknown column", "42S22"))
    scene = scarce(1)
    other, holder = scene.client("primary"), scene.client("primary")
    holder.query("SELECT id FROM t FOR UPDATE")
    assert other.query("DO 'other'").oks
    assert holder.command(w.QUERY, "SELECT nosuch FOR UPDATE").error.code == 1054  # on another connection
    assert holder.command(w.QUERY, "SELECT FOUND_ROWS()").error.code == 1235


def test_warnings_of_what_is_said_again_are_not_the_clients(scarce, servers):
    servers[0].on("SET max_sort_length=4", warn)
    scene = scarce(1)
    other, holder = scene.client("primary"), scene.client("primary")
    holder.query("SET max_sort_length = 4")
    holder.query("DELETE FROM t")
    assert other.query("DO 'other'").oks
    assert not holder.command(w.QUERY, "SHOW WARNINGS").error
    said = [text for text in servers[0].sqls() if "max_sort_length" in text or "(SELECT 1)" in text]
    assert said[-2:] == ["SET max_sort_length=4", "SELECT 1 FROM (SELECT 1) a"], said


def test_warnings_asked_for_at_once_are_there(scarce, servers):
    servers[0].on("INSERT IGNORE", warn)
    scene = scarce(1)
    other, holder = scene.client("primary"), scene.client("primary")
    holder.query("INSERT IGNORE")
    waiting = serve_one(scene, other, "DO 'other'")
    scene.wait_for_queue(1)
    assert not holder.command(w.QUERY, "SHOW WARNINGS").error
    assert servers[0].application_connections()[-1].sqls()[-2:] == ["INSERT IGNORE", "SHOW WARNINGS"]
    waiting.join(20)
    assert waiting.reply.oks


def test_no_warnings_are_no_warnings_anywhere_and_counts_are_missed_aloud(scarce):
    scene = scarce(1)
    other, holder = scene.client("primary"), scene.client("primary")
    holder.query("UPDATE t SET a = 1")
    other.query("DO 'other'")
    assert holder.rows("SHOW WARNINGS") == []
    holder.query("UPDATE t SET a = 1")
    other.query("DO 'other'")
    assert holder.command(w.QUERY, "SELECT ROW_COUNT(), a FROM t").error.code == 1235


def test_server_that_goes_away_frees_those_who_wait_for_it(scarce, servers):
    scene = scarce(4, 1, 1)
    holders = [scene.client(), scene.client()]
    for holder in holders:
        holder.query("START TRANSACTION READ ONLY")
    names = {holder.value("SELECT a FROM t").decode() for holder in holders}
    assert names == {"db2", "db3"}
    late = serve_one(scene, scene.client(), "SELECT a FROM t")
    wait_until(lambda: scene.waiting("db2") + scene.waiting("db3") == 1, "it waits for a replica")
    name = "db2" if scene.waiting("db2") else "db3"
    server = next(s for s in servers if s.name == name)
    server.stop()
    scene.proxy.wait_server(name, lambda row: row["state"] != "up")
    wait_until(lambda: scene.waiting(name) == 0, "nobody waits for a server that is down")
    for holder in holders:
        with contextlib.suppress(r.Err, w.WireError):
            holder.query("COMMIT")
    late.join(20)
    assert late.reply and not late.error, late.error


def test_sessions_say_that_they_wait(scarce):
    scene = scarce(1)
    other, holder = scene.client("primary"), scene.client("primary")
    holder.query("BEGIN")
    late = serve_one(scene, other, "DO 1")
    scene.wait_for_queue(1)
    assert "waiting for a free connection to a server" in {row["state"] for row in scene.proxy.show("sessions")}
    holder.query("COMMIT")
    late.join(20)
    assert late.reply.oks


def test_end_of_headgate_does_not_wait_for_those_who_wait(scarce):
    scene = scarce(1, shutdown="500ms")
    other, holder = scene.client("primary"), scene.client("primary")
    holder.query("BEGIN")
    other.send(w.QUERY, "DO 1")
    scene.wait_for_queue(1)
    scene.proxy.stop(cut=(2, 1))
    scene.proxy.stop = lambda: None


def full(connection):
    connection.pipe.send_packet(b"\xff\x10\x04Too many connections", seq=0)
    return connection.pipe.sock.close() or False


def test_server_that_is_full_for_a_moment_costs_time_only(scarce, servers):
    """Whatever the permits say: others have connections there too."""
    scene = scarce(1, pool_wait="5s")
    client, other = scene.client("primary", **OTHER), scene.client("primary")
    servers[0].on_connect = full
    late = serve_one(scene, client, "DO 'late'")
    time.sleep(0.5)
    assert late.is_alive()
    servers[0].on_connect = None
    late.join(20)
    assert late.reply and late.reply.oks, late.error
    assert other.query("DO 1").oks


def test_server_that_stays_full_is_its_own_error_in_the_end(scarce, servers):
    scene = scarce(1, pool_wait="400ms")
    client, other = scene.client("primary", **OTHER), scene.client("primary")
    servers[0].on_connect = full
    began = time.monotonic()
    error = client.command(w.QUERY, "DO 1").error
    assert error.code == 1040
    assert error.message == ("headgate: db1 had no room for another connection for 400ms: Too many connections "
                             "(its own max_connections is 500)")
    assert 0.3 < time.monotonic() - began < 15
    servers[0].on_connect = None
    assert other.query("DO 1").oks and client.query("DO 1").oks
