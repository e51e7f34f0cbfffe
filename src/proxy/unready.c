#include "proxy/unready.h"

#include "mysql/reply.h"
#include "proxy/attach.h"
#include "proxy/choice.h"
#include "proxy/session.h"

bool unready_is(const struct tracker_info *info)
{
    struct reply_err err;
    return info->kind == TRACKER_ERR && !info->is_cut && reply_parse_err(info->payload, &err) &&
           err.code == ERR_UNKNOWN_COM && span_mentions(err.text, "WSREP has not yet prepared");
}

void unready_note(struct session *session)
{
    const struct slot *slot = &session->slots[session->job.place];
    unsigned cluster = session->door->cluster;
    if (attach_has_moved(session, session->job.place))
        return;
    counter_add(&slot->upstream->server->by_worker[session->worker->index].demotions, 1);
    if (slot->server == session_view(session)->primary)
        worker_note_demotion(session->worker, cluster, slot->server);
    else
        worker_note_trouble(session->worker, cluster);
}

bool unready_may_leave(const struct session *session)
{
    return session->job.place == ROUTE_PRIMARY ? session->door->settings->mode != LISTENER_REPLICA
                                               : !attach_has_lost_state(session, ROUTE_REPLICA);
}

enum step unready_go_on(struct session *session)
{
    struct job *job = &session->job;
    if (job->place == ROUTE_PRIMARY)
        return attach_wait(session);
    job->avoid = session->slots[ROUTE_REPLICA].server;
    attach_drop(session, ROUTE_REPLICA);
    if (++job->attempts < ATTEMPTS_MAX)
        return attach_begin(session);
    if (!choice_may_fall_back(session))
        return attach_wait(session);
    choice_become_primary_s(session, ROUTE_REASON_NO_REPLICA);
    return attach_begin(session);
}
