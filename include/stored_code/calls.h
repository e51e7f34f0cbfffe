/* `name (` at the reader's current token: a built-in function, a stored function, or grammar. */
#pragma once

#include "tokens/functions.h"
#include "tokens/reader.h"

#include <stdbool.h>

/* The word is a keyword, and the grammar takes a parenthesis after it at this place: `IN (`, `VALUES (`. */
bool call_is_grammar(const struct reader *reader);

/* The effect of the function. FUNCTION_UNKNOWN if the name is qualified or quoted: it may then be a stored
 * function. */
enum function_effect call_effect(const struct reader *reader);

/* What the stored function of this name may do: bits of enum code_effect. `schema`: the qualifier, or empty.
 * CODE_UNKNOWN if the catalog does not know the function, or if the name may be that of a built-in function. */
unsigned call_stored_effects(const struct reader *reader, struct span schema);
