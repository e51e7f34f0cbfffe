#include "pool/lifetime.h"

#include "base/mem.h"
#include "state/pooled.h"

/* How long a connection may be silent: microseconds for each second of the server's wait_timeout. Even with
 * the tenth of lifetime_spread that is less than half. The other half is reserve for the gaps between checks,
 * and for the difference to the server's clock. */
#define SILENCE_US 450000
#define LOOKS 8 /* checks in the shortest time after which a connection of a server may end */

/* The timer fires after TICK_US at the latest: seldom enough to cost nothing, and often enough for a
 * wait_timeout that was lowered a moment ago. */
#define TICK_US 1000000
#define TICK_MIN_US 100000

uint64_t lifetime_spread(uint64_t us, uint32_t seed)
{
    uint64_t share = (seed * UINT32_C(2654435761)) >> 22; /* 0 … 1023 */
    return us - us / 10 + us / 10 * 2 * share / 1023;
}

bool lifetime_is_over(const struct pool *pool, const struct upstream *upstream)
{
    uint64_t lifetime = pool->rules.timeouts->server_lifetime_us;
    return lifetime > 0 &&
           pool_now(pool) - upstream->opened_us >= lifetime_spread(lifetime, upstream->connection_id);
}

/* How long the connection may be silent, from the server's wait_timeout: the lower one of the value at the
 * connection's login and the present value. UINT64_MAX: the server has told none. */
static uint64_t wait_timeout_us(const struct upstream *upstream)
{
    uint32_t now_s = atomic_load_explicit(&upstream->server->wait_timeout_s, memory_order_relaxed);
    uint32_t own_s = upstream->wait_timeout_s;
    uint32_t seconds = own_s == 0 || (now_s != 0 && now_s < own_s) ? now_s : own_s;
    return seconds > 0 ? lifetime_spread((uint64_t)seconds * SILENCE_US, upstream->connection_id)
                       : UINT64_MAX;
}

uint64_t lifetime_trust_us(const struct pool *pool, const struct upstream *upstream)
{
    const struct cluster_settings *settings = pool_settings(pool, upstream->key.cluster);
    uint64_t trust = settings != NULL ? settings->pool_trust_us : 0, now = pool_now(pool);
    uint64_t end = upstream->renewed_us + trust;
    bool is_same =
        upstream->defaults == atomic_load_explicit(&upstream->server->defaults, memory_order_relaxed);
    return trust > 0 && is_same && now < end ? end - now : 0;
}

static uint64_t earlier(uint64_t end, uint64_t since, uint64_t after)
{
    return after < UINT64_MAX - since && since + after < end ? since + after : end;
}

uint64_t lifetime_parked_us(const struct pool *pool, const struct upstream *upstream)
{
    const struct timeout_settings *timeouts = pool->rules.timeouts;
    uint32_t seed = upstream->connection_id;
    uint64_t now = pool_now(pool);
    uint64_t end = pooled_look(upstream)->idle_us + lifetime_spread(timeouts->server_idle_us, seed);
    end = earlier(end, upstream->answered_us, wait_timeout_us(upstream));
    if (timeouts->server_lifetime_us > 0)
        end = earlier(end, upstream->opened_us, lifetime_spread(timeouts->server_lifetime_us, seed));
    if (pooled_look(upstream)->left.is_there)
        end = earlier(end, now, lifetime_trust_us(pool, upstream));
    return end > now ? end - now : 1;
}

/* ---- connections of sessions ---- */

/* Time between two checks of the server's connections: the shortest time after which one may end, divided by
 * LOOKS. */
static uint64_t look_every_us(const struct pool *pool, const struct server *server)
{
    uint64_t lifetime = pool->rules.timeouts->server_lifetime_us, shortest = UINT64_MAX;
    uint64_t silence =
        (uint64_t)atomic_load_explicit(&server->wait_timeout_s, memory_order_relaxed) * SILENCE_US;
    if (lifetime > 0)
        shortest = lifetime;
    if (silence > 0 && silence < shortest)
        shortest = silence;
    return shortest / LOOKS;
}

static uint64_t look_at(struct pool *pool, struct server *server)
{
    struct permits_holders *holders = pool_holders(pool, &server->permits);
    uint64_t every_us = look_every_us(pool, server), now = pool_now(pool);
    if (now - holders->looked_us < every_us)
        return every_us;
    holders->looked_us = now;
    struct list_node *next, *node = list_first(&holders->list);
    for (; node != NULL; node = next) {
        struct upstream *upstream = upstream_of_permit(&server->permits, node);
        next = list_after(&holders->list, node);
        /* The time of a session's connection is over if it was not used for server_idle and has reached
         * server_lifetime, or if it was silent for nearly half of the server's wait_timeout. */
        uint64_t silence = pool_now(pool) - upstream->answered_us;
        if (upstream->ops->on_aged != NULL &&
            (silence >= wait_timeout_us(upstream) ||
             (silence >= pool->rules.timeouts->server_idle_us && lifetime_is_over(pool, upstream))))
            upstream->ops->on_aged(upstream);
    }
    return every_us;
}

static void on_timer(struct loop_timer *timer)
{
    struct pool *pool = container_of(timer, struct pool, look_timer);
    uint64_t next_us = TICK_US;
    for (unsigned i = 0; i < pool->cluster_count; i++) {
        const struct view *view = pool->clusters[i].view;
        for (size_t j = 0; view != NULL && j < view->count; j++) {
            uint64_t every_us = look_at(pool, view->servers[j].server);
            next_us = every_us < next_us ? every_us : next_us;
        }
    }
    loop_timer_start(timer, pool->loop, next_us > TICK_MIN_US ? next_us : TICK_MIN_US);
}

void lifetime_start(struct pool *pool)
{
    loop_timer_init(&pool->look_timer, on_timer);
    loop_timer_start(&pool->look_timer, pool->loop, TICK_MIN_US);
}

void lifetime_stop(struct pool *pool)
{
    loop_timer_stop(&pool->look_timer);
}
