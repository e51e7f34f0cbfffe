#include "admin/show.h"

#include "base/mem.h"
#include "proxy/session.h"

#include <stdio.h>

/* ---- servers ---- */

static const struct column server_columns[] = {
    { "cluster", COLUMN_TEXT, "the cluster's name" },
    { "name", COLUMN_TEXT, "the server's name" },
    { "address", COLUMN_TEXT, "where headgate connects to" },
    { "role", COLUMN_TEXT, "primary, replica or unknown" },
    { "state", COLUMN_TEXT, "starting, up or down" },
    { "reason", COLUMN_TEXT, "why it has this role and state" },
    { "since_s", COLUMN_INTEGER, "seconds in this role and state" },
    { "zone", COLUMN_TEXT, "where it is, as configured" },
    { "weight", COLUMN_INTEGER, "share of reads relative to the others" },
    { "lag_ms", COLUMN_INTEGER, "replication lag as the server says" },
    { "connections_active", COLUMN_INTEGER, "connections attached to a session" },
    { "connections_idle", COLUMN_INTEGER, "connections kept for the next session" },
    { "queries", COLUMN_INTEGER, "commands whose reply came to its end" },
    { "errors", COLUMN_INTEGER, "of them, answered with an error" },
};

static void put_server(struct table *table, const struct cluster *cluster, const struct view_server *entry,
                       uint64_t now_us)
{
    struct server_totals sum = server_sum(entry->server);
    char reason[256];
    (void)snprintf(reason, sizeof reason, "%s%s%s", entry->reason, entry->detail[0] != '\0' ? ": " : "",
                   entry->detail);
    table_row(table);
    table_text(table, cluster->settings->name);
    table_text(table, entry->server->name);
    table_text(table, entry->server->address);
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
    table_int(table, 0);
    table_int(table, (int64_t)sum.queries);
    table_int(table, (int64_t)sum.errors);
}

/* Before every server's first probe has ended there is no view, and nobody has a role. */
static struct view_server unseen(const struct cluster_member *member)
{
    struct view_server entry = { .server = member->server,
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
            struct view_server entry =
                cluster->view != NULL ? cluster->view->servers[i] : unseen(&cluster->members[i]);
            put_server(&request->table, cluster, &entry, admin->loop->now_us);
        }
    }
    request->on_done(request);
}

/* ---- sessions: the table travels from worker to worker, and comes home ---- */

static const struct column session_columns[] = {
    { "id", COLUMN_INTEGER, "the client's connection id" },
    { "user", COLUMN_TEXT, "who logged in" },
    { "client", COLUMN_TEXT, "the client's address" },
    { "listener", COLUMN_TEXT, "where it connected" },
    { "worker", COLUMN_INTEGER, "the thread it belongs to" },
    { "state", COLUMN_TEXT, "what it is doing" },
    { "schema", COLUMN_TEXT, "its current schema" },
    { "primary", COLUMN_TEXT, "server its statements run on" },
    { "replica", COLUMN_TEXT, "server its reads run on" },
    { "in_transaction", COLUMN_TEXT, "yes while a transaction is open or autocommit is off" },
    { "pin", COLUMN_TEXT, "why its reads stay on the primary" },
    { "commands", COLUMN_INTEGER, "commands so far" },
    { "idle_s", COLUMN_INTEGER, "seconds since the last one ended" },
};

struct round_trip {
    struct loop_message message;
    struct request *request; /* borrows */
    unsigned next_worker;
};

static const char *attached(const struct slot *slot)
{
    return slot->upstream != NULL ? slot->upstream->server->name : NULL;
}

static void put_session(struct table *table, const struct session *session)
{
    uint64_t now = session_now(session);
    table_row(table);
    table_int(table, (int64_t)session->id);
    table_text(table, session->user != NULL ? session->user->name : NULL);
    table_text(table, session->host);
    table_text(table, session->door->settings->name);
    table_int(table, session->worker->index);
    table_text(table, session_state_words(session->state));
    table_span(table, text_span(&session->schema));
    table_text(table, attached(&session->slots[ROUTE_PRIMARY]));
    table_text(table, attached(&session->slots[ROUTE_REPLICA]));
    table_text(table, effects_is_in_transaction(session) ? "yes" : "no");
    table_text(table, session->pin == PIN_NONE ? NULL : session_pin_words(session->pin));
    table_int(table, (int64_t)counter_read(&session->commands));
    if (session->last_active_us == 0)
        table_null(table);
    else
        table_int(table, (int64_t)((now - session->last_active_us) / 1000000));
}

