#include "state/fingerprint.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct entry {
    struct span name, literal;
};

static int lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static int compare_names(struct span a, struct span b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return lower(a.data[i]) - lower(b.data[i]);
    return (a.len > b.len) - (a.len < b.len);
}

static int by_name(const void *a, const void *b)
{
    return compare_names(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

bool fingerprint_take(struct fingerprint *fingerprint, const struct vars *vars)
{
    struct entry entries[VARS_MAX];
    size_t count = 0, at = 0;
    while (count < VARS_MAX && vars_next(vars, &at, &entries[count].name, &entries[count].literal))
        count++;
    qsort(entries, count, sizeof *entries, by_name);
    text_clear(&fingerprint->said);
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < entries[i].name.len; c++)
            (void)text_append_byte(&fingerprint->said, (uint8_t)lower(entries[i].name.data[c]));
        (void)text_append_byte(&fingerprint->said, 0);
        (void)text_append_span(&fingerprint->said, entries[i].literal);
        (void)text_append_byte(&fingerprint->said, 0);
    }
    size_t len = fingerprint->said.len;
    fingerprint->hash = len > 0 ? XXH3_64bits(fingerprint->said.data, len) : 0;
    return !fingerprint->said.is_oom;
}

void fingerprint_fini(struct fingerprint *fingerprint)
{
    text_fini(&fingerprint->said);
    *fingerprint = (struct fingerprint){ 0 };
}

bool fingerprint_equal(const struct fingerprint *a, const struct fingerprint *b)
{
    return a->hash == b->hash && span_equal(text_span(&a->said), text_span(&b->said));
}

/* The name of the next entry; skips its literal. False: there is no more entry. */
static bool next_name(const struct fingerprint *fingerprint, size_t *at, struct span *name)
{
    if (*at >= fingerprint->said.len)
        return false;
    *name = span_cstr(fingerprint->said.data + *at);
    *at += name->len + 1;
    *at += strlen(fingerprint->said.data + *at) + 1;
    return true;
}

bool fingerprint_covers(const struct fingerprint *new, const struct fingerprint *old)
{
    struct span there, wanted;
    size_t at_new = 0, at_old = 0;
    while (next_name(old, &at_old, &wanted)) {
        int order = -1;
        while (order < 0 && next_name(new, &at_new, &there))
            order = compare_names(there, wanted);
        if (order != 0)
            return false;
    }
    return true;
}
