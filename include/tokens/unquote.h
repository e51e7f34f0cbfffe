/* Decodes string literals. */
#pragma once

#include "base/str.h"
#include "tokens/lexer.h"

#include <stdbool.h>

/* Writes the text that one string literal ('…', "…" unless ansi_quotes, N'…') stands for into `text_r`
 * (owns; emptied first). Quotes and escapes are decoded by the rules of both families. False, and an empty
 * text, if the value is not certain (then treat it as unknown) or memory is out. Not certain: another form
 * of literal, several literals, a byte ≥ 0x80 in an unsafe charset, a NUL or an escape for one. */
bool sql_unquote(struct span literal, const struct sql_dialect *dialect, struct text *text_r);
