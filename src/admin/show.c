#include "admin/show.h"

#include "base/clock.h"
#include "admin/pinned.h"
#include "admin/visit_workers.h"
#include "frontend/client_address.h"
#include "session/compression.h"

#include <stdio.h>
#include <string.h>

/* ---- servers ---- */

static const struct column server_columns[] = {
    { "cluster", COLUMN_TEXT, "the cluster's name" },
    { "name", COLUMN_TEXT, "the server's name" },
    { "address", COLUMN_TEXT, "as configured; for a host name, the present address follows in brackets" },
    { "role", COLUMN_TEXT, "primary, replica or unknown" },
    { "state", COLUMN_TEXT, "starting, up, lagging, ejected, down, draining or disabled" },
    { "reason", COLUMN_TEXT, "why it has this role and state" },
    { "since_s", COLUMN_INTEGER, "seconds in this role and state" },
    { "zone", COLUMN_TEXT, "as configured" },
    { "weight", COLUMN_INTEGER, "share of reads relative to the others" },
    { "lag_ms", COLUMN_INTEGER, "replication lag as reported by the server" },
    { "connections_active", COLUMN_INTEGER, "connections attached to a session" },
    { "connections_idle", COLUMN_INTEGER, "connections kept for the next session" },
    { "connections_max", COLUMN_INTEGER, "the most connections that sessions may have; null: not known yet" },
    { "waiting", COLUMN_INTEGER, "sessions that wait for a free connection" },
    { "queries", COLUMN_INTEGER, "commands with a complete reply" },
    { "errors", COLUMN_INTEGER, "of these, commands answered with an error" },
    { "running", COLUMN_INTEGER, "commands that run now" },
    { "connect_failures", COLUMN_INTEGER, "connections that could not be made" },
    { "refusals", COLUMN_INTEGER, "logins that the server refused" },
    { "losses", COLUMN_INTEGER, "connections lost in the middle of a reply" },
    { "changes", COLUMN_INTEGER, "changes of role, of state, or of whether it takes reads" },
    { "ejections", COLUMN_INTEGER, "times that it was ejected" },
    { "probes", COLUMN_INTEGER, "finished probes" },
    { "probe_failures", COLUMN_INTEGER, "failed probes" },
};
const struct columns show_servers_columns = COLUMNS_OF(server_columns);

/* Writes a host name with both parts: the configured name, and the last resolved address. */
static void put_address(struct table *table, const struct view_server *entry)
{
    const char *configured = entry->server->address;
    char address[ADDR_TEXT_MAX], both[ADDR_HOST_MAX + 2 * ADDR_TEXT_MAX];
    (void)addr_format(&entry->addr, address);
    if (entry->addr.len == 0 || strcmp(address, configured) == 0) {
        table_text(table, configured);
        return;
    }
    (void)snprintf(both, sizeof both, "%s (%s)", configured, address);
    table_text(table, both);
}

static void put_server(struct table *table, const struct cluster *cluster, const struct view_server *entry,
                       uint64_t now_us)
{
    const struct cluster_member *member = &cluster->members[entry->server->index];
    struct server_totals sum = server_sum(entry->server);
    char reason[512];
    (void)snprintf(reason, sizeof reason, "%s%s%s", entry->reason, entry->detail[0] != '\0' ? ": " : "",
                   entry->detail);
    table_row(table);
    table_text(table, cluster->settings->name);
    table_text(table, entry->server->name);
    put_address(table, entry);
    table_text(table, server_role_name(entry->role));
    table_text(table, server_state_name(entry->state));
    table_text(table, reason);
    table_int(table, (int64_t)((now_us - entry->since_us) / 1000000));
    table_text(table, entry->server->zone);
    table_int(table, entry->server->weight);
    if (entry->lag_ms < 0)
        table_null(table);
    else
        table_int(table, entry->lag_ms);
    table_int(table, (int64_t)sum.connections_active);
    table_int(table, (int64_t)sum.connections_idle);
    if (permits_max(&entry->server->permits) == UINT32_MAX)
        table_null(table);
    else
        table_int(table, permits_max(&entry->server->permits));
    table_int(table, permits_waiting(&entry->server->permits));
    table_int(table, (int64_t)sum.queries);
    table_int(table, (int64_t)sum.errors);
    table_int(table, (int64_t)sum.running);
    table_int(table, (int64_t)sum.connect_failures);
    table_int(table, (int64_t)sum.refusals);
    table_int(table, (int64_t)sum.losses);
    table_int(table, (int64_t)member->changes);
    table_int(table, (int64_t)member->ejections);
    table_int(table, (int64_t)member->probes);
    table_int(table, (int64_t)member->probe_failures);
}

/* The entry of a server before there is a view: all first probes must end before servers have roles. */
static struct view_server unseen(const struct cluster_member *member)
{
    struct view_server entry = { .server = member->server,
                                 .addr = member->name.addr,
                                 .state = member->health.state,
                                 .reason = member->was_probed ? "waiting for the other servers' first probes"
                                                              : "not probed yet",
                                 .since_us = member->health.since_us,
                                 .lag_ms = -1 };
    (void)snprintf(entry.detail, sizeof entry.detail, "%s", member->detail);
    return entry;
}

