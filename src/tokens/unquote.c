#include "tokens/unquote.h"

/* The characters whose meaning changes after a backslash. All others keep theirs. */
static const uint8_t escapes[256] = {
    ['b'] = '\b', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t', ['Z'] = 0x1a,
};

/* True if there is no NUL, and no byte ≥ 0x80 where it might be a part of a character. */
static bool is_plain(struct span inside, bool is_ascii)
{
    for (size_t i = 0; i < inside.len; i++)
        if (inside.data[i] == 0 || (inside.data[i] >= 0x80 && is_ascii))
            return false;
    return true;
}

/* Writes the meaning of `c` after a backslash. The wildcards % and _ keep the backslash: LIKE itself removes
 * it. */
static char *put_escaped(char *to, uint8_t c)
{
    if (c == '%' || c == '_')
        *to++ = '\\';
    *to++ = (char)(escapes[c] != 0 ? escapes[c] : c);
    return to;
}

/* Decodes `inside` into `to`, which has room for all of it. Returns the end of the text; NULL if there is a
 * single quote character that is not doubled, a backslash at the end, or an escape for NUL. */
static char *undo(struct span inside, uint8_t quote, bool has_escapes, char *to)
{
    const uint8_t *end = inside.data + inside.len;
    for (const uint8_t *p = inside.data; p < end; p++) {
        bool is_escape = *p == '\\' && has_escapes;
        if (!is_escape && *p != quote) {
            *to++ = (char)*p;
            continue;
        }
        p++;
        if (p == end || (is_escape ? *p == '0' : *p != quote))
            return NULL;
        if (is_escape)
            to = put_escaped(to, *p);
        else
            *to++ = (char)quote;
    }
    return to;
}

bool sql_unquote(struct span literal, const struct sql_dialect *dialect, struct text *text_r)
{
    text_clear(text_r);
    bool is_national = literal.len > 1 && (literal.data[0] | 0x20) == 'n' && literal.data[1] == '\'';
    if (is_national) /* N'…' has the same bytes; the prefix only says that they are UTF-8 */
        literal = span_of(literal.data + 1, literal.len - 1);
    if (literal.len < 2 || literal.data[literal.len - 1] != literal.data[0])
        return false;
    uint8_t quote = literal.data[0];
    struct span inside = span_of(literal.data + 1, literal.len - 2);
    if (quote != '\'' && (quote != '"' || dialect->ansi_quotes))
        return false;
    if (!is_plain(inside, dialect->unsafe_charset || (is_national && !dialect->is_utf8)))
        return false;
    char *to = text_reserve(text_r, inside.len + 1);
    char *end = to == NULL ? NULL : undo(inside, quote, !dialect->no_backslash_escapes, to);
    if (end == NULL)
        return false;
    text_r->len += (size_t)(end - to);
    return true;
}
