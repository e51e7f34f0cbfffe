#include "admin/verbs.h"

#include "admin/visit_workers.h"
#include "base/log.h"
#include "base/mem.h"
#include "frontend/kill.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct column columns[] = {
    { "cluster", COLUMN_TEXT, "the cluster's name" },
    { "server", COLUMN_TEXT, "the server's name" },
    { "state", COLUMN_TEXT, "state after the command" },
    { "reason", COLUMN_TEXT, "why" },
    { "warning", COLUMN_TEXT, "what the cluster cannot do now" },
};
const struct columns verb_columns = COLUMNS_OF(columns);

/* `name` is a server's name, or "cluster.server". A server's name may contain a dot. */
static bool is_meant(const struct cluster *cluster, const char *name, const char *server)
{
    size_t len = strlen(cluster->settings->name);
    if (strcmp(name, server) == 0)
        return true;
    return strncmp(name, cluster->settings->name, len) == 0 && name[len] == '.' &&
           strcmp(name + len + 1, server) == 0;
}

/* Number of servers with that name, and the last of them. */
static size_t find_server(const struct admin *admin, const char *name, struct cluster **cluster_r,
                          struct cluster_member **member_r)
{
    size_t found = 0;
    for (size_t c = 0; c < admin->cluster_count; c++)
        for (size_t i = 0; i < admin->clusters[c].count; i++) {
            const struct cluster_member *member = &admin->clusters[c].members[i];
            if (member->is_gone || !is_meant(&admin->clusters[c], name, member->server->name))
                continue;
            found++;
            *cluster_r = &admin->clusters[c];
            *member_r = &admin->clusters[c].members[i];
        }
    return found;
}

/* If the cluster has no primary, writes a warning, with the servers that are candidates. Otherwise
 * nothing. */
static void warn(const struct cluster *cluster, struct text *words)
{
    const struct view *view = cluster->view;
    if (cluster->primary != TOPOLOGY_NO_PRIMARY || view == NULL)
        return;
    (void)text_append_cstr(words, "there is no primary now: statements that need one wait, then fail");
    for (size_t i = 0; i < view->count; i++) {
        const struct view_server *entry = &view->servers[i];
        if (!entry->is_contender || entry->state != SERVER_UP)
            continue;
        (void)text_append_cstr(words, "; ");
        (void)text_append_cstr(words, entry->server->name);
        (void)text_append_cstr(words, " is ");
        (void)text_append_cstr(words, entry->reason);
    }
}

static void answer_server(struct request *request, const struct cluster *cluster,
                          const struct cluster_member *member)
{
    struct text warning = { 0 };
    warn(cluster, &warning);
    table_init(&request->table, columns, sizeof columns / sizeof *columns);
    table_row(&request->table);
    table_text(&request->table, cluster->settings->name);
    table_text(&request->table, member->server->name);
    table_text(&request->table, server_state_name(member->health.state));
    table_text(&request->table, health_reason(&member->health));
    table_text(&request->table, warning.len > 0 && !warning.is_oom ? text_cstr(&warning) : NULL);
    text_fini(&warning);
}

/* ---- the commands ---- */

static void operate(struct request *request, enum cluster_verb verb)
{
    struct cluster *cluster;
    struct cluster_member *member;
    char name[256];
    (void)span_copy_cstr(request->argument, name, sizeof name); /* a name that was cut matches no server */
    size_t found = find_server(request->admin, name, &cluster, &member);
    bool is_done = false;
    if (found == 0)
        (void)error_set(&request->error, 0, "there is no server %s: see 'show servers'", name);
    else if (found > 1)
        (void)error_set(&request->error, 0, "several clusters have a server %s: say CLUSTER.SERVER", name);
    else
        is_done = cluster_operate(cluster, member->server->name, verb, &request->error);
    if (is_done)
        answer_server(request, cluster, member);
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

/* ---- sessions ---- */

static const struct column kill_list[] = {
    { "session", COLUMN_INTEGER, "id of the session" },
    { "user", COLUMN_TEXT, "the account" },
    { "client", COLUMN_TEXT, "the client's address" },
};
const struct columns kill_columns = COLUMNS_OF(kill_list);

/* Runs in each worker's thread; only one worker has the session. */
static void kill_here(struct worker *worker, struct request *request, void *context)
{
    const uint64_t *id = context;
    struct session *session = session_find(worker, *id);
    if (session == NULL || session->user == NULL)
        return;
    table_row(&request->table);
    table_int(&request->table, (int64_t)session->id);
    table_text(&request->table, session->user->name);
    table_text(&request->table, session->host);
    kill_session(session, false); /* last: the session may be freed by it */
}

static void tell_killed(struct request *request, void *context)
{
    const uint64_t *id = context;
    if (table_row_count(&request->table) == 0)
        (void)error_set(&request->error, 0, "there is no session %" PRIu64 ": see 'show sessions'", *id);
    request->on_done(request);
}

void verb_kill(struct request *request)
{
    uint64_t *id = mem_zalloc(sizeof *id);
    table_init(&request->table, kill_list, sizeof kill_list / sizeof *kill_list);
    if (id != NULL && span_to_u64(request->argument, id)) {
        visit_workers_then(request, kill_here, tell_killed, id);
        return;
    }
    (void)error_set(&request->error, 0,
                    id != NULL ? "kill needs the number of a session: see 'show sessions'" : "out of memory");
    mem_free(id);
    request->on_done(request);
}
