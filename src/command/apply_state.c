/* The exchanges that give a connection the state of its session before a command is sent: one after the
 * other, and each answer is awaited. state/facet_table knows what is missing and which statements set it. */
#include "command/apply_state.h"

#include "command/command_answer.h"
#include "command/command_route.h"
#include "command/local_answers.h"
#include "command/pick_server.h"
#include "mysql/reply.h"
#include "pool/reset.h"
#include "prepared/upstream_statements.h"
#include "session/command_text.h"
#include "session/reuse.h"
#include "session/slot.h"
#include "state/diagnostics.h"
#include "state/parse_context.h"
#include "state/pooled.h"
#include "state/facet_table.h"
#include "state/schema.h"
#include "upstream/upstream_exchange.h"
#include "upstream/upstream_setup.h"

#include <errno.h>

static void fail_for_memory(struct slot *slot)
{
    slot->has_failed = true;
    (void)error_set(&slot->failure, ENOMEM, "out of memory");
}

static void ask(struct session *session, enum sync_task task, enum reply_shape shape, uint8_t command,
                struct span argument)
{
    struct slot *slot = session->slots[session->job->place];
    struct text payload = { 0 };
    (void)text_append_byte(&payload, command);
    (void)text_append_span(&payload, argument);
    if (payload.is_oom) { /* an incomplete statement must never be sent */
        fail_for_memory(slot);
        text_fini(&payload);
        return;
    }
    slot->task = task;
    slot->has_answer = false;
    /* A PREPARE may wait for locks without limit; other tasks are short. */
    uint64_t deadline_us = task == SYNC_PREPARE ? session_query_us(session) : session->worker->env.login_us;
    upstream_exchange(slot->upstream, shape, text_span(&payload), deadline_us);
    text_fini(&payload);
}

static struct replay replay_of(struct session *session, struct slot *slot)
{
    return (struct replay){
        .facets = &session->facets, .job = session->job, .slot = slot, .sql = command_sql(session)
    };
}

/* What the connection itself needs comes first: a reset would remove the session's state again. */
static enum sync_task next_task(struct session *session, struct slot *slot)
{
    if (session->job->confined == slot->generation)
        return SYNC_NOTHING;
    if (session->facets.was_reset && !slot->is_reset)
        return SYNC_RESET;
    if (slot->must_renew)
        return SYNC_RENEW;
    if (!slot->upstream->is_set_up)
        return SYNC_SETUP;
    if (slot->lacks_charsets)
        return SYNC_CHARSETS;
    if (!facets_may_lack(&session->facets, slot))
        return SYNC_NOTHING;
    const struct replay replay = replay_of(session, slot);
    return replay_next(&replay);
}

static void start_task(struct session *session, struct slot *slot, enum sync_task task)
{
    if (task == SYNC_RESET) {
        ask(session, task, REPLY_GENERIC, COM_RESET_CONNECTION, SPAN_NONE);
        return;
    }
    if (task != SYNC_RENEW && task != SYNC_SETUP && task != SYNC_CHARSETS) {
        const struct replay replay = replay_of(session, slot);
        struct replay_command command;
        replay_say(&replay, task, &command);
        if (command.argument.is_oom)
            fail_for_memory(slot);
        else if (command.argument.len > 0)
            ask(session, task, command.shape, command.byte, text_span(&command.argument));
        text_fini(&command.argument);
        return;
    }
    slot->task = task;
    slot->has_answer = false;
    if (task == SYNC_RENEW)
        reset_send(&session->worker->pool, slot->upstream);
    else if (task == SYNC_SETUP)
        upstream_set_up(slot->upstream);
    else
        upstream_restore_charsets(slot->upstream);
}

/* If the connection was to be reset for its new session, that is done now too. */
void apply_state_note_reset(struct session *session, struct slot *slot)
{
    upstream_statements_forget(slot->upstream);
    reuse_note_renewed(session, slot);
    slot->upstream->is_set_up = false;
    slot->lacks_charsets = false;
    slot->is_reset = true;
}

/* The task's answer is no ERR: notes what the connection has now. False: the task has failed all the same,
 * and slot.answer is the error. */
static bool note_success(struct session *session, struct slot *slot)
{
    struct upstream *upstream = slot->upstream;
    const struct replay replay = replay_of(session, slot);
    diagnostics_lose(&session->facets.answers.last, slot); /* ROW_COUNT() may be that of headgate's command */
    if (slot->task == SYNC_RESET) {
        apply_state_note_reset(session, slot);
        if (!session->facets.keeps_schema)
            schema_note_left(slot);
    } else if (slot->task == SYNC_RENEW) {
        schema_note_left(slot);
        reuse_note_renewed(session, slot);
        slot->lacks_charsets = upstream->family == FAMILY_MYSQL;
    } else if (slot->task == SYNC_CHARSETS) {
        slot->lacks_charsets = false;
    } else if (slot->task != SYNC_SETUP) {
        return replay_note(&replay, session_now(session));
    }
    return true;
}

