#include "upstream/server.h"

#include "base/mem.h"
#include "net/tls_client.h"
#include "upstream/server_tls.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct server_name {
    struct server_name *before;
    char text[];
};

/* A copy of the name; NULL: memory is out. */
static struct server_name *name_new(const char *text)
{
    size_t size = strlen(text) + 1;
    struct server_name *name = mem_zalloc(sizeof *name + size);
    if (name != NULL)
        memcpy(name->text, text, size);
    return name;
}

/* The name in the server's list of former names, or NULL. Names are never freed: reusing them keeps the list
 * short. */
static const char *name_find(const struct server *server, const char *text)
{
    const struct server_name *name = server->names;
    while (name != NULL && strcmp(name->text, text) != 0)
        name = name->before;
    return name != NULL ? name->text : NULL;
}

/* Connections that are being opened keep the former context. */
static void set_tls(struct server *server, int setting, struct ssl_ctx_st *take_context)
{
    (void)pthread_mutex_lock(&server->tls_mutex);
    struct ssl_ctx_st *former = server->tls_context;
    server->tls_context = take_context;
    atomic_store_explicit(&server->tls, setting, memory_order_relaxed);
    (void)pthread_mutex_unlock(&server->tls_mutex);
    tls_context_free(&former);
}

struct ssl_ctx_st *server_tls_context(struct server *server)
{
    (void)pthread_mutex_lock(&server->tls_mutex);
    struct ssl_ctx_st *context = server->tls_context != NULL ? tls_client_ref(server->tls_context) : NULL;
    (void)pthread_mutex_unlock(&server->tls_mutex);
    return context;
}

bool server_set(struct server *server, const struct server_settings *settings, int64_t reserve,
                struct error *err)
{
    struct ssl_ctx_st *context;
    if (!server_tls_load(settings, &context, err))
        return error_wrap(err, "server '%s'", settings->name);
    const char *known = name_find(server, settings->name);
    struct server_name *name = known == NULL ? name_new(settings->name) : NULL;
    char *address = mem_strdup(settings->address);
    char *zone = mem_strdup(settings->zone != NULL ? settings->zone : "");
    if ((known == NULL && name == NULL) || address == NULL || zone == NULL) {
        mem_free(name);
        mem_free(address);
        mem_free(zone);
        tls_context_free(&context);
        return error_set(err, 0, "server '%s': out of memory", settings->name);
    }
    if (name != NULL) {
        name->before = server->names;
        server->names = name;
        known = name->text;
    }
    mem_free(server->address);
    mem_free(server->zone);
    server->address = address;
    server->zone = zone;
    server->role_setting = (enum role_setting)settings->role;
    atomic_store(&server->name, known); /* after the name's bytes were written: other threads read them */
    atomic_store_explicit(&server->weight, settings->weight, memory_order_relaxed);
    set_tls(server, settings->tls, context);
    atomic_store_explicit(&server->compression, settings->compression, memory_order_relaxed);
    atomic_store_explicit(&server->proxy_protocol, settings->proxy_protocol, memory_order_relaxed);
    uint32_t own = atomic_load_explicit(&server->own_max, memory_order_relaxed);
    atomic_store_explicit(&server->max_connections, settings->max_connections, memory_order_relaxed);
    if (settings->max_connections > 0)
        permits_set_max(&server->permits, (uint32_t)settings->max_connections);
    else if (own > 0)
        server_note_own_max(server, own, reserve);
    else
        permits_set_max(&server->permits, UINT32_MAX);
    return true;
}

struct server *server_new(const struct server_settings *settings, unsigned index, unsigned worker_count,
                          struct error *err)
{
    struct server *server = mem_zalloc(sizeof *server);
    if (server == NULL) {
        (void)error_set(err, 0, "server '%s': out of memory", settings->name);
        return NULL;
    }
    size_t bytes = worker_count * sizeof *server->by_worker;
    server->by_worker = aligned_alloc(SERVER_CACHE_LINE, bytes);
    bool has_permits = permits_init(&server->permits, worker_count);
    server->worker_count = worker_count;
    server->index = index;
    (void)pthread_mutex_init(&server->tls_mutex, NULL);
    if (server->by_worker == NULL || !has_permits)
        (void)error_set(err, 0, "server '%s': out of memory", settings->name);
    if (server->by_worker == NULL || !has_permits || !server_set(server, settings, 0, err)) {
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
    assert(atomic_load_explicit(&(*server)->quotas, memory_order_relaxed) == NULL);
    while ((*server)->names != NULL) {
        struct server_name *before = (*server)->names->before;
        mem_free((*server)->names);
        (*server)->names = before;
    }
    mem_free((*server)->address);
    mem_free((*server)->zone);
    tls_context_free(&(*server)->tls_context);
    (void)pthread_mutex_destroy(&(*server)->tls_mutex);
    free((*server)->by_worker);
    permits_fini(&(*server)->permits);
    mem_free(*server);
    *server = NULL;
}

/* A worker that counts at the same moment may write its old number back: then a counter is not exact. */
void server_forget(struct server *server)
{
    for (unsigned i = 0; i < server->worker_count; i++) {
        struct server_counters *row = &server->by_worker[i];
        counter *const counts[] = { &row->latency_us, &row->connects, &row->connect_failures, &row->refusals,
                                    &row->queries,    &row->errors,   &row->queue_timeouts,   &row->losses,
                                    &row->drops,      &row->demotions };
        for (size_t j = 0; j < sizeof counts / sizeof *counts; j++)
            atomic_store_explicit(counts[j], 0, memory_order_relaxed);
    }
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
    if (atomic_load_explicit(&server->max_connections, memory_order_relaxed) == 0 && max > 0)
        permits_set_max(&server->permits, max - kept);
}

void server_note_session_defaults(struct server *server, uint32_t wait_timeout_s, bool has_init_connect)
{
    atomic_store_explicit(&server->wait_timeout_s, wait_timeout_s, memory_order_relaxed);
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
