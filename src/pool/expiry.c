#include "pool/expiry.h"

#include "pool/lifetime.h"
#include "pool/pool.h"
#include "pool/yield.h"

#include <stddef.h>

/* So often the timer fires: seldom enough to cost nothing, often enough for a wait_timeout that was lowered a
 * moment ago. */
#define TICK_US 1000000
#define TICK_MIN_US 100000

static uint64_t look_at(struct worker *worker, struct server *server)
{
    struct permits_holders *holders = &server->permits.holders[worker->index];
    uint64_t every_us = lifetime_look_us(worker, server), now = worker->loop.now_us;
    if (now - holders->looked_us < every_us)
        return every_us;
    holders->looked_us = now;
    struct list_node *next, *node = list_first(&holders->list);
    for (; node != NULL; node = next) {
        struct upstream *upstream = upstream_of_permit(&server->permits, node);
        next = list_after(&holders->list, node);
        if (!pool_has(upstream) && lifetime_has_ended(worker, upstream))
            yield_retire(upstream);
    }
    return every_us;
}

static void on_timer(struct loop_timer *timer)
{
    struct worker *worker = timer->loop->context;
    uint64_t next_us = TICK_US;
    for (unsigned i = 0; i < worker->world->cluster_count; i++) {
        const struct view *view = worker_view(worker, i);
        for (size_t j = 0; view != NULL && j < view->count; j++) {
            uint64_t every_us = look_at(worker, view->servers[j].server);
            next_us = every_us < next_us ? every_us : next_us;
        }
    }
    loop_timer_start(timer, &worker->loop, next_us > TICK_MIN_US ? next_us : TICK_MIN_US);
}

void expiry_start(struct worker *worker)
{
    loop_timer_init(&worker->retire, on_timer);
    loop_timer_start(&worker->retire, &worker->loop, TICK_MIN_US);
}

void expiry_stop(struct worker *worker)
{
    loop_timer_stop(&worker->retire);
}
