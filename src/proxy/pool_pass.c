#include "proxy/pool_pass.h"

#include "proxy/key.h"
#include "proxy/pool_clean.h"
#include "proxy/pool_fit.h"
#include "proxy/pool_inside.h"
#include "proxy/share.h"
#include "proxy/statements.h"

/* Texts of statements are each worker's own: on another thread it knows none. */
static void let_go(struct upstream *upstream)
{
    const struct worker *worker = upstream->owner;
    if (worker->world->worker_count > 1)
        statements_close_all(upstream);
    upstream_leave(upstream);
}

/* ---- to other threads ---- */

struct upstream *pool_send(struct permits_holders *holders, const struct upstream_key *wish)
{
    struct upstream *upstream = permits_is_wanted(holders->permits) ? NULL : pool_find(holders, wish);
    if (upstream == NULL)
        return NULL;
    pool_leave(upstream);
    let_go(upstream);
    return upstream;
}

/* True: its session has it now. */
static bool offer(struct session *session, struct upstream *upstream)
{
    session->queue.offer = upstream;
    share_offered(session);
    bool is_taken = session->queue.offer == NULL;
    session->queue.offer = NULL;
    return is_taken;
}

static bool is_of_use(struct worker *worker, struct upstream *upstream, bool is_awaited)
{
    const struct view *view = worker_view(worker, upstream->key.cluster);
    return !worker->is_draining && pool_is_usable(view, upstream->server->index, &upstream->key) &&
           (is_awaited || !pool_is_full(worker, upstream));
}

void pool_arrive(struct worker *worker, struct upstream *take_upstream, struct session *session)
{
    struct upstream *upstream = take_upstream;
    bool is_from_elsewhere = upstream->env != &worker->env;
    upstream_adopt(upstream, &worker->env, &pool_ops, worker);
    struct permits_holders *holders = pool_holders(upstream);
    counter_add(&pool_counters_of(upstream)->pool_handed_over, is_from_elsewhere);
    bool is_here = is_of_use(worker, upstream, session != NULL);
    if (!is_here)
        pool_retire(upstream);
    else if (!pool_is_alive(upstream))
        is_here = false;
    bool is_taken = session != NULL && offer(session, is_here ? upstream : NULL);
    if (is_here && !is_taken && upstream->is_unclean)
        pool_begin_reset(upstream);
    else if (is_here && !is_taken)
        pool_shelve(upstream);
    pool_give_way(holders);
}

bool pool_claim(struct upstream *upstream, const struct upstream_key *wish, bool *must_change_r)
{
    if (!key_may_become(&upstream->key, wish))
        return false;
    *must_change_r = upstream->is_unclean || !key_fits(wish, &upstream->key);
    if (!*must_change_r)
        counter_add(&pool_counters_of(upstream)->pool_taken, 1);
    return true;
}

/* ---- for others ---- */

static bool is_fit_for(const void *wish, const void *connection)
{
    const struct upstream *upstream = connection;
    return !upstream->is_unclean && key_fits(wish, &upstream->key);
}

/* By COM_CHANGE_USER, where the server has it, and does no more at a login than that. */
static bool may_change(const struct upstream *upstream, const struct upstream_key *wish)
{
    bool has_init = atomic_load_explicit(&upstream->server->has_init_connect, memory_order_relaxed);
    return key_may_become(&upstream->key, wish) && !has_init && !pool_holders(upstream)->has_no_change;
}

static bool may_become(const void *wish, const void *connection)
{
    const struct upstream *upstream = connection;
    return key_may_become(&upstream->key, wish);
}

bool pool_suits_waiter(const struct upstream *upstream)
{
    struct upstream_key wish;
    const struct permits_holders *holders = pool_holders(upstream);
    return holders != NULL && !permits_are_too_many(holders->permits) &&
           permits_peek(holders->permits, &wish, sizeof wish) &&
           (key_fits(&wish, &upstream->key) || may_change(upstream, &wish));
}

/* To the first who waits, whichever worker's that is, if it is fit for that one. */
static bool pass(struct upstream *upstream, permits_fit *is_fit)
{
    struct worker *worker = upstream->owner;
    pool_leave(upstream);
    let_go(upstream);
    if (permits_pass(upstream->permit.permits, is_fit, upstream))
        return true;
    upstream_adopt(upstream, &worker->env, &pool_ops, worker);
    return false;
}

/* One that is not what the first who waits wishes: that one logs in on it as somebody else, or, if that
 * cannot be, has its permit. */
static void sacrifice(struct permits_holders *holders, const struct upstream_key *wish)
{
    struct list_node *node = list_first(&holders->parked);
    if (node == NULL)
        return;
    struct upstream *upstream = list_entry(node, struct upstream, in_pool);
    if (permits_are_too_many(holders->permits) || !may_change(upstream, wish)) {
        counter_add(&pool_counters_of(upstream)->pool_gave_way, 1);
        pool_drop(upstream);
    } else if (pool_is_alive(upstream) && !pass(upstream, may_become)) {
        pool_shelve(upstream); /* there is another first one by now */
    }
}

void pool_give_way(struct permits_holders *holders)
{
    struct upstream_key wish;
    while (holders->parked.count > 0 && permits_peek(holders->permits, &wish, sizeof wish)) {
        bool has_permit = !permits_are_too_many(holders->permits);
        struct upstream *upstream = has_permit ? pool_find(holders, &wish) : NULL;
        if (upstream == NULL)
            sacrifice(holders, &wish);
        else if (!pass(upstream, is_fit_for))
            pool_shelve(upstream);
    }
}

/* Whoever waits makes it new by COM_CHANGE_USER, without a reset before it. */
static bool is_wanted_unclean(const struct upstream *upstream)
{
    struct upstream_key wish;
    return permits_peek(upstream->permit.permits, &wish, sizeof wish) && !key_fits(&wish, &upstream->key) &&
           may_change(upstream, &wish);
}

bool pool_pass_unclean(struct upstream *upstream)
{
    return is_wanted_unclean(upstream) && (!pool_is_alive(upstream) || pass(upstream, may_become));
}
