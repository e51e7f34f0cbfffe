/* The same statement with other literals has the same digest: names, words (in any case) and signs count;
 * literals, blanks and comments do not, and a list of literals in parentheses counts like one of them. */
#ifndef HEADGATE_SQL_DIGEST_H
#define HEADGATE_SQL_DIGEST_H

#include "sql/lexer.h"

/* `sql`: at most SQL_TEXT_MAX bytes, or what is known of it. No allocation, one pass. Never 0. */
uint64_t digest_of(struct span sql, const struct sql_dialect *dialect);

#endif
