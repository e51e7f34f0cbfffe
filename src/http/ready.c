#include "http/ready.h"
#include "admin/table_json.h"

#include <stdio.h>
#include <string.h>

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
    for (size_t i = 0; i < admin->listener_count; i++)
        if (admin->listeners[i]->cluster == cluster)
            return true;
    return false;
}

/* Adds the servers that have a problem, each with its reason. */
static void put_servers(struct table *table, const struct view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        const struct view_server *entry = &view->servers[i];
        char text[640];
        bool is_well = entry->state == SERVER_UP && entry->role != SERVER_UNKNOWN_ROLE &&
                       entry->fault == REPLICATION_SOUND && entry->refusal == OUTCOME_PASSED;
        const char *refusal = outcome_is(entry->refusal);
        if (entry->is_gone || is_well)
            continue;
        (void)snprintf(text, sizeof text, "server %s is %s, role %s%s%s: %s%s%s", entry->server->name,
                       server_state_name(entry->state), server_role_name(entry->role),
                       refusal != NULL ? ", " : "", refusal != NULL ? refusal : "", entry->reason,
                       entry->detail[0] != '\0' ? ": " : "", entry->detail);
        put(table, view->cluster_name, text, false);
    }
}

/* ---- requirements on a cluster ---- */

static bool has_primary(const struct view *view)
{
    return view->primary != VIEW_NO_SERVER;
}

static bool has_replicas(const struct view *view)
{
    size_t readable = 0;
    for (size_t i = 0; i < view->count; i++)
        readable += view->servers[i].takes_reads;
    return readable > 0;
}

/* Without a primary reads still work; without replicas everything works on the primary. Without both nothing
 * works. */
static bool can_serve(const struct view *view)
{
    return has_primary(view) || has_replicas(view);
}

static bool can_read(const struct view *view)
{
    return has_replicas(view) || (has_primary(view) && view->primary_reads != PRIMARY_READS_NEVER);
}

struct aspect {
    const char *path; /* the part of the path after the name */
    bool (*holds)(const struct view *view);
    const char *problem; /* text for a cluster that does not meet it */
};

static const struct aspect serving = { "", can_serve,
                                       "it has neither a primary nor a server that takes reads" };
static const struct aspect primary = { "/primary", has_primary, "it has no primary" };
static const struct aspect replicas = { "/replicas", has_replicas, "no replica takes reads" };
static const struct aspect reading = { "", can_read, "it has no server for reads" };

/* What the clients of a listener need, by its mode. */
static const struct aspect *const by_mode[] = {
    [LISTENER_SPLIT] = &serving, [LISTENER_PRIMARY] = &primary, [LISTENER_REPLICA] = &reading
};

static bool judge_cluster(const struct cluster *cluster, const struct aspect *aspect, struct table *table)
{
    const struct view *view = cluster->view;
    const char *name = cluster->settings->name;
    if (view == NULL) {
        put(table, name, "no server has been asked yet", true);
        return false;
    }
    bool holds = aspect->holds(view);
    if (!holds)
        put(table, name, aspect->problem, true);
    else if (!has_primary(view))
        put(table, name, "it has no primary: writes wait, and then fail", false);
    if (cluster->is_paused)
        put(table, name, "an operator has paused it", false);
    put_servers(table, view);
    return holds;
}

/* Judges all clusters that have listeners. */
static bool judge_all(const struct admin *admin, const struct aspect *aspect, struct table *problems)
{
    bool holds = true;
    for (unsigned i = 0; i < admin->cluster_count; i++)
        if (has_listener(admin, i))
            holds &= judge_cluster(&admin->clusters[i], aspect, problems);
    return holds;
}

/* ---- by path ---- */

/* Does the path begin with `with`? Then *rest_r is the part after it. */
static bool goes_on(const char *path, const char *with, const char **rest_r)
{
    size_t len = strlen(with);
    *rest_r = path + len;
    return strncmp(path, with, len) == 0;
}

