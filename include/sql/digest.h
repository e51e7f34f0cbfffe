/* The same statement with other literals has the same digest: names, words (in any case) and signs count;
 * literals, blanks and comments do not. A list of literals in parentheses counts like one of them, and of a
 * row of such lists no more than two count: INSERTs of three rows and of three hundred are the same.
 *
 * A sign that can only be a number's own (`= -1`, `(+1`) is part of the literal. Names in quotes are not the
 * words without: `Select` is no SELECT, and its case counts. Digests are this process's: other versions may
 * differ.
 *
 * A digest's text is for people: the statement's words and signs, `?` for literals. It never holds the
 * content of a literal: where the text cannot be split into words with certainty (lexer.doubts), it is no
 * more than the first word; and where the statement may hold a secret (secrets.h), names in double quotes are
 * literals too. */
#ifndef HEADGATE_SQL_DIGEST_H
#define HEADGATE_SQL_DIGEST_H

#include "sql/lexer.h"

#define DIGEST_TEXT_MAX 1024 /* bytes; the beginning is enough for people */

struct digest_text {
    char bytes[DIGEST_TEXT_MAX];
    size_t len;
    bool is_full; /* something did not fit: the text ends in an ellipsis */
};

/* `sql`: at most SQL_TEXT_MAX bytes of the statement. No allocation, one pass. Never 0. */
uint64_t digest_of(struct span sql, const struct sql_dialect *dialect);

/* The same with the digest's text. `is_cut`: `sql` is only the beginning of the statement, and the place of
 * the cut makes no difference; the digest differs from that of a whole text. */
uint64_t digest_read(struct span sql, bool is_cut, const struct sql_dialect *dialect,
                     struct digest_text *text_r);

#endif
