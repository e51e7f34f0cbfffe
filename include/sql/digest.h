/* Digests: one number for all statements that differ only in literals, blanks, comments and the case of
 * words. Names, words and signs count. A list of literals in parentheses counts as one literal. Of several
 * such lists in a row at most two count: an INSERT of three rows and an INSERT of three hundred have the
 * same digest.
 *
 * A sign that can only belong to a number (`= -1`, `(+1`) is part of the literal. A quoted name differs from
 * the unquoted word: `Select` in quotes is not SELECT, and its case counts. Digests are valid in this
 * process only: another version may compute other values.
 *
 * The text of a digest is for people: the statement's words and signs, with `?` for literals. It never
 * contains a literal. If the text cannot be split into words with certainty (lexer.doubts), it is only the
 * first word. If the statement may hold a secret (secrets.h), names in double quotes are shown as `?` too. */
#pragma once

#include "tokens/lexer.h"

#define DIGEST_TEXT_MAX 1024 /* bytes; the beginning is enough for people */

struct digest_text {
    char bytes[DIGEST_TEXT_MAX];
    size_t len;
    bool is_full; /* something did not fit: the text ends in an ellipsis */
};

/* `sql`: at most SQL_TEXT_MAX bytes of the statement. No allocation, one pass. Never 0. */
uint64_t digest_of(struct span sql, const struct sql_dialect *dialect);

/* The digest and its text. `is_cut`: `sql` is only the beginning of the statement. The place of the cut
 * makes no difference, and the digest differs from that of a whole text. Never 0. */
uint64_t digest_read(struct span sql, bool is_cut, const struct sql_dialect *dialect,
                     struct digest_text *text_r);
