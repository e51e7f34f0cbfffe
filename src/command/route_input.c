/* Collects the session's state for route_decide: for the present statement, and for a statement whose route
 * is only explained. */
#include "command/route_input.h"

#include "session/command_text.h"
#include "command/hints.h"
#include "command/pick_server.h"
#include "session/slot.h"
#include "command/wait_replica.h"
#include "sql/digest.h"

/* Did a read-only server refuse this statement before? No digest is computed while none was ever refused. */
static bool was_refused(const struct session *session, const struct sql_facts *facts, struct span sql)
{
    const struct replica_failures *failures = &session->worker->replica_failures;
    if (!facts->is_read || !failures->has_refused)
        return false;
    if (sql.data == NULL)
        return session->job.prepared != NULL && session->job.prepared->was_refused;
    struct sql_dialect dialect = dialect_of(session);
    return replica_failures_was_refused(failures, digest_of(sql, &dialect));
}

/* Does headgate know the values of all user variables in the text? `sql` without data: a prepared statement
 * is executed, and its kept text is read. */
static bool are_variables_known(const struct session *session, const struct sql_facts *facts, struct span sql)
{
    const struct job *job = &session->job;
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

struct route route_input_route(const struct session *session, const struct sql_facts *facts, struct span sql)
{
    const struct view *view = session_view(session);
    /* If the primary never takes reads, a read waits for a replica. */
    bool has_replica = session->slots[ROUTE_REPLICA].upstream != NULL || session->shared != NULL ||
                       view->primary_reads == PRIMARY_READS_NEVER;
    for (size_t i = 0; i < view->count && !has_replica; i++)
        has_replica = view->servers[i].takes_reads;
    struct route_state state = {
        .mode = (enum listener_mode)session->door->settings->mode,
        .is_in_transaction =
            (session->facets.status & STATUS_IN_TRANS) != 0 || session->facets.transaction.must_begin,
        .is_away = session->facets.transaction.is_away,
        .has_seen = session->facets.transaction.has_seen,
        .begin_stays_away = view->family == FAMILY_MYSQL,
        .is_autocommit_off = (session->facets.status & STATUS_AUTOCOMMIT) == 0,
        .is_read_only = session->facets.vars.is_read_only,
        .is_transaction_unknown = session->facets.transaction.is_unknown,
        .is_insert_id_unknown = session->facets.insert_id.is_unknown,
        .is_pinned = pins_keep_reads(&session->facets.pins) || session->facets.vars.is_auto_is_null,
        .bypasses_read_only = dialect_bypasses_read_only(session),
        .variables = place_of_variables(session),
        .are_variables_known = are_variables_known(session, facts, sql),
        .has_replica = has_replica,
        .has_replica_refused = session->facets.has_replica_refused,
        .was_refused = was_refused(session, facts, sql),
        .was_lacked = facts->is_read && replica_failures_was_lacking(&session->worker->replica_failures,
                                                                     facts->shape, session_now(session)),
        .calls_in_read_only = session->facets.calls_in_read_only,
        .is_in_system_schema = route_is_system_schema(text_span(&session->facets.schema)),
        .previous = place_of_answer(session, facts->question),
    };
    return route_decide(facts, &state);
}

struct route route_input_explain(const struct session *session, struct span sql,
                                 const struct hints_beside *beside, struct sql_facts *facts_r,
                                 struct hints *hints_r)
{
    struct sql_dialect dialect = dialect_of(session);
    bool is_cut = sql.len > SQL_TEXT_MAX;
    sql.len = is_cut ? SQL_TEXT_MAX : sql.len;
    *facts_r = classify(sql, is_cut, &dialect);
    struct route decided = route_input_route(session, facts_r, sql);
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
