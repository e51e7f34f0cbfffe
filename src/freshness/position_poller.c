#include "freshness/position_poller.h"

#include "base/mem.h"
#include "cluster/view.h"
#include "freshness/position_server.h"

uint64_t watch_happen(struct watch *watch)
{
    return ++watch->moment;
}

/* ---- the servers ---- */

static bool has_servers(struct watch *watch)
{
    size_t count = watch->view->count;
    if (watch->count >= count)
        return true;
    struct watched **servers = mem_realloc(watch->servers, count * sizeof(struct watched *));
    if (servers == NULL)
        return false;
    watch->servers = servers;
    for (; watch->count < count; watch->count++) {
        servers[watch->count] = position_server_new(watch, (int)watch->count);
        if (servers[watch->count] == NULL)
            return false;
    }
    return true;
}

/* NULL: nobody has asked for it yet. */
static struct watched *watched_at(const struct watch *watch, int index)
{
    return index != VIEW_NO_SERVER && (size_t)index < watch->count ? watch->servers[index] : NULL;
}

void watch_on_view(struct watch *watch, const struct view *view)
{
    watch->view = view;
    for (size_t i = 0; i < watch->count; i++)
        if (view->servers[i].is_gone)
            position_server_forget(watch->servers[i]);
}

/* ---- who waits ---- */

void watch_demand(struct watch *watch, uint64_t since)
{
    const struct view *view = watch->view;
    if (!has_servers(watch))
        return; /* nobody is satisfied: the primary has the reads */
    if (since > watch->wanted)
        watch->wanted = since;
    for (size_t i = 0; i < watch->count; i++) {
        struct watched *server = watch->servers[i];
        if (((int)i == view->primary && since == 0) || view->servers[i].is_gone)
            continue;
        server->demanded_us = watch->env->loop->now_us;
        position_server_measure(server);
        if (!server->is_asking && !position_server_is_resting(server))
            position_server_schedule(server);
    }
}

void watch_note_written(struct watch *watch, const struct gtid_position *position)
{
    if (position->count == 0)
        return;
    watch->written = position->marks[0];
    watch->written_us = watch->env->loop->now_us;
}

static uint64_t read_latency(const struct watch *watch, int server)
{
    const struct server_counters *rows = watch->view->servers[server].server->by_worker;
    return counter_read(&rows[watch->env->worker].latency_us);
}

uint64_t watch_patience(const struct watch *watch, int server, uint64_t elapsed_us)
{
    const struct watched *watched = watched_at(watch, server);
    int primary = watch->view->primary;
    if (watched == NULL || primary == VIEW_NO_SERVER || server == primary)
        return 0;
    uint64_t since_us = watch->view->is_galera ? 0 : elapsed_us; /* a node's wait begins with the poll */
    return replica_delay_patience(&watched->delay, since_us, read_latency(watch, primary),
                                  read_latency(watch, server));
}

void watch_wait(struct watch *watch, struct list_node *waiter)
{
    if (watch->waiting.count == 0)
        for (size_t i = 0; i < watch->count; i++)
            position_server_hurry(watch->servers[i]);
    list_link_last(&watch->waiting, waiter);
}

void watch_leave(struct watch *watch, struct list_node *waiter)
{
    if (list_is_linked(waiter))
        list_unlink(&watch->waiting, waiter);
}

/* Each may have to wait again: as many as there are now, no more. */
size_t watch_wake(struct watch *watch)
{
    size_t before = watch->waiting.count;
    for (size_t i = 0; i < before && watch->waiting.count > 0; i++) {
        struct list_node *waiter = list_first(&watch->waiting);
        watch_leave(watch, waiter);
        watch->on_news(waiter);
    }
    return before > watch->waiting.count ? before - watch->waiting.count : 0;
}

/* ---- how far they are ---- */

uint64_t watch_epoch(struct watch *watch)
{
    const struct view *view = watch->view;
    int primary = view->primary;
    uint64_t moves = primary != VIEW_NO_SERVER ? view->servers[primary].moves : 0;
    if (primary != VIEW_NO_SERVER && (primary != watch->primary || moves != watch->primary_moves)) {
        watch->primary = primary;
        watch->primary_moves = moves;
        watch->epoch++;
        watch->base_number++; /* nobody is known to have the new one */
        gtid_table_clear(&watch->base);
        struct watched *server = watched_at(watch, primary);
        if (server != NULL)
            server->answered = 0; /* when it was the primary before */
        watch->is_unfollowed = false;
    }
    return watch->epoch;
}

bool watch_has_primary_since(struct watch *watch, uint64_t moment)
{
    (void)watch_epoch(watch);
    const struct watched *server = watched_at(watch, watch->primary);
    return server != NULL && server->is_primary && server->answered > moment &&
           !position_server_has_moved(server);
}

static bool has_base(struct watch *watch, struct watched *server)
{
    if (server->base != watch->base_number && gtid_table_includes(&server->held, &watch->base))
        server->base = watch->base_number;
    return server->base == watch->base_number;
}

bool watch_has(struct watch *watch, int index, const struct gtid_position *position, bool needs_base)
{
    struct watched *server = watched_at(watch, index);
    return server != NULL && server->answered != 0 && !position_server_has_moved(server) &&
           !server->is_primary && index != watch->view->primary && (!needs_base || has_base(watch, server)) &&
           gtid_table_contains(&server->held, position);
}

bool watch_has_moment(struct watch *watch, int index, uint64_t moment)
{
    const struct watched *server = watched_at(watch, index);
    return server != NULL && server->is_asked_as_node && server->answered > moment &&
           !position_server_has_moved(server) && index != watch->view->primary;
}

bool watch_primary_reaches(const struct watch *watch, const struct gtid_position *position)
{
    return gtid_table_reaches(&watch->servers[watch->primary]->held, position);
}

/* ---- life ---- */

struct watch *watch_new(const struct upstream_env *env, unsigned cluster,
                        void (*on_news)(struct list_node *waiter))
{
    struct watch *watch = mem_zalloc(sizeof *watch);
    if (watch == NULL)
        return NULL;
    watch->env = env;
    watch->cluster = cluster;
    watch->on_news = on_news;
    watch->primary = VIEW_NO_SERVER;
    list_init(&watch->waiting);
    return watch;
}

void watch_stop(struct watch *watch)
{
    for (size_t i = 0; i < watch->count; i++)
        position_server_stop(watch->servers[i]);
}

void watch_free(struct watch **watch_r)
{
    struct watch *watch = *watch_r;
    *watch_r = NULL;
    if (watch == NULL)
        return;
    for (size_t i = 0; i < watch->count; i++)
        position_server_free(watch->servers[i]);
    gtid_table_fini(&watch->said);
    gtid_table_fini(&watch->base);
    mem_free(watch->servers);
    mem_free(watch);
}
