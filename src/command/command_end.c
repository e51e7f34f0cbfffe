/* What a finished reply, with the statement's text, tells of the session's state: what was set or taken,
 * whether a transaction may be open, which connection can answer questions about the statement, what the
 * connection may hold. */
#include "command/command_end.h"

#include "session/reuse.h"
#include "stored_code/catalog.h"
#include "command/apply_state.h"
#include "session/slot.h"
#include "stored_code/stored_code.h"
#include "state/diagnostics.h"
#include "state/pending_pins.h"
#include "state/pending_set.h"
#include "state/pooled.h"
#include "state/facet_table.h"
#include "state/insert_id.h"
#include "state/option.h"
#include "state/schema.h"
#include "state/variable_effects.h"
#include "state/session_variables.h"
#include "state/sequences.h"

static void pin(struct session *session, enum pin_cause cause)
{
    const struct pin_origin origin = job_origin(session->job, session_now(session));
    facets_pin(&session->facets, cause, &origin);
}

static struct pin_counters *pin_counters_of(const struct session *session)
{
    return &session->worker->boxes[session->listener->cluster].pins;
}

static void commit_set(struct session *session)
{
    struct job *job = session->job;
    const struct pending_set *changes = job->pending_set;
    session->facets.tracking.asked |= changes->tracking;
    if (job->reply.has_error) {
        if (!job->reply.is_unbegun && !pending_set_is_whole_refusal(changes, job->reply.error_code))
            pin(session, PIN_UNKNOWN_SET); /* a part of the SET may have been done */
        return;
    }
    if (!facet_table_commit(&session->facets, job, session->slots[job->place], session_now(session)))
        pin(session, PIN_UNKNOWN_SET);
}

/* True if an ERR to this statement, outside a transaction, cannot have left a transaction open or changed
 * other state. */
static bool is_contained(const struct job *job)
{
    if (job->reply.is_unbegun)
        return true;
    if (job->facts.is_multi) /* such statements with a BEGIN or COMMIT count as hidden state (classify.c) */
        return !job->facts.may_hide_state && !job->facts.has_holds && !job->is_cut;
    if (job->reply.has_multi || job->is_cut)
        return false;
    switch (job->facts.kind) {
    case SQL_SELECT:
    case SQL_SHOW:
    case SQL_DIAGNOSTICS:
    case SQL_WRITE:
    case SQL_DDL:
    case SQL_USE:
    case SQL_EMPTY:
    case SQL_KILL:
    case SQL_SAVEPOINT:
    case SQL_COMMIT:
    case SQL_ROLLBACK:
    case SQL_UNKNOWN: /* a syntax error runs nothing; other cases are pinned by may_hide_state */
    case SQL_ADMIN:
    case SQL_LOCK:
    case SQL_HANDLER:
    case SQL_XA:
        return true;
    case SQL_SET:
        return job->pending_set != NULL &&
               (job->pending_set->count == 1 ||
                pending_set_is_whole_refusal(job->pending_set, job->reply.error_code));
    case SQL_PREPARE:
        return job->facts.execute_name.len == 0 && !job->facts.may_hide_state;
    case SQL_CALL: /* neither the failed statement nor those before it began a transaction */
        return !job->facts.may_hide_state && !job->facts.may_commit;
    case SQL_BEGIN:
        break;
    }
    return false;
}

/* Does the text explain a state change that session tracking has told? So does a query that sets variables for
 * its own run only; a write may have run a trigger that changes more. So does known stored code that sets
 * variables. */
static bool explains_state_change(const struct job *job)
{
    const struct sql_facts *facts = &job->facts;
    bool is_query = facts->kind == SQL_SELECT || facts->kind == SQL_SHOW;
    bool sets_known =
        (facts->sets_for_itself && is_query) || (facts->code_effects & CODE_SETS_VARIABLES) != 0;
    return facts->kind == SQL_SET || facts->kind == SQL_USE || job->command->byte == COM_INIT_DB ||
           job->pending_set != NULL || facts->has_holds || (sets_known && !facts->may_hide_state);
}

void command_end_reset(struct session *session)
{
    const struct pin_origin origin = job_origin(session->job, session_now(session));
    prepared_clear(&session->prepared);
    consistency_note_reset(&session->consistency);
    facets_reset(&session->facets, session_view(session), session->collation, &origin);
}

static void after_command(struct session *session)
{
    const struct job *job = session->job;
    uint16_t status = session->facets.status;
    if (job->reply.has_error)
        return;
    switch (job->command->byte) {
    case COM_RESET_CONNECTION:
        apply_state_note_reset(session, session->slots[job->place]); /* needs the session's statements */
        command_end_reset(session);
        session->facets.status = status;
        session->facets.was_reset = session->facets.keeps_schema = true;
        break;
    case COM_SET_OPTION:
        session->upstream_caps = job->kill.id == 0
                                     ? session->upstream_caps | CAP_MULTI_STATEMENTS | CAP_MULTI_RESULTS
                                     : session->upstream_caps & ~CAP_MULTI_STATEMENTS;
        option_note_done(&session->facets, job->kill.id == 0, session->slots[job->place]);
        break;
    default:
        break;
    }
}

