#include "pool/cross_worker.h"

#include "cluster/quota.h"
#include "pool/fit.h"
#include "pool/key.h"
#include "pool/pool_inside.h"
#include "pool/reset.h"
#include "prepared/upstream_statements.h"
#include "session/wait_connection.h"

/* Texts of statements are each worker's own: on another thread it knows none. */
static void let_go(struct upstream *upstream)
{
    const struct worker *worker = upstream->owner;
    if (worker->world->worker_count > 1)
        upstream_statements_close_all(upstream);
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
    wait_connection_offered(session);
    bool is_taken = session->queue.offer == NULL;
    session->queue.offer = NULL;
    return is_taken;
}

static bool is_of_use(struct worker *worker, struct upstream *upstream, bool is_awaited)
{
    const struct view *view = worker_view(worker, upstream->key.cluster);
    return !worker->is_draining && pool_is_usable(view, upstream->server->index, upstream) &&
           (is_awaited || !pool_is_full(worker, upstream));
}

void pool_arrive(struct worker *worker, struct upstream *take_upstream, struct session *session)
{
    struct upstream *upstream = take_upstream;
    bool is_from_elsewhere = upstream->env != &worker->env;
    upstream_adopt(upstream, &worker->env, &pool_ops, worker);
    quota_enlist_late(upstream); /* while it was on its way nobody could */
    struct permits_holders *holders = pool_holders(upstream);
    struct permits *quota = upstream->quota.permits;
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
    if (quota != NULL)
        pool_give_way_to_account(quota, worker->index);
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

/* There, what it is and holds goes to whoever is first. */
static bool is_first(struct permits *permits, struct upstream_key *wish_r)
{
    return permits != NULL && !permits_are_too_many(permits) && permits_peek(permits, wish_r, sizeof *wish_r);
}

bool pool_suits_waiter(const struct upstream *upstream)
{
    struct upstream_key wish;
    if (is_first(upstream->permit.permits, &wish))
        return key_fits(&wish, &upstream->key) || may_change(upstream, &wish);
    return is_first(upstream->quota.permits, &wish) && key_fits(&wish, &upstream->key);
}

/* To the first who waits for one of these, whichever worker's that is, if it is fit for that one. */
static bool pass(struct upstream *upstream, struct permits *permits, permits_fit *is_fit)
{
    struct worker *worker = upstream->owner;
    pool_leave(upstream);
    let_go(upstream);
    if (permits_pass(permits, is_fit, upstream))
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
    } else if (pool_is_alive(upstream) && !pass(upstream, holders->permits, may_become)) {
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
        else if (!pass(upstream, holders->permits, is_fit_for))
            pool_shelve(upstream);
    }
}

/* One of that account's that is parked here: the one that was used least recently. NULL: none is. */
static struct upstream *find_of_account(struct permits_holders *of_account)
{
    struct list_node *node = list_first(&of_account->list);
    while (node != NULL && !list_is_linked(&upstream_of_permit(of_account->permits, node)->in_pool))
        node = list_after(&of_account->list, node);
    return node != NULL ? upstream_of_permit(of_account->permits, node) : NULL;
}

void pool_give_way_to_account(struct permits *quota, unsigned worker)
{
    struct permits_holders *holders = &quota->quota->server->permits.holders[worker];
    struct upstream_key wish;
    while (find_of_account(&quota->holders[worker]) != NULL && permits_peek(quota, &wish, sizeof wish)) {
        struct upstream *upstream = !permits_are_too_many(quota) ? pool_find(holders, &wish) : NULL;
        if (upstream != NULL) {
            if (!pass(upstream, quota, is_fit_for))
                pool_shelve(upstream);
            continue;
        }
        upstream = find_of_account(&quota->holders[worker]); /* that search drops those that have ended */
        if (upstream == NULL)
            return;
        counter_add(&pool_counters_of(upstream)->pool_gave_way, 1);
        pool_drop(upstream);
    }
}

void pool_give_way_to_all(struct upstream *upstream)
{
    struct permits *quota = upstream->quota.permits;
    unsigned worker = upstream->env->worker;
    pool_give_way(pool_holders(upstream));
    if (quota != NULL)
        pool_give_way_to_account(quota, worker);
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
    return is_wanted_unclean(upstream) &&
           (!pool_is_alive(upstream) || pass(upstream, upstream->permit.permits, may_become));
}
