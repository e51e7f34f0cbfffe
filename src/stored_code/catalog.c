#include "stored_code/catalog.h"

#include "base/mem.h"
#include "stored_code/catalog_inside.h"

#include <assert.h>

/* ---- items by name ---- */

uint32_t catalog_first(const struct catalog *catalog, enum code_kind kind, struct span name)
{
    uint32_t slot = (uint32_t)code_name_hash(kind, name) & (catalog->slot_count - 1);
    for (; catalog->slots[slot] != 0; slot = (slot + 1) & (catalog->slot_count - 1)) {
        const struct catalog_item *item = &catalog->items[catalog->slots[slot] - 1];
        if (item->kind == kind && code_name_compare(item->name, name) == 0)
            return catalog->slots[slot] - 1;
    }
    return CATALOG_NONE;
}

bool catalog_may_mean(const struct catalog_item *item, struct span schema)
{
    return schema.len == 0 || item->schema.len == 0 || code_name_compare(item->schema, schema) == 0;
}

/* ---- effects ---- */

static bool is_package(const struct catalog *catalog, struct span name)
{
    for (uint32_t i = 0; i < catalog->package_count; i++)
        if (code_name_compare(catalog->packages[i], name) == 0)
            return true;
    return false;
}

static bool is_routine(enum code_kind kind)
{
    return kind == CODE_FUNCTION || kind == CODE_PROCEDURE;
}

/* The effects for a name that is not plain: it may mean any view or table. */
static unsigned effects_of_odd(const struct catalog *catalog, enum code_kind kind)
{
    return is_routine(kind) ? CODE_UNKNOWN : catalog->all[kind];
}

unsigned catalog_effects_of(const struct catalog *catalog, enum code_kind kind, struct span schema,
                            struct span name, bool is_written, uint32_t *culprit_r)
{
    unsigned effects = 0;
    bool is_found = false;
    *culprit_r = CATALOG_NONE;
    if (!catalog_knows(catalog, kind))
        return CODE_UNKNOWN;
    if (!code_name_is_plain(name))
        return effects_of_odd(catalog, kind);
    if (!code_name_is_plain(schema) || (is_routine(kind) && is_package(catalog, schema))) {
        if (is_routine(kind))
            return CODE_UNKNOWN;
        schema = SPAN_NONE;
    }
    for (uint32_t i = catalog_first(catalog, kind, name); i != CATALOG_NONE; i = catalog->items[i].next) {
        const struct catalog_item *item = &catalog->items[i];
        if (!catalog_may_mean(item, schema))
            continue;
        unsigned adds = is_written ? item->written : item->effects;
        if ((adds & ~effects) != 0)
            *culprit_r = i;
        effects |= adds;
        is_found = true;
    }
    if (is_routine(kind))
        effects |= catalog->odd[kind][code_name_chars(name)] | (is_found ? 0 : (unsigned)CODE_UNKNOWN);
    return effects;
}

/* Writing to a view is writing to its tables. */
static unsigned effects_of_write(const struct catalog *catalog, struct span schema, struct span name)
{
    uint32_t culprit;
    return catalog_effects_of(catalog, CODE_TRIGGER, schema, name, false, &culprit) |
           catalog_effects_of(catalog, CODE_TABLE, schema, name, true, &culprit);
}

/* Stored code was changed since the rows were read: items may differ from them, and new ones may exist. */
static unsigned effects_of_stale(const struct catalog *catalog, enum code_kind kind, struct span schema,
                                 struct span name)
{
    bool is_there = is_routine(kind) || !code_name_is_plain(name) ||
                    catalog_find(catalog, kind, schema, schema, name) != SIZE_MAX ||
                    catalog_find(catalog, CODE_TABLE, schema, schema, name) != SIZE_MAX;
    return is_there || code_changes_have(catalog->changes, atomic_load(&catalog->covers), name) ? CODE_UNKNOWN
                                                                                                : 0;
}

unsigned catalog_effects(const struct catalog *catalog, enum code_kind kind, struct span current_schema,
                         struct span schema, struct span name)
{
    uint32_t culprit;
    if (catalog == NULL || name.len == 0)
        return CODE_UNKNOWN;
    if (schema.len == 0)
        schema = current_schema;
    if (catalog_is_stale(catalog) && effects_of_stale(catalog, kind, schema, name) != 0)
        return CODE_UNKNOWN;
    if (kind == CODE_TRIGGER)
        return effects_of_write(catalog, schema, name);
    return catalog_effects_of(catalog, kind, schema, name, false, &culprit);
}

