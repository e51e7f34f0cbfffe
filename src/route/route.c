#include "route/route.h"

static const struct {
    const char *name;
    const char *words;
} reasons[] = {
#define ROUTE_REASON(name, words) { #name, words },
#include "route/tbl/route_reasons.h"
#undef ROUTE_REASON
};

static struct route primary(enum route_reason reason)
{
    return (struct route){ .place = ROUTE_PRIMARY, .reason = reason };
}

static struct route replica(enum route_reason reason)
{
    return (struct route){ .place = ROUTE_REPLICA, .reason = reason };
}

static struct route refused(enum route_place place, enum route_reason reason)
{
    return (struct route){ .place = place, .reason = reason, .is_refused = true };
}

static bool begins_read_only(const struct sql_facts *facts, const struct route_state *state)
{
    return facts->kind == SQL_BEGIN && !facts->is_multi && !facts->begins_read_write &&
           (facts->begins_read_only || state->is_read_only);
}

/* Does the statement end the open transaction? These statements commit before they run (seen on both
 * families). CREATE and DROP TEMPORARY TABLE do not: they fail in a read-only transaction, and the client
 * gets that error. */
static bool ends_transaction(const struct sql_facts *facts, const struct route_state *state)
{
    bool is_end = facts->kind == SQL_COMMIT || facts->kind == SQL_ROLLBACK;
    if (facts->is_multi && !facts->is_read && is_end)
        return true; /* any statement may follow the COMMIT in the same text */
    if (facts->kind == SQL_BEGIN)
        return !begins_read_only(facts, state) && (facts->begins_read_write || !state->begin_stays_away);
    if (facts->kind == SQL_DDL)
        return facts->reason != SQL_REASON_TEMPORARY_TABLE;
    return facts->kind == SQL_LOCK && facts->reason != SQL_REASON_UNLOCK;
}

/* The route while a read-only transaction is open on the replica. Stored functions run on the replica, and
 * the user variables that they set stay there. Statements that take locks, open handlers and the like are
 * refused: statements after the transaction run on the primary and would not have that state. XA goes to the
 * server, which refuses it in any transaction. */
static struct route decide_away(const struct sql_facts *facts, const struct route_state *state)
{
    bool is_end = ends_transaction(facts, state);
    if (is_end && state->variables == VARIABLES_REPLICA)
        return refused(ROUTE_REPLICA, ROUTE_REASON_VARIABLES_AWAY); /* dropping the connection loses them */
    if (is_end)
        return (struct route){ .place = ROUTE_PRIMARY,
                               .reason = ROUTE_REASON_TRANSACTION_ENDS,
                               .ends_away = true };
    if ((facts->is_multi && !facts->is_read) || facts->kind == SQL_ADMIN || facts->sets_global ||
        facts->gives_insert_id)
        return refused(ROUTE_REPLICA, ROUTE_REASON_STATE_AWAY);
    if (facts->has_holds && facts->kind != SQL_DDL && facts->kind != SQL_XA && facts->kind != SQL_LOCK)
        return refused(ROUTE_REPLICA, ROUTE_REASON_STATE_AWAY);
    /* A procedure or block in a read-only transaction on the replica may COMMIT and then write. On a direct
     * connection that is allowed; on the replica, read_only does not stop a definer with privileges. (Stored
     * functions cannot COMMIT: both families refuse it.) If the transaction has read nothing yet, it moves to the
     * primary, and the client sees no difference. Otherwise the statement is refused; after one refusal, later
     * read-only transactions of the session run on the primary (calls_in_read_only). */
    if (facts->may_commit) {
        if (state->variables == VARIABLES_REPLICA)
            return refused(ROUTE_REPLICA, ROUTE_REASON_VARIABLES_AWAY);
        if (state->has_seen)
            return refused(ROUTE_REPLICA, ROUTE_REASON_CALL_AWAY);
        return (struct route){ .place = ROUTE_PRIMARY,
                               .reason = ROUTE_REASON_TRANSACTION_MOVES,
                               .moves_away = true };
    }
    return replica(ROUTE_REASON_READ_ONLY_TRANSACTION);
}

/* The route of a statement that asks about an earlier statement: only the server of that one knows the
 * answer. If the statement also uses user variables, their values must be on the same server. */
static struct route decide_previous(const struct sql_facts *facts, const struct route_state *state)
{
    enum route_variables here = state->previous == ROUTE_PRIMARY ? VARIABLES_PRIMARY : VARIABLES_REPLICA;
    bool is_elsewhere =
        state->variables == VARIABLES_MAYBE_REPLICA ? here == VARIABLES_PRIMARY : state->variables != here;
    if (facts->touches_variables && state->variables != VARIABLES_NOWHERE && is_elsewhere)
        return refused(state->previous, ROUTE_REASON_VARIABLES_AWAY);
    return (struct route){ .place = state->previous, .reason = ROUTE_REASON_PREVIOUS };
}

