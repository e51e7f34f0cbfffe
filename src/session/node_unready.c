#include "session/node_unready.h"

#include "mysql/reply.h"
#include "session/pick_server.h"
#include "session/session.h"
#include "session/slot.h"
#include "session/wait_server.h"

bool node_unready_is(const struct tracker_info *info)
{
    struct reply_err err;
    return info->kind == TRACKER_ERR && !info->is_cut && reply_parse_err(info->payload, &err) &&
           err.code == ERR_UNKNOWN_COM && span_mentions(err.text, "WSREP has not yet prepared");
}

void node_unready_note(struct session *session)
{
    const struct slot *slot = &session->slots[session->job.place];
    unsigned cluster = session->door->cluster;
    if (slot_has_moved(session, session->job.place))
        return;
    counter_add(&slot->upstream->server->by_worker[session->worker->index].demotions, 1);
    if (slot->server == session_view(session)->primary)
        worker_note_demotion(session->worker, cluster, slot->server);
    else
        worker_note_trouble(session->worker, cluster);
}

bool node_unready_may_leave(const struct session *session)
{
    return session->job.place == ROUTE_PRIMARY ? session->door->settings->mode != LISTENER_REPLICA
                                               : !slot_has_lost_state(session, ROUTE_REPLICA);
}

enum step node_unready_go_on(struct session *session)
{
    struct job *job = &session->job;
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
