#include "admin/verbs.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct column columns[] = {
    { "cluster", COLUMN_TEXT, "the cluster's name" },
    { "server", COLUMN_TEXT, "the server's name" },
    { "state", COLUMN_TEXT, "what it is now" },
    { "reason", COLUMN_TEXT, "why" },
    { "warning", COLUMN_TEXT, "what the cluster lacks now" },
};

/* `name` is a server's, or "cluster.server". A name with a dot in it is tried as a whole first. */
static bool is_meant(const struct cluster *cluster, const char *name, const char *server)
{
    size_t len = strlen(cluster->settings->name);
    if (strcmp(name, server) == 0)
        return true;
    return strncmp(name, cluster->settings->name, len) == 0 && name[len] == '.' &&
           strcmp(name + len + 1, server) == 0;
}

/* How many servers are meant, and the last of them. */
static size_t find_server(const struct admin *admin, const char *name, struct cluster **cluster_r,
                          struct cluster_member **member_r)
{
    size_t found = 0;
    for (size_t c = 0; c < admin->cluster_count; c++)
        for (size_t i = 0; i < admin->clusters[c].count; i++) {
            if (!is_meant(&admin->clusters[c], name, admin->clusters[c].members[i].server->name))
                continue;
            found++;
            *cluster_r = &admin->clusters[c];
            *member_r = &admin->clusters[c].members[i];
        }
    return found;
}

static void answer_server(struct request *request, const struct cluster *cluster,
                          const struct cluster_member *member)
{
    bool has_primary = cluster->primary != TOPOLOGY_NO_PRIMARY;
    table_init(&request->table, columns, sizeof columns / sizeof *columns);
    table_row(&request->table);
    table_text(&request->table, cluster->settings->name);
    table_text(&request->table, member->server->name);
    table_text(&request->table, server_state_name(member->health.state));
    table_text(&request->table, health_reason(&member->health));
    table_text(&request->table, has_primary || cluster->view == NULL
                                    ? NULL
                                    : "there is no primary now: statements that need one wait, then fail");
}

/* ---- what a drain leaves is cut some time ---- */

static void on_deadline(struct loop_timer *timer)
{
    struct drain *drain = (struct drain *)(void *)((char *)timer - offsetof(struct drain, timer));
    struct error err = { 0 };
    char text[32];
    log_warning(NULL, "server %s has been drained for %s: what is left there is cut", drain->server->name,
                clock_format_duration(drain->longest_us, text, sizeof text));
    (void)cluster_operate(drain->cluster, drain->server->name, CLUSTER_DISABLE, &err);
}

bool verbs_init(struct admin *admin)
{
    size_t count = 0;
    for (size_t c = 0; c < admin->cluster_count; c++)
        count += admin->clusters[c].count;
    admin->drains = mem_zalloc((count + 1) * sizeof *admin->drains); /* one with no server ends the row */
    struct drain *drain = admin->drains;
    for (size_t c = 0; drain != NULL && c < admin->cluster_count; c++)
        for (size_t i = 0; i < admin->clusters[c].count; i++, drain++) {
            drain->cluster = &admin->clusters[c];
            drain->server = admin->clusters[c].members[i].server;
            drain->longest_us = admin->world->timeouts->drain_us;
            loop_timer_init(&drain->timer, on_deadline);
        }
    return admin->drains != NULL;
}

void verbs_fini(struct admin *admin)
{
    for (struct drain *drain = admin->drains; drain != NULL && drain->server != NULL; drain++)
        loop_timer_stop(&drain->timer);
    mem_free(admin->drains);
    admin->drains = NULL;
}

/* The deadline counts from the last word. */
static void note_verb(struct admin *admin, const struct server *server, enum cluster_verb verb)
{
    struct drain *drain = admin->drains;
    while (drain->server != server)
        drain++;
    if (verb == CLUSTER_DRAIN && drain->longest_us > 0)
        loop_timer_start(&drain->timer, admin->loop, drain->longest_us);
    else
        loop_timer_stop(&drain->timer);
}

/* ---- the commands ---- */

static void operate(struct request *request, enum cluster_verb verb)
{
    struct cluster *cluster;
    struct cluster_member *member;
    char name[256];
    (void)span_copy_cstr(request->argument, name, sizeof name); /* one that is cut is nobody's */
    size_t found = find_server(request->admin, name, &cluster, &member);
    bool is_done = false;
    if (found == 0)
        (void)error_set(&request->error, 0, "there is no server %s: see 'show servers'", name);
    else if (found > 1)
        (void)error_set(&request->error, 0, "several clusters have a server %s: say CLUSTER.SERVER", name);
    else
        is_done = cluster_operate(cluster, member->server->name, verb, &request->error);
    if (is_done) {
        note_verb(request->admin, member->server, verb);
        answer_server(request, cluster, member);
    }
    request->on_done(request);
}

void verb_drain(struct request *request)
{
    operate(request, CLUSTER_DRAIN);
}

void verb_enable(struct request *request)
{
    operate(request, CLUSTER_ENABLE);
}

void verb_disable(struct request *request)
{
    operate(request, CLUSTER_DISABLE);
}
