/* Reads the body of stored code: its effects, and the names of other code that it uses. Pure: one pass,
 * linear in the text, no allocation.
 *
 * When in doubt the answer has more effects. Anything unknown (a statement, a built-in function
 * that is not on the list of functions.h, an executable comment, Oracle mode, nesting too deep) is
 * CODE_UNKNOWN. Names that the body uses are given to the caller, which knows their meaning; their effects
 * are not part of the answer. Names of WITH lists, cursors, variables, NEW and OLD are not given.
 */
#ifndef HEADGATE_SQL_STORED_CODE_H
#define HEADGATE_SQL_STORED_CODE_H

#include "base/str.h"
#include "sql/code_effects.h"
#include "sql/code_names.h"
#include "sql/lexer.h"

#include <stdbool.h>

struct code_text {
    enum code_kind kind;
    struct span parameters; /* as declared, with or without parentheses: `a INT, OUT b TEXT`; may be empty */
    struct span body;       /* UTF-8; borrowed during the call, as parameters */
};

/* `dialect`: with the sql_mode of the code's creation. `on_name` is called for each use of a name, in order.
 * Returns bits of enum code_effect. */
unsigned stored_code_read(const struct code_text *text, const struct sql_dialect *dialect,
                          void (*on_name)(void *owner, const struct code_name *name), void *owner);

#endif
