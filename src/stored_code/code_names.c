#include "stored_code/code_names.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static uint8_t folded(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

int code_name_compare(struct span a, struct span b)
{
    size_t len = size_min(a.len, b.len);
    for (size_t i = 0; i < len; i++)
        if (folded(a.data[i]) != folded(b.data[i]))
            return folded(a.data[i]) < folded(b.data[i]) ? -1 : 1;
    return (a.len > b.len) - (a.len < b.len);
}

uint64_t code_name_hash(enum code_kind kind, struct span name)
{
    uint8_t bytes[4 * CODE_NAME_CHARS_MAX];
    size_t len = size_min(name.len, sizeof bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = folded(name.data[i]);
    return XXH3_64bits_withSeed(bytes, len, (uint64_t)kind);
}

bool code_name_is_plain(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] >= 0x80 || name.data[i] == '`' || name.data[i] == '"')
            return false;
    return true;
}

/* Counts the bytes that begin a character. */
size_t code_name_chars(struct span name)
{
    size_t chars = 0;
    for (size_t i = 0; i < name.len; i++)
        chars += (name.data[i] & 0xC0) != 0x80;
    return size_min(chars, CODE_NAME_CHARS_MAX);
}

bool code_name_has_quote(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] == '`' || name.data[i] == '"')
            return true;
    return false;
}

bool code_name_is_system(struct span schema)
{
    static const struct span names[] = { SPAN_LITERAL("information_schema"),
                                         SPAN_LITERAL("performance_schema"), SPAN_LITERAL("mysql"),
                                         SPAN_LITERAL("sys") };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (schema.len == names[i].len && span_equal_nocase(schema, names[i]))
            return true;
    return false;
}
