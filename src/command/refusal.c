#include "command/refusal.h"

#include "mysql/reply.h"
#include "relay/relay.h"
#include "session/command_text.h"
#include "command/pick_server.h"
#include "session/slot.h"
#include "command/wait_server.h"
#include "sql/digest.h"

/* ---- what an ERR says ---- */

bool refusal_is_read_only(const struct tracker_info *info)
{
    struct reply_err err;
    if (info->kind != TRACKER_ERR || info->is_cut || !reply_parse_err(info->payload, &err))
        return false;
    if (err.code == ERR_READ_ONLY_MODE)
        return true;
    return err.code == ERR_READ_ONLY &&
           (span_mentions(err.text, " --read-only") || span_mentions(err.text, " --super-read-only"));
}

/* A Galera node is not ready: "WSREP has not yet prepared node for application use". An unknown command has
 * the same error number. */
static bool is_not_ready(const struct tracker_info *info)
{
    struct reply_err err;
    return !info->is_cut && reply_parse_err(info->payload, &err) && err.code == ERR_UNKNOWN_COM &&
           span_mentions(err.text, "WSREP has not yet prepared");
}

/* ---- may the statement leave? ---- */

/* Does a server refuse this statement before it runs any part of it? Stored code, or several statements in
 * one text, may have run in part before the refusal. */
static bool is_refused_as_a_whole(const struct sql_facts *facts)
{
    bool is_simple = facts->kind == SQL_SELECT || facts->kind == SQL_SHOW || facts->kind == SQL_WRITE ||
                     facts->kind == SQL_DDL || facts->kind == SQL_BEGIN;
    return facts->is_read || (is_simple && !facts->is_multi);
}

/* No part of the statement has run, the client has got no byte of the reply, and no transaction is open. */
static bool is_movable(const struct session *session)
{
    const struct job *job = &session->job;
    return job->is_kept && is_refused_as_a_whole(&job->facts) && !job->reply.has_begun &&
           (session->facets.status & STATUS_IN_TRANS) == 0 &&
           (job->prepared == NULL || !job->prepared->has_long_data);
}

static bool may_leave_node(const struct session *session)
{
    return session->job.place == ROUTE_PRIMARY ? session->door->settings->mode != LISTENER_REPLICA
                                               : !slot_has_lost_state(session, ROUTE_REPLICA);
}

/* ---- what is noted ---- */

/* Asks the monitor to look at the server at once. Until then, nothing new begins there if it is the primary.
 */
static void note_server(struct session *session, bool is_read_only)
{
    const struct slot *slot = &session->slots[session->job.place];
    unsigned cluster = session->door->cluster;
    bool is_primary = slot->server == session_view(session)->primary;
    if (slot_has_moved(session, session->job.place) || (is_read_only && !is_primary))
        return;
    counter_add(&slot->upstream->server->by_worker[session->worker->index].demotions, 1);
    if (is_primary)
        worker_note_demotion(session->worker, cluster, slot->server);
    else
        worker_note_trouble(session->worker, cluster);
}

enum refusal refusal_note(struct session *session, const struct tracker_info *info)
{
    if (info->kind != TRACKER_ERR)
        return REFUSAL_NONE;
    if (refusal_is_read_only(info) &&
        session_view(session)->count > 1) { /* of a single server the ERR is the answer */
        note_server(session, true);
        bool may_leave = session->door->settings->mode != LISTENER_REPLICA && is_movable(session);
        return may_leave ? REFUSAL_READ_ONLY : REFUSAL_NONE;
    }
    if (is_not_ready(info)) {
        note_server(session, false);
        return may_leave_node(session) && is_movable(session) ? REFUSAL_NOT_READY : REFUSAL_NONE;
    }
    return pick_is_lacking(session, info->error) && is_movable(session) ? REFUSAL_LACKING : REFUSAL_NONE;
}

/* ---- where the statement goes ---- */

/* Statements with the same digest go to the primary from now on. */
static void remember_read_only(struct session *session)
{
    struct job *job = &session->job;
    struct sql_dialect dialect = dialect_of(session);
    if (job->prepared != NULL)
        job->prepared->was_refused = true;
    struct span sql = job->prepared != NULL ? job->prepared->sql : command_text(session);
    replica_failures_note_refused(&session->worker->replica_failures, digest_of(sql, &dialect));
}

static enum step leave_read_only(struct session *session)
{
    struct job *job = &session->job;
    bool was_replica = job->place == ROUTE_REPLICA;
    log_limited(LOG_LEVEL_INFO, &session->scope, "%s is read-only and refused a statement: %s",
                job->server->name, was_replica ? "it runs on the primary" : "it waits for a primary");
    job->is_retriable = false;
    job->place = ROUTE_PRIMARY;
    if (!was_replica)
        return wait_server(session);
    remember_read_only(session);
    job->reason = ROUTE_REASON_REFUSED_BEFORE;
    return session_enter(session, SESSION_ACQUIRING);
}

/* A statement for the primary waits for a primary. A read goes to another replica; after several attempts it
 * goes to the primary, if it may. */
static enum step leave_node(struct session *session)
{
    struct job *job = &session->job;
    log_limited(LOG_LEVEL_INFO, &session->scope, "%s is not ready and refused a statement: it runs elsewhere",
                job->server->name);
    if (job->place == ROUTE_PRIMARY)
        return wait_server(session);
    job->avoid = session->slots[ROUTE_REPLICA].server;
    slot_drop(session, ROUTE_REPLICA);
    if (++job->attempts < ATTEMPTS_MAX)
        return session_enter(session, SESSION_ACQUIRING);
    if (!pick_may_fall_back(session))
        return wait_server(session);
    pick_become_primary_s(session, ROUTE_REASON_NO_REPLICA);
    return session_enter(session, SESSION_ACQUIRING);
}

enum step refusal_leave(struct session *session, enum refusal refusal, const struct tracker_info *info)
{
    struct job *job = &session->job;
    struct upstream *upstream = session->slots[job->place].upstream;
    relay_discard(upstream, info);
    upstream_end(upstream);
    relay_take_back(job, &session->client);
    if (refusal == REFUSAL_READ_ONLY)
        return leave_read_only(session);
    if (refusal == REFUSAL_NOT_READY)
        return leave_node(session);
    pick_leave_lacking(session);
    return session_enter(session, SESSION_ACQUIRING);
}
