#include "pool/search.h"

#include "base/mem.h"
#include "pool/parked.h"
#include "pool/usage.h"
#include "pool/waiters.h"

/* Searches at this worker: first parked connections, then idle ones of sessions. Each connection that is
 * given up goes to a waiter at once, or is promised to one; so the loop ends when no waiter is left. */
static void search_here(const struct pool *pool, struct permits_holders *holders)
{
    struct permits *permits = holders->permits;
    if (permits->quota != NULL)
        waiters_serve_account(permits, pool->worker);
    else
        waiters_serve(holders);
    struct list_node *node = permits_search(holders);
    holders->searched_us = pool_now(pool);
    for (; node != NULL && permits_is_short(permits); node = permits_search_next(holders)) {
        struct upstream *upstream = upstream_of_permit(permits, node);
        if (upstream->ops->on_wanted != NULL)
            upstream->ops->on_wanted(upstream);
    }
    usage_count(pool, holders);
}

static void on_call(struct loop_message *message)
{
    struct permits_holders *holders = container_of(message, struct permits_holders, call);
    const struct pool *pool = atomic_load_explicit(&holders->call_for, memory_order_relaxed);
    atomic_store(&holders->is_called, false); /* a session that begins to wait from here on calls again */
    if (atomic_exchange(&holders->must_unpark, false))
        (void)parked_close_all(holders);
    if (atomic_exchange(&holders->must_enlist, false))
        quota_enlist_all(quota_server(holders->permits), pool->worker);
    search_here(pool, holders);
}

/* Calls on_call at all other workers, for their holders of these permits. */
static void call_others(const struct pool *pool, struct permits *permits)
{
    for (struct pool *other = pool->next; other != pool; other = other->next) {
        struct permits_holders *holders = pool_holders(other, permits);
        if (atomic_exchange(&holders->is_called, true))
            continue;
        holders->call.run = on_call;
        atomic_store_explicit(&holders->call_for, other, memory_order_relaxed);
        (void)loop_post(other->loop, &holders->call); /* a thread that has ended has no connections */
    }
}

void search_for_waiters(const struct pool *pool, struct permits *permits)
{
    search_here(pool, pool_holders(pool, permits));
    if (permits_is_wanted(permits))
        call_others(pool, permits);
}

bool search_unpark(const struct pool *pool, struct server *server)
{
    struct permits *permits = &server->permits;
    bool had_any = server_sum(server).connections_idle > 0;
    had_any |= parked_close_all(pool_holders(pool, permits)) > 0;
    if (!had_any)
        return false;
    for (struct pool *other = pool->next; other != pool; other = other->next)
        atomic_store(&pool_holders(other, permits)->must_unpark, true);
    call_others(pool, permits);
    return true;
}

struct quota *search_learn_quota(const struct pool *pool, struct server *server, const struct user *user)
{
    bool is_new;
    struct quota *quota = quota_learn(server, user->account, user->name, &is_new);
    if (quota == NULL || !is_new)
        return quota;
    for (struct pool *other = pool->next; other != pool; other = other->next)
        atomic_store(&pool_holders(other, &server->permits)->must_enlist, true);
    quota_enlist_all(server, pool->worker);
    call_others(pool, &server->permits);
    return quota;
}
