#include "mysql/gtid.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define UUID_BYTES 36u /* 8-4-4-4-12 hexadecimal digits */
#define TAG_BYTES 32u  /* MySQL 8.3: letters, digits and underscores; the first is not a digit */
#define ENTRIES_FIRST 8u

/* ---- reading ---- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void skip_blanks(struct gtid_walk *walk)
{
    while (walk->rest.len > 0 && is_blank(walk->rest.data[0]))
        walk->rest = span_of(walk->rest.data + 1, walk->rest.len - 1);
}

static bool malformed(struct gtid_walk *walk)
{
    walk->is_malformed = true;
    return false;
}

/* Takes `byte` and the blanks around it. False when the next byte is another one. */
static bool take(struct gtid_walk *walk, uint8_t byte)
{
    skip_blanks(walk);
    if (walk->rest.len == 0 || walk->rest.data[0] != byte)
        return false;
    walk->rest = span_of(walk->rest.data + 1, walk->rest.len - 1);
    skip_blanks(walk);
    return true;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool take_number(struct gtid_walk *walk, uint64_t *number_r)
{
    size_t len = 0;
    while (len < walk->rest.len && is_digit(walk->rest.data[len]))
        len++;
    if (!span_to_u64(span_of(walk->rest.data, len), number_r))
        return false;
    walk->rest = span_of(walk->rest.data + len, walk->rest.len - len);
    return true;
}

static bool next_of_mariadb(struct gtid_walk *walk, struct gtid_interval *interval_r)
{
    uint64_t server;
    *interval_r = (struct gtid_interval){ .first = 1 };
    if (!take_number(walk, &interval_r->source) || !take(walk, '-') || !take_number(walk, &server) ||
        !take(walk, '-') || !take_number(walk, &interval_r->last))
        return malformed(walk);
    bool has_more = take(walk, ',');
    return has_more == (walk->rest.len > 0) ? true : malformed(walk);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* The number of a uuid, or of one of its tags: a hash of its lower-case form, because a set typed by a person
 * may be in upper case. Applications keep this number in tokens, so it must stay the same in all versions of
 * headgate. */
static uint64_t source_of(struct span uuid, struct span tag)
{
    uint8_t name[UUID_BYTES + 1 + TAG_BYTES];
    size_t len = 0;
    for (size_t i = 0; i < uuid.len; i++)
        name[len++] = lower(uuid.data[i]);
    if (tag.len > 0)
        name[len++] = ':';
    for (size_t i = 0; i < tag.len; i++)
        name[len++] = lower(tag.data[i]);
    return XXH3_64bits(name, len);
}

static bool is_hex(uint8_t c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

static bool take_uuid(struct gtid_walk *walk)
{
    struct span text = walk->rest;
    if (text.len < UUID_BYTES)
        return false;
    for (size_t i = 0; i < UUID_BYTES; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? text.data[i] != '-' : !is_hex(text.data[i]))
            return false;
    }
    walk->uuid = span_of(text.data, UUID_BYTES);
    walk->source = source_of(walk->uuid, SPAN_NONE);
    walk->rest = span_of(text.data + UUID_BYTES, text.len - UUID_BYTES);
    return true;
}

static bool is_tag_byte(uint8_t c)
{
    return c == '_' || is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

static bool take_tag(struct gtid_walk *walk)
{
    size_t len = 0;
    while (len < walk->rest.len && is_tag_byte(walk->rest.data[len]))
        len++;
    if (len == 0 || len > TAG_BYTES || is_digit(walk->rest.data[0]))
        return false;
    walk->source = source_of(walk->uuid, span_of(walk->rest.data, len));
    walk->rest = span_of(walk->rest.data + len, walk->rest.len - len);
    return true;
}

/* Reads "5", "5-9", or "5#12" of @@gtid_owned: number 5, owned by thread 12. */
static bool take_interval(struct gtid_walk *walk, struct gtid_interval *interval_r)
{
    uint64_t thread;
    *interval_r = (struct gtid_interval){ .source = walk->source };
    if (!take_number(walk, &interval_r->first))
        return malformed(walk);
    interval_r->last = interval_r->first;
    if (take(walk, '-') && !take_number(walk, &interval_r->last))
        return malformed(walk);
    if (take(walk, '#') && !take_number(walk, &thread))
        return malformed(walk);
    skip_blanks(walk);
    return interval_r->first > 0 && interval_r->last >= interval_r->first ? true : malformed(walk);
}

/* Reads up to the next interval: the end of a set, a uuid, tags. False at the end or when malformed. */
static bool next_of_mysql(struct gtid_walk *walk, struct gtid_interval *interval_r)
{
    bool may_end = walk->uuid.len > 0;
    for (;;) {
        if (walk->rest.len == 0)
            return may_end ? false : malformed(walk);
        if (take(walk, ',')) { /* a comma at either end: servers write none, people who type a set do */
            walk->uuid = SPAN_NONE;
            may_end = true;
            continue;
        }
        may_end = false;
        if (walk->uuid.len == 0) {
            if (!take_uuid(walk))
                return malformed(walk);
        } else {
            if (!take(walk, ':') || walk->rest.len == 0)
                return malformed(walk);
            if (is_digit(walk->rest.data[0]))
                return take_interval(walk, interval_r);
            if (!take_tag(walk))
                return malformed(walk);
        }
        skip_blanks(walk);
    }
}

void gtid_walk_begin(struct gtid_walk *walk, enum server_family family, struct span text)
{
    *walk = (struct gtid_walk){ .family = family, .rest = text };
    skip_blanks(walk);
}

bool gtid_walk_next(struct gtid_walk *walk, struct gtid_interval *interval_r)
{
    if (walk->is_malformed || walk->rest.len == 0)
        return false;
    return walk->family == FAMILY_MYSQL ? next_of_mysql(walk, interval_r) : next_of_mariadb(walk, interval_r);
}

/* ---- positions ---- */

void gtid_position_raise(struct gtid_position *position, uint64_t source, uint64_t reach)
{
    unsigned at = 0;
    while (at < position->count && position->marks[at].source != source)
        at++;
    if (at == GTID_SOURCES_MAX) {
        position->is_unknown = true;
        return;
    }
    if (at == position->count)
        position->marks[position->count++] = (struct gtid_mark){ source, 0 };
    if (reach > position->marks[at].reach)
        position->marks[at].reach = reach;
}

void gtid_position_read(struct gtid_position *position, enum server_family family, struct span text)
{
    struct gtid_walk walk;
    struct gtid_interval interval;
    gtid_walk_begin(&walk, family, text);
    while (gtid_walk_next(&walk, &interval))
        gtid_position_raise(position, interval.source, interval.last);
    position->is_unknown |= walk.is_malformed;
}

void gtid_position_merge(struct gtid_position *position, const struct gtid_position *other)
{
    for (unsigned i = 0; i < other->count; i++)
        gtid_position_raise(position, other->marks[i].source, other->marks[i].reach);
    position->is_unknown |= other->is_unknown;
}

static uint64_t reach_of(const struct gtid_position *position, uint64_t source)
{
    for (unsigned i = 0; i < position->count; i++)
        if (position->marks[i].source == source)
            return position->marks[i].reach;
    return 0;
}

bool gtid_position_covers(const struct gtid_position *position, const struct gtid_position *other)
{
    for (unsigned i = 0; i < other->count; i++)
        if (reach_of(position, other->marks[i].source) < other->marks[i].reach)
            return false;
    return !other->is_unknown;
}

/* ---- tables ---- */

void gtid_table_clear(struct gtid_table *table)
{
    table->count = 0;
}

void gtid_table_fini(struct gtid_table *table)
{
    mem_free(table->entries);
    *table = (struct gtid_table){ 0 };
}

static int by_source(const void *a, const void *b)
{
    const struct gtid_entry *x = a, *y = b;
    return x->source < y->source ? -1 : x->source > y->source;
}

/* The first entry whose source is not below this one; count when there is none. */
static size_t lower_bound(const struct gtid_table *table, size_t count, uint64_t source)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->entries[middle].source < source)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct gtid_entry *gtid_table_find(const struct gtid_table *table, uint64_t source)
{
    size_t at = lower_bound(table, table->count, source);
    return at < table->count && table->entries[at].source == source ? &table->entries[at] : NULL;
}

static struct gtid_entry *append(struct gtid_table *table, uint64_t source)
{
    if (table->count == table->cap) {
        size_t cap = table->cap == 0 ? ENTRIES_FIRST : table->cap * 2;
        struct gtid_entry *entries = mem_realloc(table->entries, cap * sizeof *entries);
        if (entries == NULL)
            return NULL;
        table->entries = entries;
        table->cap = cap;
    }
    table->entries[table->count] = (struct gtid_entry){ .source = source };
    return &table->entries[table->count++];
}

/* The intervals of one source normally follow one another. So the entry is the last one, one of the first
 * `sorted` entries, or a new one. */
static struct gtid_entry *entry_for(struct gtid_table *table, size_t sorted, uint64_t source)
{
    if (table->count > 0 && table->entries[table->count - 1].source == source)
        return &table->entries[table->count - 1];
    size_t at = lower_bound(table, sorted, source);
    if (at < sorted && table->entries[at].source == source)
        return &table->entries[at];
    return append(table, source);
}

static void extend(struct gtid_entry *entry, uint64_t first, uint64_t last)
{
    if (first <= entry->reach + 1 && last > entry->reach)
        entry->reach = last;
    if (last > entry->last)
        entry->last = last;
}

/* Merges entries of the same source, which exist when a text names a source in two places. The larger reach
 * of the two is correct or too small, never too large. */
static void unite_doubles(struct gtid_table *table)
{
    size_t kept = 0;
    for (size_t i = 0; i < table->count; i++) {
        struct gtid_entry *last = kept > 0 ? &table->entries[kept - 1] : NULL;
        const struct gtid_entry *entry = &table->entries[i];
        if (last == NULL || last->source != entry->source) {
            table->entries[kept++] = *entry;
            continue;
        }
        last->reach = entry->reach > last->reach ? entry->reach : last->reach;
        last->last = entry->last > last->last ? entry->last : last->last;
    }
    table->count = kept;
}

bool gtid_table_read(struct gtid_table *table, enum server_family family, struct span text)
{
    struct gtid_walk walk;
    struct gtid_interval interval;
    size_t sorted = table->count;
    gtid_walk_begin(&walk, family, text);
    while (gtid_walk_next(&walk, &interval)) {
        struct gtid_entry *entry = entry_for(table, sorted, interval.source);
        walk.is_malformed |= entry == NULL; /* out of memory: handled as malformed */
        if (entry != NULL)
            extend(entry, interval.first, interval.last);
    }
    if (walk.is_malformed) {
        gtid_table_clear(table);
        return false;
    }
    if (table->count > sorted) {
        qsort(table->entries, table->count, sizeof *table->entries, by_source);
        unite_doubles(table);
    }
    return true;
}

static bool has(const struct gtid_table *table, uint64_t source, uint64_t reach)
{
    const struct gtid_entry *entry = gtid_table_find(table, source);
    return reach == 0 || (entry != NULL && entry->reach >= reach);
}

bool gtid_table_contains(const struct gtid_table *table, const struct gtid_position *position)
{
    for (unsigned i = 0; i < position->count; i++)
        if (!has(table, position->marks[i].source, position->marks[i].reach))
            return false;
    return !position->is_unknown;
}

bool gtid_table_includes(const struct gtid_table *table, const struct gtid_table *other)
{
    for (size_t i = 0; i < other->count; i++)
        if (!has(table, other->entries[i].source, other->entries[i].last))
            return false;
    return true;
}

bool gtid_table_reaches(const struct gtid_table *table, const struct gtid_position *position)
{
    for (unsigned i = 0; i < position->count; i++) {
        const struct gtid_entry *entry = gtid_table_find(table, position->marks[i].source);
        if (entry == NULL || entry->last < position->marks[i].reach)
            return false;
    }
    return true;
}

bool gtid_table_copy(struct gtid_table *to, const struct gtid_table *from)
{
    gtid_table_clear(to);
    for (size_t i = 0; i < from->count; i++) {
        struct gtid_entry *entry = append(to, from->entries[i].source);
        if (entry == NULL) {
            gtid_table_clear(to);
            return false;
        }
        *entry = from->entries[i];
    }
    return true;
}

void gtid_table_diff(const struct gtid_table *now, const struct gtid_table *before,
                     struct gtid_position *position)
{
    for (size_t i = 0; i < now->count; i++) {
        const struct gtid_entry *entry = &now->entries[i];
        const struct gtid_entry *was = gtid_table_find(before, entry->source);
        if (was == NULL || was->last < entry->last)
            gtid_position_raise(position, entry->source, entry->last);
    }
}
