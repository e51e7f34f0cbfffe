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
    struct sequences_walk walk;
    struct sequences_use use;
    *draws = (struct draws){ 0 };
    sequences_begin(&walk, sql, dialect);
    while (sequences_next(&walk, &use)) {
        draws->is_any |= use.is_draw;
        if (use.is_draw && draws->count < DRAWS_MAX)
            draws->names[draws->count++] = hash(&use, schema);
    }
}

void sequences_note(const struct job *job, struct slot *slot, uint64_t now_us)
{
    slot->has_own_writes = true;
    if (job->reply.has_error || !job->draws.is_any)
        return;
    slot->drawn_us = now_us;
    for (unsigned i = 0; i < job->draws.count; i++)
        add(&slot->draws, job->draws.names[i]);
}

bool sequences_are_lost(const struct slot *slot, struct span sql, struct span schema,
                        const struct sql_dialect *dialect)
{
    struct sequences_walk walk;
    struct sequences_use use;
    sequences_begin(&walk, sql, dialect);
    while (sequences_next(&walk, &use)) {
        bool is_known = slot->upstream != NULL && has(&slot->draws, hash(&use, schema));
        if (!use.is_draw && !is_known)
            return true;
    }
    return false;
}

static void reset(struct facets *facets)
{
    facets->has_lost_draws = false;
}

const struct facet facet_sequences = { .reset = reset };
