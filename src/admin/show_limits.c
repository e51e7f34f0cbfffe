/* SHOW LIMITS: allowed, connected and refused clients; and the limits on an account's connections that
 * servers have reported. */
#include "admin/show.h"

#include "cluster/cluster.h"
#include "upstream/quota.h"
#include "net/descriptors.h"

#include <stdio.h>

static const struct column columns[] = {
    { "limit", COLUMN_TEXT,
      "the setting and its owner; also a limit of an account at a server, once the server has refused a "
      "login for it" },
    { "value", COLUMN_INTEGER, "the limit; null: none" },
    { "used", COLUMN_INTEGER, "clients now; null for a limit per address" },
    { "refused", COLUMN_INTEGER,
      "clients that were refused; for a limit at a server: refused logins, whose sessions wait" },
};
const struct columns show_limits_columns = COLUMNS_OF(columns);

static void put_limit(struct table *table, const char *name, const struct limit *limit)
{
    table_row(table);
    table_text(table, name);
    int64_t max = atomic_load_explicit(&limit->max, memory_order_relaxed);
    if (max > 0)
        table_int(table, max);
    else
        table_null(table);
    table_int(table, atomic_load_explicit(&limit->used, memory_order_relaxed));
    table_int(table, (int64_t)atomic_load_explicit(&limit->refused, memory_order_relaxed));
}

static void put_unused(struct table *table, const char *name, int64_t max, uint64_t refused)
{
    table_row(table);
    table_text(table, name);
    if (max > 0)
        table_int(table, max);
    else
        table_null(table);
    table_null(table);
    table_int(table, (int64_t)refused);
}

static void put_listeners(struct table *table, const struct admin *admin)
{
    char name[160];
    for (size_t i = 0; i < admin->listener_count; i++) {
        (void)snprintf(name, sizeof name, "listener %.100s: max_clients",
                       admin->listeners[i]->settings->name);
        put_limit(table, name, admin->listeners[i]->clients);
    }
}

static void put_users(struct table *table, const struct users *users)
{
    char name[160];
    for (const struct user *user = users->by_name; user != NULL; user = user->hh.next) {
        if (user->is_removed)
            continue;
        (void)snprintf(name, sizeof name, "user %.100s: max_connections", user->name);
        put_limit(table, name, user->connections);
    }
}

/* Adds the account limits learnt from a server's errors: see upstream/quota.h. */
static void put_accounts(struct table *table, struct server *server)
{
    char name[300];
    const struct quota *quota = atomic_load_explicit(&server->quotas, memory_order_acquire);
    for (; quota != NULL; quota = quota->next) {
        if (permits_max(&quota->permits) == QUOTA_UNKNOWN)
            continue;
        (void)snprintf(name, sizeof name, "user %s at %s: max_user_connections", quota->user, server->name);
        table_row(table);
        table_text(table, name);
        table_int(table, permits_max(&quota->permits));
        table_int(table, (int64_t)permits_used(&quota->permits));
        table_int(table, (int64_t)counter_read(&quota->refused));
    }
}

void show_limits(struct request *request)
{
    const struct admin *admin = request->admin;
    struct limits *limits = admin->world->limits;
    struct table *table = &request->table;
    table_init(table, columns, sizeof columns / sizeof *columns);
    put_limit(table, "limits.max_clients", &limits->clients);
    put_unused(table, "limits.max_clients_per_address", limits->per_address,
               atomic_load_explicit(&limits->address_refused, memory_order_relaxed));
    put_unused(table, "open files", descriptors_max(),
               atomic_load_explicit(&limits->file_refused, memory_order_relaxed));
    put_listeners(table, admin);
    put_users(table, admin->world->users);
    for (size_t c = 0; c < admin->cluster_count; c++)
        for (size_t i = 0; i < admin->clusters[c].count; i++)
            if (!admin->clusters[c].members[i].is_gone)
                put_accounts(table, admin->clusters[c].members[i].server);
    request->on_done(request);
}
