#include "pool/parked.h"

#include "base/log.h"
#include "upstream/upstream_exchange.h"
#include "pool/fit.h"
#include "pool/key.h"
#include "pool/lifetime.h"
#include "pool/login_age.h"
#include "pool/prewarm.h"
#include "pool/reset.h"

static struct pool *pool_of(const struct upstream *upstream)
{
    return upstream->owner;
}

struct permits_holders *parked_holders(const struct upstream *upstream)
{
    return pool_holders(pool_of(upstream), upstream->permit.permits);
}

struct pool_counters *parked_counters(const struct upstream *upstream)
{
    return pool_counters(pool_of(upstream), upstream->key.cluster);
}

/* ---- parking and removing ---- */

void parked_add(struct upstream *upstream)
{
    struct permits_holders *holders = parked_holders(upstream);
    upstream_expire(upstream, lifetime_parked_us(pool_of(upstream), upstream));
    list_link_last(&holders->parked, &pooled_of(upstream)->in_pool);
    counter_add(&holders->kinds[key_kind(&upstream->key)], 1);
}

void parked_remove(struct upstream *upstream)
{
    if (list_is_linked(&pooled_of(upstream)->in_pool)) {
        struct permits_holders *holders = parked_holders(upstream);
        list_unlink(&holders->parked, &pooled_of(upstream)->in_pool);
        counter_sub(&holders->kinds[key_kind(&upstream->key)], 1);
        prewarm_look(pool_of(upstream));
    }
    if (pooled_of(upstream)->promised_to != NULL)
        permits_promise(pooled_of(upstream)->promised_to, -1);
    pooled_of(upstream)->promised_to = NULL;
}

void parked_close(struct upstream *upstream)
{
    parked_remove(upstream);
    prewarm_end_opening(upstream);
    upstream_close(&upstream);
}

void parked_retire(struct upstream *upstream)
{
    counter_add(&parked_counters(upstream)->pool_retired, 1);
    parked_close(upstream);
}

/* The server has closed the parked connection, or the connection has an error. */
static void lose(struct upstream *upstream, const char *how)
{
    struct pool *pool = pool_of(upstream);
    counter_add(&upstream->server->by_worker[pool->worker].drops, 1);
    counter_add(&parked_counters(upstream)->pool_lost, 1);
    pool->on_trouble(pool, upstream->key.cluster);
    log_limited(LOG_LEVEL_INFO, NULL, "parked connection to %s lost: %s", upstream->server->name, how);
    parked_close(upstream);
}

/* Is there input on a parked connection? A server sends none, except when it closes the connection. */
static bool has_spoken(struct upstream *upstream)
{
    if (stream_fill(&upstream->stream) != STREAM_BLOCKED)
        return true;
    stream_trim(&upstream->stream);
    return false;
}

static void on_io(struct upstream *upstream, int events)
{
    if (events & EV_WRITE) /* COM_STMT_CLOSE may be left to send; a failure shows when reading */
        upstream_flush(upstream);
    if ((events & EV_READ) && has_spoken(upstream))
        lose(upstream, "the server ended it, or spoke out of turn");
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    if (pooled_of(upstream)->is_ahead)
        prewarm_fail(upstream, err);
    else
        lose(upstream, err->text);
}

/* The time of a parked connection is over. If it still has the state of a session, it is reset, and parked
 * again. */
static void on_expired(struct upstream *upstream)
{
    if (pooled_of(upstream)->left.is_there) {
        parked_remove(upstream);
        upstream_hand_over(upstream, upstream->ops, upstream->owner);
        reset_begin(upstream);
        return;
    }
    log_debug(NULL, "a parked connection to %s is retired", upstream->server->name);
    parked_retire(upstream);
}

const struct upstream_owner_ops parked_ops = { .on_ready = prewarm_on_opened,
                                               .on_answer = reset_on_answer,
                                               .on_failed = on_failed,
                                               .on_io = on_io,
                                               .on_expired = on_expired };

bool parked_has(const struct upstream *upstream)
{
    return upstream->ops == &parked_ops;
}

/* ---- taking ---- */

bool parked_is_alive(struct upstream *upstream)
{
    if (!has_spoken(upstream))
        return true;
    lose(upstream, "the server ended it, or spoke out of turn");
    return false;
}

static struct list_node *last(const struct list *list)
{
    return list->count > 0 ? list->head.prev : NULL;
}

