/* Making an upstream equal to its session, ahead of a command: what it lacks is said to it, one thing after
 * the other, and awaited.
 */
#include "session/apply_state.h"

#include "cluster/upstream_exchange.h"
#include "cluster/upstream_setup.h"
#include "cluster/wsrep.h"
#include "mysql/reply.h"
#include "mysql/wire.h"
#include "pool/reset.h"
#include "session/command_payload.h"
#include "session/local_answers.h"
#include "session/reuse.h"
#include "session/slot.h"
#include "state/parse_context.h"
#include "prepared/upstream_statements.h"
#include "session/command_answer.h"
#include "session/login.h"
#include "state/diagnostics.h"
#include "state/schema.h"
#include "state/variable_effects.h"
#include "state/wait_timeout.h"

#include <errno.h>

void apply_state_ask(struct session *session, enum sync_task task, enum reply_shape shape, uint8_t command,
                     struct span argument)
{
    struct slot *slot = &session->slots[session->job.place];
    struct text payload = { 0 };
    (void)text_append_byte(&payload, command);
    (void)text_append_span(&payload, argument);
    if (payload.is_oom) { /* half a statement must never be sent */
        slot->has_failed = true;
        (void)error_set(&slot->failure, ENOMEM, "out of memory");
        text_fini(&payload);
        return;
    }
    slot->task = task;
    slot->has_answer = false;
    /* Locks may hold a PREPARE up for as long as they like; the others cannot take long. */
    uint64_t deadline_us = task == SYNC_PREPARE ? session_query_us(session) : session->worker->env.login_us;
    upstream_exchange(slot->upstream, shape, text_span(&payload), deadline_us);
    text_fini(&payload);
}

/* The same with a statement, which it frees; empty: there is nothing to say, and no task. */
static void ask_text(struct session *session, enum sync_task task, struct text *take_sql)
{
    struct slot *slot = &session->slots[session->job.place];
    if (take_sql->is_oom) {
        slot->has_failed = true;
        (void)error_set(&slot->failure, ENOMEM, "out of memory");
    } else if (take_sql->len > 0) {
        apply_state_ask(session, task, REPLY_GENERIC, COM_QUERY, text_span(take_sql));
    }
    text_fini(take_sql);
}

static const struct slot *home_slot(const struct session *session)
{
    return &session->slots[facets_home(&session->facets)];
}

static const char *lacks_wait_timeout(const struct session *session, const struct slot *slot, char *buffer)
{
    if (!wait_timeout_may_lack(&session->facets, slot))
        return NULL;
    return wait_timeout_lacks(&session->facets, &session->job, slot, command_sql(session), buffer);
}

/* LAST_INSERT_ID() belongs to the session: a new home must know the last one, and what may become it by
 * opening a transaction. A question about the statement before would find the SET. */
static bool lacks_insert_id(const struct session *session, const struct slot *slot)
{
    const struct sql_facts *facts = &session->job.facts;
    bool may_open = facts->kind == SQL_BEGIN || (session->facets.status & STATUS_AUTOCOMMIT) == 0;
    bool is_home = slot == home_slot(session);
    return (is_home || may_open) && !facts->refers_previous &&
           slot->insert_id != session->facets.insert_id.value;
}

/* Known by the status flags of both. Elsewhere than at home it matters only to what begins a transaction. */
static bool lacks_autocommit(const struct session *session, const struct slot *slot)
{
    return !session->job.is_login &&
           ((session->facets.status ^ slot->upstream->status) & STATUS_AUTOCOMMIT) != 0;
}

/* At home any statement may read them: a trigger does, or a stored function. */
static bool needs_user_vars(const struct session *session, const struct slot *slot)
{
    if (slot == home_slot(session))
        return !variable_effects_needs_none(&session->job);
    return session->job.facts.touches_variables && !session->job.facts.refers_previous;
}

/* What concerns writes is needed where they are run, or asked after: other reads than harmless ones are the
 * primary's, or in the transaction that is open on the replica, whose beginning is no read either. A question
 * about an earlier statement is about the one before, and would find the SET. */
