#include "proxy/parting.h"

#include "base/mem.h"
#include "cluster/upstream_exchange.h"
#include "mysql/rows.h"
#include "proxy/dispatch.h"
#include "proxy/effects.h"
#include "proxy/share.h"

#include <stdio.h>

/* INSERT … RETURNING, LOAD DATA, INSERTs that fail after their first row, SELECT LAST_INSERT_ID(x) and stored
 * code generate ids that no OK tells. */
static bool has_untold_id(const struct job *job)
{
    bool is_silent =
        job->facts.kind == SQL_WRITE && (job->reply.has_rows || job->reply.has_error || job->facts.is_load);
    return is_silent || job->facts.may_hide_state || job->facts.gives_insert_id;
}

/* An OK tells of an id that an INSERT was given as of one that it generated. */
void parting_note_done(struct session *session)
{
    const struct job *job = &session->job;
    bool is_untold = has_untold_id(job);
    if (job->reply.has_insert_id || is_untold)
        session->insert_id.known_by = session->slots[job->place].generation;
    session->insert_id.is_unknown |= is_untold && !job->reply.has_insert_id;
    session->insert_id.has_next |= job->facts.gives_next_id;
}

/* ---- what is asked ---- */

static bool needs_id(const struct session *session, const struct slot *slot)
{
    return session->insert_id.known_by == slot->generation;
}

static void note_id(struct session *session, struct slot *slot, uint64_t id)
{
    session->insert_id.value = slot->insert_id = id;
    session->insert_id.known_by = 0;
    session->insert_id.is_unknown = false;
}

static bool needs_found(const struct session *session, const struct slot *slot)
{
    return session->answers.found == slot->generation && session->answers.is_calculated;
}

static void note_found(struct session *session, struct slot *slot, uint64_t found)
{
    (void)slot;
    session->answers.found_rows = (struct recalled){ .is_known = true, .value = (int64_t)found };
}

static const struct {
    const char *expression;
    bool (*is_needed)(const struct session *session, const struct slot *slot);
    void (*note)(struct session *session, struct slot *slot, uint64_t value);
} questions[] = { { "LAST_INSERT_ID()", needs_id, note_id }, { "FOUND_ROWS()", needs_found, note_found } };

#define QUESTIONS (sizeof questions / sizeof questions[0])

/* A set: bit q for questions[q]. */
static unsigned needed(const struct session *session, const struct slot *slot)
{
    unsigned set = 0;
    for (unsigned q = 0; q < QUESTIONS; q++)
        set |= (unsigned)questions[q].is_needed(session, slot) << q;
    return set;
}

/* LIMIT, as sql_select_limit may be 0. */
static void put_sql(unsigned set, char *sql, size_t size)
{
    size_t at = (size_t)snprintf(sql, size, "SELECT ");
    for (unsigned q = 0; q < QUESTIONS; q++)
        if ((set & 1u << q) != 0)
            at += (size_t)snprintf(sql + at, size - at, "%s,", questions[q].expression);
    (void)snprintf(sql + at - 1, size - at + 1, " LIMIT 1"); /* in the last comma's place */
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
    char sql[100];
    slot->parting = mem_zalloc(sizeof *slot->parting);
    if (slot->parting == NULL)
        return false;
    slot->asked = needed(session, slot);
    put_sql(slot->asked, sql, sizeof sql);
    lose_answers(session, slot);
    upstream_query(slot->upstream, sql, slot->parting, session->worker->env.login_us);
    return true;
}

bool parting_ask(struct session *session, enum route_place place)
{
    struct slot *slot = &session->slots[place];
    if (needed(session, slot) == 0)
        return false;
    if (begin(session, slot)) {
        permits_promise(slot->upstream->permit.permits, 1);
        slot->is_promised = true;
    }
    return true; /* without memory another time */
}

/* False: it has not said. */
static bool note_answers(struct session *session, struct slot *slot)
{
    int column = 0;
    for (unsigned q = 0; q < QUESTIONS; q++) {
        struct span value;
        uint64_t number;
        if ((slot->asked & 1u << q) == 0)
            continue;
        if (!rows_value(slot->parting, 0, column++, &value) || !span_to_u64(value, &number))
            return false;
        questions[q].note(session, slot, number);
    }
    return true;
}

void parting_note(struct session *session, struct slot *slot, const struct upstream_answer *answer)
{
    enum route_place place = slot == &session->slots[ROUTE_PRIMARY] ? ROUTE_PRIMARY : ROUTE_REPLICA;
    bool is_known = !answer->is_err && note_answers(session, slot);
    parting_end(slot);
    if (!is_known)
        log_limited(LOG_LEVEL_INFO, &session->scope, "a connection to %s does not tell what it knows: %s",
                    slot->upstream->server->name, answer->is_err ? answer->error.text : "no number came");
    if (session->state == SESSION_WAITING && session->insert_id.is_awaited)
        session->insert_id.known_by = is_known ? 0 : ANSWERS_LOST;
    else if (is_known && permits_is_short(slot->upstream->permit.permits))
        share_give_up(session, place);
}

static bool is_lost(const struct session *session)
{
    for (int place = 0; place < PREPARED_PLACES; place++)
        if (session->slots[place].generation == session->insert_id.known_by)
            return false;
    return session->insert_id.known_by != 0;
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
    return session->insert_id.known_by != 0 && is_lost(session) && mentions_id(session);
}

bool parting_begin_id(struct session *session)
{
    struct slot *slot = &session->slots[ROUTE_PRIMARY];
    bool is_away = session->job.place == ROUTE_REPLICA && effects_home(session) == ROUTE_REPLICA;
    session->insert_id.is_awaited = false;
    if (session->insert_id.known_by == 0 || session->insert_id.known_by != slot->generation || !is_away ||
        !mentions_id(session))
        return false;
    bool may_ask = slot->upstream != NULL && !slot->has_failed && slot->upstream->state == UPSTREAM_READY &&
                   slot->parting == NULL;
    session->insert_id.is_awaited = slot->parting != NULL || (may_ask && begin(session, slot));
    return session->insert_id.is_awaited;
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
