/* Results of earlier statements that a connection keeps, and the words by which a statement asks for them.
 * Pure.
 *
 * Words count anywhere in the text, also in quotes and comments. A word that is detected wrongly costs a
 * reset of the connection; a word that is missed would show a client the result of another client's
 * statement. */
#pragma once

#include "base/str.h"

#include <stdbool.h>

enum sql_trace {
    SQL_TRACE_LAST = 1u << 0,        /* ROW_COUNT() and the like: about the previous statement */
    SQL_TRACE_FOUND_ROWS = 1u << 1,  /* about the last statement that counted rows */
    SQL_TRACE_DIAGNOSTICS = 1u << 2, /* about the last statement that set or cleared the warnings */
    SQL_TRACE_GTID = 1u << 3,        /* about the last statement that wrote: MariaDB's last_gtid */
    SQL_TRACE_SEQUENCE = 1u << 4,    /* about statements that took a value of a sequence */
    SQL_TRACE_STATUS = 1u << 5,      /* about all statements of the connection: status, profiles */
    SQL_TRACE_TABLES = 1u << 6, /* other information about a connection: SHOW VARIABLES, system schemas */
    SQL_TRACE_ALL = (1u << 7) - 1
};

/* The results that `sql` may ask for: a set of enum sql_trace. `is_show`: the kind is SQL_SHOW or
 * SQL_DIAGNOSTICS, for which more words count. LAST_INSERT_ID() does not count: headgate keeps its value for
 * every session. Linear time. */
unsigned sql_traces(struct span sql, bool is_show);
