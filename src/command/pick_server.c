#include "command/pick_server.h"

#include "cluster/balance.h"
#include "freshness/fresh_replica.h"
#include "session/slot.h"
#include "session/yield.h"

/* Must reads go to the session's present replica? It has a transaction or user variables of the session. */
static bool is_bound(const struct session *session)
{
    return session->facets.transaction.is_away || session->facets.variables == VARIABLES_REPLICA;
}

bool pick_may_fall_back(const struct session *session)
{
    return session->listener->settings->mode == LISTENER_SPLIT && !is_bound(session) &&
           session_view(session)->primary_reads != PRIMARY_READS_NEVER && !session->job->hint.has_only;
}

void pick_become_primary_s(struct session *session, enum route_reason reason)
{
    session->job->place = ROUTE_PRIMARY;
    session->job->reason = reason;
}

void pick_share(struct session *session, struct server *primary)
{
    unsigned row = session->worker->index;
    if (session->shared != NULL)
        counter_sub(&session->shared->by_worker[row].readers, 1);
    if (primary != NULL)
        counter_add(&primary->by_worker[row].readers, 1);
    session->shared = primary;
}

int pick_server(struct session *session)
{
    const struct view *view = session_view(session);
    if (session->job->place == ROUTE_PRIMARY)
        return view->primary;
    if (session->job->hint.has_only && session->job->hint.only == view->primary) { /* promoted meanwhile */
        pick_become_primary_s(session, ROUTE_REASON_HINT);
        return view->primary;
    }
    int server = fresh_replica_choose(&session->consistency, session->job);
    if (server != VIEW_NO_SERVER && server == view->primary) {
        if (session->listener->settings->mode == LISTENER_SPLIT) {
            pick_share(session, view->servers[server].server);
            pick_become_primary_s(session, ROUTE_REASON_SHARED);
        }
    } else if (server == VIEW_NO_SERVER && pick_may_fall_back(session)) {
        pick_become_primary_s(session, ROUTE_REASON_NO_REPLICA);
        return view->primary;
    }
    return server;
}

void pick_look_again(struct session *session)
{
    struct job *job = session->job;
    bool is_fallback = job->reason == ROUTE_REASON_SHARED || job->reason == ROUTE_REASON_NO_REPLICA ||
                       job->reason == ROUTE_REASON_NOT_CAUGHT_UP;
    if (job->is_login || !is_fallback || session->facets.has_replica_refused ||
        session_view(session)->primary != VIEW_NO_SERVER || slot_is_current(session, ROUTE_PRIMARY))
        return;
    job->place = ROUTE_REPLICA;
    job->reason = ROUTE_REASON_READ;
}

/* So often headgate checks whether the reads of a session should move to another server. */
#define BALANCE_US 1000000

void pick_settle(struct session *session)
{
    const struct view *view = session_view(session);
    const struct slot *slot = session->slots[ROUTE_REPLICA];
    const struct server *primary =
        view->primary != VIEW_NO_SERVER ? view->servers[view->primary].server : NULL;
    uint64_t now_us = session_now(session);
    bool may_move =
        session->job->reason == ROUTE_REASON_READ && !is_bound(session) && !session->job->hint.has_only;
    if (session->shared != NULL && (session->shared != primary || !balance_is_reader(view, view->primary)))
        pick_share(session, NULL);
    if (may_move && now_us >= session->balance_at_us) {
        bool is_there = session->shared != NULL || slot->upstream != NULL;
        int current = session->shared != NULL ? view->primary : slot->server;
        session->balance_at_us = now_us + BALANCE_US;
        if (is_there && fresh_replica_should_move(&session->consistency, current, session->id)) {
            pick_share(session, NULL);
            fresh_replica_forget(&session->consistency);
            yield_give_up(session, ROUTE_REPLICA);
        }
    }
    if (session->shared != NULL && may_move)
        pick_become_primary_s(session, ROUTE_REASON_SHARED);
}

bool pick_is_lacking(const struct session *session, uint16_t code)
{
    const struct job *job = session->job;
    return job->place == ROUTE_REPLICA && job->reason == ROUTE_REASON_READ && job->is_retriable &&
           replica_failures_says_lacking(code, session->facets.schema.len > 0) &&
           pick_may_fall_back(session) && session_view(session)->primary != VIEW_NO_SERVER;
}

void pick_leave_lacking(struct session *session)
{
    replica_failures_note_lacking(&session->worker->replica_failures, session->job->facts.shape,
                                  session_now(session));
    counter_add(&session->consistency.positions->counters.reads_lacking, 1);
    pick_become_primary_s(session, ROUTE_REASON_LACKED_BEFORE);
}
