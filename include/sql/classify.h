/* Classifies SQL text: the facts that routing decides by (facts.h), from the text alone.
 *
 * Only a statement that is positively known to be a harmless read is called one. Each fact that keeps a
 * statement from a replica names its reason, from a table. No allocation, one pass, linear time.
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

/* `is_cut`: `sql` is only the first SQL_TEXT_MAX bytes, and the facts say only what these prove. */
struct sql_facts classify(struct span sql, bool is_cut, const struct sql_dialect *dialect);

#endif