static enum pending_pins_outcome outcome(const struct session *session)
{
    const struct job *job = session->job;
    bool is_partial = job->facts.is_multi || job->reply.has_multi || job->is_cut;
    if (job->reply.has_error)
        return is_partial ? PENDING_PINS_PARTLY : PENDING_PINS_FAILED;
    /* With sql_select_limit = 0 a SELECT evaluates nothing, and releases no user lock (seen on both families). */
    struct span limit = vars_get(&session->facets.vars, SPAN_LITERAL("sql_select_limit"));
    bool is_some =
        limit.len == 0 || (limit.data[0] >= '1' && limit.data[0] <= '9') || span_is_nocase(limit, "DEFAULT");
    return job->facts.kind == SQL_SELECT && !is_some ? PENDING_PINS_PARTLY : PENDING_PINS_DONE;
}

static void note_pins(struct session *session)
{
    const struct job *job = session->job;
    if (session->facets.transaction.is_away)
        return; /* stored code on a replica leaves at most user variables: user_variables.c */
    if (job->pending_pins != NULL) {
        const struct pin_origin origin = job_origin(job, session_now(session));
        pending_pins_commit(job->pending_pins, &session->facets.pins, outcome(session), &origin);
    }
    session->facets.has_left_schema &= pins_has(&session->facets.pins, PIN_PREPARED);
    if (job->facts.kind == SQL_BEGIN && !job->reply.has_error)
        pins_release_all(&session->facets.pins, PIN_TABLE_LOCK); /* both manuals say so */
    if (job->facts.may_hide_state || (job->reply.has_multi && job->is_cut))
        pin(session, job->is_cut ? PIN_LONG_STATEMENT : PIN_HIDDEN_STATE);
    bool sets_next = job->facts.sets_next_transaction ||
                     (job->pending_set != NULL && job->pending_set->sets_next_transaction);
    if (sets_next && !job->reply.has_error)
        pin(session, PIN_NEXT_TRANSACTION);
    if (job->reply.has_state_change && !explains_state_change(job))
        pin(session, PIN_TRACKED_CHANGE);
    bool is_end = job->facts.kind == SQL_COMMIT || job->facts.kind == SQL_ROLLBACK;
    if (is_end && !job->reply.has_error && !facets_is_in_transaction(&session->facets))
        pins_release_all(&session->facets.pins,
                         PIN_NEXT_TRANSACTION); /* the transaction that the SET was for is over */
}

/* ---- all that a command changes ---- */

/* With autocommit off, a statement that failed on the replica may have begun a transaction there. The next
 * statement goes there too, and its OK tells. */
static void note_opened(struct session *session)
{
    const struct job *job = session->job;
    bool is_autocommit = (session->facets.status & STATUS_AUTOCOMMIT) != 0;
    if (!job->reply.has_error || is_autocommit || job->place != ROUTE_REPLICA || job->is_aside ||
        session->listener->settings->mode != LISTENER_SPLIT || job->command->byte == COM_STMT_PREPARE)
        return;
    session->facets.transaction.is_away = true;
    session->facets.status |= STATUS_IN_TRANS;
}

/* In a read-only transaction on a replica: notes whether the client may have seen data of the
 * transaction's snapshot. */
static void note_seen(struct session *session)
{
    const struct job *job = session->job;
    const struct sql_facts *facts = &job->facts;
    bool is_there = job->place == ROUTE_REPLICA && !job->is_aside && job->command->byte != COM_STMT_PREPARE;
    bool shows = facts->uses_tables || facts->may_hide_state || facts->is_multi || facts->kind == SQL_SHOW ||
                 facts->runs_code;
    if (!session->facets.transaction.is_away)
        session->facets.transaction.has_seen = false;
    else if (facts->kind == SQL_BEGIN && !job->reply.has_error)
        session->facets.transaction.has_seen = facts->begins_snapshot || facts->is_multi;
    else
        session->facets.transaction.has_seen |= is_there && shows;
}

/* Notes whether the connection may hold state that a reset does not remove. A reset removes visible state;
 * hidden state may be an exception. */
