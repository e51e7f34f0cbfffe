#include "session/session.h"

#include "freshness/global_writes.h"
#include "state/schema.h"

#include <assert.h>
#include <stdlib.h>

#define CLOSING_US 2000000 /* the time that a client has to read the last packets */

static const struct {
    const char *name;
    const char *words;
    enum session_stage stage;
    const char *leaves;
    const char *late;
} states[] = {
#define SESSION_STATE(NAME, words, stage, step, on_deadline, next, leaves, late)                             \
    [SESSION_##NAME] = { #NAME, words, STAGE_##stage, leaves, late },
#include "session/tbl/session_states.h"
#undef SESSION_STATE
};

const char *session_state_words(enum session_state state)
{
    return states[state].words;
}

struct session *session_find(const struct worker *worker, uint64_t id)
{
    struct session *session;
    HASH_FIND(hh, worker->by_id, &id, sizeof id, session);
    return session;
}

void session_set_deadline(struct session *session, uint64_t after_us)
{
    session->deadline_us = after_us == 0 ? 0 : session_now(session) + after_us;
    if (after_us == 0 || (session->timer_at_us != 0 && session->timer_at_us <= session->deadline_us))
        return;
    session->timer_at_us = session->deadline_us;
    loop_timer_start(&session->timer, &session->worker->loop, after_us);
}

uint64_t session_query_us(const struct session *session)
{
    uint64_t query_us = session->worker->world->timeouts->query_us, hint_us = session->job->hint.timeout_us;
    return hint_us != 0 && (query_us == 0 || hint_us < query_us) ? hint_us : query_us;
}

const uint32_t session_next[] = {
#define TO(NAME) (1u << SESSION_##NAME)
#define SESSION_STATE(NAME, words, stage, step, on_deadline, next, leaves, late) [SESSION_##NAME] = next,
#include "session/tbl/session_states.h"
#undef SESSION_STATE
#undef TO
};

void session_tell_enter(const struct session *session, enum session_state state)
{
    log_debug(&session->scope, "%s -> %s", states[session->state].words, states[state].words);
    if ((session_next[session->state] & 1u << state) != 0)
        return;
    log_error(&session->scope, "bug: state '%s' cannot follow '%s'", states[state].words,
              states[session->state].words);
    abort();
}

enum session_stage session_stage(const struct session *session)
{
    return states[session->state].stage;
}

bool session_keep_secret(struct session *session, const struct auth_secret *secret)
{
    session->seen = mem_zalloc(sizeof *session->seen);
    if (session->seen != NULL)
        *session->seen = *secret;
    return session->seen != NULL;
}

bool session_begin_job(struct session *session)
{
    if (session->job != job_idle())
        return true;
    struct job *job = job_take(&session->worker->jobs);
    if (job != NULL)
        session->job = job;
    return job != NULL;
}

bool session_is_of_job(const struct session *session, enum route_place place)
{
    return place == session->job->place && session_stage(session) != STAGE_NONE;
}

bool session_is_quiet(const struct session *session)
{
    return session_stage(session) == STAGE_NONE &&
           (session->is_new || !facets_has_transaction(&session->facets));
}

const struct close_reason_row close_reasons[] = {
#define CLOSE_REASON(NAME, is_error, may_hand_on, words) [CLOSE_##NAME] = { words, is_error, may_hand_on },
#include "session/tbl/close_reasons.h"
#undef CLOSE_REASON
};

enum step session_close(struct session *session, enum close_reason reason, const char *detail)
{
    session->close_reason = reason;
    session->has_last_words = close_reasons[reason].is_error;
    if (session->has_last_words)
        log_limited(LOG_LEVEL_WARNING, &session->scope, "client %s: %s%s%s", session->host,
                    close_reasons[reason].words, detail != NULL ? ": " : "", detail != NULL ? detail : "");
    session_set_deadline(session, CLOSING_US);
    return session_enter(session, SESSION_CLOSING);
}

void session_write_states(struct text *out)
{
    (void)text_append_cstr(
        out,
        "# States of a session\n\nWritten from `session/tbl/session_states.h` by `make docs`; change the "
        "rows, not this page.\n\n"
        "| state | `show sessions` says | leaves when | deadline |\n|---|---|---|---|\n");
    for (size_t i = 0; i < SESSION_STATE_COUNT; i++)
        (void)text_appendf(out, "| %s | %s | %s | %s |\n", states[i].name, states[i].words, states[i].leaves,
                           states[i].late);
    (void)text_append_cstr(
        out, "\n## What may follow what\n\nAsserted at each change of state (`session_enter`).\n\n```\n");
    for (size_t i = 0; i < SESSION_STATE_COUNT; i++) {
        const char *before = "──►";
        (void)text_appendf(out, "%-12s", states[i].name);
        for (size_t next = 0; next < SESSION_STATE_COUNT; next++)
            if ((session_next[i] & 1u << next) != 0) {
                (void)text_appendf(out, "%s %s", before, states[next].name);
                before = ",";
            }
        (void)text_append_cstr(out, "\n");
    }
    (void)text_append_cstr(out, "```\n");
}

/* ---- rights ---- */

static void see_change(struct session *session)
{
    bool is_recent = login_age_is_recent(&session->worker->pool, session->listener->cluster);
    if (is_recent && consistency_is_followed(&session->consistency))
        global_writes_ask(&session->consistency);
}

void session_begin_rights(struct session *session)
{
    session->rights = login_age_begin(&session->worker->pool, session->listener->cluster);
    see_change(session);
}

void session_note_use(struct session *session)
{
    if (!login_age_renew(&session->worker->pool, session->listener->cluster, &session->rights))
        return;
    for (int place = 0; place < SLOT_COUNT; place++)
        if (place != (int)session->job->place && session->slots[place]->upstream != NULL)
            schema_note_left(session->slots[place]);
    see_change(session);
}

/* ---- to the driver ---- */

void session_run(struct session *session)
{
    session->worker->driver->run(session);
}

void session_abort(struct session *session, enum close_reason reason)
{
    session->worker->driver->abort(session, reason);
}
