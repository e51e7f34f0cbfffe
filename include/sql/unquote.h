/* String literals → the text they stand for. */
#ifndef HEADGATE_SQL_UNQUOTE_H
#define HEADGATE_SQL_UNQUOTE_H

#include "base/str.h"
#include "sql/lexer.h"

#include <stdbool.h>

/* The text of one string literal as written ('…', "…" unless ansi_quotes, N'…'), quotes and escapes undone as
 * both families undo them, into `text_r` (owns; emptied first). False, and an empty text, when the value is
 * not certain or is no text: another form of literal or several of them, a byte ≥ 0x80 in an unsafe charset,
 * a NUL, however written; or when memory is out. Then treat the text as unknown. */
bool sql_unquote(struct span literal, const struct sql_dialect *dialect, struct text *text_r);

#endif
