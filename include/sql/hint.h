/* Routing hints: requests to headgate, in comments of a statement or in its query attributes
 * (mysql/attributes.h).
 *
 *      SELECT a FROM t -- headgate: server=db2, timeout=500ms
 *      headgate.server: db2    headgate.timeout: 500ms    headgate.primary: 1
 *
 * A comment of any of the three kinds is read if it begins with HINT_MARK and stands before or in the first
 * statement of the text. Hints in a comment are separated by blanks or commas. Text in strings, executable
 * comments and optimizer hints is not read. Pure: the hints are only parsed here, the session applies them. */
#pragma once

#include "tokens/lexer.h"

#include <stdbool.h>
#include <stdint.h>

enum hint_kind {
    HINT_PRIMARY,     /* `is_on` */
    HINT_SERVER,      /* server=NAME: `value` */
    HINT_CONSISTENCY, /* consistency=session|eventual|global|strong: `level` */
    HINT_TIMEOUT,     /* timeout=500ms: `timeout_us` */
    HINT_AFTER,       /* after=TOKEN: `value` */
    HINT_UNKNOWN      /* unknown, with an invalid value, or after the first statement */
};

enum hint_level { HINT_SESSION, HINT_EVENTUAL, HINT_GLOBAL, HINT_STRONG };

struct hint {
    enum hint_kind kind;
    struct span text;  /* the whole hint as written; borrows */
    struct span value; /* after the '='; borrows */
    enum hint_level level;
    bool is_on;          /* HINT_PRIMARY: switched on; false: switched off */
    uint64_t timeout_us; /* microseconds, at least 1 */
};

struct hint_walk {
    struct lexer lexer; /* private, as all below */
    struct span rest;   /* of the current comment */
    bool is_behind;     /* the walk has passed a semicolon */
};

/* Starts a walk over the hints of a text. `sql` is borrowed while walking and is read as by classify(). In a
 * text with doubts a hint may be missed, or found where a server sees a string: check lexer.doubts after the
 * walk. */
void hint_begin(struct hint_walk *walk, struct span sql, const struct sql_dialect *dialect);
/* The next hint; false at the end. All calls of a walk together cost one pass over the text. */
bool hint_next(struct hint_walk *walk, struct hint *hint_r);

/* Is an attribute of this name meant for headgate? The case of letters does not count, as on MySQL. */
bool hint_is_attribute(struct span name);
/* Reads a hint from an attribute. A `value` without data (NULL) means that the attribute's value is neither
 * text nor a number. hint.text is the attribute's name. */
void hint_read_attribute(struct span name, struct span value, struct hint *hint_r);
