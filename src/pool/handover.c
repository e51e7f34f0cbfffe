#include "pool/handover.h"

#include "base/mem.h"
#include "pool/cross_worker.h"
#include "pool/fit.h"
#include "pool/key.h"
#include "session/wait_connection.h"

/* On its way from worker to worker and home again; whoever has it may touch it. */
struct handover {
    struct loop_message mail;
    struct worker *const
        *workers; /* borrows: all of them; not by way of a world, which is its worker's own */
    unsigned worker_count;
    struct worker *home;
    unsigned at; /* the worker that it is going to */
    struct server *server;
    struct upstream_key wish;
    struct upstream *upstream; /* owns: what was found; NULL: nothing yet */
    struct session *session;   /* borrows: only at home; NULL: it waits no more */
};

static bool has_kind(const struct permits_holders *holders, const struct upstream_key *wish)
{
    unsigned kind = key_kind(wish);
    return counter_read(&holders->kinds[kind]) > 0 ||
           (wish->has_schema && counter_read(&holders->kinds[kind - 1]) > 0);
}

static void visit(struct loop_message *mail);

/* To the next worker that seems to have one; false: there is none on the way home. */
static bool go_on(struct handover *handover)
{
    for (;;) {
        handover->at = (handover->at + 1) % handover->worker_count;
        if (handover->at == handover->home->index)
            return false;
        if (has_kind(&handover->server->permits.holders[handover->at], &handover->wish) &&
            loop_post(&handover->workers[handover->at]->loop, &handover->mail))
            return true;
    }
}

static void arrive(struct loop_message *mail)
{
    struct handover *handover = (struct handover *)(void *)mail;
    struct session *session = handover->session;
    struct upstream *upstream = handover->upstream;
    struct worker *home = handover->home;
    if (session != NULL)
        session->queue.handover = NULL;
    mem_free(handover);
    if (upstream != NULL)
        pool_arrive(home, upstream, session);
    else if (session != NULL)
        wait_connection_offered(session);
}

static void go_home(struct handover *handover, struct worker *from)
{
    handover->mail.run = arrive;
    if (loop_post(&handover->home->loop, &handover->mail))
        return;
    if (handover->upstream != NULL) /* that thread has ended: nobody waits there */
        pool_arrive(from, handover->upstream, NULL);
    mem_free(handover);
}

static void visit(struct loop_message *mail)
{
    struct handover *handover = (struct handover *)(void *)mail;
    struct worker *here = handover->workers[handover->at];
    handover->upstream = pool_send(&handover->server->permits.holders[here->index], &handover->wish);
    if (handover->upstream != NULL || !go_on(handover))
        go_home(handover, here);
}

bool handover_ask(struct session *session, int server)
{
    struct handover *handover = mem_zalloc(sizeof *handover);
    if (handover == NULL)
        return false;
    *handover = (struct handover){ .mail = { .run = visit },
                                   .workers = session->worker->world->workers,
                                   .worker_count = session->worker->world->worker_count,
                                   .home = session->worker,
                                   .at = session->worker->index,
                                   .server = session_view(session)->servers[server].server,
                                   .wish = pool_key(session, server),
                                   .session = session };
    session->queue.handover = handover;
    if (go_on(handover))
        return true;
    session->queue.handover = NULL;
    mem_free(handover);
    return false;
}

void handover_cancel(struct session *session)
{
    if (session->queue.handover != NULL)
        session->queue.handover->session = NULL;
    session->queue.handover = NULL;
}
