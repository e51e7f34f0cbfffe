/* The MariaDB sequences whose next value a text takes, and those whose last value it asks for. Pure.
 *
 *      takes: NEXTVAL(s), NEXT VALUE FOR s, s.NEXTVAL       asks: LASTVAL(s), PREVIOUS VALUE FOR s, s.CURRVAL
 *
 * The last value of a sequence belongs to the connection that took it. */
#pragma once

#include "base/str.h"
#include "tokens/lexer.h"

#include <stdbool.h>
#include <stdint.h>

struct sequences_walk {
    struct lexer lexer;     /* private */
    struct token before[4]; /* private: the tokens read last, the last one first */
};

struct sequences_use {
    bool is_draw;       /* takes a value; false: asks for the last one */
    struct span schema; /* borrows, without quotes; empty: the current one */
    struct span name;   /* likewise */
};

/* `sql` is borrowed until the end of the walk. */
void sequences_begin(struct sequences_walk *walk, struct span sql, const struct sql_dialect *dialect);
/* The next use of a sequence; false at the end. A use that cannot be understood has no name. */
bool sequences_next(struct sequences_walk *walk, struct sequences_use *use_r);
