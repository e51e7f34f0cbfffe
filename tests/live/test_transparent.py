"""Through headgate ≡ direct: every reply to a long list of statements, byte for byte.

The list is run three times from the same beginning: directly, through the listener for the primary, and through the one
that splits (where replicas are let catch up after each statement: their lag is not this test's matter).
"""

import pytest

import attributes as a
import mysqlwire as w
import statements
from reply_comparison import comparable
from client import execute
from conftest import FLAVOUR
from headgate import direct

pytestmark = pytest.mark.room("relay")

FORMS = {"deprecate_eof": w.MODERN_CAPS & ~w.SESSION_TRACK | w.EXTENDED_METADATA,
         "old": w.OLD_CAPS | w.FOUND_ROWS,
         "tracking": w.MODERN_CAPS}
if FLAVOUR == "mysql":
    FORMS["attributes"] = w.MODERN_CAPS & ~w.SESSION_TRACK | w.QUERY_ATTRIBUTES
ATTRIBUTES = [("trace", b"00-4bf92f"), ("none", None)]  # beside each statement of that form


def run(client, statement):
    """The replies to one entry of the list, as comparable bytes."""
    has_attributes = client.caps & w.QUERY_ATTRIBUTES
    if isinstance(statement, str):
        return [client.command(w.QUERY, statement, attributes=ATTRIBUTES)]
    if statement[0] == "command":
        return [client.command(*statement[1:])]
    _, sql, *executions = statement
    prepared = client.command(w.PREPARE, sql)
    found = [prepared]
    if not prepared.error:
        found += [client.command(w.EXECUTE, a.execute(prepared.statement_id, values, ATTRIBUTES) if has_attributes
                                 else execute(prepared.statement_id, values)) for values in executions]
        client.command(w.CLOSE, w.int4(prepared.statement_id))
    return found


def record(cluster, connect, caps, settle):
    """{index: replies} for the whole list on a new connection, from an empty schema."""
    cluster.node("db1").sql("DROP DATABASE test; CREATE DATABASE test")
    cluster.sync()
    recorded = []
    with connect(caps=caps) as client:
        for statement in statements.ALL:
            try:
                recorded.append([comparable(reply, client.caps) for reply in run(client, statement)])
            except (w.WireError, TimeoutError, OSError) as error:
                recorded.append(repr(error))
                client.close()
                client = connect(caps=caps)
            if settle:
                cluster.sync()
    return recorded


@pytest.fixture(scope="module", params=FORMS)
def caps(request):
    return FORMS[request.param]


@pytest.fixture(scope="module")
def directly(cluster, caps):
    return record(cluster, lambda **options: direct(cluster, **options), caps, False)


@pytest.fixture(scope="module", params=["writes", "split"])
def through(request, cluster, running, caps, directly):
    return record(cluster, lambda **options: running.wire(request.param, **options), caps, request.param == "split")


@pytest.mark.parametrize("index", range(len(statements.ALL)), ids=lambda i: f"{i}-{str(statements.ALL[i])[:50]}")
def test_reply_is_the_same(directly, through, index):
    assert through[index] == directly[index]


def test_list_is_run_to_its_end_directly(directly):
    """The yardstick itself: no entry of the list loses the connection."""
    assert not [entry for entry in directly if isinstance(entry, str)]


@pytest.mark.parametrize("sql", ["SELECT 1", "SELECT ?", "SELECT ?, ?", "SET @a = ?"])
@pytest.mark.parametrize("has_types", [False, True])
def test_execution_cut_short_hears_the_same(cluster, hg, sql, has_types):
    """At every byte; with the types of an execution before it, or none."""
    heard = []
    for connect in (hg.wire, lambda **options: direct(cluster, **options)):
        with connect(caps=w.MODERN_CAPS) as client:
            number = client.command(w.PREPARE, sql).statement_id
            whole = execute(number, [1] * sql.count("?"))
            replies = [client.command(w.EXECUTE, whole)] if has_types else []
            replies += [client.command(w.EXECUTE, whole[:size]) for size in range(4, len(whole) + 1)]
            heard.append([(comparable(reply, client.caps)) for reply in replies])
    assert heard[0] == heard[1]
