/* Built-in functions of both families and their effects: the allow-list of reads.
 *
 * An unqualified name means the built-in function of that name, not a stored one, on every server that has
 * the built-in function. A name that is not listed may be a stored function. */
#pragma once

#include "base/str.h"
#include "tokens/lexer.h"

enum function_effect {
    FUNCTION_UNKNOWN, /* not a known built-in function of this family */
    FUNCTION_PURE,
    FUNCTION_FOUND_ROWS,
    FUNCTION_PREVIOUS,
    FUNCTION_LAST_INSERT_ID,
    FUNCTION_USER_LOCK,
    FUNCTION_SEQUENCE,
    FUNCTION_SERVER
};

/* The effect of the built-in function `name`, in any case. `is_touching`: the parenthesis follows the name
 * directly, or the server ignores blanks between them. For SQL_FAMILY_UNKNOWN a function is pure only if it
 * is pure in both families; any other effect in one family counts. */
enum function_effect function_effect(struct span name, bool is_touching, enum sql_family family);

/* A server of either family has a built-in function of this name. */
bool function_is_built_in(struct span name);
