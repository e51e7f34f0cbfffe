"""Read your own writes, by default, and never back in time; and what the other levels do."""

import contextlib
import re
import signal
import threading
import time

import pymysql
import pytest

import mysqlwire as w
import replies as r
from client import execute
from conftest import FLAVOUR
from headgate import Headgate, direct, rows, value
from lagging_replicas import CLIENTS, FIRST_ROW, IS_LONG, PAIRS, Lag, Reader, Stale, held, make_tables, run_all
from proxy import wait_until
from sandbox_lib import Cluster

pytestmark = [pytest.mark.room("freshness"), pytest.mark.threads]

SPLIT = {"mode": "split", "kind": "tcp"}
LISTENERS = ({"name": "split", **SPLIT},
             {"name": "patient", **SPLIT, "cluster": "main"},
             {"name": "eventual", **SPLIT, "settings": {"consistency": "eventual"}},
             {"name": "strong", **SPLIT, "settings": {"consistency": "strong"}})


@pytest.fixture(scope="module", autouse=True)
def tables(cluster):
    make_tables(cluster)
    cluster.sql("db1", "CREATE TABLE test.marks (id INT PRIMARY KEY AUTO_INCREMENT, n INT) ENGINE=InnoDB")
    cluster.sync()


@pytest.fixture(scope="module")
def running(cluster):
    with Headgate(cluster, listeners=LISTENERS, user_settings={"other": {"consistency": "eventual"}},
                  cluster_settings={"consistency_wait": "10ms"}) as headgate:
        yield headgate


@pytest.fixture(scope="module")
def patient(cluster):
    """One whose reads have all the time that a busy machine needs."""
    with Headgate(cluster, listeners=LISTENERS[:1]) as headgate:
        yield headgate


@pytest.fixture(scope="module")
def hasty(cluster):
    """One whose reads wait as long as that is cheaper than asking the primary: the default."""
    with Headgate(cluster, listeners=LISTENERS, cluster_settings={"consistency_wait": "auto"}) as headgate:
        yield headgate


def settle(cluster, hg):
    """The replicas are there again, and have everything: after a long run that is much."""
    for node in cluster.replicas():
        hg.wait_server(node.name, lambda row: row["role"] == "replica" and row["state"] == "up"
                       and row["reason"] == "replicates", timeout=3600.0 if IS_LONG else 60.0)
    cluster.sync()


