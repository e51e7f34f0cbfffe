#include "pool/login_age.h"

#include "base/clock.h"

/* Added to max_lag: a replica tells its lag in whole seconds, and only at probes. */
#define LAG_SLACK_US 2000000

static uint64_t last_change(const struct pool *pool, unsigned cluster)
{
    return atomic_load_explicit(&pool->clusters[cluster].accounts_us, memory_order_acquire);
}

bool login_age_is_recent(const struct pool *pool, unsigned cluster)
{
    const struct cluster_settings *settings = pool_settings(pool, cluster);
    uint64_t changed = last_change(pool, cluster);
    if (changed == 0 || settings == NULL)
        return false;
    return settings->max_lag_us == 0 || pool_now(pool) < changed + settings->max_lag_us + LAG_SLACK_US;
}

struct rights login_age_begin(const struct pool *pool, unsigned cluster)
{
    const struct cluster_settings *settings = pool_settings(pool, cluster);
    uint64_t now = pool_now(pool), trust = settings != NULL ? settings->pool_login_trust_us : 0;
    uint64_t trusted = now > trust ? now - trust : 0, changed = last_change(pool, cluster);
    return (struct rights){ .login_us = now, .since_us = changed > trusted ? changed : trusted };
}

bool login_age_renew(const struct pool *pool, unsigned cluster, struct rights *rights)
{
    uint64_t changed = last_change(pool, cluster);
    if (changed <= rights->since_us)
        return false;
    rights->since_us = changed;
    return true;
}

static void note_later(_Atomic uint64_t *time_us, uint64_t now_us)
{
    uint64_t known = atomic_load_explicit(time_us, memory_order_relaxed);
    while (known < now_us && !atomic_compare_exchange_weak_explicit(
                                 time_us, &known, now_us, memory_order_release, memory_order_relaxed)) {
    }
}

/* Uses the clock, not the time of the loop's turn: the server may have run the statement during this turn. */
void login_age_note_change(struct pool *pool, unsigned cluster)
{
    struct pool *each = pool;
    uint64_t now = clock_monotonic_us();
    do
        note_later(&each->clusters[cluster].accounts_us, now);
    while ((each = each->next) != pool);
}