struct upstream *parked_find(const struct permits_holders *holders, const struct upstream_key *wish)
{
    const struct list *parked = &holders->parked;
    struct list_node *before, *node = last(parked);
    for (; node != NULL; node = before) {
        struct upstream *upstream = &list_entry(node, struct pooled, in_pool)->upstream;
        before = node->prev != &parked->head ? node->prev : NULL;
        if (key_fits(wish, &upstream->key) && parked_is_alive(upstream))
            return upstream;
    }
    return NULL;
}

static struct upstream *find_best(struct pool *pool, const struct list *parked,
                                  const struct parked_wish *wish, const struct fingerprint *fingerprint)
{
    struct upstream *best = NULL;
    enum fit best_fit = FIT_OLD;
    struct list_node *node = last(parked);
    for (; node != NULL; node = node->prev != &parked->head ? node->prev : NULL) {
        struct upstream *upstream = &list_entry(node, struct pooled, in_pool)->upstream;
        if (!key_fits(&wish->key, &upstream->key))
            continue;
        bool is_old = login_age_is_old(upstream, wish->since_us);
        enum fit fit = is_old ? FIT_OLD : fit_state(pool, upstream, wish->facets, fingerprint);
        if (best == NULL || fit > best_fit) {
            best = upstream;
            best_fit = fit;
        }
        if (best_fit == FIT_EQUAL)
            break;
    }
    return best;
}

struct upstream *parked_take(struct pool *pool, const struct server *server, const struct parked_wish *wish)
{
    struct permits_holders *holders = pool_holders(pool, &server->permits);
    struct fingerprint fingerprint = { 0 };
    struct upstream *upstream = NULL;
    if (fingerprint_take(&fingerprint, &wish->facets->vars))
        do
            upstream = find_best(pool, &holders->parked, wish, &fingerprint);
        while (upstream != NULL && !parked_is_alive(upstream));
    fingerprint_fini(&fingerprint);
    if (upstream == NULL)
        return NULL;
    if (login_age_is_old(upstream, wish->since_us) && holders->has_no_change) {
        parked_retire(upstream);
        return NULL;
    }
    counter_add(&parked_counters(upstream)->pool_taken, 1);
    parked_remove(upstream);
    return upstream;
}

/* ---- views, reloads, and the end ---- */

/* Closes connections of the pool, also those being reset, and returns how many. With a `view`, keeps those
 * that are usable in it (fit_is_usable). */
static unsigned close_unless(struct permits_holders *holders, const struct view *view, size_t server)
{
    unsigned count = 0;
    struct list_node *next, *node = list_first(&holders->list);
    for (; node != NULL; node = next) {
        struct upstream *upstream = upstream_of_permit(holders->permits, node);
        next = list_after(&holders->list, node);
        if (!parked_has(upstream) || (view != NULL && fit_is_usable(view, server, upstream)))
            continue;
        parked_retire(upstream);
        count++;
    }
    return count;
}

unsigned parked_close_all(struct permits_holders *holders)
{
    return close_unless(holders, NULL, 0);
}

void parked_on_rules(struct pool *pool)
{
    for (unsigned cluster = 0; cluster < pool->cluster_count; cluster++) {
        const struct cluster_settings *settings = pool_settings(pool, cluster);
        const struct view *view = pool->clusters[cluster].view;
        bool has_max = settings != NULL && settings->pool_idle_max != POOL_IDLE_AUTO;
        for (size_t i = 0; view != NULL && i < view->count; i++) {
            struct server *server = view->servers[i].server;
            struct permits_holders *holders = pool_holders(pool, &server->permits);
            (void)close_unless(holders, view, i);
            if (has_max) {
                struct list_node *node; /* the oldest first */
                while ((node = list_first(&holders->parked)) != NULL &&
                       server_sum(server).connections_idle > (uint64_t)settings->pool_idle_max)
                    parked_retire(&list_entry(node, struct pooled, in_pool)->upstream);
            }
        }
    }
}

void parked_on_view(struct pool *pool, unsigned cluster)
{
    const struct view *view = pool->clusters[cluster].view;
    for (size_t i = 0; i < view->count; i++) {
        struct permits_holders *holders = pool_holders(pool, &view->servers[i].server->permits);
        holders->has_no_reset &= view->servers[i].state != SERVER_DOWN; /* it may return as a newer one */
        holders->has_no_change &= view->servers[i].state != SERVER_DOWN;
        (void)close_unless(holders, view, i);
    }
}

void parked_end(struct pool *pool)
{
    for (unsigned cluster = 0; cluster < pool->cluster_count; cluster++) {
        const struct view *view = pool->clusters[cluster].view;
        for (size_t i = 0; view != NULL && i < view->count; i++)
            (void)parked_close_all(pool_holders(pool, &view->servers[i].server->permits));
    }
}
