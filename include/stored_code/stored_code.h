/* Reads the body of stored code: its effects, and the names of other code that it uses. Pure: one pass,
 * linear in the text, no allocation.
 *
 * When in doubt, the result has more effects. A text that is not understood is CODE_UNKNOWN: an unknown
 * statement, a built-in function that functions.h does not list, an executable comment, Oracle mode, nesting
 * too deep. Names that the body uses are passed to the caller, who knows what they mean; their effects are
 * not part of the result. Names of WITH lists, cursors, variables, NEW and OLD are not passed. */
#pragma once

#include "base/str.h"
#include "stored_code/code_effects.h"
#include "stored_code/code_names.h"
#include "tokens/lexer.h"

#include <stdbool.h>

struct code_text {
    enum code_kind kind;
    struct span parameters; /* as declared, with or without parentheses: `a INT, OUT b TEXT`; may be empty */
    struct span body;       /* UTF-8; borrowed during the call, as parameters */
};

/* Reads one body. `dialect` has the sql_mode under which the code was created. `on_name` is called for each
 * use of a name, in order. Returns bits of enum code_effect. */
unsigned stored_code_read(const struct code_text *text, const struct sql_dialect *dialect,
                          void (*on_name)(void *owner, const struct code_name *name), void *owner);
