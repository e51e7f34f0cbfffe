/* Where a command goes, as far as its hints agree: collects the session's state for route_decide, sends the
 * command on its way, or refuses it. */

#include "command/command_route.h"

#include "command/command_answer.h"
#include "command/hints.h"
#include "command/pick_server.h"
#include "command/wait_replica.h"
#include "mysql/reply.h"
#include "session/command_text.h"
#include "session/slot.h"
#include "sql/digest.h"
#include "state/diagnostics.h"
#include "state/transaction.h"
#include "state/schema.h"
#include "state/sequences.h"

/* Did a read-only server refuse this statement before? No digest is computed while none was ever refused. */
static bool was_refused(const struct session *session, const struct sql_facts *facts, struct span sql)
{
    const struct replica_failures *failures = &session->worker->replica_failures;
    if (!facts->is_read || !failures->has_refused)
        return false;
    if (sql.data == NULL)
        return session->job->prepared != NULL && session->job->prepared->was_refused;
    struct sql_dialect dialect = dialect_of(session);
    return replica_failures_was_refused(failures, digest_of(sql, &dialect));
}

/* Did a replica lack something that a statement of this shape names, a moment ago? */
static bool was_lacked(const struct session *session, const struct sql_facts *facts)
{
    const struct replica_failures *failures = &session->worker->replica_failures;
    const uint64_t now_us = session_now(session);
    return facts->is_read && now_us < failures->lacking_until_us &&
           replica_failures_was_lacking(failures, facts->shape, now_us);
}

/* Does headgate know the values of all user variables in the text? `sql` without data: a prepared statement
 * is executed, and its kept text is read. */
static bool are_variables_known(const struct session *session, const struct sql_facts *facts, struct span sql)
{
    const struct job *job = session->job;
    if (!facts->reads_but_for_variables || facts->writes_variables || session->facets.user_vars.count == 0 ||
        session->facets.user_vars_base != session->facets.vars.version)
        return false;
    if (sql.data == NULL && job->prepared != NULL)
        sql = job->prepared->sql;
    struct sql_dialect dialect = dialect_of(session);
    struct lexer lexer;
    struct token token;
    lexer_begin(&lexer, sql, &dialect);
    for (token = lexer_next(&lexer); token.type != TOKEN_END; token = lexer_next(&lexer)) {
        struct span name;
        bool is_system = token.text.len > 1 && token.text.data[1] == '@';
        if (token.type != TOKEN_VARIABLE || is_system)
            continue;
        if (!user_variables_name(token.text, &name) || !user_variables_has(&session->facets.user_vars, name))
            return false;
    }
    return sql.len > 0;
}

static enum route_place place_of_answer(const struct session *session, enum sql_question question)
{
    switch (question) {
    case SQL_ASKS_FOUND_ROWS:
        return session->facets.answers.found_place;
    case SQL_ASKS_DIAGNOSTICS:
        return session->facets.answers.diagnostics_place;
    case SQL_ASKS_NOTHING:
    case SQL_ASKS_LAST:
        break;
    }
    return session->facets.answers.last_place;
}

/* User variables with known values count as values on the primary. So statements that may write further
 * variables run there. A question about an earlier statement must not be moved to another server: setting the
 * variables there first would overwrite the answer. */
static enum route_variables place_of_variables(const struct session *session)
{
    bool are_known = session->facets.variables == VARIABLES_NOWHERE && session->facets.user_vars.count > 0;
    return are_known ? VARIABLES_PRIMARY : session->facets.variables;
}

/* Where a statement goes in the session's present state. `sql`: its text; empty (no data) for an execution of the
 * job's prepared statement. */
