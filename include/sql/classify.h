/* What a statement is and does: facts for the router, by value, from the text alone.
 *
 * Right before fast: whatever is not positively known to be a harmless read is not called one. Each fact that
 * keeps a statement from a replica names its reason, from a table. No allocation, one pass, linear.
 */
#ifndef HEADGATE_SQL_CLASSIFY_H
#define HEADGATE_SQL_CLASSIFY_H

#include "base/str.h"
#include "sql/facts.h"
#include "sql/lexer.h"

#include <stdbool.h>

/* Longer statements are not read: they are treated as SQL_UNKNOWN unless the prefix already says otherwise.
 */
#define SQL_TEXT_MAX (64u * 1024u)

/* `sql` may be cut at SQL_TEXT_MAX: then is_cut, and only what the prefix proves is said. */
struct sql_facts classify(struct span sql, bool is_cut, const struct sql_dialect *dialect);

#endif
