"""Session tracking: a client is told what it would be told directly, by the servers' defaults and by its own wish; and MariaDB's query cache."""

import contextlib

import pytest

import mysqlwire as w
from conftest import FLAVOUR
from headgate import Headgate, direct
from proxy import wait_until

pytestmark = [pytest.mark.room("state"), pytest.mark.smoke]

IS_MYSQL = FLAVOUR == "mysql"
SAID = ["SET unique_checks = 0", "SET autocommit = 1", "SET sql_mode = ''", "SET NAMES latin1", "SET collation_connection = latin1_bin", "SET time_zone = '+01:00'",
        "SET sql_select_limit = 5, foreign_key_checks = 0", "SET @a = 1", "USE app", "USE test", "SET TRANSACTION READ WRITE", "BEGIN", "SELECT COUNT(*) FROM tracked FOR UPDATE",
        "COMMIT", "DO 1"]
DEFAULTS = [
    {"system_variables": "''"},
    {"system_variables": "'*'"},
    {"system_variables": "'sql_mode'"},
    {"system_variables": "'sql_select_limit, unique_checks,foreign_key_checks'"},
    {"system_variables": "'collation_connection'"},
    {"schema": "0"},
    {"state_change": "1"},
    {"transaction_info": "'STATE'"},
    {"transaction_info": "'CHARACTERISTICS'", "schema": "0", "system_variables": "'time_zone'"}]
WISHES = ["SET session_track_system_variables = 'sql_mode'", "SET session_track_system_variables = ''", "SET session_track_system_variables = '*'",
          "SET session_track_schema = 0", "SET session_track_state_change = 1", "SET session_track_transaction_info = 'STATE'"]


def entries(reply):
    """Each variable, and each of the others, whatever entry it came in.

    Allowed differences: statement_id of MySQL, in all OKs under '*'; and MySQL tells when transactions begin and end though
    session_track_transaction_info is off.
    """
    found = []
    for ok in reply.oks:
        reader = w.Reader(ok.session)
        while reader.left():
            kind, data = reader.int(1), w.Reader(reader.lenenc_bytes())
            if kind and (kind, IS_MYSQL) != (5, True):
                found.append((kind, data.data))
            while kind == 0 and data.left():
                found.append((data.lenenc_bytes(), data.lenenc_bytes()))
    return sorted((entry for entry in found if entry[0] not in (b"statement_id", b"redirect_url")), key=str)


def told(client, sqls):
    return [(sql, entries(client.query(sql))) for sql in sqls]


@pytest.fixture(scope="module")
def headgate(cluster):
    cluster.sql("db1", "CREATE TABLE test.tracked (id INT)")
    cluster.sync()
    with Headgate(cluster, cluster_settings={"pool_idle_max": 0}, interval="200ms") as headgate:
        yield headgate


@contextlib.contextmanager
def with_globals(cluster, settings):
    names = [f"session_track_{name}" for name in settings]
    try:
        for node in cluster.nodes():
            node.sql("; ".join(["DO 1", *(f"SET GLOBAL {name} = {value}" for name, value in zip(names, settings.values()))]))
        yield
    finally:
        for node in cluster.nodes():
            node.sql("; ".join(["DO 1", *(f"SET GLOBAL {name} = DEFAULT" for name in names)]))


def first_words(connect):
    with connect() as client:
        return told(client, SAID)


def wait_until_known(cluster, headgate):
    """New sessions are told by headgate what they are told directly."""
    wanted, found = first_words(lambda: direct(cluster)), []
    wait_until(lambda: found.append(first_words(headgate.wire)) or found[-1] == wanted, Found(found, wanted), timeout=5)


class Found:
    """Words for a failure, made when it is one."""

    def __init__(self, found, wanted):
        self.found, self.wanted = found, wanted

    def __str__(self):
        return "\n".join(f"{one} instead of {other}" for one, other in zip(self.found[-1], self.wanted) if one != other)


@pytest.mark.parametrize("settings", [{}, *DEFAULTS], ids=str)
def test_by_default(cluster, headgate, settings):
    """As soon as a probe has heard of it, by new sessions."""
    with with_globals(cluster, settings):
        wait_until_known(cluster, headgate)


def test_what_the_defaults_were_at_login(cluster, headgate):
    wait_until_known(cluster, headgate)
    with direct(cluster) as alone, headgate.wire() as client:
        with with_globals(cluster, {"system_variables": "''"}):
            wait_until_known(cluster, headgate)
            assert told(client, SAID) == told(alone, SAID)
            for side in (client, alone):
                side.command(w.RESET_CONNECTION)
            assert told(client, SAID) == told(alone, SAID)


@pytest.mark.parametrize("wish", WISHES)
def test_as_the_client_wishes(cluster, headgate, wish):
    wait_until_known(cluster, headgate)
    with direct(cluster) as alone, headgate.wire() as client:
        for side in (client, alone):
            side.query(wish)
        assert told(client, SAID) == told(alone, SAID)


# ---- the query cache ----

def hits(cluster):
    return sum(int(node.sql("SHOW GLOBAL STATUS LIKE 'Qcache_hits'")[0][1]) for node in cluster.nodes())


@pytest.mark.family("mariadb")
def test_query_cache_is_used(cluster, headgate):
    """Also by connections that are older than the query cache."""
    def say(*sqls):
        for node in cluster.nodes():
            node.sql("; ".join(sqls))
    with headgate.wire() as client:
        client.rows("SELECT COUNT(*) FROM tracked")
        say("SET GLOBAL query_cache_type = 1", "SET GLOBAL query_cache_size = 1048576")
        try:
            client.query("SET SESSION query_cache_type = 1")
            client.rows("SELECT COUNT(*) FROM tracked")
            before = hits(cluster)
            for _ in range(5):
                client.rows("SELECT COUNT(*) FROM tracked")
            assert hits(cluster) - before == 5
        finally:
            say("SET GLOBAL query_cache_size = 0", "SET GLOBAL query_cache_type = 0")
