"""Servers that die, stop answering, come back; and headgate's own end."""

import contextlib
import threading

import pymysql
import pytest

import manual_switchover
import mysqlwire as w
import replies as r
import sockdiag
from headgate import Headgate, Log, rows, value
from proxy import Proxy, wait_until
from sandbox_lib import dialect

pytestmark = [pytest.mark.room("cluster", "monitor", "upstream"), pytest.mark.threads]

REPLICAS = {"db2", "db3"}


@pytest.fixture(autouse=True)
def healed(cluster, hg):
    """Each test leaves the cluster whole."""
    yield
    for node in cluster.nodes():
        if node.state() == "paused":
            node.resume()
        elif node.state() == "dead":
            node.start()
    for node in cluster.nodes():
        hg.wait_server(node.name, lambda row: row["state"] == "up")


def servers_of_reads(hg, count=24):
    """The server_ids that answer reads of new sessions, as node names."""
    found = set()
    for _ in range(count):
        with hg.connect() as db:
            found.add(f"db{value(db, 'SELECT @@server_id')}")
    return found


@pytest.mark.smoke
@pytest.mark.parametrize("trouble", ["kill", "pause"])
def test_replica_in_trouble_is_left_out_and_comes_back(cluster, hg, trouble):
    wait_until(lambda: servers_of_reads(hg) == REPLICAS, "both are read from", 30)
    getattr(cluster.node("db3"), trouble)()
    row = hg.wait_server("db3", lambda row: row["state"] != "up")
    assert row["state"] == "down" and row["reason"]
    assert servers_of_reads(hg) == {"db2"}
    with hg.connect() as db:
        rows(db, "DO 1")
    cluster.node("db3").resume() if trouble == "pause" else cluster.node("db3").start()
    hg.wait_server("db3", lambda row: row["state"] == "up" and row["role"] == "replica")
    wait_until(lambda: servers_of_reads(hg) == REPLICAS, "both are read from again", 30)


def test_sessions_survive_the_death_of_their_replica(cluster, hg):
    sessions = [hg.connect() for _ in range(6)]
    for db in sessions:
        rows(db, "SET time_zone = '+05:30'")
        rows(db, "SELECT 1")
    cluster.node("db2").kill()
    hg.wait_server("db2", lambda row: row["state"] != "up")
    for db in sessions:
        assert str(value(db, "SELECT FROM_UNIXTIME(86400)")) == "1970-01-02 05:30:00"
        assert value(db, "SELECT @@server_id") == 3
        rows(db, "DO 1")
        db.close()


def test_reads_go_to_the_primary_when_no_replica_is_left(cluster, hg):
    for name in REPLICAS:
        cluster.node(name).kill()
    for name in REPLICAS:
        hg.wait_server(name, lambda row: row["state"] != "up")
    assert servers_of_reads(hg, 4) == {"db1"}


def test_dead_primary_is_an_error_for_writes_and_none_for_reads(cluster):
    with Headgate(cluster, timeouts={"primary_wait": "2s"}) as hg, hg.connect() as reader:
        rows(reader, "SELECT 1")
        cluster.node("db1").kill()
        hg.wait_server("db1", lambda row: row["state"] != "up")
        assert value(reader, "SELECT @@server_id") in (2, 3)
        with hg.wire() as writer:
            error = writer.command(w.QUERY, "INSERT INTO nosuch VALUES (1)").error
            assert error.code not in range(2000, 3000) and error.message


def test_primary_that_comes_back_takes_writes_again(cluster, hg):
    cluster.node("db1").kill()
    hg.wait_server("db1", lambda row: row["state"] != "up")
    cluster.node("db1").start()
    hg.wait_server("db1", lambda row: row["state"] == "up" and row["role"] == "primary")
    with hg.connect() as db, Log(cluster) as log:
        rows(db, "DO 'primary is back'")
        assert log.where("primary is back") == ["db1"]


def test_statement_in_flight_on_a_dying_server_is_an_error_in_words(cluster, hg):
    outcome = []
    with hg.wire() as client:
        client.rows("SELECT 1")
        client.send(w.QUERY, "SELECT SLEEP(20) FROM DUAL FOR UPDATE")

        def read():
            try:
                outcome.append(client.read())
            except (w.WireError, OSError) as error:
                outcome.append(error)
        thread = threading.Thread(target=read)
        thread.start()
        wait_until(lambda: cluster.sql("db1", "SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP(20)%'"),
                   "the statement runs")
        cluster.node("db1").kill()
        thread.join(20)
    assert len(outcome) == 1
    assert isinstance(outcome[0], r.Reply), outcome
    assert outcome[0].error.code in (1927, 1053, 1158)


@pytest.mark.smoke
def test_promotion_moves_the_writes(cluster, hg):
    """Done by hand, as the sandbox's `promote` does it; headgate follows what the servers say of themselves."""
    try:
        cluster.promote("db2")
        hg.wait_server("db2", lambda row: row["role"] == "primary")
        hg.wait_server("db1", lambda row: row["role"] == "replica")
        with hg.connect() as db, Log(cluster) as log:
            rows(db, "DO 'after promotion'")
            assert log.where("after promotion") == ["db2"]
    finally:
        cluster.promote("db1")
        hg.wait_server("db1", lambda row: row["role"] == "primary")
        hg.wait_server("db2", lambda row: row["role"] == "replica")


class Unsettled(Headgate):
    """One that nobody waits for until its roles are right."""

    def start(self):
        return Proxy.start(self)


def detach(cluster, name):
    """A replica that somebody has made writable and free, and forgot the primary."""
    node, words = cluster.node(name), dialect.of(cluster.family)
    node.sql(words.stop)
    node.sql(words.forget)
    node.set_read_only(False)


