#include "admin/show.h"

#include <stdio.h>
#include <time.h>

/* Writes a time as in the log: "2026-11-21T10:14:31.250Z". */
static void put_time(struct table *table, uint64_t at_us)
{
    time_t seconds = (time_t)(at_us / 1000000);
    struct tm parts;
    char text[64];
    (void)gmtime_r(&seconds, &parts);
    (void)snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", parts.tm_year + 1900,
                   parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                   (unsigned)(at_us / 1000 % 1000));
    table_text(table, text);
}

/* ---- clusters ---- */

static const struct column cluster_columns[] = {
    { "cluster", COLUMN_TEXT, "the cluster's name" },
    { "primary", COLUMN_TEXT, "the server that takes writes" },
    { "primary_since_s", COLUMN_INTEGER, "seconds since the last change of the primary" },
    { "epoch", COLUMN_INTEGER,
      "number of the present view; each change of servers or roles makes a new one" },
    { "servers", COLUMN_INTEGER, "number of servers" },
    { "servers_up", COLUMN_INTEGER, "servers in the state up" },
    { "replicas", COLUMN_INTEGER, "servers that take reads" },
    { "paused", COLUMN_TEXT, "yes while the cluster is paused" },
    { "connections_active", COLUMN_INTEGER, "connections attached to sessions" },
    { "last_change", COLUMN_TEXT, "time of the last event" },
};
const struct columns show_clusters_columns = COLUMNS_OF(cluster_columns);

static void put_cluster(struct table *table, const struct cluster *cluster, uint64_t now_us)
{
    const struct view *view = cluster->view;
    bool has_primary = view != NULL && view->primary != VIEW_NO_SERVER;
    uint64_t since_us = view != NULL ? view->primary_since_us : cluster->started_us;
    size_t events = events_count(&cluster->events);
    int64_t servers = 0, up = 0, replicas = 0, connections = 0;
    for (size_t i = 0; i < cluster->count; i++) {
        servers += !cluster->members[i].is_gone;
        up += cluster->members[i].health.state == SERVER_UP;
        replicas += view != NULL && i < view->count && view->servers[i].takes_reads;
        connections += (int64_t)server_sum(cluster->members[i].server).connections_active;
    }
    table_row(table);
    table_text(table, cluster->settings->name);
    table_text(table, has_primary ? view->servers[view->primary].server->name : NULL);
    table_int(table, (int64_t)((now_us - since_us) / 1000000));
    table_int(table, (int64_t)cluster->epoch);
    table_int(table, servers);
    table_int(table, up);
    table_int(table, replicas);
    table_text(table, cluster->is_paused ? "yes" : "no");
    table_int(table, connections);
    if (events == 0)
        table_null(table);
    else
        put_time(table, events_at(&cluster->events, events - 1)->at_us);
}

void show_clusters(struct request *request)
{
    const struct admin *admin = request->admin;
    table_init(&request->table, cluster_columns, sizeof cluster_columns / sizeof *cluster_columns);
    for (size_t c = 0; c < admin->cluster_count; c++)
        if (request->argument.len == 0 || span_is(request->argument, admin->clusters[c].settings->name))
            put_cluster(&request->table, &admin->clusters[c], admin->loop->now_us);
    if (table_row_count(&request->table) == 0)
        (void)error_set(&request->error, 0, "there is no such cluster: see 'show clusters'");
    request->on_done(request);
}

/* ---- events ---- */

static const struct column event_columns[] = {
    { "cluster", COLUMN_TEXT, "the cluster's name" },
    { "at", COLUMN_TEXT, "time of the event (UTC)" },
    { "server", COLUMN_TEXT, "the server's name; null for an event of the whole cluster" },
    { "was", COLUMN_TEXT, "state and role before" },
    { "is", COLUMN_TEXT, "state and role since" },
    { "reason", COLUMN_TEXT, "why" },
    { "after_s", COLUMN_REAL, "duration of the former state in seconds" },
};
const struct columns show_events_columns = COLUMNS_OF(event_columns);

static void put_event(struct table *table, const struct cluster *cluster, const struct event *event)
{
    table_row(table);
    table_text(table, cluster->settings->name);
    put_time(table, event->at_us);
    table_text(table, event->server_name);
    table_text(table, event->was);
    table_text(table, event->is);
    table_text(table, event->reason);
    if (event->after_ms == EVENT_UNKNOWN_TIME)
        table_null(table);
    else
        table_real(table, (double)event->after_ms / 1000);
}

void show_events(struct request *request)
{
    const struct admin *admin = request->admin;
    table_init(&request->table, event_columns, sizeof event_columns / sizeof *event_columns);
    for (size_t c = 0; c < admin->cluster_count; c++) {
        const struct cluster *cluster = &admin->clusters[c];
        for (size_t i = 0; i < events_count(&cluster->events); i++)
            put_event(&request->table, cluster, events_at(&cluster->events, i));
    }
    request->on_done(request);
}