static struct route route_now(const struct session *session, const struct sql_facts *facts, struct span sql)
{
    const struct view *view = session_view(session);
    /* If the primary never takes reads, a read waits for a replica. */
    bool has_replica = session->slots[ROUTE_REPLICA]->upstream != NULL || session->shared != NULL ||
                       view->primary_reads == PRIMARY_READS_NEVER;
    for (size_t i = 0; i < view->count && !has_replica; i++)
        has_replica = view->servers[i].takes_reads;
    struct route_state state = {
        .mode = (enum listener_mode)session->listener->settings->mode,
        .is_in_transaction =
            (session->facets.status & STATUS_IN_TRANS) != 0 || session->facets.transaction.must_begin,
        .is_away = session->facets.transaction.is_away,
        .has_seen = session->facets.transaction.has_seen,
        .begin_stays_away = view->family == FAMILY_MYSQL,
        .is_autocommit_off = (session->facets.status & STATUS_AUTOCOMMIT) == 0,
        .is_read_only = session->facets.vars.is_read_only,
        .is_transaction_unknown = session->facets.transaction.is_unknown,
        .is_insert_id_unknown = session->facets.insert_id.is_unknown,
        .is_pinned = facets_keep_reads(&session->facets),
        .bypasses_read_only = dialect_bypasses_read_only(session),
        .variables = place_of_variables(session),
        .are_variables_known = are_variables_known(session, facts, sql),
        .has_replica = has_replica,
        .has_replica_refused = session->facets.has_replica_refused,
        .was_refused = was_refused(session, facts, sql),
        .was_lacked = was_lacked(session, facts),
        .calls_in_read_only = session->facets.calls_in_read_only,
        .is_in_system_schema = code_name_is_system(text_span(&session->facets.schema)),
        .previous = place_of_answer(session, facts->question),
    };
    return route_decide(facts, &state);
}

struct route command_route_explain(const struct session *session, struct span sql,
                                   const struct hints_beside *beside, struct sql_facts *facts_r,
                                   struct hints *hints_r)
{
    struct sql_dialect dialect = dialect_of(session);
    bool is_cut = sql.len > SQL_TEXT_MAX;
    sql.len = is_cut ? SQL_TEXT_MAX : sql.len;
    *facts_r = classify(sql, is_cut, &dialect);
    struct route decided = route_now(session, facts_r, sql);
    if (facts_r->has_hint)
        hints_read(hints_r, sql, is_cut, &dialect, session_view(session));
    hints_add_beside(hints_r, beside, session_view(session));
    struct route route = hints_route(hints_r, decided, facts_r, session_view(session), session);
    if (!route.is_refused && diagnostics_are_elsewhere(&session->facets.answers, session->slots, facts_r,
                                                       route.place, slot_is_current(session, route.place)))
        return (
            struct route){ .place = route.place, .reason = ROUTE_REASON_ANSWERS_AWAY, .is_refused = true };
    bool needs_nothing = hints_r->has_level && hints_r->level == HINT_EVENTUAL;
    if (route.is_refused || hints_r->wants_server || needs_nothing)
        return route;
    bool is_read = route.reason == ROUTE_REASON_READ || route.reason == ROUTE_REASON_READ_ONLY_TRANSACTION;
    if (route.place == ROUTE_REPLICA && is_read && !session->facets.transaction.is_away &&
        wait_replica_is_primary_s(session))
        return (struct route){ .place = ROUTE_PRIMARY, .reason = ROUTE_REASON_NOT_CAUGHT_UP };
    return route;
}

/* ---- the present command ---- */

/* True if the command can be run again without harm: a harmless read outside a transaction, or the
 * beginning of a read-only transaction. */
static bool is_repeatable(const struct session *session, enum route_reason reason)
{
    const struct job *job = session->job;
    if (job->is_cut || job->command->shape == REPLY_NONE || facets_is_in_transaction(&session->facets))
        return false;
    if (reason == ROUTE_REASON_READ_ONLY_TRANSACTION)
        return job->facts.kind == SQL_BEGIN;
    /* The reasons that do not bind the command to its place: any server could run it. */
    static const uint64_t movable =
        UINT64_C(1) << ROUTE_REASON_READ | UINT64_C(1) << ROUTE_REASON_NO_REPLICA |
        UINT64_C(1) << ROUTE_REASON_SHARED | UINT64_C(1) << ROUTE_REASON_REPLICA_REFUSED |
        UINT64_C(1) << ROUTE_REASON_REFUSED_BEFORE | UINT64_C(1) << ROUTE_REASON_LACKED_BEFORE |
        UINT64_C(1) << ROUTE_REASON_LISTENER_PRIMARY | UINT64_C(1) << ROUTE_REASON_LISTENER_REPLICA;
    return job->facts.is_read && (movable & UINT64_C(1) << reason) != 0 &&
           (job->prepared == NULL || !job->prepared->has_long_data);
}

