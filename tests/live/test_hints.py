"""Hints in comments, on real servers: where they send a statement, and that a statement ends with its time."""

import contextlib

import pymysql
import pytest

import mysqlwire as w
from client import execute
from conftest import FLAVOUR
from headgate import LISTENERS, Headgate, Log, value
from lagging_replicas import Lag, held, make_tables
from proxy import wait_until

pytestmark = [pytest.mark.room("route"), pytest.mark.threads]

TIMED_OUT = 3024 if FLAVOUR == "mysql" else 1969
READ = "SELECT @@server_id FROM own WHERE id = 1"
EVENTUAL = {"name": "eventual", "mode": "split", "kind": "tcp", "settings": {"consistency": "eventual"}}


@pytest.fixture(scope="module")
def running(cluster):
    """One whose reads go to the primary as soon as the replicas are late."""
    with Headgate(cluster, listeners=(*LISTENERS, EVENTUAL), cluster_settings={"consistency_wait": "10ms"},
                  probe_timeout="20s") as headgate:
        yield headgate


@pytest.fixture(scope="module")
def patient(cluster):
    """One whose reads have all the time that a busy machine needs."""
    with Headgate(cluster, cluster_settings={"consistency_wait": "60s"}, timeouts={"primary_wait": "60s"},
                  probe_timeout="20s") as headgate:
        yield headgate


@pytest.fixture(scope="module", autouse=True)
def tables(cluster):
    make_tables(cluster)


def number(cluster, name):
    """The server's, as a client reads it."""
    return str(cluster.node(name).value("SELECT @@server_id")).encode()


@pytest.mark.smoke
def test_a_read_goes_where_its_hint_says(cluster, patient):
    with patient.wire() as client:
        for name in ("db1", "db2", "db3", "db2"):
            for sql in (f"{READ} /* headgate: server={name} */", f"-- headgate: server={name}\n{READ}",
                        f"SELECT /*headgate:server={name}*/ @@server_id # the rest"):
                assert client.value(sql) == number(cluster, name), (name, sql)
        assert client.value(f"{READ} /* headgate: primary */") == number(cluster, "db1")
        assert client.value(READ) != number(cluster, "db1")


@pytest.mark.smoke
def test_explain_says_what_a_hint_does(cluster, patient):
    for sql, place, rule in ((f"{READ} /* headgate: primary */", "primary", "hint"),
                             (f"{READ} /* headgate: server=db2 */", "replica", "hint"),
                             ("DELETE FROM own /* headgate: server=db2 */", "refused", "hint_elsewhere")):
        explained = patient.json(f"explain {sql}")[0]
        assert (explained["place"], explained["rule"]) == (place, rule), sql


@pytest.mark.smoke
def test_what_must_not_run_there_does_not(cluster, patient):
    with patient.wire() as client, Log(cluster) as log:
        for sql in ("DELETE FROM own WHERE id = 63 /* headgate: server=db2 */", "DO 'hinted' /* headgate: server=db3 */",
                    f"{READ} /* headgate: server=nowhere */"):
            error = client.command(w.QUERY, sql).error
            assert error.code == 1235 and "hint" in error.message, error
            assert log.where(sql) == []
        client.query("BEGIN")
        error = client.command(w.QUERY, f"{READ} /* headgate: server=db2 */").error
        assert error.code == 1235, error
        assert client.value(f"{READ} /* headgate: primary */") == number(cluster, "db1")
        assert client.query("COMMIT").status & w.IN_TRANS == 0


@pytest.mark.smoke
def test_a_prepared_statement_s_hint(cluster, patient):
    with patient.wire() as client:
        ids = {name: client.command(w.PREPARE, f"SELECT CONCAT('ran on ', @@server_id) /* headgate: server={name} */"
                                    ).statement_id for name in ("db1", "db2", "db3")}
        for name in ("db3", "db1", "db2", "db2", "db3"):
            reply = client.command(w.EXECUTE, execute(ids[name]))
            assert b"ran on " + number(cluster, name) in reply.results[-1][0], name


@pytest.mark.smoke
def test_a_statement_ends_with_its_time(cluster, patient):
    with patient.wire() as client:
        for sql in ("SELECT SLEEP(600), 'timed' /* headgate: primary, timeout=300ms */",
                    "SELECT SUM(a.n + b.n + c.n + d.n + e.n + f.n) AS timed FROM own a, own b, own c, own d, own e, own f "
                    "/* headgate: server=db2, timeout=300ms */"):
            error = client.command(w.QUERY, sql).error
            assert error.code == TIMED_OUT and "300ms" in error.message, error
            wait_until(lambda: not still_running(cluster, "timed"), "the server has ended it", 60)
        assert client.value(READ) is not None


def still_running(cluster, text):
    return [node.name for node in cluster.nodes() if node.sql(
        f"SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE '%{text}%' AND ID <> CONNECTION_ID()")]


@pytest.mark.smoke
def test_strong_and_eventual(cluster, hg):
    """A statement's hint against what its session would do."""
    with hg.wire() as writer, hg.wire() as reader:
        number_and_place = "SELECT CONCAT(@@server_id = 1, ':', n) FROM own WHERE id = 2"
        cluster.sync()
        assert reader.value(number_and_place) == b"0:0"
        with held(cluster):
            writer.query("UPDATE own SET n = 1 WHERE id = 2")
            assert reader.value(number_and_place) == b"0:0"
            assert reader.value(f"{number_and_place} /* headgate: consistency=strong */") == b"1:1"
            assert writer.value(number_and_place) == b"1:1"
            assert writer.value(f"{number_and_place} /* headgate: consistency=eventual */") == b"0:0"
        cluster.sync()
        wait_until(lambda: reader.value(f"{number_and_place} /* headgate: consistency=strong */") == b"0:1",
                   "a replica serves the newest")


