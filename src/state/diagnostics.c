#include "state/diagnostics.h"

#include "mysql/reply.h"
#include "session/command_answer.h"
#include "session/session.h"
#include "state/pinned.h"

void diagnostics_note(struct session *session, bool has_set)
{
    struct job *job = &session->job;
    struct slot *slot = &session->slots[job->place];
    if (has_set) {
        slot->has_warnings = job->reply.has_warnings || job->reply.has_error;
        slot->has_our_warnings = false;
    }
    bool has_count = job->facts.reason == SQL_REASON_FOUND_ROWS;
    bool is_kept = session->worker->world->timeouts->diagnostics_us > 0;
    bool has_answers = is_kept && (slot->has_warnings || has_count);
    if (has_answers && slot->answers_us == 0)
        pinned_count(session, PIN_ANSWERS);
    slot->answers_us = has_answers ? session_now(session) : 0;
}

void diagnostics_lose(uint64_t *knows, const struct slot *slot)
{
    if (*knows == slot->generation)
        *knows = ANSWERS_LOST;
}

static uint64_t who_knows(const struct answers *answers, enum sql_question question)
{
    switch (question) {
    case SQL_ASKS_FOUND_ROWS:
        return answers->found;
    case SQL_ASKS_DIAGNOSTICS:
        return answers->has_diagnostics ? answers->diagnostics : 0; /* that there are none anybody can say */
    case SQL_ASKS_NOTHING:
    case SQL_ASKS_LAST:
        break;
    }
    return answers->last;
}

/* Does another connection than `here` (its generation) know the answer to one of these (bit q each)? */
static bool any_is_elsewhere(const struct answers *answers, unsigned questions, uint64_t here)
{
    for (unsigned q = SQL_ASKS_LAST; q <= SQL_ASKS_DIAGNOSTICS; q++) {
        uint64_t knows = who_knows(answers, (enum sql_question)q);
        if ((questions & 1u << q) != 0 && knows != 0 && knows != here)
            return true;
    }
    return false;
}

bool diagnostics_are_elsewhere(const struct session *session, const struct sql_facts *facts,
                               enum route_place place, bool is_current)
{
    uint64_t here = is_current ? session->slots[place].generation : 0;
    bool is_in_passing = facts->asks_before != 0 && !facts->refers_previous && facts->kind != SQL_SHOW;
    return is_in_passing && any_is_elsewhere(&session->facets.answers, facts->asks_before, here);
}

/* Its executions ask. */
static bool is_prepare(const struct job *job)
{
    return job->command != NULL && job->command->byte == COM_STMT_PREPARE;
}

bool diagnostics_forbid(const struct session *session, bool is_current)
{
    const struct job *job = &session->job;
    return !is_prepare(job) && diagnostics_are_elsewhere(session, &job->facts, job->place, is_current);
}

bool diagnostics_have_gone(const struct session *session, bool is_current)
{
    const struct job *job = &session->job;
    if (insert_id_has_lost(session) || (session->facets.draws.has_lost && sequences_has_lost(session)))
        return true;
    if (!job->facts.refers_previous || job->facts.kind == SQL_SHOW || is_prepare(job))
        return false;
    uint64_t knows = who_knows(&session->facets.answers, job->facts.question);
    uint64_t here = is_current ? session->slots[job->place].generation : 0;
    return (knows != 0 && knows != here) ||
           any_is_elsewhere(&session->facets.answers, job->facts.questions, here);
}

enum step diagnostics_refuse(struct session *session)
{
    return command_refuse(
        session, ERR_NOT_SUPPORTED_YET, NULL,
        "headgate: not run: it asks about an earlier statement, and the connection that ran "
        "that one cannot be asked: it is gone (lost, or needed by another client), or on "
        "another server than this has to run on");
}
