#include "pool/waiters.h"

#include "upstream/quota.h"
#include "pool/fit.h"
#include "pool/key.h"
#include "pool/parked.h"
#include "pool/reset.h"
#include "prepared/upstream_statements.h"
#include "state/pooled.h"

/* Closes the prepared statements of the connection, as each worker has its own texts of statements. */
void waiters_let_go(struct upstream *upstream)
{
    const struct pool *pool = upstream->owner;
    if (pool->next != pool)
        upstream_statements_close_all(upstream);
    upstream_leave(upstream);
}

/* ---- a connection arrives ---- */

void waiters_arrive(struct pool *pool, struct upstream *take_upstream, struct pool_waiter *waiter)
{
    struct upstream *upstream = take_upstream;
    bool is_from_elsewhere = upstream->env != pool->env;
    upstream_adopt(upstream, pool->env, &parked_ops, pool);
    quota_enlist_late(upstream); /* no worker could enlist it while it moved between threads */
    struct permits_holders *holders = parked_holders(upstream);
    struct permits *quota = upstream->quota.permits;
    counter_add(&parked_counters(upstream)->pool_handed_over, is_from_elsewhere);
    const struct view *view = pool->clusters[upstream->key.cluster].view;
    bool is_here = !pool->is_ending && fit_is_usable(view, upstream->server->index, upstream) &&
                   (waiter != NULL || !fit_is_full(pool, upstream));
    if (!is_here)
        parked_retire(upstream);
    else if (!parked_is_alive(upstream))
        is_here = false;
    bool is_taken = waiter != NULL && waiter->on_offer(waiter, is_here ? upstream : NULL);
    if (is_here && !is_taken && pooled_of(upstream)->is_unclean)
        reset_begin(upstream);
    else if (is_here && !is_taken)
        parked_add(upstream);
    waiters_serve(holders);
    if (quota != NULL)
        waiters_serve_account(quota, pool->worker);
}

bool waiters_claim(struct upstream *upstream, const struct upstream_key *wish, bool *must_change_r)
{
    if (!key_may_become(&upstream->key, wish))
        return false;
    *must_change_r = pooled_of(upstream)->is_unclean || !key_fits(wish, &upstream->key);
    if (!*must_change_r)
        counter_add(&parked_counters(upstream)->pool_taken, 1);
    return true;
}

/* ---- a connection goes to a waiter ---- */

static bool is_fit_for(const void *wish, const void *connection)
{
    const struct upstream *upstream = connection;
    return !pooled_look(upstream)->is_unclean && key_fits(wish, &upstream->key);
}

static bool may_become(const void *wish, const void *connection)
{
    const struct upstream *upstream = connection;
    return key_may_become(&upstream->key, wish);
}

/* May the connection be changed to `wish` by COM_CHANGE_USER? The server must know this command, and have no
 * init_connect, which runs only at a login. */
static bool may_change(const struct permits_holders *holders, const struct upstream *upstream,
                       const struct upstream_key *wish)
{
    bool has_init = atomic_load_explicit(&upstream->server->has_init_connect, memory_order_relaxed);
    return key_may_become(&upstream->key, wish) && !has_init && !holders->has_no_change;
}

/* Is a connection with these permits wanted? `wish_r`: the wish of the first waiter, which would get it. */
static bool has_first(struct permits *permits, struct upstream_key *wish_r)
{
    return permits != NULL && !permits_are_too_many(permits) && permits_peek(permits, wish_r, sizeof *wish_r);
}

bool waiters_suit(const struct pool *pool, const struct upstream *upstream)
{
    struct permits *permits = upstream->permit.permits;
    struct upstream_key wish;
    if (has_first(permits, &wish))
        return key_fits(&wish, &upstream->key) || may_change(pool_holders(pool, permits), upstream, &wish);
    return has_first(upstream->quota.permits, &wish) && key_fits(&wish, &upstream->key);
}

/* Passes the connection to the first waiter for these permits, at any worker. False: it does not fit that
 * waiter; it still belongs to the pool, and is not parked. */
static bool pass(struct upstream *upstream, struct permits *permits, permits_fit *is_fit)
{
    struct pool *pool = upstream->owner;
    parked_remove(upstream);
    waiters_let_go(upstream);
    if (permits_pass(permits, is_fit, upstream))
        return true;
    upstream_adopt(upstream, pool->env, &parked_ops, pool);
    return false;
}

/* No parked connection fits the first waiter: passes it one for COM_CHANGE_USER. If that is not possible,
 * closes one, so that the waiter gets its permit. */
static void sacrifice(struct permits_holders *holders, const struct upstream_key *wish)
{
    struct list_node *node = list_first(&holders->parked);
    if (node == NULL)
        return;
    struct upstream *upstream = &list_entry(node, struct pooled, in_pool)->upstream;
    if (permits_are_too_many(holders->permits) || !may_change(holders, upstream, wish)) {
        counter_add(&parked_counters(upstream)->pool_gave_way, 1);
        parked_close(upstream);
    } else if (parked_is_alive(upstream) && !pass(upstream, holders->permits, may_become)) {
        parked_add(upstream); /* another session is the first waiter by now */
    }
}

void waiters_serve(struct permits_holders *holders)
{
    struct upstream_key wish;
    while (holders->parked.count > 0 && permits_peek(holders->permits, &wish, sizeof wish)) {
        bool has_permit = !permits_are_too_many(holders->permits);
        struct upstream *upstream = has_permit ? parked_find(holders, &wish) : NULL;
        if (upstream == NULL)
            sacrifice(holders, &wish);
        else if (!pass(upstream, holders->permits, is_fit_for))
            parked_add(upstream);
    }
}

/* The parked connection of that account that was used least recently; NULL: none. */
static struct upstream *find_of_account(struct permits_holders *of_account)
{
    struct list_node *node = list_first(&of_account->list);
    while (node != NULL &&
           !list_is_linked(&pooled_of(upstream_of_permit(of_account->permits, node))->in_pool))
        node = list_after(&of_account->list, node);
    return node != NULL ? upstream_of_permit(of_account->permits, node) : NULL;
}

void waiters_serve_account(struct permits *quota, unsigned worker)
{
    struct permits_holders *holders = &quota_server(quota)->permits.holders[worker];
    struct upstream_key wish;
    while (find_of_account(&quota->holders[worker]) != NULL && permits_peek(quota, &wish, sizeof wish)) {
        struct upstream *upstream = !permits_are_too_many(quota) ? parked_find(holders, &wish) : NULL;
        if (upstream != NULL) {
            if (!pass(upstream, quota, is_fit_for))
                parked_add(upstream);
            continue;
        }
        upstream = find_of_account(&quota->holders[worker]); /* parked_find closes those that have ended */
        if (upstream == NULL)
            return;
        counter_add(&parked_counters(upstream)->pool_gave_way, 1);
        parked_close(upstream);
    }
}

void waiters_serve_all(struct upstream *upstream)
{
    struct permits *quota = upstream->quota.permits;
    unsigned worker = upstream->env->worker;
    waiters_serve(parked_holders(upstream));
    if (quota != NULL)
        waiters_serve_account(quota, worker);
}

bool waiters_pass_unclean(struct upstream *upstream)
{
    struct permits *permits = upstream->permit.permits;
    struct upstream_key wish;
    bool is_wanted = permits_peek(permits, &wish, sizeof wish) && !key_fits(&wish, &upstream->key) &&
                     may_change(parked_holders(upstream), upstream, &wish);
    return is_wanted && (!parked_is_alive(upstream) || pass(upstream, permits, may_become));
}
