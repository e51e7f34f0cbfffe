#include "sql/routines.h"

#include "base/mem.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

/* Servers allow 64 characters; longer names share the last place. */
#define NAME_CHARS_MAX 64

/* One function of the set; all of one name stand together, the name's first schema first. */
struct entry {
    struct span name; /* borrow the set's own bytes */
    struct span schema;
};

struct routines {
    atomic_uint references;
    size_t count;
    struct entry entries[]; /* sorted; behind them the bytes of names and schemas */
};

/* ---- names ---- */

static uint8_t folded(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static int compare(struct span a, struct span b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < len; i++)
        if (folded(a.data[i]) != folded(b.data[i]))
            return folded(a.data[i]) < folded(b.data[i]) ? -1 : 1;
    return (a.len > b.len) - (a.len < b.len);
}

static bool is_ascii(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] >= 0x80)
            return false;
    return true;
}

/* Of a name in UTF-8: bytes that do not continue a character. */
static size_t chars_of(struct span name)
{
    size_t chars = 0;
    for (size_t i = 0; i < name.len; i++)
        chars += (name.data[i] & 0xC0) != 0x80;
    return chars < NAME_CHARS_MAX ? chars : NAME_CHARS_MAX;
}

static int compare_routines(const void *a, const void *b)
{
    const struct routine *x = a, *y = b;
    int by_name = compare(x->name, y->name);
    return by_name != 0 ? by_name : compare(x->schema, y->schema);
}

/* ---- which of them stand in the set ---- */

/* The rows while the set is built: what is left of them moves to the front. */
struct draft {
    struct routine *rows; /* owns the array; the rows borrow */
    size_t count;
    /* Servers compare names in utf8_general_ci, character by character and blind to accents: a call of f may
     * be that of another schema's letter with a hook. Such a name, if it may write, takes with it all names
     * of as many characters. */
    bool is_spoilt[NAME_CHARS_MAX + 1];
};

static void keep_ascii(struct draft *draft, const struct routine *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_ascii(rows[i].name))
            draft->rows[draft->count++] = rows[i];
        else if (!rows[i].only_reads)
            draft->is_spoilt[chars_of(rows[i].name)] = true;
    }
}

static size_t end_of_name(const struct draft *draft, size_t first)
{
    size_t end = first + 1;
    while (end < draft->count && compare(draft->rows[end].name, draft->rows[first].name) == 0)
        end++;
    return end;
}

static bool may_stand(const struct draft *draft, size_t first, size_t end)
{
    struct span name = draft->rows[first].name;
    if (name.len == 0 || draft->is_spoilt[chars_of(name)])
        return false;
    for (size_t i = first; i < end; i++)
        if (!draft->rows[i].only_reads)
            return false;
    return true;
}

static void keep_harmless(struct draft *draft)
{
    size_t kept = 0;
    for (size_t first = 0, end; first < draft->count; first = end) {
        end = end_of_name(draft, first);
        if (!may_stand(draft, first, end))
            continue;
        memmove(&draft->rows[kept], &draft->rows[first], (end - first) * sizeof *draft->rows);
        kept += end - first;
    }
    draft->count = kept;
}

/* ---- the set ---- */

static struct span copy_to(uint8_t **end, struct span bytes)
{
    struct span copy = span_of(*end, bytes.len);
    if (bytes.len > 0)
        memcpy(*end, bytes.data, bytes.len);
    *end += bytes.len;
    return copy;
}

static struct routines *copy_of(const struct draft *draft)
{
    size_t bytes = 0;
    for (size_t i = 0; i < draft->count; i++)
        bytes += draft->rows[i].name.len + draft->rows[i].schema.len;
    struct routines *routines = mem_zalloc(sizeof *routines + draft->count * sizeof(struct entry) + bytes);
    if (routines == NULL)
        return NULL;
    atomic_init(&routines->references, 1);
    routines->count = draft->count;
    uint8_t *end = (uint8_t *)&routines->entries[draft->count];
    for (size_t i = 0; i < draft->count; i++) {
        routines->entries[i].name = copy_to(&end, draft->rows[i].name);
        routines->entries[i].schema = copy_to(&end, draft->rows[i].schema);
    }
    return routines;
}

struct routines *routines_new(const struct routine *rows, size_t count)
{
    struct draft draft = { .rows = mem_zalloc((count + 1) * sizeof *draft.rows) };
    if (draft.rows == NULL)
        return NULL;
    keep_ascii(&draft, rows, count);
    qsort(draft.rows, draft.count, sizeof *draft.rows, compare_routines);
    keep_harmless(&draft);
    struct routines *routines = copy_of(&draft);
    mem_free(draft.rows);
    return routines;
}

struct routines *routines_ref(struct routines *routines)
{
    if (routines != NULL)
        (void)atomic_fetch_add_explicit(&routines->references, 1, memory_order_relaxed);
    return routines;
}

void routines_unref(struct routines *routines)
{
    if (routines == NULL)
        return;
    unsigned before = atomic_fetch_sub_explicit(&routines->references, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before == 1)
        mem_free(routines);
}

/* The first entry that does not come before this name and schema. */
static size_t lower_bound(const struct routines *routines, struct span name, struct span schema)
{
    size_t low = 0, high = routines->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct entry *entry = &routines->entries[middle];
        int by_name = compare(entry->name, name);
        if (by_name < 0 || (by_name == 0 && compare(entry->schema, schema) < 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool routines_only_reads(const struct routines *routines, struct span schema, struct span name)
{
    if (routines == NULL || name.len == 0)
        return false;
    size_t at = lower_bound(routines, name, schema);
    if (at == routines->count || compare(routines->entries[at].name, name) != 0)
        return false;
    /* What stands before the point may be a package of MariaDB's, and its functions are in no list: only a
     * schema known to have this one will do. */
    return schema.len == 0 || compare(routines->entries[at].schema, schema) == 0;
}

bool routines_equal(const struct routines *a, const struct routines *b)
{
    if (a == NULL || b == NULL || a->count != b->count)
        return a == b;
    for (size_t i = 0; i < a->count; i++)
        if (compare(a->entries[i].name, b->entries[i].name) != 0 ||
            compare(a->entries[i].schema, b->entries[i].schema) != 0)
            return false;
    return true;
}

size_t routines_count(const struct routines *routines)
{
    return routines != NULL ? routines->count : 0;
}
