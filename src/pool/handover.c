#include "pool/handover.h"

#include "base/mem.h"
#include "pool/key.h"
#include "pool/parked.h"

/* A request that goes from worker to worker and back home. Only the thread that has it may use it. */
struct handover {
    struct loop_message mail;
    struct pool *home;
    struct pool *at; /* the worker that it is going to */
    struct server *server;
    struct upstream_key wish;
    struct upstream *upstream;  /* owns: the connection that was found; NULL: none yet */
    struct pool_waiter *waiter; /* borrows; home thread only; NULL: the session does not wait any more */
};

/* Sends the request to the next worker that seems to have a connection. False: there is no such worker
 * left. */
static bool go_on(struct handover *handover)
{
    for (;;) {
        handover->at = handover->at->next;
        if (handover->at == handover->home)
            return false;
        const struct upstream_key *wish = &handover->wish;
        const counter *kind = &pool_holders(handover->at, &handover->server->permits)->kinds[key_kind(wish)];
        if ((counter_read(kind) > 0 || (wish->has_schema && counter_read(kind - 1) > 0)) &&
            loop_post(handover->at->loop, &handover->mail))
            return true;
    }
}

static void arrive(struct loop_message *mail)
{
    struct handover *handover = (struct handover *)(void *)mail;
    struct pool_waiter *waiter = handover->waiter;
    struct upstream *upstream = handover->upstream;
    struct pool *home = handover->home;
    if (waiter != NULL)
        waiter->handover = NULL;
    mem_free(handover);
    if (upstream != NULL)
        waiters_arrive(home, upstream, waiter);
    else if (waiter != NULL)
        (void)waiter->on_offer(waiter, NULL);
}

static void go_home(struct handover *handover, struct pool *from)
{
    handover->mail.run = arrive;
    if (loop_post(handover->home->loop, &handover->mail))
        return;
    if (handover->upstream != NULL) /* the home thread has ended: no session waits there */
        waiters_arrive(from, handover->upstream, NULL);
    mem_free(handover);
}

/* Takes a parked connection of this worker and detaches it from this thread. NULL: there is none, or sessions
 * wait for these permits. */
static struct upstream *find(struct permits_holders *holders, const struct upstream_key *wish)
{
    struct upstream *upstream = permits_is_wanted(holders->permits) ? NULL : parked_find(holders, wish);
    if (upstream == NULL)
        return NULL;
    parked_remove(upstream);
    waiters_let_go(upstream);
    return upstream;
}

static void visit(struct loop_message *mail)
{
    struct handover *handover = (struct handover *)(void *)mail;
    struct pool *here = handover->at;
    handover->upstream = find(pool_holders(here, &handover->server->permits), &handover->wish);
    if (handover->upstream != NULL || !go_on(handover))
        go_home(handover, here);
}

bool handover_ask(struct pool *pool, struct server *server, const struct upstream_key *wish,
                  struct pool_waiter *waiter)
{
    struct handover *handover = mem_zalloc(sizeof *handover);
    if (handover == NULL)
        return false;
    *handover = (struct handover){
        .mail = { .run = visit }, .home = pool, .at = pool, .server = server, .wish = *wish, .waiter = waiter
    };
    waiter->handover = handover;
    if (go_on(handover))
        return true;
    waiter->handover = NULL;
    mem_free(handover);
    return false;
}

void handover_cancel(struct pool_waiter *waiter)
{
    if (waiter->handover != NULL)
        waiter->handover->waiter = NULL;
    waiter->handover = NULL;
}
