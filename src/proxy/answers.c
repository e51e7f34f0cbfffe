#include "proxy/answers.h"

#include "mysql/reply.h"
#include "proxy/dispatch.h"
#include "proxy/pinned.h"
#include "proxy/session.h"

void answers_note(struct session *session, bool has_set)
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

void answers_lose(uint64_t *knows, const struct slot *slot)
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

/* At another place than the job's it may be: in a transaction a question that shows data as well runs there.
 */
static bool has_connection(const struct session *session, uint64_t generation, bool is_current)
{
    for (int place = 0; place < PREPARED_PLACES; place++)
        if (session->slots[place].generation == generation)
            return place != (int)session->job.place || is_current;
    return false;
}

/* It asks several things at once, and not all answers are where it would run. */
static bool is_of_several(const struct session *session)
{
    unsigned questions = session->job.facts.questions;
    uint64_t here = session->slots[session->job.place].generation;
    if ((questions & (questions - 1)) == 0)
        return false;
    for (unsigned q = SQL_ASKS_LAST; q <= SQL_ASKS_DIAGNOSTICS; q++) {
        uint64_t knows = who_knows(&session->answers, (enum sql_question)q);
        if ((questions & 1u << q) != 0 && knows != 0 && knows != here)
            return true;
    }
    return false;
}

bool answers_have_gone(const struct session *session, bool is_current)
{
    const struct job *job = &session->job;
    if (insert_id_has_lost(session) || draws_has_lost(session))
        return true;
    if (!job->facts.refers_previous || job->facts.kind == SQL_SHOW)
        return false;
    uint64_t knows = who_knows(&session->answers, job->facts.question);
    return (knows != 0 && !has_connection(session, knows, is_current)) || is_of_several(session);
}

enum step answers_refuse(struct session *session)
{
    return dispatch_refuse(
        session, ERR_NOT_SUPPORTED_YET, NULL,
        "headgate: not run: it asks about an earlier statement, and the connection that ran "
        "it is gone: lost, or needed by another client; or about several, which ran on several servers");
}
