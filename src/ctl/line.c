#include "ctl/line.h"

#include <errno.h>

char line_open_quote(struct span text)
{
    char open = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.data[i];
        if (open == 0 && (c == '\'' || c == '"' || c == '`'))
            open = c;
        else if (open == c)
            open = 0;
        else if (c == '\\' && open != 0 && open != '`')
            i++;
    }
    return open;
}

/* Length of the quoted text at the front, with its quotes, up to the end of `text` if it is not closed; 0:
 * none. */
static size_t quoted_bytes(struct span text)
{
    char quote = (char)text.data[0];
    if (quote != '\'' && quote != '"' && quote != '`')
        return 0;
    for (size_t i = 1; i < text.len; i++) {
        if (text.data[i] == (uint8_t)quote)
            return i + 1;
        if (text.data[i] == '\\' && quote != '`')
            i++;
    }
    return text.len;
}

/* Length of the SQL comment at the front, including the newline that ends it. 0: there is no comment, its end
 * is missing, or servers may execute its text. */
static size_t comment_bytes(struct span text)
{
    const char *data = (const char *)text.data, *end = NULL;
    bool is_dashes = text.len > 2 && data[0] == '-' && data[1] == '-' && text.data[2] <= ' ';
    bool is_block = text.len > 2 && data[0] == '/' && data[1] == '*' && strchr("!M+", data[2]) == NULL;
    if (is_block)
        end = memmem(data + 2, text.len - 2, "*/", 2);
    else if (is_dashes || data[0] == '#')
        end = memchr(data, '\n', text.len);
    return end == NULL ? 0 : (size_t)(end - data) + (is_block ? 2 : 1);
}

/* Appends SQL with newlines only inside quotes: a newline outside becomes a blank, a comment becomes an empty
 * comment. After the start of a comment that servers may execute, a comment becomes a blank: comments cannot
 * be nested. */
static void join_lines(struct span sql, struct text *line)
{
    bool is_executable = false;
    while (sql.len > 0) {
        size_t quoted = quoted_bytes(sql), comment = comment_bytes(sql);
        size_t len = quoted > 0 ? quoted : comment > 0 ? comment : 1;
        is_executable |= comment == 0 && sql.len > 1 && memcmp(sql.data, "/*", 2) == 0;
        if (comment > 0 || sql.data[0] == '\n')
            (void)text_append_cstr(line, comment == 0 || is_executable ? " " : "/**/");
        else
            (void)text_append_span(line, span_of(sql.data, len));
        sql = span_of(sql.data + len, sql.len - len);
    }
}

bool line_make(struct span words, bool is_json, struct text *command, struct error *err)
{
    if (is_json)
        (void)text_append_cstr(command, "json ");
    join_lines(words, command);
    char quote = line_open_quote(text_span(command));
    if (quote != 0)
        return error_set(err, EINVAL, "the command has a %c that is not closed", quote);
    return text_append_byte(command, '\n') || error_set(err, ENOMEM, "out of memory");
}
