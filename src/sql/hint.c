#include "sql/hint.h"

#include "base/clock.h"
#include "tokens/bytes.h"

#define ATTRIBUTE_PREFIX "headgate."

/* ---- values ---- */

static bool read_nothing(struct span value, struct hint *hint)
{
    hint->is_on = true;
    return value.data == NULL;
}

/* An attribute must have some value, so a switch may have one of these. */
static bool read_switch(struct span value, struct hint *hint)
{
    static const struct {
        const char *word;
        bool is_on;
    } words[] = { { "1", true },  { "on", true },   { "true", true },   { "yes", true },
                  { "0", false }, { "off", false }, { "false", false }, { "no", false } };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        hint->is_on = words[i].is_on;
        if (span_is_nocase(value, words[i].word))
            return true;
    }
    return false;
}

static bool read_text(struct span value, struct hint *hint)
{
    (void)hint;
    return value.len > 0;
}

static bool read_level(struct span value, struct hint *hint)
{
    static const struct {
        const char *name;
        enum hint_level level;
    } levels[] = { { "session", HINT_SESSION },
                   { "eventual", HINT_EVENTUAL },
                   { "global", HINT_GLOBAL },
                   { "strong", HINT_STRONG } };
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        hint->level = levels[i].level;
        if (span_is_nocase(value, levels[i].name))
            return true;
    }
    return false;
}

/* 0 is refused: it would mean no limit. */
static bool read_timeout(struct span value, struct hint *hint)
{
    return clock_parse_duration(value, &hint->timeout_us) && hint->timeout_us > 0;
}

static const struct {
    const char *name;
    enum hint_kind kind;
    bool (*read)(struct span value, struct hint *hint); /* `value` without data: there is no '=' */
    bool (*read_attribute)(struct span value, struct hint *hint);
} kinds[] = {
    { "primary", HINT_PRIMARY, read_nothing, read_switch },
    { "server", HINT_SERVER, read_text, read_text },
    { "consistency", HINT_CONSISTENCY, read_level, read_level },
    { "timeout", HINT_TIMEOUT, read_timeout, read_timeout },
    { "after", HINT_AFTER, read_text, read_text },
};

static enum hint_kind kind_of(struct span name, bool is_attribute, struct hint *hint)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!span_is_nocase(name, kinds[i].name))
            continue;
        bool is_read =
            is_attribute ? kinds[i].read_attribute(hint->value, hint) : kinds[i].read(hint->value, hint);
        return is_read ? kinds[i].kind : HINT_UNKNOWN;
    }
    return HINT_UNKNOWN;
}

/* ---- in a comment ---- */

static bool is_separator(uint8_t c)
{
    return c == ',' || byte_classes[c] == BYTE_BLANK;
}

static struct span behind(struct span text, size_t len)
{
    return span_of(text.data + len, text.len - len);
}

/* The hints of a comment; empty if the comment does not begin with HINT_MARK. */
static struct span content_of(struct span comment)
{
    static const struct span mark = SPAN_LITERAL(HINT_MARK);
    bool is_block = *comment.data == '/';
    struct span text = behind(comment, *comment.data == '#' ? 1 : 2);
    text.len -= is_block ? 2 : 0;
    while (text.len > 0 && byte_classes[*text.data] == BYTE_BLANK)
        text = behind(text, 1);
    if (text.len < mark.len || !span_equal_nocase(span_of(text.data, mark.len), mark))
        return span_of(text.data, 0);
    return behind(text, mark.len);
}

static void read_one(struct hint_walk *walk, struct hint *hint_r)
{
    size_t len = 0;
    while (len < walk->rest.len && !is_separator(walk->rest.data[len]))
        len++;
    struct span text = span_of(walk->rest.data, len);
    walk->rest = behind(walk->rest, len);
    const uint8_t *sign = memchr(text.data, '=', text.len);
    struct span name = text;
    *hint_r = (struct hint){ .text = text };
    if (sign != NULL) {
        name.len = (size_t)(sign - text.data);
        hint_r->value = behind(text, name.len + 1);
    }
    hint_r->kind = walk->is_behind ? HINT_UNKNOWN : kind_of(name, false, hint_r);
}

/* ---- from comment to comment ---- */

void hint_begin(struct hint_walk *walk, struct span sql, const struct sql_dialect *dialect)
{
    *walk = (struct hint_walk){ .rest = SPAN_LITERAL("") };
    lexer_begin(&walk->lexer, sql, dialect);
}

bool hint_next(struct hint_walk *walk, struct hint *hint_r)
{
    struct token token = { .type = TOKEN_PUNCT };
    struct span comment;
    for (;;) {
        size_t len = 0;
        while (len < walk->rest.len && is_separator(walk->rest.data[len]))
            len++;
        walk->rest = behind(walk->rest, len);
        if (walk->rest.len > 0) {
            read_one(walk, hint_r);
            return true;
        }
        if (lexer_read_comment(&walk->lexer, &comment, &token))
            walk->rest = content_of(comment);
        else if (token.type == TOKEN_END)
            return false;
        else
            walk->is_behind |= token.type == TOKEN_PUNCT && *token.text.data == ';';
    }
}

/* ---- in attributes ---- */

bool hint_is_attribute(struct span name)
{
    static const struct span prefix = SPAN_LITERAL(ATTRIBUTE_PREFIX);
    return name.len >= prefix.len && span_equal_nocase(span_of(name.data, prefix.len), prefix);
}

void hint_read_attribute(struct span name, struct span value, struct hint *hint_r)
{
    *hint_r = (struct hint){ .text = name, .value = value };
    hint_r->kind = kind_of(behind(name, sizeof ATTRIBUTE_PREFIX - 1), true, hint_r);
}
