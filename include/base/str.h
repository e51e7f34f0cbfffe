/* Bytes: `struct span` borrows them, `struct text` owns and grows them. Neither is NUL-terminated by
 * contract; text_cstr() gives a terminated view when a C library wants one.
 */
#ifndef HEADGATE_BASE_STR_H
#define HEADGATE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *data; /* borrows; dies with the callback or turn that produced it */
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

/* Equal but for the case of ASCII letters. */
bool span_equal_nocase(struct span a, struct span b);

/* Is `word` (ASCII, in any case) somewhere inside? */
bool span_mentions(struct span text, const char *word);

static inline bool span_is(struct span a, const char *string)
{
    return span_equal(a, span_cstr(string));
}

static inline bool span_is_nocase(struct span a, const char *string)
{
    return span_equal_nocase(a, span_cstr(string));
}

/* Is it one of these `count` names, in any case? */
static inline bool span_is_among(struct span a, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_is_nocase(a, names[i]))
            return true;
    return false;
}

/* Decimal digits only, no sign, no blanks; false when empty, malformed or over 64 bits. */
bool span_to_u64(struct span span, uint64_t *value_r);

/* Copies at most size-1 bytes and terminates; returns false when it had to cut. */
bool span_copy_cstr(struct span span, char *buffer, size_t size);

/* Length of the well-formed UTF-8 sequence at the start, 1 to 4 bytes; 0 when there is none (Unicode 15,
 * table 3-7). */
size_t span_utf8_len(struct span text);

struct text {
    char *data; /* owns; NULL until the first append */
    size_t len;
    size_t cap;
    bool is_oom; /* an append failed; the text holds what fitted, later appends are ignored */
};

/* All appends return false only when something could not be appended, for want of memory or (text_appendf)
 * because the C library could not format it. Each such failure sets is_oom, so that a builder may check once
 * at the end. */
bool text_append(struct text *text, const void *data, size_t len);
bool text_append_span(struct text *text, struct span span);
bool text_append_cstr(struct text *text, const char *string);
bool text_append_byte(struct text *text, uint8_t byte);
bool text_appendf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Make room for `more` bytes beyond len; returns the place to write them, or NULL. The caller then adds to
 * len. */
char *text_reserve(struct text *text, size_t more);

/* Drop the first `len` bytes. */
void text_consume(struct text *text, size_t len);

/* A terminated view; "" for an empty text. Borrowed until the next change. */
const char *text_cstr(struct text *text);

static inline struct span text_span(const struct text *text)
{
    return (struct span){ (const uint8_t *)text->data, text->len };
}

/* Length 0, memory kept. */
static inline void text_clear(struct text *text)
{
    text->len = 0;
    text->is_oom = false;
}

/* Gives the memory back. */
void text_fini(struct text *text);

#endif
