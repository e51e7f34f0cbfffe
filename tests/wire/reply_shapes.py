"""One small example of every shape a reply can have: (name, command, payloads(connection), shape, cursor).

Session tracking is left out: what it says may differ on the two sides of a proxy (test_session_track).
"""

import mysqlwire as w
import replies as r

COLUMNS = [("a", w.LONGLONG), ("b", w.VAR_STRING)]
MORE = w.AUTOCOMMIT | w.MORE_RESULTS


def _out_parameters(c):
    return [*r.result(c.caps, COLUMNS, [[1, "x"]], status=MORE),
            *r.result(c.caps, COLUMNS, [[2, None]], status=MORE | w.PS_OUT_PARAMS), r.ok(c.caps, affected=3)]


SHAPES = {
    "ok": lambda c: [r.ok(c.caps)],
    "ok_with_all_fields": lambda c: [r.ok(c.caps, 300, 70000, w.AUTOCOMMIT, 3, b"Rows matched: 1  Changed: 1")],
    "ok_longer_than_255_bytes": lambda c: [r.ok(c.caps, info=b"i" * 700)],
    "ok_with_64_bit_insert_id": lambda c: [r.ok(c.caps, 1, (1 << 64) - 2)],
    "error": lambda c: [r.err(1064, "You have an error in your SQL syntax", "42000")],
    "error_with_longest_text": lambda c: [r.err(1105, "e" * 511)],
    "rows": lambda c: r.result(c.caps, COLUMNS, [[1, "one"], [2, ""], [None, None]]),
    "no_rows": lambda c: r.result(c.caps, COLUMNS, []),
    "warnings_at_the_end": lambda c: r.result(c.caps, COLUMNS, [[1, "w"]], warnings=513),
    "cells_with_longer_lengths": lambda c: r.result(c.caps, COLUMNS, [[1, "x" * 250], [2, "y" * 251], [3, "z" * 300]]),
    "three_hundred_columns": lambda c: r.result(c.caps, [("c", w.TINY)] * 300, [[1] * 300]),
    "error_instead_of_a_definition": lambda c: [w.lenenc(2), r.column(c.caps, "a"), r.err(1317, "interrupted", "70100")],
    "error_among_rows": lambda c: [*r.result(c.caps, COLUMNS, [[1, "x"]])[:-1], r.err(1317, "interrupted", "70100")],
    "rows_then_ok": lambda c: [*r.result(c.caps, COLUMNS, [[1, "x"]], status=MORE), r.ok(c.caps)],
    "ok_then_rows_then_rows": lambda c: [r.ok(c.caps, status=MORE), *r.result(c.caps, COLUMNS, [], status=MORE),
                                         *r.result(c.caps, COLUMNS[:1], [[7]])],
    "rows_then_error": lambda c: [*r.result(c.caps, COLUMNS, [[1, "x"]], status=MORE), r.err(1146, "no table", "42S02")],
    "out_parameters": _out_parameters,
    "binary_rows": lambda c: r.binary_result(c.caps, COLUMNS, [[1, "one"], [None, None], [-1, "x" * 300]]),
    "row_of_empty_first_cell": lambda c: r.result(c.caps, COLUMNS[1:], [[""], [None], ["\x00"]]),
}


def wire(connection, name):
    """The bytes of that reply to a command numbered 0."""
    return w.packets(1, SHAPES[name](connection))