static bool needs_writes(const struct session *session, const struct slot *slot)
{
    const struct job *job = &session->job;
    bool is_home =
        slot == &session->slots[ROUTE_PRIMARY] || session->door->settings->mode == LISTENER_REPLICA;
    bool may_ask = !job->facts.is_read && !job->facts.refers_previous && !job->is_login;
    return session->facets.vars.has_for_writes && (is_home || may_ask);
}

static bool lacks_vars(const struct session *session, const struct slot *slot)
{
    return slot->upstream->vars_version != session->facets.vars.version ||
           (needs_writes(session, slot) && slot->writes_version != session->facets.vars.version);
}

void apply_state_note_vars(const struct session *session, struct slot *slot)
{
    slot->upstream->vars_version = session->facets.vars.version;
    if (needs_writes(session, slot))
        slot->writes_version = session->facets.vars.version;
}

/* What this connection has is ours; or it is from before, when there are none, and the one that knows has
 * gone. SYNC_QUIET changes what FOUND_ROWS() says: where that may be asked for, only who asks for warnings
 * has it. */
static bool needs_quiet(const struct session *session, const struct slot *slot)
{
    const struct answers *answers = &session->facets.answers;
    const struct sql_facts *facts = &session->job.facts;
    bool is_asked = ((facts->questions | facts->asks_before) & 1u << SQL_ASKS_DIAGNOSTICS) != 0;
    bool is_old = slot->has_warnings && !answers->has_diagnostics &&
                  answers->diagnostics != slot->generation && answers->diagnostics != 0;
    return (slot->has_our_warnings && (is_asked || answers->found != slot->generation)) ||
           (is_old && is_asked);
}

/* What the upstream lacks first; SYNC_NOTHING when it is equal. */
static enum sync_task next_task(const struct session *session, const struct slot *slot)
{
    const struct upstream *upstream = slot->upstream;
    if (session->job.confined == slot->generation)
        return SYNC_NOTHING;
    if (session->facets.was_reset && !slot->is_reset)
        return SYNC_RESET;
    if (slot->must_renew)
        return SYNC_RENEW;
    if (!upstream->is_set_up)
        return SYNC_SETUP;
    if (slot->lacks_charsets)
        return SYNC_CHARSETS;
    if (slot->option_version != session->facets.option_version)
        return SYNC_OPTION;
    if (slot->role_version != session->facets.role.version) /* first: it may be what opens the schema */
        return SYNC_ROLE;
    bool is_schema_due = schema_is_due(&session->facets, &session->job, slot);
    if (is_schema_due && schema_is_said_as_it_is(&session->facets, &session->job))
        return SYNC_SCHEMA;
    char wait[WAIT_TIMEOUT_TEXT_MAX];
    if (lacks_vars(session, slot) || lacks_wait_timeout(session, slot, wait) != NULL ||
        lacks_insert_id(session, slot) || lacks_autocommit(session, slot))
        return SYNC_VARS;
    if (is_schema_due || slot->reads_utf8)
        return schema_task(&session->facets, slot, is_schema_due);
    if (slot->must_count)
        return SYNC_COUNT;
    if (needs_quiet(session, slot))
        return SYNC_QUIET;
    if (slot->must_wait)
        return SYNC_WAIT;
    if (slot->has_waited)
        return SYNC_WAITED;
    if (slot->user_version != session->facets.user_vars.version && needs_user_vars(session, slot))
        return SYNC_USER_VARS;
    if (session->facets.transaction.must_begin && slot == &session->slots[ROUTE_PRIMARY])
        return SYNC_BEGIN;
    return SYNC_NOTHING;
}

static void start_own_charset(struct session *session, struct slot *slot)
{
    struct text sql = { 0 };
    parse_context_say_client(apply_state_collation(slot), slot->upstream->family, &sql);
    ask_text(session, SYNC_OWN_CHARSET, &sql);
}

static void start_user_vars(struct session *session, struct slot *slot)
{
    struct text sql = { 0 };
    user_variables_say(&session->facets.user_vars, slot->user_version, &sql);
    if (sql.len == 0 && !sql.is_oom)
        slot->user_version = session->facets.user_vars.version;
    ask_text(session, SYNC_USER_VARS, &sql);
}

static void start_role(struct session *session)
{
    struct text sql = { 0 };
    (void)text_appendf(&sql, "SET ROLE %s", text_cstr(&session->facets.role.said));
    ask_text(session, SYNC_ROLE, &sql);
}

