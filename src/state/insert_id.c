#include "state/insert_id.h"

#include "stored_code/stored_code.h"

/* INSERT … RETURNING, LOAD DATA, INSERTs that fail after their first row, SELECT LAST_INSERT_ID(x) and stored
 * code generate ids that no OK tells. */
static bool is_untold(const struct job *job)
{
    bool is_silent =
        job->facts.kind == SQL_WRITE && (job->reply.has_rows || job->reply.has_error || job->facts.is_load);
    bool is_inside = (job->facts.code_effects & (CODE_WRITES | CODE_INSERT_ID)) != 0;
    return is_silent || is_inside || job->facts.may_hide_state || job->facts.gives_insert_id;
}

bool insert_id_is_lost(const struct insert_id *id, struct slot *const slots[SLOT_COUNT])
{
    for (int place = 0; place < SLOT_COUNT; place++)
        if (slots[place]->generation == id->known_by)
            return false;
    return id->known_by != 0;
}

static void note_value(struct facets *facets, struct slot *slot, uint64_t value)
{
    facets->insert_id.value = slot->insert_id = value;
    facets->insert_id.is_unknown = false;
    facets_note(facets, FACET_INSERT_ID);
}

void insert_id_note_told(struct facets *facets, struct job *job, struct slot *slot, uint64_t value)
{
    note_value(facets, slot, value);
    job->reply.has_insert_id = true;
}

/* Some ids in an OK were given by the client, and not generated: only the connection knows which kind an id
 * is. A statement that may have left the id unchanged does not make a lost id known again. */
void insert_id_note_done(struct facets *facets, struct slot *const slots[SLOT_COUNT], const struct job *job)
{
    struct insert_id *id = &facets->insert_id;
    bool may_be_another = is_untold(job);
    if (job->reply.has_insert_id || (may_be_another && !insert_id_is_lost(id, slots)))
        id->known_by = slots[job->place]->generation;
    id->is_unknown |= may_be_another && !job->reply.has_insert_id;
}

void insert_id_note_untold(struct insert_id *id, const struct slot *slot)
{
    if (id->known_by == slot->generation)
        id->known_by = ANSWERS_LOST;
}

bool insert_id_is_asked_for(struct span sql)
{
    return span_mentions(sql, "LAST_INSERT_ID") || span_mentions(sql, "identity");
}

/* ---- the facet ---- */

/* The connection at home (facets_home) must have the last id, and so must a connection that may become home by
 * opening a transaction. A question about the statement before gets no SET before it: the answer would be about
 * the SET. */
static enum sync_task lacks(const struct replay *replay)
{
    const struct facets *facets = replay->facets;
    const struct sql_facts *facts = &replay->job->facts;
    bool may_open = facts->kind == SQL_BEGIN || (facets->status & STATUS_AUTOCOMMIT) == 0;
    bool is_home = replay->job->place == facets_home(facets);
    bool is_due = (is_home || may_open) && !facts->refers_previous &&
                  replay->slot->insert_id != facets->insert_id.value;
    return is_due ? SYNC_VARS : SYNC_NOTHING;
}

static void say(const struct replay *replay, struct replay_command *command)
{
    (void)text_appendf(&command->argument, "%slast_insert_id=%llu", replay_glue(&command->argument),
                       (unsigned long long)replay->facets->insert_id.value);
}

static void note(const struct replay *replay)
{
    if (lacks(replay) == replay->task)
        replay->slot->insert_id = replay->facets->insert_id.value;
}

static bool is_asked(const struct facets *facets, struct slot *const slots[SLOT_COUNT],
                     enum route_place place)
{
    return facets->insert_id.known_by != 0 && facets->insert_id.known_by == slots[place]->generation;
}

static void learn(struct facets *facets, struct slot *slot, uint64_t number)
{
    note_value(facets, slot, number);
    facets->insert_id.known_by = 0;
}

static void reset(struct facets *facets)
{
    facets->insert_id = (struct insert_id){ 0 };
}

const struct facet facet_insert_id = { .tasks = 1u << SYNC_VARS,
                                       .lacks = lacks,
                                       .say = say,
                                       .note = note,
                                       .is_asked = is_asked,
                                       .number = "LAST_INSERT_ID()",
                                       .learn_number = learn,
                                       .reset = reset };
