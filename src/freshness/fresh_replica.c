#include "freshness/fresh_replica.h"

#include "freshness/consistency_inside.h"
#include "session/pick_server.h"

/* ---- who has it all ---- */

/* At a Galera cluster what it has seen stays a moment: see watch.h. */
bool fresh_replica_has_all(const struct session *session, int server)
{
    const struct consistency *consistency = &session->consistency;
    if (session_view(session)->is_galera)
        return watch_has_moment(consistency_watch(session), server, consistency->seen);
    return watch_has(consistency_watch(session), server, &consistency->position, consistency->needs_base);
}

static bool is_candidate(const struct session *session, size_t server)
{
    const struct job *job = &session->job;
    bool is_right = job->hint.has_only ? (int)server == job->hint.only : (int)server != job->avoid;
    return session_view(session)->servers[server].takes_reads && is_right;
}

bool fresh_replica_another_has(const struct session *session, int present)
{
    const struct view *view = session_view(session);
    for (size_t i = 0; i < view->count; i++)
        if ((int)i != present && is_candidate(session, i) && fresh_replica_has_all(session, (int)i))
            return true;
    return false;
}

/* ---- the one that is trusted ---- */

/* A server that restarts may come back as an older copy, and faster than the probes notice: whoever had a
 * connection does. */
static uint64_t troubles_of(const struct session *session, int server)
{
    const struct server_counters *row =
        &session_view(session)->servers[server].server->by_worker[session->worker->index];
    return counter_read(&row->drops) + counter_read(&row->losses) + counter_read(&row->connect_failures);
}

void fresh_replica_begin(struct session *session, int server)
{
    session->trust.server = server;
    session->trust.troubles = troubles_of(session, server);
    session->trust.moves = session_view(session)->servers[server].moves;
}

bool fresh_replica_is_held(const struct session *session)
{
    int trusted = session->trust.server;
    return trusted != VIEW_NO_SERVER && is_candidate(session, (size_t)trusted) &&
           session->trust.troubles == troubles_of(session, trusted) &&
           session->trust.moves == session_view(session)->servers[trusted].moves;
}

void fresh_replica_forget(struct session *session)
{
    session->trust.server = VIEW_NO_SERVER;
}

/* A server that took no reads for a while may come back as an older copy, and a session without a connection
 * to it sees no end of one. */
void fresh_replica_note_view(struct session *session)
{
    int trusted = session->trust.server;
    if (session->user != NULL && trusted != VIEW_NO_SERVER &&
        !session_view(session)->servers[trusted].takes_reads)
        fresh_replica_forget(session);
}

/* ---- which replica ---- */

/* The balancer's choice, or the next after it that has everything; the primary has. */
static int pick(struct session *session)
{
    const struct view *view = session_view(session);
    int first = pick_pick_replica(session);
    if (first == VIEW_NO_SERVER || first == view->primary)
        return first;
    for (size_t i = 0; i < view->count; i++) {
        size_t at = ((size_t)first + i) % view->count;
        if (is_candidate(session, at) && fresh_replica_has_all(session, (int)at))
            return (int)at;
    }
    return first;
}

/* What it asks for is nothing, or there. Another replica may be behind the one that it was on. */
static bool is_proven(const struct session *session, int server)
{
    const struct consistency *consistency = &session->consistency;
    if (server == session->trust.server && fresh_replica_is_held(session))
        return true;
    return !consistency->has_read &&
           (!consistency->is_asking || ((consistency->seen == 0 || session_view(session)->is_galera) &&
                                        fresh_replica_has_all(session, server)));
}

bool fresh_replica_allows(const struct session *session, int server)
{
    if (session->job.hint.has_only && server != session->job.hint.only)
        return false;
    return !consistency_is_asked(session) || server == session_view(session)->primary ||
           is_proven(session, server);
}

void fresh_replica_note_choice(struct session *session, int server)
{
    bool is_replica = server != VIEW_NO_SERVER && server != session_view(session)->primary;
    bool is_good = consistency_is_asked(session) && is_replica && is_proven(session, server);
    fresh_replica_forget(session);
    if (is_good)
        fresh_replica_begin(session, server);
}

int fresh_replica_choose(struct session *session)
{
    struct consistency *consistency = &session->consistency;
    if (!consistency_is_asked(session))
        return pick_pick_replica(session);
    if (fresh_replica_is_held(session))
        return session->trust.server;
    if (consistency->has_read)
        consistency_see(session);
    int server = consistency->is_asking ? pick(session) : pick_pick_replica(session);
    fresh_replica_note_choice(session, server);
    return server;
}