static void start_vars(struct session *session, struct slot *slot)
{
    char buffer[WAIT_TIMEOUT_TEXT_MAX];
    struct text sql = { 0 };
    vars_diff(&session->facets.vars, slot->upstream->vars_version,
              needs_writes(session, slot) ? slot->writes_version : VARS_NONE, &sql);
    if (lacks_insert_id(session, slot))
        (void)text_appendf(&sql, "%slast_insert_id=%llu", sql.len > 0 ? "," : "SET ",
                           (unsigned long long)session->facets.insert_id.value);
    if (lacks_autocommit(session, slot))
        (void)text_appendf(&sql, "%sautocommit=%d", sql.len > 0 ? "," : "SET ",
                           (session->facets.status & STATUS_AUTOCOMMIT) != 0);
    const char *wait = lacks_wait_timeout(session, slot, buffer);
    if (wait != NULL)
        (void)text_appendf(&sql, "%swait_timeout=%s", sql.len > 0 ? "," : "SET ", wait);
    if (sql.len == 0 && !sql.is_oom)
        apply_state_note_vars(session, slot);
    ask_text(session, SYNC_VARS, &sql);
}

/* Several statements in one text: 0 is on, 1 is off. */
static void start_option(struct session *session)
{
    bool is_on = (session->upstream_caps & CAP_MULTI_STATEMENTS) != 0;
    const uint8_t argument[2] = { is_on ? 0 : 1, 0 };
    apply_state_ask(session, SYNC_OPTION, REPLY_EOF, COM_SET_OPTION, span_of(argument, sizeof argument));
}

static void start_task(struct session *session, struct slot *slot, enum sync_task task)
{
    switch (task) {
    case SYNC_RESET:
        apply_state_ask(session, task, REPLY_GENERIC, COM_RESET_CONNECTION, (struct span){ 0 });
        break;
    case SYNC_RENEW:
        slot->task = task;
        slot->has_answer = false;
        reset_send(&session->worker->pool, slot->upstream);
        break;
    case SYNC_SETUP:
        slot->task = task;
        slot->has_answer = false;
        upstream_set_up(slot->upstream);
        break;
    case SYNC_CHARSETS:
        slot->task = task;
        slot->has_answer = false;
        upstream_restore_charsets(slot->upstream);
        break;
    case SYNC_OPTION:
        start_option(session);
        break;
    case SYNC_SCHEMA:
        apply_state_ask(session, task, REPLY_GENERIC, COM_INIT_DB,
                        schema_wanted(&session->facets, &session->job));
        break;
    case SYNC_UTF8:
        apply_state_ask(session, task, REPLY_GENERIC, COM_QUERY,
                        SPAN_LITERAL("SET character_set_client=utf8mb4"));
        break;
    case SYNC_OWN_CHARSET:
        start_own_charset(session, slot);
        break;
    case SYNC_ROLE:
        start_role(session);
        break;
    case SYNC_VARS:
        start_vars(session, slot);
        break;
    case SYNC_COUNT:
        apply_state_ask(session, task, REPLY_GENERIC, COM_QUERY,
                        SPAN_LITERAL("SELECT 1 FROM (SELECT 1) a LIMIT 0"));
        break;
    case SYNC_QUIET: /* MariaDB forgets them only where a statement has a table */
        apply_state_ask(session, task, REPLY_GENERIC, COM_QUERY, SPAN_LITERAL("SELECT 1 FROM (SELECT 1) a"));
        break;
    case SYNC_WAIT:
        apply_state_ask(session, task, REPLY_GENERIC, COM_QUERY, SPAN_LITERAL(WSREP_WAIT_SQL));
        break;
    case SYNC_WAITED:
        apply_state_ask(session, task, REPLY_GENERIC, COM_QUERY,
                        SPAN_LITERAL("SET SESSION wsrep_sync_wait = @@session.wsrep_sync_wait"));
        break;
    case SYNC_USER_VARS:
        start_user_vars(session, slot);
        break;
    case SYNC_BEGIN:
        apply_state_ask(session, task, REPLY_GENERIC, COM_QUERY, SPAN_LITERAL("START TRANSACTION READ ONLY"));
        break;
    case SYNC_PREPARE: /* preparing.c */
    case SYNC_WORDING:
    case SYNC_NOTHING:
        break;
    }
}