/* The aspect that the end of a path names; `plain` if the path has ended. NULL: none. */
static const struct aspect *find_aspect(const char *path, const struct aspect *plain)
{
    if (*path == '\0')
        return plain;
    return strcmp(path, primary.path) == 0 ? &primary : strcmp(path, replicas.path) == 0 ? &replicas : NULL;
}

/* Finds the cluster and the aspect that a path names. False: there is none. */
static bool find_asked(const struct admin *admin, const char *path, const struct cluster **cluster_r,
                       const struct aspect **aspect_r)
{
    const char *name, *rest;
    for (size_t i = 0; goes_on(path, "/cluster/", &name) && i < admin->cluster_count; i++) {
        *cluster_r = &admin->clusters[i];
        if (goes_on(name, admin->clusters[i].name, &rest) &&
            (*aspect_r = find_aspect(rest, &serving)) != NULL)
            return true;
    }
    for (size_t i = 0; goes_on(path, "/listener/", &name) && i < admin->listener_count; i++) {
        const struct listener_settings *listener = admin->listeners[i]->settings;
        *cluster_r = &admin->clusters[admin->listeners[i]->cluster];
        if (goes_on(name, listener->name, &rest) &&
            (*aspect_r = find_aspect(rest, by_mode[listener->mode])) != NULL)
            return true;
    }
    *cluster_r = NULL;
    *aspect_r = find_aspect(path, &serving);
    return *aspect_r != NULL;
}

static unsigned write_answer(bool is_ready, struct table *take_problems, struct text *body)
{
    (void)text_appendf(body, "{\"ready\":%s,\"problems\":", is_ready ? "true" : "false");
    if (table_render_json(take_problems, body))
        body->len--; /* removes the newline */
    table_fini(take_problems);
    (void)text_append_cstr(body, "}\n");
    return is_ready ? OK : SERVICE_UNAVAILABLE;
}

static bool begin_judging(const struct admin *admin, struct table *problems)
{
    table_init(problems, columns, sizeof columns / sizeof *columns);
    if (admin->is_ending)
        put(problems, NULL, "headgate is shutting down", true);
    return !admin->is_ending;
}

unsigned ready_answer(const struct admin *admin, const char *path, struct text *body)
{
    const struct cluster *cluster;
    const struct aspect *aspect;
    struct table problems;
    if (!goes_on(path, "/health", &path) || !find_asked(admin, path, &cluster, &aspect))
        return 0;
    bool is_ready = begin_judging(admin, &problems);
    is_ready &=
        cluster != NULL ? judge_cluster(cluster, aspect, &problems) : judge_all(admin, aspect, &problems);
    return write_answer(is_ready, &problems, body);
}

bool ready_judge(const struct admin *admin, struct table *problems)
{
    bool is_ready = begin_judging(admin, problems);
    return judge_all(admin, &serving, problems) && is_ready;
}

void ready_make(struct document *document)
{
    struct table problems;
    bool is_ready = ready_judge(document->admin, &problems);
    document_done(document, write_answer(is_ready, &problems, &document->body));
}

void ready_make_live(struct document *document)
{
    session_counts_take(&document->counts);
}

void ready_note_counts(struct session_counts *counts)
{
    struct document *document = counts->owner;
    if (counts->is_complete)
        (void)text_append_cstr(&document->body, "{\"live\":true,\"problem\":null}\n");
    else if (!counts->is_travelling)
        (void)text_append_cstr(&document->body, "{\"live\":false,\"problem\":\"out of memory\"}\n");
    else
        (void)text_appendf(
            &document->body, "{\"live\":false,\"problem\":\"worker %u has not answered for %u ms\"}\n",
            atomic_load_explicit(&counts->next, memory_order_relaxed), SESSION_COUNTS_TIMEOUT_US / 1000);
    document_done(document, counts->is_complete ? OK : SERVICE_UNAVAILABLE);
}
