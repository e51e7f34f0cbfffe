#include "base/str.h"

#include "base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool span_equal_nocase(struct span a, struct span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

bool span_mentions(struct span text, const char *word)
{
    size_t len = strlen(word);
    for (size_t at = 0; at + len <= text.len; at++)
        if (span_equal_nocase(span_of(text.data + at, len), span_cstr(word)))
            return true;
    return false;
}

bool span_to_u64(struct span span, uint64_t *value_r)
{
    uint64_t value = 0;
    if (span.len == 0)
        return false;
    for (size_t i = 0; i < span.len; i++) {
        if (span.data[i] < '0' || span.data[i] > '9')
            return false;
        unsigned digit = span.data[i] - (unsigned)'0';
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *value_r = value;
    return true;
}

bool span_copy_cstr(struct span span, char *buffer, size_t size)
{
    assert(size > 0);
    size_t len = size_min(span.len, size - 1);
    if (len > 0)
        memcpy(buffer, span.data, len);
    buffer[len] = '\0';
    return len == span.len;
}

size_t span_utf8_len(struct span text)
{
    if (text.len == 0)
        return 0;
    uint8_t first = text.data[0];
    size_t len = first < 0x80   ? 1
                 : first < 0xC2 ? 0
                 : first < 0xE0 ? 2
                 : first < 0xF0 ? 3
                 : first < 0xF5 ? 4
                                : 0;
    if (len == 0 || len > text.len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((text.data[i] & 0xC0) != 0x80)
            return 0;
    bool is_overlong = (first == 0xE0 && text.data[1] < 0xA0) || (first == 0xF0 && text.data[1] < 0x90);
    bool is_outside = (first == 0xED && text.data[1] > 0x9F) || (first == 0xF4 && text.data[1] > 0x8F);
    return is_overlong || is_outside ? 0 : len;
}

char *text_reserve(struct text *text, size_t more)
{
    if (text->is_oom)
        return NULL;
    if (text->cap - text->len >= more && text->data != NULL)
        return text->data + text->len;
    size_t cap = text->cap < 64 ? 64 : text->cap;
    while (cap - text->len < more)
        cap *= 2;
    char *data = mem_realloc(text->data, cap);
    if (data == NULL) {
        text->is_oom = true;
        return NULL;
    }
    text->data = data;
    text->cap = cap;
    return data + text->len;
}

bool text_append(struct text *text, const void *data, size_t len)
{
    if (len == 0)
        return !text->is_oom;
    char *place = text_reserve(text, len);
    if (place == NULL)
        return false;
    memcpy(place, data, len);
    text->len += len;
    return true;
}

bool text_append_span(struct text *text, struct span span)
{
    return text_append(text, span.data, span.len);
}

bool text_append_cstr(struct text *text, const char *string)
{
    return text_append(text, string, strlen(string));
}

bool text_append_byte(struct text *text, uint8_t byte)
{
    return text_append(text, &byte, 1);
}

bool text_appendf(struct text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    text->is_oom |= need < 0; /* not formattable, or over 2 GiB: handled as out of memory */
    char *place = text->is_oom ? NULL : text_reserve(text, (size_t)need + 1);
    if (place != NULL) {
        (void)vsnprintf(place, (size_t)need + 1, format, again);
        text->len += (size_t)need;
    }
    va_end(again);
    return place != NULL;
}

void text_consume(struct text *text, size_t len)
{
    assert(len <= text->len);
    text->len -= len;
    if (text->len > 0)
        memmove(text->data, text->data + len, text->len);
}

const char *text_cstr(struct text *text)
{
    char *end = text_reserve(text, 1);
    if (end == NULL)
        return "";
    *end = '\0';
    return text->data;
}

void text_fini(struct text *text)
{
    mem_free(text->data);
    *text = (struct text){ 0 };
}