/* Made new already, if it was to be. */
void apply_state_note_reset(struct session *session, struct slot *slot)
{
    upstream_statements_forget(slot->upstream);
    reuse_note_renewed(session, slot);
    slot->upstream->is_set_up = false;
    slot->lacks_charsets = false;
    slot->is_reset = true;
}

uint8_t apply_state_collation(const struct slot *slot)
{
    bool has_defaults = slot->is_reset && slot->upstream->family == FAMILY_MYSQL;
    return has_defaults ? WORDING_DEFAULTS : slot->upstream->key.collation;
}

/* False: not after all, and slot.answer is the error. */
static bool note_success(struct session *session, struct slot *slot)
{
    struct upstream *upstream = slot->upstream;
    char wait[WAIT_TIMEOUT_TEXT_MAX];
    diagnostics_lose(&session->facets.answers.last,
                     slot); /* what comes next may leave ROW_COUNT() as we made it */
    switch (slot->task) {
    case SYNC_RESET:
        apply_state_note_reset(session, slot);
        if (!session->facets.keeps_schema)
            text_clear(&upstream->schema);
        break;
    case SYNC_RENEW:
        text_clear(&upstream->schema);
        reuse_note_renewed(session, slot);
        slot->lacks_charsets = upstream->family == FAMILY_MYSQL;
        break;
    case SYNC_CHARSETS:
        slot->lacks_charsets = false;
        break;
    case SYNC_COUNT:
        slot->must_count = slot->has_our_warnings = false;
        break;
    case SYNC_OPTION:
        slot->option_version = session->facets.option_version;
        break;
    case SYNC_SCHEMA:
    case SYNC_UTF8:
    case SYNC_OWN_CHARSET:
        return schema_note(&session->facets, &session->job, slot, session_now(session));
    case SYNC_ROLE:
        slot->role_version = session->facets.role.version;
        break;
    case SYNC_USER_VARS:
        slot->user_version = session->facets.user_vars.version;
        diagnostics_note_own(&session->facets.answers, slot); /* MySQL's, of _utf8mb3 */
        break;
    case SYNC_VARS:
        apply_state_note_vars(session, slot);
        if (lacks_wait_timeout(session, slot, wait) != NULL)
            slot->has_wait = !slot->has_wait;
        upstream->status = (uint16_t)((upstream->status & ~STATUS_AUTOCOMMIT) |
                                      (session->facets.status & STATUS_AUTOCOMMIT));
        if (lacks_insert_id(session, slot))
            slot->insert_id = session->facets.insert_id.value;
        diagnostics_note_own(&session->facets.answers, slot);
        break;
    case SYNC_QUIET:
        slot->has_our_warnings = slot->has_warnings = false;
        diagnostics_lose(&session->facets.answers.found, slot);
        break;
    case SYNC_WAIT:
        slot->must_wait = false;
        slot->has_waited = true;
        break;
    case SYNC_WAITED:
        slot->has_waited = false;
        break;
    case SYNC_BEGIN:
        session->facets.transaction.must_begin = false;
        session->facets.status |= STATUS_IN_TRANS | STATUS_IN_TRANS_READONLY;
        upstream->status |= STATUS_IN_TRANS | STATUS_IN_TRANS_READONLY;
        break;
    case SYNC_SETUP:
    case SYNC_WORDING:
    case SYNC_PREPARE:
    case SYNC_NOTHING:
        break;
    }
    return true;
}

static bool is_in_schema(const struct upstream *upstream)
{
    return upstream->key.has_schema || upstream->schema.len > 0;
}

/* Somebody has dropped it, and the session goes on as it would on a connection of its own. */
static bool may_do_without_schema(const struct session *session, const struct slot *slot)
{
    bool has_other_place =
        session->job.place == ROUTE_REPLICA && session->door->settings->mode == LISTENER_SPLIT;
    bool may_move = !slot_has_lost_state(session, session->job.place) || !is_in_schema(slot->upstream);
    return slot->task == SYNC_SCHEMA && slot->answer.error.code == ERR_BAD_DB && !session->job.is_login &&
           !has_other_place && may_move;
}

