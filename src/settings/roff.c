#include "settings/roff.h"

#define LINE_BYTES 66U /* of the source of the page; escapes make some lines longer */

/* Characters that a formatter would not print as they are. */
static const struct {
    char byte;
    const char *escape;
} escapes[] = {
    { '\\', "\\e" },   { '-', "\\-" },                     /* not a hyphen: options are copied from pages */
    { '\'', "\\(aq" },                                     /* not a closing quote */
    { '`', "\\(ga" },                                      /* not an opening one */
    { '^', "\\(ha" },  { '~', "\\(ti" }, { '"', "\\(dq" }, /* would end a macro's argument */
};

static const char *escape_of(char byte)
{
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (escapes[i].byte == byte)
            return escapes[i].escape;
    return NULL;
}

/* The code point of a well-formed UTF-8 sequence of `len` bytes, 2 to 4. */
static unsigned code_point(const char *bytes, size_t len)
{
    unsigned code = (uint8_t)bytes[0] & (0xFFU >> (len + 1));
    for (size_t i = 1; i < len; i++)
        code = code << 6 | ((uint8_t)bytes[i] & 0x3FU);
    return code;
}

void roff_prose(const char *prose, struct text *out)
{
    bool is_line_start = out->len == 0 || out->data[out->len - 1] == '\n';
    while (*prose != '\0') {
        size_t len = span_utf8_len(span_cstr(prose));
        const char *escape = escape_of(*prose);
        if (is_line_start && *prose == '.')
            (void)text_append_cstr(out, "\\&"); /* so that the line is no macro: see groff(7) */
        is_line_start = *prose == '\n';
        if (len > 1)
            (void)text_appendf(out, "\\[u%04X]", code_point(prose, len));
        else if (escape != NULL)
            (void)text_append_cstr(out, escape);
        else
            (void)text_append_byte(out, (uint8_t)*prose);
        prose += len > 0 ? len : 1;
    }
}

/* A word that does not fit goes on a new line. The formatter fills the lines again. */
void roff_line(const char *prose, struct text *out)
{
    size_t line = out->len, start;
    struct text word = { 0 };
    while (*(prose += strspn(prose, " ")) != '\0') {
        size_t len = strcspn(prose, " ");
        text_clear(&word);
        (void)text_append(&word, prose, len);
        bool is_full = out->len - line + len >= LINE_BYTES;
        if (out->len > line)
            (void)text_append_byte(out, is_full ? '\n' : ' ');
        start = out->len;
        roff_prose(text_cstr(&word), out);
        line = is_full ? start : line;
        out->is_oom |= word.is_oom;
        prose += len;
    }
    (void)text_append_byte(out, '\n');
    text_fini(&word);
}

void roff_macro(const char *macro, const char *argument, struct text *out)
{
    (void)text_appendf(out, ".%s \"", macro);
    roff_prose(argument, out);
    (void)text_append_cstr(out, "\"\n");
}
