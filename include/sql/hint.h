/* Routing hints: what a statement's author asks of headgate, in comments of the statement's own text, or in
 * attributes beside it (mysql/attributes.h).
 *
 *      SELECT a FROM t -- headgate: server=db2, timeout=500ms
 *      headgate.server: db2    headgate.timeout: 500ms    headgate.primary: 1
 *
 * A comment of any of the three kinds counts that begins with HINT_MARK, before or within the first statement
 * of the text; hints in it are separated by blanks or commas. Strings, executable comments and what stands in
 * them, and optimizer hints are no such comments. Pure: what a hint means is for who asks.
 */
#ifndef HEADGATE_SQL_HINT_H
#define HEADGATE_SQL_HINT_H

#include "sql/lexer.h"

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
    struct span text;  /* as written; borrows */
    struct span value; /* behind the '='; borrows */
    enum hint_level level;
    bool is_on;          /* HINT_PRIMARY: not taken back */
    uint64_t timeout_us; /* microseconds, at least 1 */
};

struct hint_walk {
    struct lexer lexer; /* private, as all below */
    struct span rest;   /* of the present comment */
    bool is_behind;     /* a semicolon has been passed */
};

/* `sql` is borrowed while walking, and read as by classify(); in a text with doubts hints may be missed or
 * found where servers see a string: look at lexer.doubts when the walk is over. */
void hint_begin(struct hint_walk *walk, struct span sql, const struct sql_dialect *dialect);
/* False at the end. All walking together costs one pass over the text. */
bool hint_next(struct hint_walk *walk, struct hint *hint_r);

/* Is an attribute of this name meant for headgate? In any case of letters, as to MySQL. */
bool hint_is_attribute(struct span name);
/* Reads such an attribute. `value` without data: the attribute has no value that is a text or a number.
 * hint.text is the name.
 */
void hint_read_attribute(struct span name, struct span value, struct hint *hint_r);

#endif
