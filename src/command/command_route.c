/* Sends a command to the place that is decided for it, as far as its hints agree, or refuses it.
 */

#include "command/command_route.h"

#include "mysql/reply.h"
#include "command/command_answer.h"
#include "session/command_text.h"
#include "command/hints.h"
#include "command/pick_server.h"
#include "command/route_input.h"
#include "session/slot.h"
#include "state/schema.h"
#include "state/sequences.h"

/* True if the reason does not bind the command to its place: any server could run it. */
static bool is_movable(enum route_reason reason)
{
    return reason == ROUTE_REASON_READ || reason == ROUTE_REASON_NO_REPLICA ||
           reason == ROUTE_REASON_SHARED || reason == ROUTE_REASON_REPLICA_REFUSED ||
           reason == ROUTE_REASON_REFUSED_BEFORE || reason == ROUTE_REASON_LACKED_BEFORE ||
           reason == ROUTE_REASON_LISTENER_PRIMARY || reason == ROUTE_REASON_LISTENER_REPLICA;
}

/* True if the command can be run again without harm: a harmless read outside a transaction, or the
 * beginning of a read-only transaction. */
static bool is_repeatable(const struct session *session, enum route_reason reason)
{
    const struct job *job = &session->job;
    if (job->is_cut || job->command->shape == REPLY_NONE || facets_is_in_transaction(&session->facets))
        return false;
    if (reason == ROUTE_REASON_READ_ONLY_TRANSACTION)
        return job->facts.kind == SQL_BEGIN;
    return job->facts.is_read && is_movable(reason) &&
           (job->prepared == NULL || !job->prepared->has_long_data);
}

static void read_sequences(struct session *session)
{
    const struct sql_dialect dialect = dialect_of(session);
    sequences_read(&session->facets.draws, command_inner_sql(session), command_schema(session), &dialect);
}

enum step command_go(struct session *session, enum route_place place, enum route_reason reason)
{
    struct job *job = &session->job;
    job->place = place;
    job->reason = reason;
    job->is_retriable = is_repeatable(session, reason);
    if (schema_is_asked_for(job) && !schema_note_asked(job, command_text(session)))
        return session_close(session, CLOSE_OUT_OF_MEMORY, "the name of a schema");
    if (job->facts.has_sequence)
        read_sequences(session);
    return session_enter(session, SESSION_ACQUIRING);
}

/* Long data binds the execution to the connection that has it, even if the session writes in between. Only
 * the primary always has the session's writes, so long data goes there. */
static bool belongs_home(const struct session *session, const struct route *route)
{
    return session->job.command->byte == COM_STMT_SEND_LONG_DATA && route->reason == ROUTE_REASON_READ &&
           consistency_is_followed(&session->consistency) && pick_may_fall_back(session) &&
           session_view(session)->primary != VIEW_NO_SERVER;
}

/* The decision with the hints. If the hints lead to a replica as well, the decision without them is used:
 * the command is then an ordinary read to all code that follows. */
static struct route decide(struct session *session, struct hints *hints)
{
    const struct job *job = &session->job;
    struct span sql = job->command->manner == COMMAND_STATEMENT ? command_text(session) : (struct span){ 0 };
    struct route route = route_input_route(session, &job->facts, sql);
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
    uint8_t byte = session->job.command->byte;
    bool is_run = byte != COM_STMT_PREPARE && byte != COM_STMT_SEND_LONG_DATA;
    if (!is_run &&
        (route.is_refused || route.ends_away || route.moves_away)) /* decided again at the execution */
        return command_go(session, facets_home(&session->facets), route.reason);
    if (route.is_refused)
        return command_refuse_route(session, route.reason);
    if (belongs_home(session, &route))
        return command_go(session, ROUTE_PRIMARY, ROUTE_REASON_PREVIOUS);
    struct job *job = &session->job;
    hints_apply(session, &hints, route.place);
    /* The session's variables will be set on the replica. */
    job->facts.is_read |= route.place == ROUTE_REPLICA && route.reason == ROUTE_REASON_READ;
    job->is_aside = route.reason == ROUTE_REASON_PREVIOUS && (session->facets.status & STATUS_IN_TRANS) != 0;
    if (route.ends_away || route.moves_away) {
        slot_drop(session, ROUTE_REPLICA);
        facets_come_home(&session->facets);
        session->facets.transaction.must_begin = route.moves_away;
    }
    return command_go(session, route.place, route.reason);
}

enum step command_refuse_route(struct session *session, enum route_reason reason)
{
    session->facets.calls_in_read_only |= reason == ROUTE_REASON_CALL_AWAY;
    if (session->job.facts.has_hint && hints_are_why(reason))
        return hints_refuse(session, reason);
    struct span culprit = session->job.prepared == NULL ? session->job.facts.culprit : (struct span){ 0 };
    int len = culprit.len < 64 ? (int)culprit.len : 64;
    return command_refuse(session, ERR_NOT_SUPPORTED_YET, NULL, "headgate: not run%s%.*s: %s",
                          len > 0 ? " because of " : "", len, (const char *)culprit.data,
                          route_reason_words(reason));
}
