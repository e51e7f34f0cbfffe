/* The same statement with other literals has the same digest: names, words (in any case) and signs count;
 * literals, blanks and comments do not, and a list of literals in parentheses counts like one of them.
 *
 * A sign that can only be a number's own (`= -1`, `(+1`) is part of the literal. Names in quotes are not the
 * words without: `Select` is no SELECT, and its case counts. Digests are this process's: other versions may
 * differ. */
#ifndef HEADGATE_SQL_DIGEST_H
#define HEADGATE_SQL_DIGEST_H

#include "sql/lexer.h"

/* `sql`: at most SQL_TEXT_MAX bytes, or what is known of it. No allocation, one pass. Never 0. */
uint64_t digest_of(struct span sql, const struct sql_dialect *dialect);

#endif