static bool is_in_schema(const struct upstream *upstream)
{
    return upstream->key.has_schema || upstream->schema.len > 0;
}

/* The schema was dropped by another client. The session goes on without a schema, as on a direct
 * connection. */
static bool may_do_without_schema(const struct session *session, const struct slot *slot)
{
    bool has_other_place =
        session->job->place == ROUTE_REPLICA && session->listener->settings->mode == LISTENER_SPLIT;
    bool may_move = !slot_has_lost_state(session, session->job->place) || !is_in_schema(slot->upstream);
    return schema_is_task(slot->task) && slot->answer.error.code == ERR_BAD_DB && !session->job->is_login &&
           !has_other_place && may_move;
}

/* The command runs on a connection that is in no schema. Warnings of headgate's own failed command there
 * must not reach the client. */
static enum step do_without_schema(struct session *session, struct slot *slot)
{
    session->job->has_no_schema = true;
    if (is_in_schema(slot->upstream)) {
        slot_drop(session, session->job->place);
        return session_enter(session, SESSION_ACQUIRING);
    }
    slot->task = SYNC_NOTHING;
    diagnostics_note_refusal(&session->facets.answers, slot);
    return STEP_MORE;
}

static enum step refused(struct session *session, struct slot *slot)
{
    struct job *job = session->job;
    struct error err = slot->answer.error;
    if (may_do_without_schema(session, slot))
        return do_without_schema(session, slot);
    if (slot_has_lost_state(session, job->place)) { /* the ERR harms no connection: its state stays */
        slot->task = SYNC_NOTHING;
        return command_refuse(session, (uint16_t)err.code, err.sqlstate, "%s", err.text);
    }
    log_limited(LOG_LEVEL_WARNING, &session->scope, "%s did not take the session's state: %d %s",
                slot->upstream->server->name, err.code, err.text);
    slot_drop(session, job->place);
    if (job->place == ROUTE_REPLICA && session->listener->settings->mode == LISTENER_SPLIT &&
        !job->is_login) {
        session->facets.has_replica_refused = true;
        job->place = ROUTE_PRIMARY;
        job->reason = ROUTE_REASON_REPLICA_REFUSED;
        return session_enter(session, SESSION_ACQUIRING);
    }
    return command_refuse(session, (uint16_t)err.code, err.sqlstate, "%s", err.text);
}

static bool is_renewal(enum sync_task task)
{
    return task == SYNC_RENEW || task == SYNC_CHARSETS;
}

/* The account's password has expired, and the server refuses headgate's set-up as it refuses most
 * commands. The client's command is sent all the same: it may set a new password, or the client gets the
 * server's refusal. */
static bool note_confinement(struct session *session, struct slot *slot)
{
    bool is_refused = slot->answer.is_err && slot->answer.error.code == ERR_MUST_CHANGE_PASSWORD;
    if (slot->task != SYNC_SETUP || !is_refused)
        return false;
    slot->upstream->is_set_up = false;
    session->job->confined = slot->generation;
    return true;
}

enum step apply_state_syncing(struct session *session)
{
    struct slot *slot = session->slots[session->job->place];
    if (slot->has_failed)
        return session_enter(session, SESSION_ATTACHING);
    if (slot->task != SYNC_NOTHING) {
        if (!slot->has_answer)
            return STEP_WAIT;
        /* If the server does not know the collation, the handshake has not set it either: the error is ignored. */
        if (slot->answer.is_err && is_renewal(slot->task) &&
            !(slot->task == SYNC_CHARSETS && slot->answer.error.code == ERR_UNKNOWN_CHARACTER_SET)) {
            /* That says nothing of the session: another connection is used. */
            reset_note_refusal(&session->worker->pool, slot->upstream, &slot->answer.error);
            slot_drop(session, session->job->place);
            return session_enter(session, SESSION_ACQUIRING);
        }
        bool is_confined = note_confinement(session, slot);
        bool is_refused = slot->answer.is_err && !is_renewal(slot->task) && !is_confined;
        is_refused = is_refused || (!is_confined && !note_success(session, slot));
        if (is_refused && !schema_may_retry(&session->facets, slot))
            return refused(session, slot);
        slot->task = SYNC_NOTHING;
    } else if (pooled_of(slot->upstream)->is_second_hand &&
               (!session->job->facts.is_read ||
                /* may ask about an earlier session's statements */
                code_name_is_system(text_span(&session->facets.schema))) &&
               !reuse_look(session, slot)) {
        return local_answers_refuse(session);
    }
    enum sync_task task = next_task(session, slot);
    if (session->job->command != NULL && session->job->command->byte == COM_RESET_CONNECTION)
        task = SYNC_NOTHING; /* COM_RESET_CONNECTION discards the state anyway */
    if (task != SYNC_NOTHING) {
        start_task(session, slot, task);
        return STEP_MORE;
    }
    if (session->job->is_login) {
        session->facets.status = slot->upstream->status;
        return session_enter(session, SESSION_LOGIN);
    }
    /* PREPARING has something to do for executions, and for what headgate's own statements have overwritten. */
    bool is_ready = session->job->prepared == NULL && session->job->facts.asks_before == 0;
    return session_enter(session, is_ready ? SESSION_SENDING : SESSION_PREPARING);
}