/* The statement asks about earlier statements and does nothing else: it may run on the server that knows the
 * answer, even while a transaction is open on another one. */
static bool is_mere_question(const struct sql_facts *facts)
{
    bool is_question = facts->kind == SQL_SELECT || facts->kind == SQL_DIAGNOSTICS;
    return is_question && facts->refers_previous && !facts->uses_tables && !facts->touches_variables &&
           !facts->may_hide_state && !facts->runs_code && !facts->has_holds && !facts->gives_insert_id;
}

/* A transaction is open at `home`: is the statement a mere question for the other place? */
static bool is_answered_elsewhere(const struct sql_facts *facts, const struct route_state *state,
                                  enum route_place home)
{
    return is_mere_question(facts) && state->previous != home;
}

/* May a transaction begin on the replica? */
static bool may_go_away(const struct route_state *state)
{
    return !state->is_pinned && !state->is_in_system_schema && state->has_replica &&
           !state->has_replica_refused && !state->is_insert_id_unknown && !state->calls_in_read_only &&
           state->variables != VARIABLES_PRIMARY;
}

static struct route decide_read(const struct route_state *state)
{
    if (state->is_pinned)
        return primary(ROUTE_REASON_PINNED);
    if (state->is_in_system_schema)
        return primary(ROUTE_REASON_SYSTEM_SCHEMA);
    if (!state->has_replica)
        return primary(ROUTE_REASON_NO_REPLICA);
    if (state->has_replica_refused)
        return primary(ROUTE_REASON_REPLICA_REFUSED);
    if (state->was_refused)
        return primary(ROUTE_REASON_REFUSED_BEFORE);
    if (state->was_lacked)
        return primary(ROUTE_REASON_LACKED_BEFORE);
    return replica(state->is_autocommit_off ? ROUTE_REASON_READ_ONLY_TRANSACTION : ROUTE_REASON_READ);
}

/* Must a statement that reads tables run on the primary? It belongs to the transaction that may be open or
 * that it begins, and it must see temporary tables and locks. Then it is not moved to another server, even if
 * it also asks about an earlier statement or user variables there. */
static bool has_its_place(const struct route_state *state)
{
    return state->is_autocommit_off || state->is_transaction_unknown || state->is_pinned;
}

static struct route decide_split(const struct sql_facts *facts, const struct route_state *state)
{
    if (state->is_away && is_answered_elsewhere(facts, state, ROUTE_REPLICA))
        return primary(ROUTE_REASON_PREVIOUS);
    if (state->is_away)
        return decide_away(facts, state);
    if (state->is_in_transaction)
        return is_answered_elsewhere(facts, state, ROUTE_PRIMARY) ? replica(ROUTE_REASON_PREVIOUS)
                                                                  : primary(ROUTE_REASON_TRANSACTION);
    if (facts->refers_previous && !(facts->uses_tables && has_its_place(state)))
        return decide_previous(facts, state);
    if (begins_read_only(facts, state) && may_go_away(state) && !state->is_transaction_unknown)
        return replica(ROUTE_REASON_READ_ONLY_TRANSACTION);
    if (begins_read_only(facts, state) && state->calls_in_read_only)
        return primary(ROUTE_REASON_CALLED_BEFORE);
    if (state->is_autocommit_off && !(state->is_read_only && may_go_away(state)))
        return primary(ROUTE_REASON_TRANSACTION);
    if (state->is_transaction_unknown)
        return primary(ROUTE_REASON_UNKNOWN_TRANSACTION);
    bool are_there = state->variables == VARIABLES_REPLICA || state->variables == VARIABLES_MAYBE_REPLICA;
    bool may_be_read_there =
        (facts->reads_but_for_variables || facts->is_read) && !(facts->uses_tables && has_its_place(state));
    if (facts->touches_variables && are_there && may_be_read_there)
        return replica(ROUTE_REASON_VARIABLES);
    bool is_read = facts->is_read || (facts->reads_but_for_variables && state->are_variables_known);
    if (!is_read)
        return primary(ROUTE_REASON_NOT_A_READ);
    return decide_read(state);
}

/* May the statement write data or change the schema? Administration of one server (SQL_ADMIN) does not count.
 * A view that may call code counts only if the facts name it as the reason: clients choose this listener in
 * order to read from replicas. */
static bool may_write(const struct sql_facts *facts)
{
    static const uint32_t kinds = 1u << SQL_WRITE | 1u << SQL_DDL | 1u << SQL_CALL | 1u << SQL_PREPARE |
                                  1u << SQL_UNKNOWN | 1u << SQL_XA;
    static const uint64_t reasons_of_query =
        UINT64_C(1) << SQL_REASON_UNKNOWN_FUNCTION | UINT64_C(1) << SQL_REASON_CODE_VIEW |
        UINT64_C(1) << SQL_REASON_SEQUENCE | UINT64_C(1) << SQL_REASON_WRITE_IN_QUERY;
    _Static_assert(SQL_REASON_COUNT <= 64, "one bit each");
    return !facts->is_read && ((kinds & 1u << facts->kind) != 0 || facts->may_hide_state ||
                               (reasons_of_query & UINT64_C(1) << facts->reason) != 0);
}

