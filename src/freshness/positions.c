#include "freshness/positions.h"

#include "base/mem.h"
#include "cluster/view.h"
#include "freshness/position_server.h"

uint64_t positions_next_moment(struct positions *positions)
{
    return ++positions->moment;
}

/* ---- the servers ---- */

static bool has_servers(struct positions *positions)
{
    size_t count = positions->view->count;
    if (positions->count >= count)
        return true;
    struct position_server **servers =
        mem_realloc(positions->servers, count * sizeof(struct position_server *));
    if (servers == NULL)
        return false;
    positions->servers = servers;
    for (; positions->count < count; positions->count++) {
        servers[positions->count] = position_server_new(positions, (int)positions->count);
        if (servers[positions->count] == NULL)
            return false;
    }
    return true;
}

/* NULL: its position was not demanded yet. */
static struct position_server *server_at(const struct positions *positions, int index)
{
    return index != VIEW_NO_SERVER && (size_t)index < positions->count ? positions->servers[index] : NULL;
}

void positions_on_view(struct positions *positions, const struct view *view)
{
    positions->view = view;
    for (size_t i = 0; i < positions->count; i++)
        if (view->servers[i].is_gone)
            position_server_forget(positions->servers[i]);
}

/* ---- waiters ---- */

void positions_demand(struct positions *positions, uint64_t since)
{
    const struct view *view = positions->view;
    if (!has_servers(positions))
        return; /* no memory: no position is known, so reads go to the primary */
    if (since > positions->wanted)
        positions->wanted = since;
    for (size_t i = 0; i < positions->count; i++) {
        struct position_server *server = positions->servers[i];
        if (((int)i == view->primary && since == 0) || view->servers[i].is_gone)
            continue;
        server->demanded_us = positions->env->loop->now_us;
        position_server_measure(server);
        if (!server->is_asking && !position_server_is_resting(server))
            position_server_schedule(server);
    }
}

void positions_note_written(struct positions *positions, const struct gtid_position *position)
{
    if (position->count == 0)
        return;
    positions->written = position->marks[0];
    positions->written_us = positions->env->loop->now_us;
}

static uint64_t read_latency(const struct positions *positions, int server)
{
    const struct server_counters *rows = positions->view->servers[server].server->by_worker;
    return counter_read(&rows[positions->env->worker].latency_us);
}

uint64_t positions_wait_us(const struct positions *positions, int server, uint64_t elapsed_us)
{
    const struct position_server *replica = server_at(positions, server);
    int primary = positions->view->primary;
    if (replica == NULL || primary == VIEW_NO_SERVER || server == primary)
        return 0;
    uint64_t since_us = positions->view->is_galera ? 0 : elapsed_us; /* a node's wait begins with the poll */
    return replica_delay_wait_us(&replica->delay, since_us, read_latency(positions, primary),
                                 read_latency(positions, server));
}

void positions_wait(struct positions *positions, struct list_node *waiter)
{
    if (positions->waiting.count == 0)
        for (size_t i = 0; i < positions->count; i++)
            position_server_hurry(positions->servers[i]);
    list_link_last(&positions->waiting, waiter);
}

void positions_leave(struct positions *positions, struct list_node *waiter)
{
    if (list_is_linked(waiter))
        list_unlink(&positions->waiting, waiter);
}

/* Waiters may wait again at the end of the list: only as many are run as there are now. */
size_t positions_wake(struct positions *positions)
{
    size_t before = positions->waiting.count;
    for (size_t i = 0; i < before && positions->waiting.count > 0; i++) {
        struct list_node *waiter = list_first(&positions->waiting);
        positions_leave(positions, waiter);
        positions->on_news(waiter);
    }
    return before > positions->waiting.count ? before - positions->waiting.count : 0;
}

/* ---- how far the servers are ---- */

uint64_t positions_epoch(struct positions *positions)
{
    const struct view *view = positions->view;
    int primary = view->primary;
    uint64_t moves = primary != VIEW_NO_SERVER ? view->servers[primary].moves : 0;
    if (primary != VIEW_NO_SERVER && (primary != positions->primary || moves != positions->primary_moves)) {
        positions->primary = primary;
        positions->primary_moves = moves;
        positions->epoch++;
        positions->base_number++; /* no server is known to have the new base */
        gtid_table_clear(&positions->base);
        struct position_server *server = server_at(positions, primary);
        if (server != NULL)
            server->answered = 0; /* its answers are of an earlier time as primary, or as replica */
        positions->is_unfollowed = false;
    }
    return positions->epoch;
}

bool positions_has_primary_since(struct positions *positions, uint64_t moment)
{
    (void)positions_epoch(positions);
    const struct position_server *server = server_at(positions, positions->primary);
    return server != NULL && server->is_primary && server->answered > moment &&
           !position_server_has_moved(server);
}

static bool has_base(struct positions *positions, struct position_server *server)
{
    if (server->base != positions->base_number && gtid_table_includes(&server->held, &positions->base))
        server->base = positions->base_number;
    return server->base == positions->base_number;
}

bool positions_has(struct positions *positions, int index, const struct gtid_position *position,
                   bool needs_base)
{
    struct position_server *server = server_at(positions, index);
    return server != NULL && server->answered != 0 && !position_server_has_moved(server) &&
           !server->is_primary && index != positions->view->primary &&
           (!needs_base || has_base(positions, server)) && gtid_table_contains(&server->held, position);
}

bool positions_has_moment(struct positions *positions, int index, uint64_t moment)
{
    const struct position_server *server = server_at(positions, index);
    return server != NULL && server->is_asked_as_node && server->answered > moment &&
           !position_server_has_moved(server) && index != positions->view->primary;
}

bool positions_primary_reaches(const struct positions *positions, const struct gtid_position *position)
{
    return gtid_table_reaches(&positions->servers[positions->primary]->held, position);
}

/* ---- life ---- */

struct positions *positions_new(const struct upstream_env *env, unsigned cluster,
                                void (*on_news)(struct list_node *waiter))
{
    struct positions *positions = mem_zalloc(sizeof *positions);
    if (positions == NULL)
        return NULL;
    positions->env = env;
    positions->cluster = cluster;
    positions->on_news = on_news;
    positions->primary = VIEW_NO_SERVER;
    list_init(&positions->waiting);
    return positions;
}

void positions_stop(struct positions *positions)
{
    for (size_t i = 0; i < positions->count; i++)
        position_server_stop(positions->servers[i]);
}

void positions_free(struct positions **positions_r)
{
    struct positions *positions = *positions_r;
    *positions_r = NULL;
    if (positions == NULL)
        return;
    for (size_t i = 0; i < positions->count; i++)
        position_server_free(positions->servers[i]);
    gtid_table_fini(&positions->said);
    gtid_table_fini(&positions->base);
    mem_free(positions->servers);
    mem_free(positions);
}
