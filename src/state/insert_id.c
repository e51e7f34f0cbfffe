#include "state/insert_id.h"

#include "pool/state_capture.h"
#include "session/command_payload.h"
#include "session/session.h"
#include "sql/stored_code.h"
#include "state/reply_effects.h"

/* INSERT … RETURNING, LOAD DATA, INSERTs that fail after their first row, SELECT LAST_INSERT_ID(x) and stored
 * code generate ids that no OK tells. */
static bool is_untold(const struct job *job)
{
    bool is_silent =
        job->facts.kind == SQL_WRITE && (job->reply.has_rows || job->reply.has_error || job->facts.is_load);
    bool is_inside = (job->facts.code_effects & (CODE_WRITES | CODE_INSERT_ID)) != 0;
    return is_silent || is_inside || job->facts.may_hide_state || job->facts.gives_insert_id;
}

static bool is_lost(const struct session *session)
{
    for (int place = 0; place < PREPARED_PLACES; place++)
        if (session->slots[place].generation == session->facets.insert_id.known_by)
            return false;
    return session->facets.insert_id.known_by != 0;
}

/* An OK tells of an id that an INSERT was given as of one that it generated. What may have left it as it was
 * brings none back that is lost. */
void insert_id_note_done(struct session *session)
{
    const struct job *job = &session->job;
    bool may_be_another = is_untold(job);
    if (job->reply.has_insert_id || (may_be_another && !is_lost(session)))
        session->facets.insert_id.known_by = session->slots[job->place].generation;
    session->facets.insert_id.is_unknown |= may_be_another && !job->reply.has_insert_id;
}

/* Quoted text and comments included: it is seldom that this matters. */
static bool is_asked_for(const struct session *session)
{
    const struct job *job = &session->job;
    if (job->is_login || job->command == NULL)
        return false;
    bool is_execution = job->command->manner == COMMAND_PREPARED && job->prepared != NULL;
    if (job->command->manner != COMMAND_STATEMENT && !is_execution)
        return false;
    struct span sql = is_execution ? job->prepared->sql : command_text(session);
    return span_mentions(sql, "LAST_INSERT_ID") || span_mentions(sql, "identity");
}

bool insert_id_has_lost(const struct session *session)
{
    return is_lost(session) && is_asked_for(session);
}

bool insert_id_must_wait(struct session *session)
{
    const struct insert_id *id = &session->facets.insert_id;
    bool is_away = session->job.place == ROUTE_REPLICA && effects_home(session) == ROUTE_REPLICA;
    bool is_there = id->known_by != 0 && id->known_by == session->slots[ROUTE_PRIMARY].generation;
    return is_there && is_away && is_asked_for(session) && state_capture_ask_id(session, ROUTE_PRIMARY);
}
