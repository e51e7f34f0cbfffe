/* Bytes: `struct span` borrows them, `struct text` owns them and can grow. Neither is NUL-terminated;
 * text_cstr() returns a terminated view for C libraries. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *data; /* borrows; valid until the end of the callback or turn that produced it */
    size_t len;
};

#define SPAN_LITERAL(s) ((struct span){ (const uint8_t *)(s), sizeof(s) - 1 })
#define SPAN_NONE ((struct span){ 0 }) /* no data, no length */

static inline size_t size_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline struct span span_of(const void *data, size_t len)
{
    return (struct span){ (const uint8_t *)data, len };
}

static inline struct span span_cstr(const char *string)
{
    return (struct span){ (const uint8_t *)string, strlen(string) };
}

static inline bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Are both equal, ignoring the case of ASCII letters? */
bool span_equal_nocase(struct span a, struct span b);

/* Does `text` contain `word` (ASCII, case ignored)? */
bool span_mentions(struct span text, const char *word);

static inline bool span_is(struct span a, const char *string)
{
    return span_equal(a, span_cstr(string));
}

static inline bool span_is_nocase(struct span a, const char *string)
{
    return span_equal_nocase(a, span_cstr(string));
}

/* Is `a` one of these `count` names, case ignored? */
static inline bool span_is_among(struct span a, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_is_nocase(a, names[i]))
            return true;
    return false;
}

/* Decimal digits only, no sign, no blanks. False when empty, malformed or larger than 64 bits. */
bool span_to_u64(struct span span, uint64_t *value_r);

/* Copies at most size-1 bytes and terminates them. False when the span was cut. */
bool span_copy_cstr(struct span span, char *buffer, size_t size);

/* Length of the well-formed UTF-8 sequence at the start, 1 to 4 bytes; 0 when there is none (Unicode 15,
 * table 3-7). */
size_t span_utf8_len(struct span text);

struct text {
    char *data; /* owns; NULL until the first append */
    size_t len;
    size_t cap;
    bool is_oom; /* an append failed: the text is incomplete, and later appends are ignored */
};

/* Every append returns false only when it could not append everything: memory is out, or (text_appendf) the C
 * library could not format. Each failure sets is_oom, so a caller may check once at the end. */
bool text_append(struct text *text, const void *data, size_t len);
bool text_append_span(struct text *text, struct span span);
bool text_append_cstr(struct text *text, const char *string);
bool text_append_byte(struct text *text, uint8_t byte);
bool text_appendf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for `more` bytes after len. Returns the place to write them, or NULL. The caller then increases
 * len. */
char *text_reserve(struct text *text, size_t more);

/* Drops the first `len` bytes. */
void text_consume(struct text *text, size_t len);

/* A terminated view; "" for an empty text. Borrowed until the next change of the text. */
const char *text_cstr(struct text *text);

static inline struct span text_span(const struct text *text)
{
    return (struct span){ (const uint8_t *)text->data, text->len };
}

/* Sets the length to 0; the memory is kept. */
static inline void text_clear(struct text *text)
{
    text->len = 0;
    text->is_oom = false;
}

/* Frees the memory. */
void text_fini(struct text *text);
