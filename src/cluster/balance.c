#include "cluster/balance.h"

static uint64_t active(const struct server *server)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < server->worker_count; i++)
        sum += counter_read(&server->by_worker[i].connections_active);
    return sum;
}

/* a is less loaded than b, load being connections per weight, compared without dividing. */
static bool is_lighter(const struct server *a, uint64_t a_active, const struct server *b, uint64_t b_active)
{
    return (a_active + 1) * (uint64_t)b->weight < (b_active + 1) * (uint64_t)a->weight;
}

int balance_pick(const struct view *view, int avoid, unsigned turn)
{
    int best = VIEW_NO_SERVER;
    uint64_t best_active = 0;
    for (size_t i = 0; i < view->count; i++) {
        size_t at = (i + turn) % view->count;
        const struct view_server *candidate = &view->servers[at];
        if (!candidate->takes_reads || (int)at == avoid)
            continue;
        uint64_t load = active(candidate->server);
        if (best == VIEW_NO_SERVER ||
            is_lighter(candidate->server, load, view->servers[best].server, best_active)) {
            best = (int)at;
            best_active = load;
        }
    }
    return best;
}
