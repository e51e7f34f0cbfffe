#include "pool/lifetime.h"

#include "pool/reuse.h"

/* Of a server's wait_timeout, in microseconds for each second: with a tenth more it is less than half. Who
 * looks seldom, and a clock that is not the server's, have the other half. */
#define SILENCE_US 450000
#define LOOKS 8 /* in the shortest time */

uint64_t lifetime_spread(uint64_t us, uint32_t seed)
{
    uint64_t share = (seed * UINT32_C(2654435761)) >> 22; /* 0 … 1023 */
    return us - us / 10 + us / 10 * 2 * share / 1023;
}

bool lifetime_is_over(const struct worker *worker, const struct upstream *upstream)
{
    uint64_t lifetime = worker->world->timeouts->server_lifetime_us, now = worker->loop.now_us;
    return lifetime > 0 && now - upstream->opened_us >= lifetime_spread(lifetime, upstream->connection_id);
}

/* What the server said when the connection began, or says now, if that is less. UINT64_MAX: it has not said.
 */
static uint64_t wait_timeout_us(const struct upstream *upstream)
{
    uint32_t now_s = atomic_load_explicit(&upstream->server->patience_s, memory_order_relaxed);
    uint32_t own_s = upstream->patience_s;
    uint32_t seconds = own_s == 0 || (now_s != 0 && now_s < own_s) ? now_s : own_s;
    return seconds > 0 ? lifetime_spread((uint64_t)seconds * SILENCE_US, upstream->connection_id)
                       : UINT64_MAX;
}

bool lifetime_has_ended(const struct worker *worker, const struct upstream *upstream)
{
    uint64_t silence = worker->loop.now_us - upstream->answered_us;
    return silence >= wait_timeout_us(upstream) ||
           (silence >= worker->world->timeouts->server_idle_us && lifetime_is_over(worker, upstream));
}

static uint64_t earlier(uint64_t end, uint64_t since, uint64_t after)
{
    return after < UINT64_MAX - since && since + after < end ? since + after : end;
}

uint64_t lifetime_parked_us(const struct worker *worker, const struct upstream *upstream)
{
    const struct timeout_settings *timeouts = worker->world->timeouts;
    uint32_t seed = upstream->connection_id;
    uint64_t now = worker->loop.now_us;
    uint64_t end = upstream->idle_us + lifetime_spread(timeouts->server_idle_us, seed);
    end = earlier(end, upstream->answered_us, wait_timeout_us(upstream));
    if (timeouts->server_lifetime_us > 0)
        end = earlier(end, upstream->opened_us, lifetime_spread(timeouts->server_lifetime_us, seed));
    if (upstream->legacy.is_there)
        end = earlier(end, now, reuse_trust(worker, upstream));
    return end > now ? end - now : 1;
}

uint64_t lifetime_look_us(const struct worker *worker, const struct server *server)
{
    uint64_t lifetime = worker->world->timeouts->server_lifetime_us, shortest = UINT64_MAX;
    uint64_t silence = (uint64_t)atomic_load_explicit(&server->patience_s, memory_order_relaxed) * SILENCE_US;
    if (lifetime > 0)
        shortest = lifetime;
    if (silence > 0 && silence < shortest)
        shortest = silence;
    return shortest / LOOKS;
}
