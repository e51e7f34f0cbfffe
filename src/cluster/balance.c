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

static bool is_candidate(const struct view *view, size_t at, int avoid)
{
    return view->servers[at].takes_reads && (int)at != avoid;
}

/* Where to begin: the turn goes round the candidates, so that those that are equal get equal shares. */
static size_t first_candidate(const struct view *view, int avoid, unsigned turn)
{
    unsigned count = 0;
    for (size_t at = 0; at < view->count; at++)
        count += is_candidate(view, at, avoid);
    unsigned skip = count > 0 ? turn % count : 0;
    for (size_t at = 0; at < view->count; at++)
        if (is_candidate(view, at, avoid) && skip-- == 0)
            return at;
    return 0;
}

int balance_pick(const struct view *view, int avoid, unsigned turn)
{
    int best = VIEW_NO_SERVER;
    uint64_t best_active = 0;
    size_t first = first_candidate(view, avoid, turn);
    for (size_t i = 0; i < view->count; i++) {
        size_t at = (i + first) % view->count;
        if (!is_candidate(view, at, avoid))
            continue;
        const struct server *server = view->servers[at].server;
        uint64_t load = active(server);
        if (best == VIEW_NO_SERVER || is_lighter(server, load, view->servers[best].server, best_active)) {
            best = (int)at;
            best_active = load;
        }
    }
    return best;
}
