/* What earlier statements leave in a connection to be asked about, and the words that ask. Pure.
 *
 * Words are found wherever they stand, quoted text and comments included: one too many costs a reset of the
 * connection, one too few would show what somebody else has done.
 */
#ifndef HEADGATE_SQL_TRACES_H
#define HEADGATE_SQL_TRACES_H

#include "base/str.h"

#include <stdbool.h>

enum sql_trace {
    SQL_TRACE_LAST = 1u << 0,        /* ROW_COUNT() and the like: about the statement before */
    SQL_TRACE_FOUND_ROWS = 1u << 1,  /* … about the last one that counted rows */
    SQL_TRACE_DIAGNOSTICS = 1u << 2, /* … about the last one that set or cleared the warnings */
    SQL_TRACE_GTID = 1u << 3,        /* … about the last one that wrote: MariaDB's last_gtid */
    SQL_TRACE_SEQUENCE = 1u << 4,    /* … about the last ones that drew from a sequence */
    SQL_TRACE_STATUS = 1u << 5,      /* about all that was ever done there: status, profiles */
    SQL_TRACE_TABLES = 1u << 6, /* whatever servers show of a connection: SHOW VARIABLES, system schemas */
    SQL_TRACE_ALL = (1u << 7) - 1
};

/* What `sql` may ask about: a set of enum sql_trace. `is_show`: it is a SHOW, or about diagnostics, in which
 * more words ask. LAST_INSERT_ID() is none of them: it is the session's, wherever it is asked. Linear. */
unsigned sql_traces(struct span sql, bool is_show);

#endif