def test_two_writable_servers_at_the_start_that_nobody_follows_are_nobody(cluster):
    try:
        detach(cluster, "db3")
        cluster.node("db2").sql(dialect.of(cluster.family).stop)
        with Unsettled(cluster) as headgate:
            for name, other in (("db1", "db3"), ("db3", "db1")):
                row = headgate.wait_server(name, lambda row: row["role"] != "unknown" or "writable" in row["reason"])
                assert (row["role"], row["reason"]) == ("unknown", f"writable beside another writable server: {other}")
            assert headgate.log().count("there is no primary: db1 is writable beside another writable server; db3 is") == 1
            cluster.node("db2").sql(dialect.of(cluster.family).start)
            headgate.wait_server("db1", lambda row: row["role"] == "primary")
            with headgate.connect() as db:
                rows(db, "DO 1")
    finally:
        cluster.node("db2").sql(dialect.of(cluster.family).start)
        cluster.rejoin("db3")


@pytest.mark.long
def test_a_write_into_a_cut_network_is_not_run_when_it_heals(cluster, hg):
    """Its client has heard that it was lost. What a transaction had done is taken back, and its locks are gone."""
    cluster.sql("db1", "CREATE TABLE test.cut (n INT PRIMARY KEY)")
    with hg.connect() as single, hg.connect() as transaction:
        rows(single, "INSERT INTO cut VALUES (1)")
        rows(transaction, "BEGIN")
        rows(transaction, "INSERT INTO cut VALUES (10)")
        cluster.partition("db1")
        try:
            errors = []

            def lose(db, sql):
                with pytest.raises(pymysql.MySQLError) as info:
                    rows(db, sql)
                errors.append(info.value.args[0])
            threads = [threading.Thread(target=lose, args=args) for args in
                       ((single, "INSERT INTO cut VALUES (2)"), (transaction, "INSERT INTO cut VALUES (20)"))]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            assert errors in ([1927] * 2, [1053] * 2)  # as the family calls it
        finally:
            cluster.heal("db1")
    hg.wait_server("db1", lambda row: row["role"] == "primary", 60)
    wait_until(lambda: sockdiag.leaving_for(cluster.node("db1").port) == 0, "all that was still sent has arrived", 60)
    wait_until(lambda: cluster.sql("db1", "SELECT COUNT(*) FROM information_schema.INNODB_TRX") == [(0,)],
               "the transaction has ended", 60)
    with hg.connect() as db:
        rows(db, "DO 1")
    assert cluster.sql("db1", "SELECT n FROM test.cut ORDER BY n") == [(1,)]


def test_reads_of_what_no_replica_has_wait_for_a_primary(cluster):
    """The write is not lost yet: the old primary may come back with it. Others read on."""
    words = dialect.of(cluster.family)
    cluster.sql("db1", "CREATE TABLE test.last (n INT)")
    cluster.sync()
    with Headgate(cluster, timeouts={"primary_wait": "300ms"}, cluster_settings={"consistency_wait": "10ms"}) as headgate, \
            headgate.connect() as writer, headgate.connect() as other:
        for name in REPLICAS:
            cluster.node(name).sql(words.stop)
        try:
            rows(writer, "INSERT INTO last VALUES (1)")
            cluster.node("db1").kill()
            headgate.wait_server("db1", lambda row: row["state"] == "down", 60)
        finally:
            for name in REPLICAS:
                cluster.node(name).sql(words.start)
        for name in REPLICAS:
            headgate.wait_server(name, lambda row: row["reason"] == "replicates", 60)
        assert value(other, "SELECT COUNT(*) FROM last") == 0
        with pytest.raises(pymysql.MySQLError) as info:
            rows(writer, "SELECT COUNT(*) FROM last")
        assert info.value.args[0] == 1290
        cluster.node("db1").start()
        headgate.wait_server("db1", lambda row: row["role"] == "primary", 60)
        assert value(writer, "SELECT COUNT(*) FROM last") == 1


def test_sigterm_lets_a_transaction_end(cluster):
    headgate = Headgate(cluster, timeouts={"shutdown": "20s"})
    with headgate:
        db = headgate.connect()
        rows(db, "START TRANSACTION")
        rows(db, "SELECT 1")
        idle = headgate.connect()
        headgate.process.terminate()
        with pytest.raises(pymysql.MySQLError):
            while True:
                rows(idle, "SELECT 1")
        rows(db, "SELECT 2")
        rows(db, "COMMIT")
        assert headgate.process.wait(10) == 0
        headgate.stop = headgate.check_log
        with contextlib.suppress(Exception):
            db.close()


@pytest.mark.smoke
def test_one_refusal_is_enough_for_a_transaction(cluster):
    """Nothing begins on a primary that has just refused a write. All is sent at once, so that no probe comes between."""
    cluster.sql("db1", "CREATE TABLE test.begun (a INT)")
    cluster.sync()
    with Headgate(cluster, interval="1s", timeouts={"primary_wait": "20s"}) as headgate, headgate.wire() as client:
        try:
            client.query("BEGIN")
            manual_switchover.demote(cluster)
            client.pipe.send(b"".join(w.packet(0, b"\x03" + sql) for sql in (
                b"INSERT INTO begun VALUES (1)", b"ROLLBACK", b"BEGIN", b"INSERT INTO begun VALUES (2)",
                b"SELECT @@server_id", b"COMMIT")))
            assert client.read().error.code == 1290
            assert not client.read().error
            cluster.promote("db2")
            begun, inserted, asked, committed = (client.read() for _ in range(4))
            assert [reply.error for reply in (begun, inserted, committed)] == [None] * 3
            assert asked.text_rows() == [(b"2",)]
        finally:
            cluster.promote("db1")
    assert cluster.sql("db1", "SELECT a FROM test.begun") == [(2,)]
