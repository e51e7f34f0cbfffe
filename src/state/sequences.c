#include "state/sequences.h"

#include "session/command_payload.h"
#include "session/session.h"
#include "sql/sequences.h"
#include "state/reply_effects.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* 0: it has no name. */
static uint64_t hash(const struct session *session, const struct sequences_use *use)
{
    const struct prepared *prepared =
        session->job.prepared; /* names mean what they meant when it was prepared */
    struct span current = text_span(prepared != NULL ? &prepared->schema : &session->facets.schema);
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

static struct span text_of(const struct session *session)
{
    const struct job *job = &session->job;
    if (job->inner.len > 0)
        return text_span(&job->inner);
    bool is_execution = job->command->manner == COMMAND_PREPARED && job->prepared != NULL;
    return is_execution ? job->prepared->sql : command_text(session);
}

static void add(struct draws *draws, uint64_t name)
{
    if (name != 0 && draws->count < DRAWS_MAX && !has(draws, name))
        draws->names[draws->count++] = name;
}

void sequences_read(struct session *session)
{
    struct drawn *drawn = &session->facets.draws.present;
    struct sql_dialect dialect = effects_dialect(session);
    struct sequences_walk walk;
    struct sequences_use use;
    drawn->count = 0;
    drawn->is_any = false;
    sequences_begin(&walk, text_of(session), &dialect);
    while (sequences_next(&walk, &use)) {
        drawn->is_any |= use.is_draw;
        if (use.is_draw && drawn->count < DRAWS_MAX)
            drawn->names[drawn->count++] = hash(session, &use);
    }
}

void sequences_note(struct session *session)
{
    const struct job *job = &session->job;
    struct draws *draws = &session->facets.draws;
    struct slot *slot = &session->slots[job->place];
    if (draws->generation != slot->generation) {
        draws->count = 0;
        draws->generation = slot->generation;
    }
    slot->has_own_writes = true;
    if (job->reply.has_error || !draws->present.is_any)
        return;
    slot->drawn_us = session_now(session);
    for (unsigned i = 0; i < draws->present.count; i++)
        add(draws, draws->present.names[i]);
}

void sequences_note_drop(struct session *session, const struct slot *slot)
{
    session->facets.draws.has_lost |= slot->has_own_writes;
}

bool sequences_has_lost(const struct session *session)
{
    const struct job *job = &session->job;
    const struct draws *draws = &session->facets.draws;
    const struct slot *slot = &session->slots[job->place];
    struct sequences_walk walk;
    struct sequences_use use;
    if (!job->facts.has_sequence || !draws->has_lost || job->command->byte == COM_STMT_PREPARE)
        return false;
    struct sql_dialect dialect = effects_dialect(session);
    sequences_begin(&walk, text_of(session), &dialect);
    while (sequences_next(&walk, &use)) {
        bool is_known = slot->upstream != NULL && draws->generation == slot->generation &&
                        has(draws, hash(session, &use));
        if (!use.is_draw && !is_known)
            return true;
    }
    return false;
}
