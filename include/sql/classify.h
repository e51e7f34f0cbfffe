/* Classifies SQL text: the facts that routing decides by (facts.h), from the text alone.
 *
 * A statement counts as a harmless read only if all of it is known to be harmless. Each fact that keeps a
 * statement off replicas names its reason, from a table. No allocation, one pass, linear time. */
#pragma once

#include "base/str.h"
#include "sql/facts.h"
#include "tokens/lexer.h"

#include <stdbool.h>

/* A longer statement is not read. It is SQL_UNKNOWN unless its beginning already proves another kind. */
#define SQL_TEXT_MAX (64u * 1024u)

/* The facts of one text. `is_cut`: `sql` is only the first SQL_TEXT_MAX bytes of the text, and the facts say
 * only what these bytes prove. */
struct sql_facts classify(struct span sql, bool is_cut, const struct sql_dialect *dialect);
