#include "command/prepare_again.h"

#include "mysql/reply.h"
#include "mysql/wire.h"
#include "state/parse_context.h"
#include "prepared/upstream_statements.h"
#include "command/apply_state.h"
#include "command/command_answer.h"
#include "command/command_route.h"
#include "command/pick_server.h"
#include "state/diagnostics.h"
#include "state/pooled.h"

#include <errno.h>

static enum step note_prepared(struct session *session, struct slot *slot)
{
    struct job *job = &session->job;
    slot->task = SYNC_NOTHING;
    if (slot->answer.is_err && pick_is_lacking(session, (uint16_t)slot->answer.error.code)) {
        pick_leave_lacking(session);
        return session_enter(session, SESSION_ACQUIRING);
    }
    if (slot->answer.is_err)
        return command_refuse(session, (uint16_t)slot->answer.error.code, slot->answer.error.sqlstate, "%s",
                              slot->answer.error.text);
    if (slot->answer.params != job->prepared->params)
        return command_refuse(session, ERR_UNKNOWN_STMT, NULL,
                              "The statement has %u parameters on %s and had %u when it was prepared",
                              slot->answer.params, slot->upstream->server->name, job->prepared->params);
    upstream_statements_make_room(slot->upstream, job->place, job->prepared,
                                  pool_prepared_max(&session->worker->pool, session->door->cluster));
    if (!upstream_statements_add(slot, job->place, &session->facets.vars, job->prepared,
                                 slot->answer.stmt_id)) {
        slot->has_failed = true;
        (void)error_set(&slot->failure, ENOMEM, "out of memory");
        return STEP_MORE;
    }
    if ((job->facts.asks_before & 1u << SQL_ASKS_DIAGNOSTICS) != 0 && session->facets.answers.has_diagnostics)
        diagnostics_lose(&session->facets.answers.diagnostics,
                         slot); /* the PREPARE has cleared the warnings that the statement asks for */
    counter_add(&pool_counters(&session->worker->pool, session->door->cluster)->statements_prepared, 1);
    return session_enter(session, SESSION_SYNCING); /* the PREPARE may have needed other ones */
}

/* Do the session's sql_mode and character sets differ from those at the client's PREPARE? */
static bool is_worded_anew(const struct session *session)
{
    struct text now = { 0 };
    parse_context_take(&session->facets.vars, &now);
    bool is_anew = now.is_oom || !span_equal(text_span(&now), text_span(&session->job.prepared->wording));
    text_fini(&now);
    return is_anew;
}

/* Sets sql_mode and character sets to those of the client's PREPARE. vars_version 0: the session's own
 * variables are set again afterwards. */
static void start_wording(struct session *session, struct slot *slot)
{
    struct text sql = { 0 };
    parse_context_say(text_span(&session->job.prepared->wording), &session->facets.vars,
                      parse_context_collation(slot), slot->upstream->family, &sql);
    if (sql.is_oom) {
        slot->has_failed = true;
        (void)error_set(&slot->failure, ENOMEM, "out of memory");
    } else {
        pooled_of(slot->upstream)->vars_version = 0;
        apply_state_ask(session, SYNC_WORDING, REPLY_GENERIC, COM_QUERY, text_span(&sql));
    }
    text_fini(&sql);
}

static void note_worded(struct session *session, struct slot *slot)
{
    diagnostics_note_own(&session->facets.answers, slot);
    if (parse_context_reads_tables(&session->facets.vars, slot->upstream->family))
        diagnostics_note_table_read(&session->facets.answers, slot);
}

/* Starts the next step that is due: the schema of the client's PREPARE, its sql_mode and character sets, then
 * the PREPARE itself. So the text has the meaning that it had for the client. For a mere question about
 * earlier statements schema and variables are not changed: that would overwrite the answer. */
static enum step prepare_here(struct session *session, struct slot *slot)
{
    struct job *job = &session->job;
    bool is_anew = is_worded_anew(session);
    if (!is_anew && upstream_statements_find(slot, job->place, &session->facets, job->prepared)) {
        counter_add(&pool_counters(&session->worker->pool, session->door->cluster)->statements_shared, 1);
        return session_enter(session, SESSION_SYNCING); /* as after a PREPARE */
    }
    if (job->prepared->sql.len == 0)
        return command_refuse(
            session, ERR_UNKNOWN_STMT, NULL,
            "The statement is too long to be prepared again, and the server that knew it is gone");
    bool is_question = job->facts.refers_previous && !job->facts.uses_tables;
    struct span schema = text_span(&job->prepared->schema);
    bool is_reworded = pooled_of(slot->upstream)->vars_version != session->facets.vars.version;
    if (!is_question && schema.len > 0 && !span_equal(schema, text_span(&slot->upstream->schema))) {
        job->schema_of_prepared = schema;
        return session_enter(session, SESSION_SYNCING);
    }
    if (is_anew && !is_question && !is_reworded)
        start_wording(session, slot);
    else
        apply_state_ask(session, SYNC_PREPARE, REPLY_PREPARE, COM_STMT_PREPARE, job->prepared->sql);
    return STEP_MORE;
}

enum step prepare_again_step(struct session *session)
{
    struct job *job = &session->job;
    struct slot *slot = &session->slots[job->place];
    if (slot->has_failed)
        return session_enter(session, SESSION_ATTACHING);
    if (slot->task != SYNC_NOTHING && !slot->has_answer)
        return STEP_WAIT;
    if (slot->task == SYNC_PREPARE)
        return note_prepared(session, slot);
    if (slot->task != SYNC_NOTHING && slot->answer.is_err)
        return apply_state_refused(session, slot);
    if (slot->task == SYNC_WORDING)
        note_worded(session, slot);
    slot->task = SYNC_NOTHING;
    bool is_known = job->prepared == NULL || job->prepared->copies[job->place].generation == slot->generation;
    if (is_known && job->schema_of_prepared.len > 0) {
        job->schema_of_prepared = (struct span){ 0 };
        return session_enter(session, SESSION_SYNCING);
    }
    if (is_known && diagnostics_forbid(&session->facets.answers, session->slots, job,
                                       true)) /* headgate's own statements have overwritten the answer */
        return command_refuse_route(session, ROUTE_REASON_ANSWERS_AWAY);
    if (is_known)
        return session_enter(session, SESSION_SENDING);
    return prepare_here(session, slot);
}
