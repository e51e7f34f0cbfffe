/* COM_QUERY and COM_STMT_PREPARE: the text decides what happens.
 */

#include "session/command_text.h"

#include "mysql/reply.h"
#include "session/command_answer.h"
#include "session/command_payload.h"
#include "session/command_route.h"
#include "session/cost.h"
#include "session/dialect.h"
#include "session/gtid_token.h"
#include "session/hints.h"
#include "session/kill_statement.h"
#include "session/pending_effects.h"

/* Finds where the text of a COM_QUERY begins, after its query attributes. If the attributes are so long
 * that the text does not begin within the window, nothing is known of the text. False: malformed, every
 * server would refuse it. */
static bool find_text(struct session *session)
{
    struct job *job = &session->job;
    struct attributes attributes;
    if (job->command->byte != COM_QUERY || !command_has_attributes(session))
        return true;
    struct span payload = command_payload(session);
    if (attributes_find_text(span_of(payload.data + 1, payload.len - 1), &attributes, &job->text_offset))
        return true;
    job->text_offset = payload.len - 1;
    return job->is_cut;
}

enum step command_statement(struct session *session)
{
    struct job *job = &session->job;
    if (!find_text(session))
        return command_refuse_malformed(session);
    struct span sql = command_text(session);
    struct sql_dialect dialect = dialect_of(session);
    job->facts = classify(sql, job->is_cut, &dialect);
    if (command_has_attributes(session))
        hints_look_for_attributes(session);
    cost_begin(session, sql);
    if (job->command->byte == COM_STMT_PREPARE)
        session->prepared.has_last_failed = true; /* until a server has answered OK */
    if (job->facts.asks_token)
        return gtid_token_begin(session);
    if (job->command->byte == COM_QUERY && !pending_effects_note(session, sql, &dialect))
        return session_close(session, CLOSE_OUT_OF_MEMORY, "what a statement is about to change");
    if (kill_statement_is_ours(session))
        return kill_statement_run(session);
    return command_by_facts(session);
}