struct route route_decide(const struct sql_facts *facts, const struct route_state *state)
{
    switch (state->mode) {
    case LISTENER_PRIMARY:
        return primary(ROUTE_REASON_LISTENER_PRIMARY);
    case LISTENER_REPLICA:
        if (state->bypasses_read_only && may_write(facts))
            return refused(ROUTE_REPLICA, ROUTE_REASON_BYPASSES_READ_ONLY);
        return replica(ROUTE_REASON_LISTENER_REPLICA);
    case LISTENER_SPLIT:
        break;
    }
    struct route route = decide_split(facts, state);
    /* Stored code on the replica may have set user variables, and headgate does not know which ones: on the
     * primary the statement might read wrong values. SET is allowed: it gives them new values. */
    if (route.place == ROUTE_PRIMARY && state->variables == VARIABLES_MAYBE_REPLICA &&
        facts->touches_variables && facts->kind != SQL_SET)
        return refused(ROUTE_REPLICA, ROUTE_REASON_VARIABLES_AWAY);
    return route;
}

/* Could the statement run equally well on the primary or on another replica? */
static bool is_free(const struct route *route, const struct route_wish *wish)
{
    return route->reason == ROUTE_REASON_READ ||
           (route->reason == ROUTE_REASON_READ_ONLY_TRANSACTION && !wish->is_away);
}

/* The hint asks for the primary. A harmless read that goes to the primary only because no replica can take it
 * gets the reason HINT: it stays on the primary even if a replica becomes available. */
static struct route obey_primary(struct route route, const struct sql_facts *facts,
                                 const struct route_wish *wish)
{
    if (route.place == ROUTE_REPLICA)
        return is_free(&route, wish) ? primary(ROUTE_REASON_HINT)
                                     : refused(route.place, ROUTE_REASON_HINT_ELSEWHERE);
    bool is_fallback =
        route.reason == ROUTE_REASON_NO_REPLICA || route.reason == ROUTE_REASON_REPLICA_REFUSED ||
        route.reason == ROUTE_REASON_REFUSED_BEFORE || route.reason == ROUTE_REASON_LACKED_BEFORE;
    if (facts->is_read && is_fallback)
        route.reason = ROUTE_REASON_HINT;
    return route;
}

static struct route obey_replica(struct route route, const struct route_wish *wish)
{
    bool may_move = is_free(&route, wish) || route.reason == ROUTE_REASON_LISTENER_REPLICA;
    if (route.place == ROUTE_PRIMARY || !(wish->is_there || (may_move && wish->may_leave)))
        return refused(route.place, ROUTE_REASON_HINT_ELSEWHERE);
    if (route.reason == ROUTE_REASON_READ)
        route.reason = ROUTE_REASON_HINT;
    return route;
}

/* May the statement, or the transaction that it begins, show data? Then the age of the data matters. */
static bool may_show_data(const struct sql_facts *facts)
{
    static const uint32_t blind = 1u << SQL_EMPTY | 1u << SQL_COMMIT | 1u << SQL_ROLLBACK |
                                  1u << SQL_SAVEPOINT | 1u << SQL_SET | 1u << SQL_USE | 1u << SQL_DIAGNOSTICS;
    return facts->is_multi || facts->uses_tables || facts->may_hide_state || (blind & 1u << facts->kind) == 0;
}

struct route route_obey(struct route route, const struct sql_facts *facts, const struct route_wish *wish)
{
    if (route.is_refused)
        return route;
    if (wish->is_token_bad)
        return refused(route.place, ROUTE_REASON_HINT_BAD_TOKEN);
    bool is_unasked = wish->is_away || route.reason == ROUTE_REASON_LISTENER_REPLICA;
    if (wish->is_fresh && is_unasked && route.place == ROUTE_REPLICA && may_show_data(facts))
        return refused(route.place, ROUTE_REASON_HINT_NOT_FRESH);
    switch (wish->place) {
    case WISH_ANYWHERE:
        break;
    case WISH_PRIMARY:
        return obey_primary(route, facts, wish);
    case WISH_REPLICA:
        return obey_replica(route, wish);
    case WISH_CONTRADICTORY:
        return refused(route.place, ROUTE_REASON_HINT_ELSEWHERE);
    case WISH_NO_SERVER:
        return refused(route.place, ROUTE_REASON_HINT_NO_SERVER);
    case WISH_NOT_READING:
        return refused(route.place, ROUTE_REASON_HINT_NOT_READING);
    }
    return route;
}

const char *route_place_name(enum route_place place)
{
    return place == ROUTE_PRIMARY ? "primary" : "replica";
}

const char *route_reason_words(enum route_reason reason)
{
    return reasons[reason].words;
}

const char *route_reason_name(enum route_reason reason)
{
    return reasons[reason].name;
}
