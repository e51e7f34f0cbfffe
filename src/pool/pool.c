#include "pool/pool.h"

#include "cluster/upstream_exchange.h"
#include "pool/fit.h"
#include "pool/key.h"
#include "pool/lifetime.h"
#include "pool/open_ahead.h"
#include "pool/pool_inside.h"
#include "pool/prewarm.h"
#include "pool/reset.h"
#include "pool/reuse.h"

struct permits_holders *pool_holders(const struct upstream *upstream)
{
    return upstream->permit.permits != NULL ? &upstream->permit.permits->holders[upstream->env->worker]
                                            : NULL;
}

struct pool_counters *pool_counters_of(const struct upstream *upstream)
{
    const struct worker *worker = upstream->owner;
    return &worker->boxes[upstream->key.cluster].pool;
}

/* ---- on the shelf, and off it ---- */

void pool_shelve(struct upstream *upstream)
{
    struct permits_holders *holders = pool_holders(upstream);
    upstream_expire(upstream, lifetime_parked_us(upstream->owner, upstream));
    list_link_last(&holders->parked, &upstream->in_pool);
    counter_add(&holders->kinds[key_kind(&upstream->key)], 1);
}

void pool_leave(struct upstream *upstream)
{
    struct permits_holders *holders = pool_holders(upstream);
    if (list_is_linked(&upstream->in_pool)) {
        list_unlink(&holders->parked, &upstream->in_pool);
        counter_sub(&holders->kinds[key_kind(&upstream->key)], 1);
        prewarm_look(upstream->owner);
    }
    if (upstream->promised_to != NULL)
        permits_promise(upstream->promised_to, -1);
    upstream->promised_to = NULL;
}

void pool_drop(struct upstream *upstream)
{
    pool_leave(upstream);
    pool_end_opening(upstream);
    upstream_close(&upstream);
}

void pool_retire(struct upstream *upstream)
{
    counter_add(&pool_counters_of(upstream)->pool_retired, 1);
    pool_drop(upstream);
}

/* Its server ended it, or something is wrong with it. */
static void lose(struct upstream *upstream, const char *how)
{
    struct worker *worker = upstream->owner;
    counter_add(&upstream->server->by_worker[worker->index].drops, 1);
    counter_add(&pool_counters_of(upstream)->pool_lost, 1);
    worker_note_trouble(worker, upstream->key.cluster);
    log_limited(LOG_LEVEL_INFO, NULL, "parked connection to %s lost: %s", upstream->server->name, how);
    pool_drop(upstream);
}

/* Nothing is expected of it: an end, or an error on the way to one. */
static bool has_spoken(struct upstream *upstream)
{
    if (stream_fill(&upstream->stream) != STREAM_BLOCKED)
        return true;
    stream_trim(&upstream->stream);
    return false;
}

static void on_io(struct upstream *upstream, int events)
{
    if (events & EV_WRITE) /* what closes statements; a failure is heard of by reading */
        upstream_flush(upstream);
    if ((events & EV_READ) && has_spoken(upstream))
        lose(upstream, "the server ended it, or spoke out of turn");
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    if (upstream->is_ahead)
        pool_fail_opening(upstream, err);
    else
        lose(upstream, err->text);
}

/* As it was left it may be for a while only; made new, for longer. */
static void on_expired(struct upstream *upstream)
{
    if (upstream->legacy.is_there) {
        pool_leave(upstream);
        upstream_hand_over(upstream, upstream->ops, upstream->owner);
        pool_begin_reset(upstream);
        return;
    }
    log_debug(NULL, "a parked connection to %s is retired", upstream->server->name);
    pool_retire(upstream);
}

const struct upstream_owner_ops pool_ops = { .on_ready = pool_on_opened,
                                             .on_answer = pool_on_cleaned,
                                             .on_failed = on_failed,
                                             .on_io = on_io,
                                             .on_expired = on_expired };

bool pool_has(const struct upstream *upstream)
{
    return upstream->ops == &pool_ops;
}

/* ---- taking ---- */

bool pool_is_alive(struct upstream *upstream)
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

struct upstream *pool_find(const struct permits_holders *holders, const struct upstream_key *wish)
{
    const struct list *parked = &holders->parked;
    struct list_node *before, *node = last(parked);
    for (; node != NULL; node = before) {
        struct upstream *upstream = list_entry(node, struct upstream, in_pool);
        before = node->prev != &parked->head ? node->prev : NULL;
        if (key_fits(wish, &upstream->key) && pool_is_alive(upstream))
            return upstream;
    }
    return NULL;
}

