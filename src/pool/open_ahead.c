#include "pool/open_ahead.h"

#include "cluster/quota.h"
#include "pool/fit.h"
#include "pool/pool_inside.h"
#include "pool/prewarm.h"
#include "pool/reset.h"

/* One of the server's, and one of its account's, if that has a limit there. */
static bool take_permits(struct server *server, struct quota *quota)
{
    if (quota != NULL && !permits_try(&quota->permits))
        return false;
    if (permits_try(&server->permits))
        return true;
    if (quota != NULL)
        permits_give(&quota->permits);
    return false;
}

/* Are there too few? Then one more is on its way. */
static bool begin_opening(struct server *server, struct quota *quota, uint64_t wanted)
{
    uint32_t before = atomic_fetch_add_explicit(&server->opening_ahead, 1, memory_order_acquire);
    if (before + server_sum(server).connections_idle < wanted && take_permits(server, quota))
        return true;
    (void)atomic_fetch_sub_explicit(&server->opening_ahead, 1, memory_order_release);
    return false;
}

void pool_end_opening(struct upstream *upstream)
{
    if (upstream->is_ahead)
        (void)atomic_fetch_sub_explicit(&upstream->server->opening_ahead, 1, memory_order_release);
    upstream->is_ahead = false;
}

bool pool_open_ahead(struct worker *worker, struct server *server, const struct upstream_wish *wish,
                     const struct upstream_key *key, uint64_t wanted)
{
    struct error err = { 0 };
    struct upstream_wish with_permit = *wish;
    struct quota *quota = quota_find(server, key->account);
    if (!begin_opening(server, quota, wanted))
        return false;
    with_permit.take_permit = true;
    struct upstream *upstream = upstream_open(&worker->env, server, &with_permit, &pool_ops, worker, &err);
    if (upstream == NULL) {
        if (quota != NULL)
            permits_give(&quota->permits);
        (void)atomic_fetch_sub_explicit(&server->opening_ahead, 1, memory_order_release);
        prewarm_ended(worker, server, key, &err);
        return false;
    }
    upstream->key = *key;
    login_age_note_ahead(worker, upstream);
    if (quota != NULL)
        quota_hold(quota, upstream);
    upstream->cleaning = CLEANING_LOGIN;
    upstream->is_ahead = true;
    return true;
}

void pool_fail_opening(struct upstream *upstream, const struct error *err)
{
    log_limited(LOG_LEVEL_INFO, NULL, "no connection to %s could be opened ahead: %s", upstream->server->name,
                err->text);
    prewarm_ended(upstream->owner, upstream->server, &upstream->key, err);
    pool_drop(upstream);
}

void pool_on_opened(struct upstream *upstream)
{
    const struct error full = { .text = "there is no room for it" };
    if (upstream->is_soiled || pool_is_full(upstream->owner, upstream)) {
        pool_fail_opening(upstream, &full);
        return;
    }
    counter_add(&pool_counters_of(upstream)->pool_opened_ahead, 1);
    prewarm_ended(upstream->owner, upstream->server, &upstream->key, NULL);
    pool_park_new(upstream);
}
