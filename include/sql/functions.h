/* Built-in functions of both families and their effects: the allow-list of reads.
 *
 * An unqualified name means the built-in function rather than a stored function of that name, so a listed
 * name is the built-in function on a server that has it. A name that is not listed may be a stored function.
 */
#ifndef HEADGATE_SQL_FUNCTIONS_H
#define HEADGATE_SQL_FUNCTIONS_H

#include "base/str.h"
#include "sql/lexer.h"

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

/* `is_touching`: the parenthesis stands right after the name (or the server ignores the space between). Under
 * SQL_FAMILY_UNKNOWN a pure function must be pure in both; any other effect of either family counts. */
enum function_effect function_effect(struct span name, bool is_touching, enum sql_family family);

/* A server of either family has a built-in function of this name. */
bool function_is_built_in(struct span name);

#endif