/* ---- references ---- */

struct catalog *catalog_ref(struct catalog *catalog)
{
    if (catalog != NULL)
        (void)atomic_fetch_add_explicit(&catalog->references, 1, memory_order_relaxed);
    return catalog;
}

void catalog_free(struct catalog *catalog)
{
    text_fini(&catalog->bytes);
    mem_free(catalog->items);
    mem_free(catalog->slots);
    mem_free(catalog->packages);
    mem_free(catalog);
}

void catalog_unref(struct catalog *catalog)
{
    if (catalog == NULL)
        return;
    unsigned before = atomic_fetch_sub_explicit(&catalog->references, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before == 1)
        catalog_free(catalog);
}

void catalog_follow(struct catalog *catalog, const struct code_changes *changes, uint64_t covers)
{
    catalog->changes = changes;
    catalog_cover(catalog, covers);
}

void catalog_cover(struct catalog *catalog, uint64_t covers)
{
    atomic_store(&catalog->covers, covers);
    atomic_store(&catalog->is_doubtful, false);
}

void catalog_doubt(struct catalog *catalog)
{
    atomic_store(&catalog->is_doubtful, true);
}

bool catalog_is_stale(const struct catalog *catalog)
{
    return catalog != NULL && catalog->changes != NULL &&
           (atomic_load_explicit(&catalog->is_doubtful, memory_order_relaxed) ||
            code_changes_since(catalog->changes,
                               atomic_load_explicit(&catalog->covers, memory_order_relaxed)));
}

bool catalog_knows(const struct catalog *catalog, enum code_kind kind)
{
    return catalog != NULL && (catalog->kinds & 1u << kind) != 0;
}

bool catalog_is_whole(const struct catalog *catalog, bool is_write)
{
    unsigned all = 1u << CODE_FUNCTION | 1u << CODE_TABLE | CATALOG_COLUMNS;
    all |= is_write ? 1u << CODE_TRIGGER : 0;
    return catalog != NULL && (catalog->kinds & all) == all && !catalog_is_stale(catalog);
}

uint64_t catalog_mark(const struct catalog *catalog)
{
    return catalog != NULL ? catalog->mark : 0;
}

uint64_t catalog_names_mark(const struct sql_dialect *dialect)
{
    uint64_t settings = (dialect->reads_stored ? 1u : 0u) | (dialect->needs_known_tables ? 2u : 0u);
    if (dialect->catalog == NULL)
        return settings;
    return catalog_is_stale(dialect->catalog) ? 0 : catalog_mark(dialect->catalog) ^ settings;
}

const struct catalog_names *catalog_code_views(const struct catalog *catalog)
{
    return catalog != NULL && catalog->views.count > 0 ? &catalog->views : NULL;
}

bool catalog_writes_leave(const struct catalog *catalog)
{
    return catalog != NULL && catalog->writes_leave;
}

/* ---- listing ---- */

size_t catalog_count(const struct catalog *catalog)
{
    return catalog != NULL ? catalog->count : 0;
}

size_t catalog_hidden_views(const struct catalog *catalog)
{
    size_t hidden = 0;
    for (size_t i = 0; i < catalog_count(catalog); i++)
        hidden += catalog->items[i].kind == CODE_TABLE && (catalog->items[i].own & CODE_UNKNOWN) != 0;
    return hidden;
}

struct catalog_entry catalog_entry_at(const struct catalog *catalog, size_t index)
{
    assert(index < catalog->count);
    const struct catalog_item *item = &catalog->items[index];
    return (struct catalog_entry){ .kind = item->kind,
                                   .schema = item->schema,
                                   .name = item->name,
                                   .own = item->own,
                                   .effects = item->effects,
                                   .culprit = item->culprit == CATALOG_NONE ? SIZE_MAX : item->culprit };
}

size_t catalog_find(const struct catalog *catalog, enum code_kind kind, struct span current_schema,
                    struct span schema, struct span name)
{
    struct span settled = schema.len > 0 ? schema : current_schema;
    if (catalog == NULL || name.len == 0)
        return SIZE_MAX;
    for (uint32_t i = catalog_first(catalog, kind, name); i != CATALOG_NONE; i = catalog->items[i].next)
        if (catalog_may_mean(&catalog->items[i], settled))
            return i;
    return SIZE_MAX;
}
