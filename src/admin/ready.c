#include "admin/ready.h"

#include <stdio.h>

#define OK 200
#define SERVICE_UNAVAILABLE 503 /* RFC 9110 */

static const struct column columns[] = {
    { "cluster", COLUMN_TEXT, "its name; null: of headgate itself" },
    { "problem", COLUMN_TEXT, "what is wrong" },
    { "blocks", COLUMN_TEXT, "yes: headgate is not ready because of it" },
};

static void put(struct table *table, const char *cluster, const char *problem, bool blocks)
{
    table_row(table);
    table_text(table, cluster);
    table_text(table, problem);
    table_text(table, blocks ? "yes" : "no");
}

static bool has_listener(const struct admin *admin, unsigned cluster)
{
    for (size_t i = 0; i < admin->door_count; i++)
        if (admin->doors[i]->cluster == cluster)
            return true;
    return false;
}

/* Those that are not as they should be, each with its reason. */
static void put_servers(struct table *table, const struct view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        const struct view_server *entry = &view->servers[i];
        char text[640];
        bool is_well = entry->state == SERVER_UP && entry->role != SERVER_UNKNOWN_ROLE &&
                       entry->fault == REPLICATION_SOUND;
        if (entry->is_gone || is_well)
            continue;
        (void)snprintf(text, sizeof text, "server %s is %s, role %s: %s%s%s", entry->server->name,
                       server_state_name(entry->state), server_role_name(entry->role), entry->reason,
                       entry->detail[0] != '\0' ? ": " : "", entry->detail);
        put(table, view->cluster_name, text, false);
    }
}

/* Reads go on without a primary, and everything without replicas; without both nothing does. */
static bool judge_cluster(const struct cluster *cluster, struct table *table)
{
    const struct view *view = cluster->view;
    const char *name = cluster->settings->name;
    if (view == NULL) {
        put(table, name, "no server has been asked yet", true);
        return false;
    }
    size_t readable = 0;
    for (size_t i = 0; i < view->count; i++)
        readable += view->servers[i].takes_reads;
    bool can_serve = view->primary != VIEW_NO_SERVER || readable > 0;
    if (!can_serve)
        put(table, name, "it has neither a primary nor a server that takes reads", true);
    else if (view->primary == VIEW_NO_SERVER)
        put(table, name, "it has no primary: what writes waits, and then fails", false);
    if (cluster->is_paused)
        put(table, name, "an operator has paused it", false);
    put_servers(table, view);
    return can_serve;
}

bool ready_judge(const struct admin *admin, struct table *problems)
{
    bool is_ready = !admin->is_ending;
    table_init(problems, columns, sizeof columns / sizeof *columns);
    if (admin->is_ending)
        put(problems, NULL, "headgate is shutting down", true);
    for (unsigned i = 0; i < admin->cluster_count; i++)
        if (has_listener(admin, i))
            is_ready &= judge_cluster(&admin->clusters[i], problems);
    return is_ready;
}

void ready_make(struct document *document)
{
    struct table problems;
    bool is_ready = ready_judge(document->admin, &problems);
    (void)text_appendf(&document->body, "{\"ready\":%s,\"problems\":", is_ready ? "true" : "false");
    document_put_table(document, &problems);
    (void)text_append_cstr(&document->body, "}\n");
    document_done(document, is_ready ? OK : SERVICE_UNAVAILABLE);
}

void ready_make_live(struct document *document)
{
    census_take(&document->census);
}

void ready_note_census(struct census *census)
{
    struct document *document = census->owner;
    if (census->is_complete)
        (void)text_append_cstr(&document->body, "{\"live\":true,\"problem\":null}\n");
    else if (!census->is_travelling)
        (void)text_append_cstr(&document->body, "{\"live\":false,\"problem\":\"out of memory\"}\n");
    else
        (void)text_appendf(
            &document->body, "{\"live\":false,\"problem\":\"worker %u has not answered for %u ms\"}\n",
            atomic_load_explicit(&census->next, memory_order_relaxed), CENSUS_PATIENCE_US / 1000);
    document_done(document, census->is_complete ? OK : SERVICE_UNAVAILABLE);
}