# ---- carried to another connection ----

ROUNDS = 150


def token_of(connection):
    return value(connection, "SHOW HEADGATE TOKEN")


def write(connection, row, n):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE own SET n = %s WHERE id = %s", (n, row))


def read(connection, row, token):
    return value(connection, f"SELECT n /* headgate: after={token} */ FROM own WHERE id = %s", row)


@pytest.mark.smoke
def test_a_token_carries_a_write_to_another_connection(cluster, hg):
    """Where replicas have not got it: the primary has the read. Without the token it would be too old."""
    with hg.connect() as writer, hg.connect() as reader, hg.connect("eventual") as eventual, held(cluster):
        write(writer, 3, 1)
        token = token_of(writer)
        assert token.startswith(f"{cluster.family}:") and not token.endswith(("none", "newest")), token
        for connection in (reader, eventual):
            assert value(connection, "SELECT n FROM own WHERE id = 3") == 0, "or the test would show nothing"
            assert read(connection, 3, token) == 1
        assert value(reader, "SELECT n FROM own WHERE id = 3") == 1, "a session does not go back in time"


@pytest.mark.smoke
@pytest.mark.parametrize("listener", ["split", "writes"])
def test_no_read_with_a_token_is_stale_while_replicas_lag(cluster, hg, listener):
    """One connection writes and tells, others read: whichever port, in a transaction or not."""
    cluster.sync()
    with contextlib.ExitStack() as connections, hg.connect(listener) as writer, Lag(cluster, longest=0.1):
        for n in range(1, ROUNDS):
            if n % 25 == 1:  # one that knows nothing yet
                reader = connections.enter_context(hg.connect())
            if n % 3 == 0:
                writer.begin()
            write(writer, 4, n)
            if n % 3 == 0:
                writer.commit()
            assert read(reader, 4, token_of(writer)) >= n


@pytest.mark.smoke
def test_replicas_serve_reads_with_tokens_that_they_have(cluster, patient):
    """Not only the primary."""
    with patient.connect() as writer, patient.connect() as reader:
        write(writer, 5, 1)
        place = f"SELECT CONCAT(@@server_id = 1, ':', n) /* headgate: after={token_of(writer)} */ FROM own WHERE id = 5"
        wait_until(lambda: value(reader, place) == "0:1", "a replica serves it", 60)


@pytest.mark.smoke
def test_what_was_read_is_carried_too(cluster, hg):
    """What somebody else wrote and this client saw on the primary."""
    cluster.sync()
    with hg.connect() as writer, hg.connect() as seer, hg.connect() as reader, held(cluster):
        write(writer, 6, 1)
        assert value(seer, "SELECT n FROM own WHERE id = 6 /* headgate: primary */") == 1
        assert value(reader, "SELECT n FROM own WHERE id = 6") == 0
        assert read(reader, 6, token_of(seer)) == 1


@pytest.mark.smoke
def test_a_token_of_the_other_family_is_refused(hg):
    other = "mariadb:0-1" if FLAVOUR == "mysql" else "mysql:0123456789abcdef-1"
    with hg.connect() as reader:
        for token in (other, "nonsense"):
            with pytest.raises(pymysql.err.MySQLError) as caught:
                read(reader, 1, token)
            assert caught.value.args[0] == 1235 and "token" in caught.value.args[1]
        assert read(reader, 1, f"{'mysql' if FLAVOUR == 'mysql' else 'mariadb'}:none") == 0


def carry_over_histories(cluster, hg, privileges, choice):
    """Each write after the statement that chooses its history; what it told is read elsewhere."""
    cluster.sql("db1", f"GRANT {privileges} ON *.* TO 'other'@'%'")
    cluster.sync()
    tokens = []
    with hg.connect(user="other", password="other_pw") as writer, hg.connect() as reader, Lag(cluster, longest=0.1):
        for n in range(1, 40):
            with writer.cursor() as cursor:
                cursor.execute(choice(n))
            write(writer, 7, n)
            tokens.append(token_of(writer))
            assert read(reader, 7, tokens[-1]) == n, tokens
    cluster.sql("db1", f"REVOKE {privileges} ON *.* FROM 'other'@'%'")
    cluster.sql("db1", "UPDATE test.own SET n = 0 WHERE id = 7")
    cluster.sync()
    return tokens


@pytest.mark.family("mariadb")
@pytest.mark.smoke
@pytest.mark.parametrize("domains", [2, 6])
def test_tokens_of_several_domains(cluster, patient, domains):
    tokens = carry_over_histories(cluster, patient, "SUPER, BINLOG REPLAY",
                                  lambda n: f"SET SESSION gtid_domain_id = {n % domains}")
    assert tokens[0].count("-") == 1 and tokens[1].count("-") == 2, "a domain, and then two"


@pytest.mark.family("mysql")
@pytest.mark.smoke
@pytest.mark.parametrize("tags", [2, 6])
def test_tokens_of_several_tags(cluster, patient, tags):
    tokens = carry_over_histories(cluster, patient, "TRANSACTION_GTID_TAG, SYSTEM_VARIABLES_ADMIN", lambda n:
                                  f"SET SESSION gtid_next = 'AUTOMATIC{f':tag{n % tags}' if n % tags else ''}'")
    assert tokens[0].count("-") == 1 and tokens[1].count("-") == 2, "a source, and then two"