void show_servers(struct request *request)
{
    const struct admin *admin = request->admin;
    table_init(&request->table, server_columns, sizeof server_columns / sizeof *server_columns);
    for (size_t c = 0; c < admin->cluster_count; c++) {
        const struct cluster *cluster = &admin->clusters[c];
        for (size_t i = 0; i < cluster->count; i++) {
            bool is_seen = cluster->view != NULL && i < cluster->view->count;
            struct view_server entry = is_seen ? cluster->view->servers[i] : unseen(&cluster->members[i]);
            if (cluster->members[i].is_gone)
                continue;
            put_server(&request->table, cluster, &entry, admin->loop->now_us);
        }
    }
    request->on_done(request);
}

/* ---- sessions ---- */

static const struct column session_columns[] = {
    { "id", COLUMN_INTEGER, "the client's connection id" },
    { "user", COLUMN_TEXT, "the account" },
    { "client", COLUMN_TEXT, "the client's address" },
    { "via", COLUMN_TEXT,
      "the load balancer that told it (PROXY protocol), and the client's TLS towards it" },
    { "listener", COLUMN_TEXT, "the listener" },
    { "worker", COLUMN_INTEGER, "the worker thread" },
    { "state", COLUMN_TEXT, "state of the session" },
    { "schema", COLUMN_TEXT, "current schema" },
    { "primary", COLUMN_TEXT, "server of the session's connection to the primary" },
    { "replica", COLUMN_TEXT, "server of the session's connection to a replica" },
    { "in_transaction", COLUMN_TEXT, "yes while a transaction is open or autocommit is off" },
    { "pins", COLUMN_TEXT, "why its connection cannot be shared: each cause, how many, since when" },
    { "pinned_s", COLUMN_INTEGER, "age in seconds of the oldest pin" },
    { "pin_statements", COLUMN_TEXT, "the statements that made the pins, without literals, oldest first" },
    { "compression", COLUMN_TEXT, "zlib or zstd, if the client compresses" },
    { "commands", COLUMN_INTEGER, "commands so far" },
    { "idle_s", COLUMN_INTEGER, "seconds since the last one ended" },
};
const struct columns show_sessions_columns = COLUMNS_OF(session_columns);

static const char *attached(const struct slot *slot)
{
    return slot->upstream != NULL ? slot->upstream->server->name : NULL;
}

static void put_pins(struct table *table, const struct session *session, uint64_t now)
{
    struct text words = { 0 }, statements = { 0 };
    struct pinned pinned;
    pinned_look(session, &pinned);
    if (pinned.cause_count == 0) {
        for (int i = 0; i < 3; i++)
            table_null(table);
        return;
    }
    pinned_describe(&pinned, now, &words);
    pinned_describe_statements(&pinned, now, &statements);
    table_span(table, text_span(&words));
    if (pinned.causes[0].since_us == 0)
        table_null(table);
    else
        table_int(table, clock_seconds_since(pinned.causes[0].since_us, now));
    table_span(table, text_span(&statements));
    text_fini(&words);
    text_fini(&statements);
}

static void put_session(struct table *table, const struct session *session)
{
    char via[CLIENT_ADDRESS_VIA_MAX];
    uint64_t now = session_now(session);
    table_row(table);
    table_int(table, (int64_t)session->id);
    table_text(table, session->user != NULL ? session->user->name : NULL);
    table_text(table, session->host);
    table_text(table, client_address_via(session, via));
    table_text(table, session->listener->settings->name);
    table_int(table, session->worker->index);
    table_text(table, session_state_words(session->state));
    table_span(table, text_span(&session->facets.schema));
    table_text(table, attached(session->slots[ROUTE_PRIMARY]));
    table_text(table, attached(session->slots[ROUTE_REPLICA]));
    table_text(table, facets_is_in_transaction(&session->facets) ? "yes" : "no");
    put_pins(table, session, now);
    table_text(table, compression_name(session));
    table_int(table, (int64_t)counter_read(&session->commands));
    if (session->last_active_us == 0)
        table_null(table);
    else
        table_int(table, (int64_t)((now - session->last_active_us) / 1000000));
}

static void put_sessions(struct worker *worker, struct request *request, void *context)
{
    (void)context;
    for (struct list_node *node = list_first(&worker->sessions); node != NULL;
         node = list_after(&worker->sessions, node))
        put_session(&request->table, list_entry(node, struct session, in_worker));
}

void show_sessions(struct request *request)
{
    table_init(&request->table, session_columns, sizeof session_columns / sizeof *session_columns);
    visit_workers(request, put_sessions, NULL);
}

/* ---- version ---- */

static const struct column version_columns[] = {
    { "version", COLUMN_TEXT, "of this program" },
    { "uptime_s", COLUMN_INTEGER, "seconds since it started" },
    { "workers", COLUMN_INTEGER, "threads that serve clients" },
    { "sessions", COLUMN_INTEGER, "clients connected now" },
};
const struct columns show_version_columns = COLUMNS_OF(version_columns);

void show_version(struct request *request)
{
    const struct admin *admin = request->admin;
    int64_t sessions = 0;
    for (unsigned i = 0; i < admin->world->worker_count; i++)
        sessions += atomic_load_explicit(&admin->world->workers[i]->session_count, memory_order_relaxed);
    table_init(&request->table, version_columns, sizeof version_columns / sizeof *version_columns);
    table_row(&request->table);
    table_text(&request->table, HEADGATE_VERSION);
    table_int(&request->table, (int64_t)((admin->loop->now_us - admin->started_us) / 1000000));
    table_int(&request->table, admin->world->worker_count);
    table_int(&request->table, sessions);
    request->on_done(request);
}