static void come_home(struct loop_message *message)
{
    struct round_trip *trip = (struct round_trip *)(void *)message;
    struct request *request = trip->request;
    mem_free(trip);
    request->on_done(request);
}

static void visit(struct loop_message *message);

/* To the next worker that still runs; home after the last. */
static void travel(struct round_trip *trip)
{
    const struct admin *admin = trip->request->admin;
    trip->message.run = visit;
    while (trip->next_worker < admin->world->worker_count)
        if (worker_post(admin->world->workers[trip->next_worker], &trip->message))
            return;
        else
            trip->next_worker++;
    trip->message.run = come_home;
    if (!loop_post(admin->loop, &trip->message))
        mem_free(trip); /* everything is ending: nobody waits for the answer */
}

static void visit(struct loop_message *message)
{
    struct round_trip *trip = (struct round_trip *)(void *)message;
    const struct world *world = trip->request->admin->world;
    struct worker *worker = world->workers[trip->next_worker];
    for (struct list_node *node = list_first(&worker->sessions); node != NULL;
         node = list_after(&worker->sessions, node))
        put_session(&trip->request->table, list_entry(node, struct session, in_worker));
    trip->next_worker++;
    travel(trip);
}

void show_sessions(struct request *request)
{
    struct round_trip *trip = mem_zalloc(sizeof *trip);
    table_init(&request->table, session_columns, sizeof session_columns / sizeof *session_columns);
    if (trip == NULL) {
        (void)error_set(&request->error, 0, "out of memory");
        request->on_done(request);
        return;
    }
    *trip = (struct round_trip){ .request = request };
    travel(trip);
}

/* ---- version ---- */

static const struct column version_columns[] = {
    { "version", COLUMN_TEXT, "of this program" },
    { "uptime_s", COLUMN_INTEGER, "seconds since it started" },
    { "workers", COLUMN_INTEGER, "threads that serve clients" },
    { "sessions", COLUMN_INTEGER, "clients connected now" },
};

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

/* ---- explain ---- */

static const struct column explain_columns[] = {
    { "place", COLUMN_TEXT, "primary or replica" },
    { "reason", COLUMN_TEXT, "why there" },
    { "kind", COLUMN_TEXT, "what kind of statement it is" },
    { "statement", COLUMN_TEXT, "what was found in its text" },
    { "culprit", COLUMN_TEXT, "the word that decided" },
    { "then_pinned", COLUMN_TEXT, "yes when later reads would stay on the primary because of it" },
};

void explain(struct request *request)
{
    const struct view *view = request->admin->clusters[0].view;
    struct sql_dialect dialect = { .multi_statements = true };
    struct route_state state = { .mode = LISTENER_SPLIT };
    if (view != NULL) {
        dialect.family = view->family == FAMILY_MARIADB ? SQL_FAMILY_MARIADB
                         : view->family == FAMILY_MYSQL ? SQL_FAMILY_MYSQL
                                                        : SQL_FAMILY_UNKNOWN;
        dialect.ansi_quotes = view->ansi_quotes;
        dialect.oracle = view->oracle;
        dialect.no_backslash_escapes = view->no_backslash_escapes;
    }
    for (size_t i = 0; view != NULL && i < view->count; i++)
        state.has_replica |= view->servers[i].takes_reads;
    struct span sql = request->argument;
    bool is_cut = sql.len > SQL_TEXT_MAX;
    if (is_cut)
        sql.len = SQL_TEXT_MAX;
    struct sql_facts facts = classify(sql, is_cut, &dialect);
    struct route route = route_decide(&facts, &state);
    table_init(&request->table, explain_columns, sizeof explain_columns / sizeof *explain_columns);
    table_row(&request->table);
    table_text(&request->table, facts.refers_previous ? "previous" : route_place_name(route.place));
    table_text(&request->table, route_reason_words(route.reason));
    table_text(&request->table, sql_kind_name(facts.kind));
    table_text(&request->table, sql_reason_words(facts.reason));
    table_span(&request->table, facts.culprit);
    table_text(&request->table, facts.may_hide_state ? "yes" : "no");
    request->on_done(request);
}
