#include "monitor/health.h"

#define DOUBLINGS_MAX 30 /* one microsecond, doubled so often, is longer than any `max` */

void health_begin(struct health *health, uint64_t now_us)
{
    *health = (struct health){ .state = SERVER_STARTING, .probed = SERVER_STARTING, .since_us = now_us };
}

/* ---- probes ---- */

static int64_t needed(enum server_state probed, const struct health_rules *rules)
{
    if (probed == SERVER_STARTING)
        return 1; /* nothing is known yet: the first answer is believed */
    return probed == SERVER_UP ? rules->fall : rules->rise;
}

static void count_probe(struct health *health, const struct health_rules *rules, enum server_state says)
{
    if (says == health->probed) {
        health->in_a_row = 0;
    } else if (++health->in_a_row >= needed(health->probed, rules)) {
        health->probed = says;
        health->in_a_row = 0;
    }
}

/* A lagging server is back at half of the limit: a lag near the limit causes one change, not many. */
static bool is_behind(const struct health *health, const struct health_rules *rules, int64_t lag_ms)
{
    if (rules->max_lag_us == 0)
        return false;
    if (lag_ms < 0)
        return health->is_lagging;
    uint64_t lag_us = (uint64_t)lag_ms * 1000;
    return lag_us > (health->is_lagging ? rules->max_lag_us / 2 : rules->max_lag_us);
}

static void on_passed(struct health *health, const struct health_rules *rules,
                      const struct health_event *event, uint64_t now_us)
{
    (void)now_us;
    count_probe(health, rules, SERVER_UP);
    health->has_answered = true;
    health->has_passed_since = true;
    health->is_lagging = is_behind(health, rules, event->lag_ms);
}

static void on_failed(struct health *health, const struct health_rules *rules,
                      const struct health_event *event, uint64_t now_us)
{
    (void)event;
    (void)now_us;
    count_probe(health, rules, SERVER_DOWN);
}

static void on_answered(struct health *health, const struct health_rules *rules,
                        const struct health_event *event, uint64_t now_us)
{
    if (!health->has_answered)
        on_failed(health, rules, event, now_us);
}

/* ---- ejection ---- */

static void eject(struct health *health, const struct health_rules *rules, uint32_t random, uint64_t now_us)
{
    bool is_forgotten = health->ejections > 0 && now_us - health->back_us >= rules->ejection_max_us;
    if (is_forgotten)
        health->ejections = 0;
    uint64_t length_us = rules->ejection_base_us;
    for (unsigned i = 0; i < health->ejections && length_us < rules->ejection_max_us; i++)
        length_us *= 2;
    if (length_us > rules->ejection_max_us)
        length_us = rules->ejection_max_us;
    if (health->ejections < DOUBLINGS_MAX)
        health->ejections++;
    health->is_ejected = true;
    health->has_passed_since = false;
    /* A fifth more or less, so that proxies that ejected a server at the same time do not return to it at the
     * same time. */
    uint64_t fifth = length_us / 5;
    health->ejected_until_us =
        now_us + length_us - fifth + (uint64_t)((double)(2 * fifth) * random / UINT32_MAX);
}

static void on_traffic(struct health *health, const struct health_rules *rules,
                       const struct health_event *event, uint64_t now_us)
{
    bool is_of_no_use = health->probed != SERVER_UP || health->is_ejected; /* failures do not count then */
    if (event->successes > 0 || is_of_no_use)
        health->failures = 0;
    else
        health->failures += event->failures;
    if (rules->ejection_failures > 0 && event->failures > 0 && event->may_eject &&
        health->failures >= (uint64_t)rules->ejection_failures)
        eject(health, rules, event->random, now_us);
}

static void on_replaced(struct health *health, const struct health_rules *rules,
                        const struct health_event *event, uint64_t now_us)
{
    enum health_order order = health->order;
    enum server_state state = health->state;
    (void)rules;
    (void)event;
    health_begin(health, now_us);
    health->order = order;
    health->state = state; /* until the state is composed again */
}

static void on_pardoned(struct health *health, const struct health_rules *rules,
                        const struct health_event *event, uint64_t now_us)
{
    (void)rules;
    (void)event;
    (void)now_us;
    health->is_ejected = false;
    health->failures = 0;
}

static void on_ordered(struct health *health, const struct health_rules *rules,
                       const struct health_event *event, uint64_t now_us)
{
    (void)rules;
    (void)now_us;
    health->order = event->order;
}

/* ---- all together ---- */

static bool is_out(const struct health *health)
{
    return health->probed == SERVER_DOWN || health->is_ejected;
}

static enum server_state compose(const struct health *health)
{
    if (health->order != HEALTH_ENABLED)
        return health->order == HEALTH_DISABLED ? SERVER_DISABLED : SERVER_DRAINING;
    if (health->probed != SERVER_UP)
        return health->probed;
    if (health->is_ejected)
        return SERVER_EJECTED;
    return health->is_lagging ? SERVER_LAGGING : SERVER_UP;
}

bool health_note(struct health *health, const struct health_rules *rules, const struct health_event *event,
                 uint64_t now_us)
{
    static void (*const handlers[])(struct health *, const struct health_rules *, const struct health_event *,
                                    uint64_t) = { on_passed, on_failed,   on_answered, on_traffic,
                                                  NULL,      on_replaced, on_pardoned, on_ordered };
    bool was_out = is_out(health);
    if (handlers[event->kind] != NULL) /* HEALTH_TICK has none: only the time matters */
        handlers[event->kind](health, rules, event, now_us);
    if (health->is_ejected && health->has_passed_since && now_us >= health->ejected_until_us)
        health->is_ejected = false;
    if (was_out && !is_out(health)) {
        health->back_us = now_us;
        health->failures = 0;
    }
    enum server_state now = compose(health);
    if (now == health->state)
        return false;
    health->state = now;
    health->since_us = now_us;
    return true;
}

const char *health_reason(const struct health *health)
{
    static const char *const reasons[] = {
        [SERVER_STARTING] = "not probed yet",
        [SERVER_UP] = "probes pass",
        [SERVER_LAGGING] = "too far behind its source",
        [SERVER_EJECTED] = "left alone for a while: sessions failed there",
        [SERVER_DOWN] = "down",
        [SERVER_DRAINING] = "drained by an operator",
        [SERVER_DISABLED] = "disabled by an operator",
    };
    return reasons[health->state];
}

uint64_t health_probe_after(const struct health *health, const struct health_rules *rules, uint64_t now_us)
{
    uint64_t after_us = rules->interval_us;
    if (health->probed == SERVER_UP && health->in_a_row > 0)
        after_us /= 4;
    if (health->is_ejected && health->ejected_until_us > now_us &&
        health->ejected_until_us - now_us < after_us)
        after_us = health->ejected_until_us - now_us;
    return after_us;
}

bool health_may_eject(size_t servers, size_t replicas, size_t ejected, int64_t max_share)
{
    size_t allowed = servers * (size_t)max_share / 100;
    if (allowed == 0 && replicas >= 2 && max_share > 0)
        allowed = 1;
    return ejected < allowed;
}