/* ---- PREPARING ---- */

static enum step note_prepared(struct session *session, struct slot *slot)
{
    struct job *job = session->job;
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
                                  pool_prepared_max(&session->worker->pool, session->listener->cluster));
    if (!upstream_statements_add(slot, job->place, &session->facets.vars, job->prepared,
                                 slot->answer.stmt_id)) {
        fail_for_memory(slot);
        return STEP_MORE;
    }
    if ((job->facts.asks_before & 1u << SQL_ASKS_DIAGNOSTICS) != 0 && session->facets.answers.has_diagnostics)
        diagnostics_lose(&session->facets.answers.diagnostics,
                         slot); /* the PREPARE has cleared the warnings that the statement asks for */
    counter_add(&pool_counters(&session->worker->pool, session->listener->cluster)->statements_prepared, 1);
    return session_enter(session, SESSION_SYNCING); /* the PREPARE may have needed other ones */
}

/* Do the session's sql_mode and character sets differ from those at the client's PREPARE? */
static bool is_worded_anew(const struct session *session)
{
    struct text now = { 0 };
    parse_context_take(&session->facets.vars, &now);
    bool is_anew = now.is_oom || !span_equal(text_span(&now), text_span(&session->job->prepared->wording));
    text_fini(&now);
    return is_anew;
}

/* Sets sql_mode and character sets to those of the client's PREPARE. vars_version 0: the session's own
 * variables are set again afterwards. */
static void start_wording(struct session *session, struct slot *slot)
{
    struct text sql = { 0 };
    parse_context_say(text_span(&session->job->prepared->wording), &session->facets.vars,
                      parse_context_collation(slot), slot->upstream->family, &sql);
    if (sql.is_oom) {
        fail_for_memory(slot);
    } else {
        pooled_of(slot->upstream)->vars_version = 0;
        ask(session, SYNC_WORDING, REPLY_GENERIC, COM_QUERY, text_span(&sql));
    }
    text_fini(&sql);
}

/* Starts the next step that is due: the schema of the client's PREPARE, its sql_mode and character sets, then
 * the PREPARE itself. So the text has the meaning that it had for the client. For a mere question about
 * earlier statements schema and variables are not changed: that would overwrite the answer. A job without a schema
 * (job.has_no_schema) has the text prepared without one. */
static enum step prepare_here(struct session *session, struct slot *slot)
{
    struct job *job = session->job;
    bool is_anew = is_worded_anew(session);
    if (!is_anew && upstream_statements_find(slot, job->place, &session->facets, job->prepared)) {
        counter_add(&pool_counters(&session->worker->pool, session->listener->cluster)->statements_shared, 1);
        return session_enter(session, SESSION_SYNCING); /* as after a PREPARE */
    }
    if (job->prepared->sql.len == 0)
        return command_refuse(
            session, ERR_UNKNOWN_STMT, NULL,
            "The statement is too long to be prepared again, and the server that knew it is gone");
    bool is_question = job->facts.refers_previous && !job->facts.uses_tables;
    struct span schema = text_span(&job->prepared->schema);
    bool is_reworded = pooled_of(slot->upstream)->vars_version != session->facets.vars.version;
    bool has_schema = !job->has_no_schema && schema.len > 0;
    if (!is_question && has_schema && !span_equal(schema, text_span(&slot->upstream->schema))) {
        job->schema_of_prepared = schema;
        return session_enter(session, SESSION_SYNCING);
    }
    if (is_anew && !is_question && !is_reworded)
        start_wording(session, slot);
    else
        ask(session, SYNC_PREPARE, REPLY_PREPARE, COM_STMT_PREPARE, job->prepared->sql);
    return STEP_MORE;
}

enum step apply_state_preparing(struct session *session)
{
    struct job *job = session->job;
    struct slot *slot = session->slots[job->place];
    if (slot->has_failed)
        return session_enter(session, SESSION_ATTACHING);
    if (slot->task != SYNC_NOTHING && !slot->has_answer)
        return STEP_WAIT;
    if (slot->task == SYNC_PREPARE)
        return note_prepared(session, slot);
    if (slot->task != SYNC_NOTHING && slot->answer.is_err)
        return refused(session, slot);
    if (slot->task == SYNC_WORDING) {
        diagnostics_note_own(&session->facets.answers, slot);
        if (parse_context_reads_tables(&session->facets.vars, slot->upstream->family))
            diagnostics_note_table_read(&session->facets.answers, slot);
    }
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