static void note_soil(const struct session *session, struct upstream *upstream)
{
    const struct job *job = session->job;
    static const uint32_t hidden = 1u << PIN_HIDDEN_STATE | 1u << PIN_LONG_STATEMENT | 1u << PIN_UNKNOWN_SET |
                                   1u << PIN_UNKNOWN_SCHEMA | 1u << PIN_TRACKED_CHANGE;
    bool is_administration = job->command->manner == COMMAND_STATEMENT && job->facts.kind == SQL_ADMIN;
    pooled_of(upstream)->is_id_told |= job->facts.asks_id;
    /* MariaDB with max_error_count = 0: the number of errors and warnings survives a reset and
     * COM_CHANGE_USER, so that the next session would see it (seen on 10.11 and 11.8). */
    bool leaves_count = (job->reply.has_error || job->reply.has_warnings) &&
                        upstream->family == FAMILY_MARIADB &&
                        vars_has(&session->facets.vars, SPAN_LITERAL("max_error_count"));
    upstream->is_soiled |= job->facts.may_hide_state || (job->reply.has_multi && job->is_cut) ||
                           is_administration || leaves_count ||
                           (job->is_home && (session->facets.pins.causes & hidden) != 0);
}

/* The statement ran on the connection with the session's own state, so its reply tells of that state. */
static void note_home(struct session *session, bool is_execution)
{
    const struct job *job = session->job;
    if (is_execution)
        note_pins(session);
    /* A connection that is in a schema cannot be set to have none. The session has none now: another connection
     * is used. */
    if (job->reply.has_schema && session->facets.schema.len == 0)
        slot_drop_idle(session, job->place == ROUTE_PRIMARY ? ROUTE_REPLICA : ROUTE_PRIMARY);
    if (!job->facts.is_read && schema_is_asked_for(job))
        schema_note_done(&session->facets, job, session_now(session));
    bool is_use = job->facts.kind == SQL_USE || job->command->byte == COM_INIT_DB;
    if (is_use && is_execution && !job->reply.has_error)
        session_note_use(session);
    if (job->pending_set != NULL)
        commit_set(session);
    else if (job->facts.kind == SQL_SET && job->command->byte != COM_STMT_PREPARE)
        pin(session, PIN_UNKNOWN_SET); /* a prepared SET: its text was not read as a SET */
    if (is_execution)
        insert_id_note_done(&session->facets, session->slots, job);
    session->slots[job->place]->has_told_held = false;
    if (is_execution && job->facts.has_sequence)
        sequences_note(job, session->slots[job->place], session_now(session));
    if (job->reply.has_error && (facets_is_in_transaction(&session->facets) || !is_contained(job)))
        session->facets.transaction.is_unknown = true;
    if (job->pending_set != NULL || (session->facets.set & facet_bit(FACET_VARIABLES)) != 0)
        session_variables_note_there(&session->facets, job, session->slots[job->place]);
}

/* A harmless read that runs no unknown code, and whose reply has told nothing of the session's state: it has left
 * nothing on its connection that another session could find. */
static bool is_plain_read(const struct session *session)
{
    const struct job *job = session->job;
    const struct job_reply *reply = &job->reply;
    bool has_told = reply->has_multi || reply->has_untold || reply->has_last_gtid;
    return job->facts.is_read && !job->facts.is_multi && job->pending_set == NULL && !has_told &&
           session->facets.pins.causes == 0 &&
           (!job->facts.uses_tables || catalog_is_whole(session_view(session)->catalog, false));
}

void command_end(struct session *session, struct upstream *upstream)
{
    struct job *job = session->job;
    if (job->reply.is_unbegun)
        job->facts.may_hide_state = false;
    /* The connection may be kept so that the client can ask about this statement. */
    bool is_kept = session->worker->world->timeouts->diagnostics_us > 0;
    if (diagnostics_note_done(&session->facets, job, session->slots[job->place], is_kept,
                              session_now(session)))
        counter_add(&pin_counters_of(session)->by_cause[PIN_ANSWERS], 1);
    after_command(session);
    if (job->command->shape == REPLY_PREPARE)
        session->prepared.has_last_failed = job->reply.has_error;
    bool is_execution = job->command->byte != COM_STMT_PREPARE;
    consistency_note_done(&session->consistency, job, session->slots[job->place]->server,
                          facets_has_transaction(&session->facets));
    note_opened(session);
    note_seen(session);
    job->is_home |= job->place == facets_home(&session->facets); /* without an OK the reply was an ERR */
    if (job->is_home)
        note_home(session, is_execution);
    /* A read of a session without user variables that names none has no effect on them. */
    if (is_execution && (!job->facts.is_read || job->facts.touches_variables ||
                         (session->facets.set & facet_bit(FACET_USER_VARIABLES)) != 0))
        variable_effects_note_done(&session->facets, session->slots, job);
    note_soil(session, upstream);
    if (!is_plain_read(session))
        reuse_note_job(session, upstream);
    if (!facets_may_keep(&session->facets) && session->facets.pins.noted == 0)
        return;
    uint32_t fresh = facets_note_pins(&session->facets, job, session_now(session), pin_counters_of(session));
    for (; fresh != 0; fresh &= fresh - 1)
        log_debug(&session->scope, "pinned: %s", pin_cause_words((enum pin_cause)__builtin_ctz(fresh)));
}
