#include "proxy/parting.h"

#include "base/mem.h"
#include "cluster/upstream_exchange.h"
#include "mysql/rows.h"
#include "proxy/share.h"

/* LIMIT, as sql_select_limit may be 0. */
#define ASKS_ID "SELECT LAST_INSERT_ID() LIMIT 1"

/* INSERT … RETURNING, LOAD DATA, INSERTs that fail after their first row, SELECT LAST_INSERT_ID(x) and stored
 * code generate ids that no OK tells. */
static bool has_untold_id(const struct job *job)
{
    bool is_silent = job->facts.kind == SQL_WRITE && (job->has_rows || job->has_error || job->facts.is_load);
    return is_silent || job->facts.may_hide_state || job->facts.gives_insert_id;
}

/* An OK tells of an id that an INSERT was given as of one that it generated. */
void parting_note_done(struct session *session)
{
    const struct job *job = &session->job;
    bool is_untold = has_untold_id(job);
    if (job->has_insert_id || is_untold)
        session->id_known_by = session->slots[job->place].generation;
    session->is_insert_id_unknown |= is_untold && !job->has_insert_id;
    session->has_next_id |= job->facts.gives_next_id;
}

static bool needs_id(const struct session *session, const struct slot *slot)
{
    return session->id_known_by == slot->generation;
}

/* Our question comes after them: those about the statement before, and about its rows; and on MySQL it clears
 * the warnings. */
static void lose_answers(struct session *session, struct slot *slot)
{
    struct answers *answers = &session->answers;
    answers->last = answers->last == slot->generation ? ANSWERS_LOST : answers->last;
    answers->found = answers->found == slot->generation ? ANSWERS_LOST : answers->found;
    if (slot->upstream->family == FAMILY_MARIADB)
        return;
    answers->diagnostics = answers->diagnostics == slot->generation ? ANSWERS_LOST : answers->diagnostics;
    slot->has_warnings = false;
}

static bool begin(struct session *session, struct slot *slot)
{
    slot->parting = mem_zalloc(sizeof *slot->parting);
    if (slot->parting == NULL)
        return false;
    lose_answers(session, slot);
    upstream_query(slot->upstream, ASKS_ID, slot->parting, session->worker->env.login_us);
    return true;
}

bool parting_ask(struct session *session, enum route_place place)
{
    struct slot *slot = &session->slots[place];
    if (!needs_id(session, slot))
        return false;
    if (begin(session, slot)) {
        permits_promise(slot->upstream->permit.permits, 1);
        slot->is_promised = true;
    }
    return true; /* without memory another time */
}

/* False: it has not said. */
static bool note_id(struct session *session, struct slot *slot)
{
    struct span value;
    uint64_t id;
    if (!rows_value(slot->parting, 0, 0, &value) || !span_to_u64(value, &id))
        return false;
    session->insert_id = slot->insert_id = id;
    session->id_known_by = 0;
    session->is_insert_id_unknown = false;
    return true;
}

void parting_note(struct session *session, struct slot *slot, const struct upstream_answer *answer)
{
    enum route_place place = slot == &session->slots[ROUTE_PRIMARY] ? ROUTE_PRIMARY : ROUTE_REPLICA;
    bool is_known = !answer->is_err && note_id(session, slot);
    parting_end(slot);
    if (!is_known)
        log_limited(LOG_LEVEL_INFO, &session->scope, "a connection to %s does not tell its last insert id: %s",
                    slot->upstream->server->name, answer->is_err ? answer->error.text : "no number came");
    if (session->state == SESSION_WAITING && session->is_waiting_for_id)
        session->id_known_by = is_known ? 0 : ANSWERS_LOST;
    else if (is_known && permits_is_short(slot->upstream->permit.permits))
        share_give_up(session, place);
}

static bool is_lost(const struct session *session)
{
    for (int place = 0; place < PREPARED_PLACES; place++)
        if (session->slots[place].generation == session->id_known_by)
            return false;
    return session->id_known_by != 0;
}

/* Quoted text and comments included: it is seldom that this matters. */
static bool mentions_id(const struct session *session)
{
    const struct job *job = &session->job;
    if (job->is_login || job->command == NULL)
        return false;
    bool is_execution = job->command->manner == COMMAND_PREPARED && job->prepared != NULL;
    if (job->command->manner != COMMAND_STATEMENT && !is_execution)
        return false;
    struct span sql = is_execution ? job->prepared->sql : dispatch_text(session);
    return span_mentions(sql, "LAST_INSERT_ID") || span_mentions(sql, "identity");
}

bool parting_has_lost_id(const struct session *session)
{
    return session->id_known_by != 0 && is_lost(session) && mentions_id(session);
}

bool parting_begin_id(struct session *session)
{
    struct slot *slot = &session->slots[ROUTE_PRIMARY];
    bool is_away = session->job.place == ROUTE_REPLICA && effects_home(session) == ROUTE_REPLICA;
    session->is_waiting_for_id = false;
    if (session->id_known_by == 0 || session->id_known_by != slot->generation || !is_away ||
        !mentions_id(session))
        return false;
    bool may_ask = slot->upstream != NULL && !slot->has_failed && slot->upstream->state == UPSTREAM_READY &&
                   slot->parting == NULL;
    session->is_waiting_for_id = slot->parting != NULL || (may_ask && begin(session, slot));
    return session->is_waiting_for_id;
}

void parting_end(struct slot *slot)
{
    if (slot->parting == NULL)
        return;
    if (slot->is_promised)
        permits_promise(slot->upstream->permit.permits, -1);
    slot->is_promised = false;
    rows_fini(slot->parting);
    mem_free(slot->parting);
    slot->parting = NULL;
}