enum step command_go(struct session *session, enum route_place place, enum route_reason reason)
{
    struct job *job = session->job;
    job->place = place;
    job->reason = reason;
    job->is_retriable = is_repeatable(session, reason);
    if (!job->facts.is_read && schema_is_asked_for(job) && !schema_note_asked(job, command_text(session)))
        return session_close(session, CLOSE_OUT_OF_MEMORY, "the name of a schema");
    if (job->facts.has_sequence) {
        const struct sql_dialect dialect = dialect_of(session);
        sequences_read(&session->job->draws, command_inner_sql(session), command_schema(session), &dialect);
    }
    return session_enter(session, SESSION_ACQUIRING);
}

/* The decision with the hints. If the hints lead to a replica as well, the decision without them is used:
 * the command is then an ordinary read to all code that follows. */
static struct route decide(struct session *session, struct hints *hints)
{
    const struct job *job = session->job;
    struct span sql = job->command->manner == COMMAND_STATEMENT ? command_text(session) : (struct span){ 0 };
    struct route route = route_now(session, &job->facts, sql);
    if (!job->facts.has_hint)
        return route;
    hints_read_job(session, hints);
    struct route obeyed = hints_route(hints, route, &job->facts, session_view(session), session);
    return obeyed.place == ROUTE_REPLICA && !obeyed.is_refused ? route : obeyed;
}

enum step command_by_facts(struct session *session)
{
    struct hints hints = { 0 };
    struct route route = decide(session, &hints);
    uint8_t byte = session->job->command->byte;
    bool is_run = byte != COM_STMT_PREPARE && byte != COM_STMT_SEND_LONG_DATA;
    if (!is_run &&
        (route.is_refused || route.ends_away || route.moves_away)) /* decided again at the execution */
        return command_go(session, facets_home(&session->facets), route.reason);
    if (route.is_refused)
        return command_refuse_route(session, route.reason);
    /* Long data binds the execution to the connection that has it, even if the session writes in between. Only
     * the primary always has the session's writes, so long data goes there. */
    if (session->job->command->byte == COM_STMT_SEND_LONG_DATA && route.reason == ROUTE_REASON_READ &&
        consistency_is_followed(&session->consistency) && pick_may_fall_back(session) &&
        session_view(session)->primary != VIEW_NO_SERVER)
        return command_go(session, ROUTE_PRIMARY, ROUTE_REASON_PREVIOUS);
    struct job *job = session->job;
    if (hints.has_any)
        hints_apply(session, &hints, route.place);
    /* The session's variables will be set on the replica. */
    job->facts.is_read |= route.place == ROUTE_REPLICA && route.reason == ROUTE_REASON_READ;
    job->is_aside = route.reason == ROUTE_REASON_PREVIOUS && (session->facets.status & STATUS_IN_TRANS) != 0;
    if (route.ends_away || route.moves_away) {
        slot_drop(session, ROUTE_REPLICA);
        transaction_come_home(&session->facets);
        if (route.moves_away)
            transaction_begin_again(&session->facets);
    }
    return command_go(session, route.place, route.reason);
}

enum step command_refuse_route(struct session *session, enum route_reason reason)
{
    session->facets.calls_in_read_only |= reason == ROUTE_REASON_CALL_AWAY;
    if (session->job->facts.has_hint && hints_are_why(reason))
        return hints_refuse(session, reason);
    struct span culprit = session->job->prepared == NULL ? session->job->facts.culprit : (struct span){ 0 };
    int len = culprit.len < 64 ? (int)culprit.len : 64;
    return command_refuse(session, ERR_NOT_SUPPORTED_YET, NULL, "headgate: not run%s%.*s: %s",
                          len > 0 ? " because of " : "", len, (const char *)culprit.data,
                          route_reason_words(reason));
}