@contextlib.contextmanager
def enough_time(pairs):
    signal.alarm(120 + pairs // 20)
    yield


def stats(hg):
    """What consistency costs."""
    return {row["name"]: row["value"] for row in hg.show("stats") if row["name"].startswith(("reads_", "positions_", "polls"))}


def share(places):
    return places["replica"] / sum(places.values())


def readers_of(hg, listener="split"):
    readers = [Reader(hg, FIRST_ROW + i, w.OLD_CAPS if i % 2 else w.MODERN_CAPS, listener) for i in range(CLIENTS)]
    for reader in readers:
        reader.synchronize()
    return readers


@pytest.mark.long
@pytest.mark.smoke
def test_no_read_is_stale_while_replicas_lag_and_die(cluster, hg):
    """A client's own writes, and what it has seen: on whichever server, over losses of replicas."""
    def now_and_then():
        wait_until(lambda: lag.rounds >= 3, "replicas have lagged", 60)
        lag.kill()
    with enough_time(PAIRS), Lag(cluster) as lag:
        readers = readers_of(hg)
        places = run_all(readers, PAIRS, now_and_then)
    losses = sum(reader.losses for reader in readers)
    print(f"\n{sum(reader.pairs for reader in readers)} pairs, no stale read, {lag.rounds} disturbances, {lag.deaths} deaths, {losses} losses: "
          f"{share(places):.1%} of {sum(places.values())} reads on replicas; {stats(hg)}")
    assert losses <= CLIENTS * lag.deaths
    assert places["replica"] > 0
    settle(cluster, hg)


@pytest.mark.smoke
def test_by_default_no_read_is_stale_and_replicas_have_what_they_have_caught_up_with(cluster, hasty):
    with enough_time(PAIRS), Lag(cluster, longest=0.2):
        places = run_all(readers_of(hasty), PAIRS // 4)
    settle(cluster, hasty)
    with hasty.wire() as client:
        for _ in range(5):
            client.query("UPDATE own SET n = n + 1 WHERE id = 22")
            wait_until(lambda: client.value("SELECT @@server_id FROM own WHERE id = 22") != b"1", "a replica has the reads")
    print(f"\n{share(places):.1%} of {sum(places.values())} reads on replicas; {stats(hasty)}")


@pytest.mark.smoke
def test_these_clients_notice_stale_reads(cluster, hg):
    """Or the test above would show nothing."""
    with Lag(cluster), pytest.raises(Stale):
        run_all(readers_of(hg, "eventual"), PAIRS)
    settle(cluster, hg)


@pytest.mark.smoke
def test_replicas_serve_the_reads_when_they_keep_up(cluster, patient):
    before = stats(patient)["reads_too_early"]
    readers = [Reader(patient, i) for i in range(4)]
    for reader in readers:
        reader.synchronize()
    outside = 0
    for reader in readers:
        for _ in range(50):
            reader.write()
            reader.own_text()
            reader.own_prepared()
            reader.shared()
            outside += 3
    places = sum((reader.places for reader in readers), type(readers[0].places)())
    print(f"\n{share(places):.1%} of {outside} reads on replicas; {stats(patient)}")
    assert share(places) > 0.95
    assert stats(patient)["reads_too_early"] - before <= outside * 0.05


@pytest.mark.smoke
@pytest.mark.scenario
def test_what_is_prepared_is_as_new_as_what_is_read(cluster, hg):
    """Columns of one's own CREATE and ALTER TABLE, and of those that one has seen, are not forgotten on a replica behind."""
    def columns(client, sql):
        reply = client.command(w.PREPARE, sql)
        assert reply.error is None, reply.error
        return int.from_bytes(reply.packets[0][1][5:7], "little"), client.command(w.EXECUTE, execute(reply.statement_id, [])).names()
    with hg.wire() as writer, hg.wire() as reader, held(cluster):
        writer.query("UPDATE own SET n = n + 1 WHERE id = 21")
        writer.query("CREATE TABLE fresh (a INT)")
        reader.query("BEGIN")
        number = reader.command(w.PREPARE, "SELECT a FROM fresh").statement_id
        reader.query("COMMIT")
        assert reader.command(w.EXECUTE, execute(number, [])).error is None
        assert columns(writer, "SELECT * FROM fresh") == (1, ["a"])
        writer.query("ALTER TABLE fresh ADD b INT")
        assert columns(writer, "SELECT * FROM fresh") == (2, ["a", "b"])
        writer.query("DROP TABLE fresh")
        assert writer.command(w.PREPARE, "SELECT a FROM fresh").error.code == 1146


def test_reads_that_ask_for_nothing_cost_nothing(cluster, patient):
    """No question to any server, and none once a replica is known to have what the client wrote."""
    with patient.wire() as client:
        before = stats(patient)
        wait_until(lambda: _polls_rest(patient), "the servers are not asked any more", 20)
        before = stats(patient)
        for _ in range(20):
            assert client.value("SELECT @@server_id FROM shared") != b"1"
        assert stats(patient) == before
        client.query("UPDATE own SET n = n + 1 WHERE id = 20")
        assert client.value("SELECT @@server_id FROM own WHERE id = 20") != b"1"
        wait_until(lambda: _polls_rest(patient), "the servers are not asked any more", 20)
        before = stats(patient)
        for _ in range(20):
            assert client.value("SELECT @@server_id FROM own WHERE id = 20") != b"1"
        assert stats(patient) == before


def _polls_rest(hg):
    before = stats(hg)["polls"]
    threading.Event().wait(0.3)
    return stats(hg)["polls"] == before


@pytest.mark.smoke
def test_what_no_reply_tells_is_known_all_the_same(cluster, patient):
    """INSERT … RETURNING, functions that write, duplicate keys after a part was done: with and without tracking."""
    cluster.sql("db1", "CREATE TABLE test.parts (id INT PRIMARY KEY) ENGINE=MyISAM")
    cluster.sql("db1", "CREATE PROCEDURE test.two() BEGIN INSERT INTO marks (n) VALUES (1); SELECT 5; "
                       "INSERT INTO marks (n) VALUES (1); END")
    cluster.sync()
    count = "SELECT CONCAT(@@server_id, ':', COUNT(*)) FROM {}"
    writes = [("CALL two()", "marks", 2), ("INSERT INTO marks (n) VALUES (1), (2)", "marks", 2),
              ("INSERT INTO parts VALUES (1), (2), (1)", "parts", 2)]
    if cluster.family == "mariadb":
        writes.append(("INSERT INTO marks (n) VALUES (3) RETURNING id", "marks", 1))
    for caps in (w.MODERN_CAPS, w.OLD_CAPS):
        cluster.sql("db1", "DELETE FROM test.parts")
        for sql, table, more in writes:
            with patient.wire(caps=caps | w.MULTI_RESULTS) as client:
                before = int(cluster.primary().value(f"SELECT COUNT(*) FROM test.{table}"))
                with held(cluster, tables=f"test.{table} READ"):
                    client.command(w.QUERY, sql)
                    reads = []
                    thread = threading.Thread(target=lambda: reads.append(client.value(count.format(table))))
                    thread.start()
                    thread.join(0.1)
                thread.join()
                assert reads[0].partition(b":")[2] == b"%d" % (before + more), (sql, reads)


ENDS = [("BEGIN", "COMMIT"), ("SET autocommit = 0", "SET autocommit = 1"), ("START TRANSACTION", "CREATE OR REPLACE VIEW ended AS SELECT 1")]


@pytest.mark.smoke
@pytest.mark.parametrize("begin,end", ENDS)
@pytest.mark.parametrize("said", ["SET timestamp = 5", "SET last_insert_id = 5", "SET insert_id = 7777", "SET sql_mode = ''", "DO 0"])
def test_the_end_of_a_transaction_is_known_whatever_was_set_before(cluster, running, said, begin, end):
    """MariaDB 11.8 tells GTIDs by the name of another variable, if it has heard of that one first."""
    settle(cluster, running)
    count = "SELECT COUNT(*) FROM marks"
    with running.wire() as client, running.wire("strong") as newest:
        client.query(said)
        client.query("DELETE FROM marks WHERE n = 71")
        cluster.sync()
        wait_until(lambda: client.value("SELECT CONCAT(@@server_id, ':', COUNT(*)) FROM marks")[:2] != b"1:", "a replica serves its reads")
        before = int(client.value(count))
        with held(cluster, tables="test.marks READ"):
            client.query(begin)
            client.query("INSERT INTO marks (n) VALUES (71)")
            assert int(newest.value(count)) == before, "positions were asked for in the midst of it"
            client.query(end)
            assert int(client.value(count)) == before + 1


@pytest.mark.smoke
def test_eventual_and_strong(cluster, hg):
    settle(cluster, hg)
    with hg.wire("eventual") as any_age, hg.wire("strong") as newest, hg.wire("split") as own, \
            hg.wire("split", user="other", password="other_pw") as others:
        for client in (any_age, newest, own, others):
            assert client.value("SELECT n FROM own WHERE id = 30") is not None
        with held(cluster):
            any_age.query("UPDATE own SET n = 7 WHERE id = 30")
            read = "SELECT CONCAT(@@server_id = 1, ':', n) FROM own WHERE id = 30"
            assert any_age.value(read) == b"0:0"
            assert others.value(read) == b"0:0"
            assert own.value(read) == b"0:0", "it has not written, nor seen that write"
            assert newest.value(read) == b"1:7"
        cluster.sync()
        wait_until(lambda: newest.value(read) == b"0:7", "a replica serves the newest")


@pytest.mark.smoke
@pytest.mark.scenario
def test_strong_sees_what_others_have_committed(cluster, hg):
    with hg.wire("strong") as reader, hg.wire("split") as writer, Lag(cluster, longest=0.1):
        for i in range(1, 150):
            writer.query(f"UPDATE own SET n = {i} WHERE id = 31")
            assert reader.value("SELECT n FROM own WHERE id = 31") == b"%d" % i


def test_what_waits_and_what_was_too_early_is_told(cluster, hg):
    settle(cluster, hg)
    with hg.wire() as client, held(cluster):
        before = stats(hg)
        client.query("UPDATE own SET n = n + 1 WHERE id = 32")
        assert client.value("SELECT @@server_id FROM own WHERE id = 32") == b"1"
        after = stats(hg)
        assert after["reads_waited"] > before["reads_waited"]
        assert after["reads_too_early"] > before["reads_too_early"]


def write_and_read_on(cluster, hg, privileges, choice):
    """Each write after the statement that chooses its history; each read after it sees it."""
    cluster.sql("db1", f"GRANT {privileges} ON *.* TO 'other'@'%'")
    cluster.sync()
    with hg.wire(user="other", password="other_pw") as client, Lag(cluster, longest=0.1):
        expected = int(client.value("SELECT n FROM own WHERE id = 40"))
        for i in range(60):
            client.query(choice(i))
            client.query("UPDATE own SET n = n + 1 WHERE id = 40")
            expected += 1
            assert client.value("SELECT n FROM own WHERE id = 40") == b"%d" % expected
    cluster.sql("db1", f"REVOKE {privileges} ON *.* FROM 'other'@'%'")
    cluster.sync()


@pytest.mark.family("mariadb")
@pytest.mark.smoke
@pytest.mark.parametrize("domains", [2, 6])
def test_several_domains(cluster, patient, domains):
    """Each is a history of its own; more of them than a session counts are the primary's word."""
    write_and_read_on(cluster, patient, "SUPER, BINLOG REPLAY",
                      lambda i: f"SET SESSION gtid_domain_id = {i % domains}")


@pytest.mark.family("mysql")
@pytest.mark.smoke
@pytest.mark.parametrize("tags", [2, 6])
def test_several_tags(cluster, patient, tags):
    write_and_read_on(cluster, patient, "TRANSACTION_GTID_TAG, SYSTEM_VARIABLES_ADMIN", lambda i:
                      f"SET SESSION gtid_next = 'AUTOMATIC{f':tag{i % tags}' if i % tags else ''}'")


# ---- what clients see of tracking ----

def tracked(reply):
    """What each OK says of the session, with the numbers of transactions left out."""
    found = []
    for ok in reply.oks:
        reader, entries = w.Reader(ok.session), []
        while reader.left():
            kind, data = reader.int(1), reader.lenenc_bytes()
            if kind != 5:  # MySQL 9 tells of transaction states though nobody asked
                entries.append((kind, re.sub(rb"\d+$", b"N", data[2:])))
        found.append(entries)
    return found


ASKS = {"mariadb": "SET SESSION session_track_system_variables = 'last_gtid'",
        "mysql": "SET SESSION session_track_gtids = 'OWN_GTID'"}


@pytest.mark.smoke
@pytest.mark.parametrize("caps", [w.MODERN_CAPS, w.OLD_CAPS | w.SESSION_TRACK])
@pytest.mark.parametrize("asks", [False, True])
def test_clients_see_what_they_would_see_directly(cluster, hg, caps, asks):
    statements = ["INSERT INTO marks (n) VALUES (1)", "BEGIN", "INSERT INTO marks (n) VALUES (1)", "COMMIT",
                  "CREATE TABLE IF NOT EXISTS seen_directly (a INT)", "DROP TABLE seen_directly", "SELECT 1",
                  "UPDATE marks SET n = 1 WHERE id = 0", "SELECT COUNT(*) > 0 FROM marks"]
    told = []
    for connect in (lambda: direct(cluster, caps=caps), lambda: hg.wire(caps=caps)):
        with connect() as client:
            if asks:
                client.query(ASKS[cluster.family])
            told.append([tracked(client.command(w.QUERY, sql)) for sql in statements])
    gtids = [entry for reply in told[0] for ok in reply for entry in ok]
    assert bool(gtids) == asks
    assert told[0] == told[1]


# ---- a failover that loses transactions ----

@pytest.mark.long
@pytest.mark.smoke
def test_what_was_lost_with_a_primary_is_waited_for_by_nobody():
    with Cluster.start(flavour=FLAVOUR, replicas=2, die_with_parent=True) as cluster:
        make_tables(cluster)
        with Headgate(cluster, listeners=LISTENERS[:1], timeouts={"primary_wait": "20s"},
                      cluster_settings={"consistency_wait": "10ms"}) as hg, hg.wire() as client:
            words = "SLAVE" if cluster.family == "mariadb" else "REPLICA"
            assert client.value("SELECT n FROM own WHERE id = 1") == b"0"
            for node in cluster.replicas():
                node.sql(f"STOP {words} IO_THREAD")
            for _ in range(20):
                client.query("UPDATE own SET n = n + 1 WHERE id = 1")
            assert client.value("SELECT n FROM own WHERE id = 1") == b"20"
            cluster.node("db1").kill()
            cluster.promote("db2")
            hg.wait_server("db2", lambda row: row["role"] == "primary")
            hg.wait_server("db3", lambda row: row["role"] == "replica")
            assert client.value("SELECT n FROM own WHERE id = 1") == b"0"
            wait_until(lambda: client.value("SELECT @@server_id FROM own WHERE id = 1") == b"3",
                       "the replica serves it again", 20)
            assert stats(hg)["positions_dropped"] >= 1
            assert "lost with an old primary" in hg.log()
            client.query("UPDATE own SET n = 5 WHERE id = 1")
            assert client.value("SELECT n FROM own WHERE id = 1") == b"5"
