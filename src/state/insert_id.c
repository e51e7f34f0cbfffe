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

bool insert_id_is_lost(const struct insert_id *id, const struct slot slots[SLOT_COUNT])
{
    for (int place = 0; place < SLOT_COUNT; place++)
        if (slots[place].generation == id->known_by)
            return false;
    return id->known_by != 0;
}

/* Some ids in an OK were given by the client, and not generated: only the connection knows which kind an id
 * is. A statement that may have left the id unchanged does not make a lost id known again. */
void insert_id_note_done(struct insert_id *id, const struct slot slots[SLOT_COUNT], const struct job *job)
{
    bool may_be_another = is_untold(job);
    if (job->reply.has_insert_id || (may_be_another && !insert_id_is_lost(id, slots)))
        id->known_by = slots[job->place].generation;
    id->is_unknown |= may_be_another && !job->reply.has_insert_id;
}

bool insert_id_is_asked_for(struct span sql)
{
    return span_mentions(sql, "LAST_INSERT_ID") || span_mentions(sql, "identity");
}
