#include "state/sequences.h"

#include "sql/sequences.h"
#include "state/facet.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Hash of schema and name; 0: the name is not known. */
static uint64_t hash(const struct sequences_use *use, struct span current)
{
    struct span schema = use->schema.len > 0 ? use->schema : current;
    if (use->name.len == 0)
        return 0;
    return XXH3_64bits_withSeed(use->name.data, use->name.len, XXH3_64bits(schema.data, schema.len)) | 1;
}

static bool has(const struct draws *draws, uint64_t name)
{
    for (unsigned i = 0; i < draws->count; i++)
        if (draws->names[i] == name)
            return true;
    return false;
}

static void add(struct draws *draws, uint64_t name)
{
    if (name != 0 && draws->count < DRAWS_MAX && !has(draws, name))
        draws->names[draws->count++] = name;
}

void sequences_read(struct draws *draws, struct span sql, struct span schema,
                    const struct sql_dialect *dialect)
{
    struct drawn *drawn = &draws->present;
    struct sequences_walk walk;
    struct sequences_use use;
    drawn->count = 0;
    drawn->is_any = false;
    sequences_begin(&walk, sql, dialect);
    while (sequences_next(&walk, &use)) {
        drawn->is_any |= use.is_draw;
        if (use.is_draw && drawn->count < DRAWS_MAX)
            drawn->names[drawn->count++] = hash(&use, schema);
    }
}

void sequences_note(struct draws *draws, const struct job *job, struct slot *slot, uint64_t now_us)
{
    if (draws->generation != slot->generation) {
        draws->count = 0;
        draws->generation = slot->generation;
    }
    slot->has_own_writes = true;
    if (job->reply.has_error || !draws->present.is_any)
        return;
    slot->drawn_us = now_us;
    for (unsigned i = 0; i < draws->present.count; i++)
        add(draws, draws->present.names[i]);
}

void sequences_note_drop(struct draws *draws, const struct slot *slot)
{
    draws->has_lost |= slot->has_own_writes;
}

bool sequences_are_lost(const struct draws *draws, const struct slot *slot, struct span sql,
                        struct span schema, const struct sql_dialect *dialect)
{
    struct sequences_walk walk;
    struct sequences_use use;
    sequences_begin(&walk, sql, dialect);
    while (sequences_next(&walk, &use)) {
        bool is_known =
            slot->upstream != NULL && draws->generation == slot->generation && has(draws, hash(&use, schema));
        if (!use.is_draw && !is_known)
            return true;
    }
    return false;
}

static void reset(struct facets *facets)
{
    facets->draws = (struct draws){ 0 };
}

const struct facet facet_sequences = { .reset = reset };
