"""Hints in comments, on real servers: where they send a statement, and that a statement ends with its time."""

import pytest

import mysqlwire as w
from client import execute
from conftest import FLAVOUR
from headgate import Headgate, Log
from lagging import held, make_tables
from proxy import wait_until

TIMED_OUT = 3024 if FLAVOUR == "mysql" else 1969
READ = "SELECT @@server_id FROM own WHERE id = 1"


@pytest.fixture(scope="module", autouse=True)
def tables(cluster):
    make_tables(cluster)


def number(cluster, name):
    """The server's, as a client reads it."""
    return str(cluster.node(name).value("SELECT @@server_id")).encode()


@pytest.mark.smoke
def test_a_read_goes_where_its_hint_says(cluster, hg):
    with hg.wire() as client:
        for name in ("db1", "db2", "db3", "db2"):
            for sql in (f"{READ} /* headgate: server={name} */", f"-- headgate: server={name}\n{READ}",
                        f"SELECT /*headgate:server={name}*/ @@server_id # the rest"):
                assert client.value(sql) == number(cluster, name), (name, sql)
        assert client.value(f"{READ} /* headgate: primary */") == number(cluster, "db1")
        assert client.value(READ) != number(cluster, "db1")


@pytest.mark.smoke
def test_explain_says_what_a_hint_does(cluster, hg):
    for sql, place, rule in ((f"{READ} /* headgate: primary */", "primary", "hint"),
                             (f"{READ} /* headgate: server=db2 */", "replica", "hint"),
                             ("DELETE FROM own /* headgate: server=db2 */", "refused", "hint_elsewhere")):
        explained = hg.json(f"explain {sql}")[0]
        assert (explained["place"], explained["rule"]) == (place, rule), sql


@pytest.mark.smoke
def test_what_must_not_run_there_does_not(cluster, hg):
    with hg.wire() as client, Log(cluster) as log:
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
def test_a_prepared_statement_s_hint(cluster, hg):
    with hg.wire() as client:
        ids = {name: client.command(w.PREPARE, f"SELECT CONCAT('ran on ', @@server_id) /* headgate: server={name} */"
                                    ).statement_id for name in ("db1", "db2", "db3")}
        for name in ("db3", "db1", "db2", "db2", "db3"):
            reply = client.command(w.EXECUTE, execute(ids[name]))
            assert b"ran on " + number(cluster, name) in reply.results[-1][0], name


@pytest.mark.smoke
def test_a_statement_ends_with_its_time(cluster, hg):
    with hg.wire() as client:
        for sql in ("SELECT SLEEP(600), 'timed' /* headgate: primary, timeout=300ms */",
                    "SELECT SUM(a.n + b.n + c.n + d.n + e.n + f.n) AS timed FROM own a, own b, own c, own d, own e, own f "
                    "/* headgate: server=db2, timeout=300ms */"):
            error = client.command(w.QUERY, sql).error
            assert error.code == TIMED_OUT and "300ms" in error.message, error
            wait_until(lambda: not running(cluster, "timed"), "the server has ended it", 60)
        assert client.value(READ) is not None


def running(cluster, text):
    return [node.name for node in cluster.nodes() if node.sql(
        f"SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE '%{text}%' AND ID <> CONNECTION_ID()")]


@pytest.mark.smoke
def test_strong_and_eventual(cluster):
    """A statement's hint against what its session would do."""
    with Headgate(cluster, cluster_settings={"consistency_wait": "10ms"}) as hg, hg.wire() as writer, hg.wire() as reader:
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