/* The one that suits best; of several the one parked last. */
static struct upstream *find_best(const struct session *session, int server,
                                  const struct fingerprint *fingerprint)
{
    struct server *wanted = session_view(session)->servers[server].server;
    struct list *parked = &wanted->permits.holders[session->worker->index].parked;
    struct upstream_key wish = pool_key(session, server);
    struct upstream *best = NULL;
    enum reuse_fit best_fit = ASLEFT_OLD;
    struct list_node *node = last(parked);
    for (; node != NULL; node = node->prev != &parked->head ? node->prev : NULL) {
        struct upstream *upstream = list_entry(node, struct upstream, in_pool);
        if (!key_fits(&wish, &upstream->key))
            continue;
        enum reuse_fit fit =
            login_age_are_old(session, upstream) ? ASLEFT_OLD : reuse_fit(session, upstream, fingerprint);
        if (best == NULL || fit > best_fit) {
            best = upstream;
            best_fit = fit;
        }
        if (best_fit == ASLEFT_EQUAL)
            break;
    }
    return best;
}

struct upstream *pool_take(const struct session *session, int server)
{
    struct fingerprint fingerprint = { 0 };
    struct upstream *upstream = NULL;
    if (fingerprint_take(&fingerprint, &session->facets.vars))
        do
            upstream = find_best(session, server, &fingerprint);
        while (upstream != NULL && !pool_is_alive(upstream));
    fingerprint_fini(&fingerprint);
    if (upstream == NULL)
        return NULL;
    if (login_age_are_old(session, upstream) && pool_holders(upstream)->has_no_change) {
        pool_retire(upstream);
        return NULL;
    }
    counter_add(&pool_counters_of(upstream)->pool_taken, 1);
    pool_leave(upstream);
    return upstream;
}

/* ---- views, reloads, and the end ---- */

/* Those that are being cleaned, too; how many it were. `view`: only if nothing goes to that server in it. */
static unsigned drop_unless(struct permits_holders *holders, const struct view *view, size_t server)
{
    unsigned count = 0;
    struct list_node *next, *node = list_first(&holders->list);
    for (; node != NULL; node = next) {
        struct upstream *upstream = upstream_of_permit(holders->permits, node);
        next = list_after(&holders->list, node);
        if (!pool_has(upstream) || (view != NULL && pool_is_usable(view, server, upstream)))
            continue;
        pool_retire(upstream);
        count++;
    }
    return count;
}

unsigned pool_unpark(struct permits_holders *holders)
{
    return drop_unless(holders, NULL, 0);
}

/* More than there may be by now: the oldest go. */
static void trim(struct permits_holders *holders, const struct server *server, uint64_t max)
{
    struct list_node *node;
    while ((node = list_first(&holders->parked)) != NULL && server_sum(server).connections_idle > max)
        pool_retire(list_entry(node, struct upstream, in_pool));
}

void pool_on_world(struct worker *worker)
{
    for (unsigned cluster = 0; cluster < worker->world->cluster_count; cluster++) {
        const struct cluster_settings *settings = pool_settings_of(worker, cluster);
        const struct view *view = worker_view(worker, cluster);
        bool has_max = settings != NULL && settings->pool_idle_max != POOL_IDLE_AUTO;
        for (size_t i = 0; view != NULL && i < view->count; i++) {
            struct server *server = view->servers[i].server;
            struct permits_holders *holders = &server->permits.holders[worker->index];
            (void)drop_unless(holders, view, i);
            if (has_max)
                trim(holders, server, (uint64_t)settings->pool_idle_max);
        }
    }
}

void pool_on_view(struct worker *worker, unsigned cluster)
{
    const struct view *view = worker_view(worker, cluster);
    for (size_t i = 0; i < view->count; i++) {
        struct permits_holders *holders = &view->servers[i].server->permits.holders[worker->index];
        holders->has_no_reset &= view->servers[i].state != SERVER_DOWN; /* it may come back as a newer one */
        holders->has_no_change &= view->servers[i].state != SERVER_DOWN;
        (void)drop_unless(holders, view, i);
    }
}

void pool_close(struct worker *worker)
{
    for (unsigned cluster = 0; cluster < worker->world->cluster_count; cluster++) {
        const struct view *view = worker_view(worker, cluster);
        for (size_t i = 0; view != NULL && i < view->count; i++)
            (void)pool_unpark(&view->servers[i].server->permits.holders[worker->index]);
    }
}