/* On a connection that is in no other one either. What the refusal has left there is not the client's. */
static enum step do_without_schema(struct session *session, struct slot *slot)
{
    struct answers *answers = &session->facets.answers;
    session->job.has_no_schema = true;
    if (is_in_schema(slot->upstream)) {
        slot_drop(session, session->job.place);
        return session_enter(session, SESSION_ACQUIRING);
    }
    slot->task = SYNC_NOTHING;
    slot->has_our_warnings = true;
    diagnostics_lose(&answers->last, slot);
    diagnostics_lose(&answers->diagnostics, slot);
    return STEP_MORE;
}

enum step apply_state_refused(struct session *session, struct slot *slot)
{
    struct job *job = &session->job;
    struct error err = slot->answer.error;
    if (may_do_without_schema(session, slot))
        return do_without_schema(session, slot);
    if (slot_has_lost_state(session, job->place)) { /* an ERR harms no connection: what it holds stays */
        slot->task = SYNC_NOTHING;
        return command_refuse(session, (uint16_t)err.code, err.sqlstate, "%s", err.text);
    }
    log_limited(LOG_LEVEL_WARNING, &session->scope, "%s did not take the session's state: %d %s",
                slot->upstream->server->name, err.code, err.text);
    slot_drop(session, job->place);
    if (job->place == ROUTE_REPLICA && session->door->settings->mode == LISTENER_SPLIT && !job->is_login) {
        session->facets.has_replica_refused = true;
        job->place = ROUTE_PRIMARY;
        job->reason = ROUTE_REASON_REPLICA_REFUSED;
        return session_enter(session, SESSION_ACQUIRING);
    }
    return command_refuse(session, (uint16_t)err.code, err.sqlstate, "%s", err.text);
}

/* What was to make it new says nothing of the session: another connection will do. */
static enum step refused_renewal(struct session *session, struct slot *slot)
{
    reset_note_refusal(&session->worker->pool, slot->upstream, &slot->answer.error);
    slot_drop(session, session->job.place);
    return session_enter(session, SESSION_ACQUIRING);
}

static bool is_renewal(enum sync_task task)
{
    return task == SYNC_RENEW || task == SYNC_CHARSETS;
}

/* A collation that the server does not know was not set by the handshake either. */
static bool is_unknown_charset(const struct slot *slot)
{
    return slot->task == SYNC_CHARSETS && slot->answer.error.code == ERR_UNKNOWN_CHARACTER_SET;
}

/* The account's password has expired, and the server refuses the set-up as it will the command: the command
 * goes there all the same, as it may set another password, or else the refusal is the client's to hear. */
static bool note_confinement(struct session *session, struct slot *slot)
{
    bool is_refused = slot->answer.is_err && slot->answer.error.code == ERR_MUST_CHANGE_PASSWORD;
    if (slot->task != SYNC_SETUP || !is_refused)
        return false;
    slot->upstream->is_set_up = false;
    session->job.confined = slot->generation;
    return true;
}

enum step apply_state_syncing(struct session *session)
{
    struct slot *slot = &session->slots[session->job.place];
    if (slot->has_failed)
        return session_enter(session, SESSION_ATTACHING);
    if (slot->task != SYNC_NOTHING) {
        if (!slot->has_answer)
            return STEP_WAIT;
        if (slot->answer.is_err && is_renewal(slot->task) && !is_unknown_charset(slot))
            return refused_renewal(session, slot);
        bool is_confined = note_confinement(session, slot);
        bool is_refused = slot->answer.is_err && !is_renewal(slot->task) && !is_confined;
        is_refused = is_refused || (!is_confined && !note_success(session, slot));
        if (is_refused && !schema_may_retry(&session->facets, &session->job, slot))
            return apply_state_refused(session, slot);
        slot->task = SYNC_NOTHING;
    } else if (slot->upstream->is_second_hand && !reuse_look(session, slot)) {
        return local_answers_refuse(session);
    }
    enum sync_task task = next_task(session, slot);
    if (session->job.command != NULL && session->job.command->byte == COM_RESET_CONNECTION)
        task = SYNC_NOTHING; /* about to be forgotten */
    if (task != SYNC_NOTHING) {
        start_task(session, slot, task);
        return STEP_MORE;
    }
    if (session->job.is_login) {
        session->facets.status = slot->upstream->status;
        return login_accepted(session);
    }
    return session_enter(session, SESSION_PREPARING);
}
