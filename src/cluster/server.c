#include "cluster/server.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct server *server_new(const struct server_settings *settings, unsigned index, unsigned worker_count,
                          struct error *err)
{
    struct server *server = mem_zalloc(sizeof *server);
    if (server == NULL) {
        (void)error_set(err, 0, "server '%s': out of memory", settings->name);
        return NULL;
    }
    size_t bytes = worker_count * sizeof *server->by_worker;
    server->name = mem_strdup(settings->name);
    server->address = mem_strdup(settings->address);
    server->zone = mem_strdup(settings->zone != NULL ? settings->zone : "");
    server->by_worker = aligned_alloc(SERVER_CACHE_LINE, bytes);
    bool has_permits = permits_init(&server->permits, worker_count);
    server->max_connections = settings->max_connections;
    if (settings->max_connections > 0)
        permits_set_max(&server->permits, (uint32_t)settings->max_connections);
    server->worker_count = worker_count;
    server->weight = settings->weight;
    server->tls = (enum tls_setting)settings->tls;
    server->role_setting = (enum role_setting)settings->role;
    server->index = index;
    if (server->name == NULL || server->address == NULL || server->zone == NULL ||
        server->by_worker == NULL || !has_permits) {
        (void)error_set(err, 0, "server '%s': out of memory", settings->name);
        server_free(&server);
        return NULL;
    }
    memset(server->by_worker, 0, bytes);
    return server;
}

void server_free(struct server **server)
{
    if (*server == NULL)
        return;
    mem_free((*server)->name);
    mem_free((*server)->address);
    mem_free((*server)->zone);
    free((*server)->by_worker);
    permits_fini(&(*server)->permits);
    mem_free(*server);
    *server = NULL;
}

void server_note_latency(struct server *server, unsigned worker, uint64_t latency_us)
{
    counter *average = &server->by_worker[worker].latency_us;
    uint64_t before = counter_read(average);
    uint64_t now = before == 0 ? latency_us : before - before / 8 + latency_us / 8;
    atomic_store_explicit(average, now > 0 ? now : 1, memory_order_relaxed);
}

static void add_row(struct server_totals *sum, const struct server_counters *row)
{
    sum->connections_active += counter_read(&row->connections_active);
    sum->connections_idle += counter_read(&row->connections_idle);
    sum->readers += counter_read(&row->readers);
    sum->running += counter_read(&row->running);
    sum->connects += counter_read(&row->connects);
    sum->connect_failures += counter_read(&row->connect_failures);
    sum->refusals += counter_read(&row->refusals);
    sum->queries += counter_read(&row->queries);
    sum->errors += counter_read(&row->errors);
    sum->queue_timeouts += counter_read(&row->queue_timeouts);
    sum->losses += counter_read(&row->losses);
    sum->drops += counter_read(&row->drops);
    sum->demotions += counter_read(&row->demotions);
}

void server_note_own_max(struct server *server, uint64_t own_max, int64_t reserve)
{
    uint32_t max = own_max < UINT32_MAX ? (uint32_t)own_max : UINT32_MAX - 1;
    uint32_t kept = (uint64_t)reserve < max / 2 ? (uint32_t)reserve : max / 2;
    atomic_store_explicit(&server->own_max, max, memory_order_relaxed);
    if (server->max_connections == 0 && max > 0)
        permits_set_max(&server->permits, max - kept);
}

void server_note_manners(struct server *server, uint32_t patience_s, bool has_init_connect)
{
    atomic_store_explicit(&server->patience_s, patience_s, memory_order_relaxed);
    atomic_store_explicit(&server->has_init_connect, has_init_connect, memory_order_relaxed);
}

struct server_totals server_sum(const struct server *server)
{
    return server_sum_without(server, server->worker_count);
}

void server_sum_response(const struct server *server, struct hist_total *total)
{
    for (unsigned i = 0; i < server->worker_count; i++)
        hist_add(total, &server->by_worker[i].response);
}

struct server_totals server_sum_without(const struct server *server, unsigned row)
{
    struct server_totals sum = { 0 };
    for (unsigned i = 0; i < server->worker_count; i++)
        if (i != row)
            add_row(&sum, &server->by_worker[i]);
    return sum;
}

const char *server_role_name(enum server_role role)
{
    static const char *const names[] = { "unknown", "primary", "replica" };
    return names[role];
}

const char *server_state_name(enum server_state state)
{
    static const char *const names[] = { "starting", "up",       "lagging", "ejected",
                                         "down",     "draining", "disabled" };
    return names[state];
}
