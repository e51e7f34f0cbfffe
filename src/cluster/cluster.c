#include "cluster/cluster.h"

#include "base/log.h"
#include "base/mem.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_static(const struct cluster *cluster)
{
    return cluster->settings->topology == TOPOLOGY_STATIC;
}

/* ---- the view ---- */

static bool is_older(const char *a, const char *b)
{
    struct server_version x = greeting_version(span_cstr(a)), y = greeting_version(span_cstr(b));
    if (x.major != y.major)
        return x.major < y.major;
    return x.minor != y.minor ? x.minor < y.minor : x.patch < y.patch;
}

/* What clients are greeted with must hold for every server they may meet: not for one of another family. */
static void describe_greeting(const struct cluster *cluster, struct view *view)
{
    view->caps = UINT64_MAX;
    for (size_t i = 0; i < cluster->count; i++) {
        const struct cluster_member *member = &cluster->members[i];
        const struct probe_result *last = &member->last;
        bool is_first = view->family == FAMILY_UNKNOWN;
        if (!member->is_known || (!is_first && last->family != view->family))
            continue;
        if (is_first || is_older(last->version, view->version))
            memcpy(view->version, last->version, sizeof view->version);
        if (is_first)
            view->family = last->family;
        if (is_first || (int)i == cluster->primary) {
            view->collation = last->collation;
            view->ansi_quotes = last->ansi_quotes;
            view->oracle = last->oracle;
            view->no_backslash_escapes = last->no_backslash_escapes;
        }
        view->caps &= last->caps;
    }
    if (view->family == FAMILY_UNKNOWN)
        view->caps = 0;
}

static void describe_server(const struct cluster_member *member, const struct topology_verdict *verdict,
                            struct view_server *entry)
{
    entry->server = member->server;
    entry->role = verdict->role;
    entry->state = member->health.state;
    entry->reason = verdict->reason;
    entry->lag_ms = member->last.lag_ms;
    entry->takes_reads = verdict->takes_reads;
    entry->is_contender = verdict->is_contender;
    (void)snprintf(entry->detail, sizeof entry->detail, "%s", member->detail);
}

/* A server that is promoted stays up: since when it is what it is now, role and state together. */
static void date_servers(const struct view *before, struct view *now, uint64_t now_us)
{
    for (size_t i = 0; i < now->count; i++) {
        const struct view_server *was = before != NULL ? &before->servers[i] : NULL;
        struct view_server *is = &now->servers[i];
        bool is_as_before = was != NULL && was->role == is->role && was->state == is->state;
        is->since_us = is_as_before ? was->since_us : now_us;
    }
}

static void collect_facts(const struct cluster *cluster, struct topology_facts *facts)
{
    enum server_family family = FAMILY_UNKNOWN;
    for (size_t i = 0; i < cluster->count; i++) {
        const struct cluster_member *member = &cluster->members[i];
        if (family == FAMILY_UNKNOWN && member->is_known)
            family = member->last.family;
        facts[i] = (struct topology_facts){
            .is_up = member->health.state == SERVER_UP,
            .is_foreign = member->is_known && member->last.family != family,
            .is_read_only = member->last.is_read_only,
            .has_source = member->last.has_source,
            .is_applying = member->last.is_applying,
            .lag_ms = member->last.lag_ms,
            .role_setting = member->server->role_setting,
        };
    }
}

static bool is_same(const struct view *a, const struct view *b)
{
    if (a->primary != b->primary || a->family != b->family || a->caps != b->caps ||
        strcmp(a->version, b->version) != 0 || a->collation != b->collation ||
        a->ansi_quotes != b->ansi_quotes || a->oracle != b->oracle ||
        a->no_backslash_escapes != b->no_backslash_escapes || a->routines != b->routines ||
        a->is_paused != b->is_paused)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct view_server *x = &a->servers[i], *y = &b->servers[i];
        if (x->role != y->role || x->state != y->state || x->takes_reads != y->takes_reads ||
            x->lag_ms != y->lag_ms || strcmp(x->reason, y->reason) != 0 || strcmp(x->detail, y->detail) != 0)
            return false;
    }
    return true;
}

static void log_changes(const struct cluster *cluster, const struct view *before, const struct view *now)
{
    struct log_scope scope = { .key = "cluster", .text = cluster->settings->name };
    for (size_t i = 0; i < now->count; i++) {
        const struct view_server *is = &now->servers[i];
        const struct view_server *was = before != NULL ? &before->servers[i] : NULL;
        if (was != NULL && was->role == is->role && was->state == is->state &&
            was->takes_reads == is->takes_reads)
            continue;
        log_notice(&scope, "server %s (%s): %s %s -> %s %s, %s%s%s", is->server->name, is->server->address,
                   was != NULL ? server_state_name(was->state) : "starting",
                   was != NULL ? server_role_name(was->role) : "unknown", server_state_name(is->state),
                   server_role_name(is->role), is->reason, is->detail[0] != '\0' ? ": " : "", is->detail);
    }
    if (before != NULL && before->primary != VIEW_NO_SERVER && now->primary == VIEW_NO_SERVER)
        log_warning(&scope, "there is no primary now: statements that need one wait");
}

static bool has_contender(const struct view *view, size_t i)
{
    return view->primary == VIEW_NO_SERVER && view->servers[i].is_contender;
}

/* Servers of which one must be the primary, and nobody knows which: only an operator can tell. */
static void log_contenders(const struct cluster *cluster, const struct view *before, const struct view *now)
{
    struct log_scope scope = { .key = "cluster", .text = cluster->settings->name };
    struct text names = { 0 };
    bool is_new = false;
    for (size_t i = 0; i < now->count; i++) {
        is_new = is_new || has_contender(now, i) != (before != NULL && has_contender(before, i));
        if (!has_contender(now, i))
            continue;
        (void)text_append_cstr(&names, names.len > 0 ? ", " : "");
        (void)text_append_cstr(&names, now->servers[i].server->name);
    }
    if (is_new && names.len > 0)
        log_warning(&scope,
                    "there is no primary: %s are writable and replicate from nobody; set read_only on all "
                    "but one of them",
                    text_cstr(&names));
    text_fini(&names);
}

/* What the old primary said holds no longer, and the new one is asked. Not from here: a survey that fails at
 * once would publish amid a publication. */
static void change_primary(struct cluster *cluster, int primary)
{
    if (cluster->primary == primary)
        return;
    cluster->primary = primary;
    routines_unref(cluster->routines);
    cluster->routines = NULL;
    survey_stop(&cluster->survey);
    if (cluster->settings->read_functions)
        loop_timer_start(&cluster->survey_timer, cluster->env.loop, 0);
}

static void publish(struct cluster *cluster)
{
    if (!cluster_is_probed(cluster))
        return; /* the last first probe publishes: see cluster.h */
    struct topology_facts *facts = mem_zalloc(cluster->count * sizeof *facts);
    struct topology_verdict *verdicts = mem_zalloc(cluster->count * sizeof *verdicts);
    struct view *view = view_new(cluster->count);
    if (facts == NULL || verdicts == NULL || view == NULL) {
        log_error(NULL, "cluster %s: out of memory: keeping the old view of its servers",
                  cluster->settings->name);
        goto done;
    }
    collect_facts(cluster, facts);
    change_primary(cluster,
                   topology_decide(facts, cluster->count, is_static(cluster), cluster->primary, verdicts));
    view->cluster_name = cluster->settings->name;
    view->cluster_index = cluster->index;
    view->primary = cluster->primary;
    view->is_paused = cluster->is_paused;
    for (size_t i = 0; i < cluster->count; i++)
        describe_server(&cluster->members[i], &verdicts[i], &view->servers[i]);
    date_servers(cluster->view, view, cluster->env.loop->now_us);
    describe_greeting(cluster, view);
    view->routines = routines_ref(cluster->routines);
    if (cluster->view != NULL && is_same(cluster->view, view))
        goto done;
    view->epoch = ++cluster->epoch;
    log_changes(cluster, cluster->view, view);
    log_contenders(cluster, cluster->view, view);
    view_release(&cluster->view);
    cluster->view = view_acquire(view);
    cluster->on_view(cluster, view);
done:
    view_release(&view);
    mem_free(facts);
    mem_free(verdicts);
}

/* ---- which stored functions only read ---- */

static void log_survey(const struct cluster *cluster, const struct routines *now, const char *why)
{
    struct log_scope scope = { .key = "cluster", .text = cluster->settings->name };
    if (now == NULL && strcmp(why, cluster->survey_error) != 0)
        log_warning(&scope, "stored functions stay on the primary: %s", why);
    else if (now != NULL && (cluster->routines == NULL || !routines_equal(now, cluster->routines)))
        log_notice(&scope, "stored functions that only read, and may run on replicas: %zu",
                   routines_count(now));
}

static void on_survey(struct survey *survey, struct routines *take_routines, const char *why)
{
    struct cluster *cluster = survey->owner;
    log_survey(cluster, take_routines, why);
    (void)span_copy_cstr(span_cstr(why), cluster->survey_error, sizeof cluster->survey_error);
    if (routines_equal(cluster->routines, take_routines)) {
        routines_unref(take_routines);
        return;
    }
    routines_unref(cluster->routines);
    cluster->routines = take_routines;
    publish(cluster);
}

static void on_survey_timer(struct loop_timer *timer)
{
    struct cluster *cluster =
        (struct cluster *)(void *)((char *)timer - offsetof(struct cluster, survey_timer));
    loop_timer_start(timer, cluster->env.loop, cluster->settings->read_functions_interval_us);
    if (cluster->primary != TOPOLOGY_NO_PRIMARY)
        survey_begin(&cluster->survey, cluster->members[cluster->primary].server);
}

/* ---- probing ---- */

static void on_probe(struct probe *probe, const struct probe_result *result)
{
    struct cluster_member *member = probe->owner;
    struct cluster *cluster = member->cluster;
    const struct monitor_settings *settings = &cluster->settings->monitor;
    /* Overload is not death: what is known of it stays as it is. */
    if (!result->is_overloaded || !member->is_known)
        (void)health_note(&member->health, result->has_passed, settings->rise, settings->fall,
                          cluster->env.loop->now_us);
    member->was_probed = true;
    if (result->has_passed) {
        member->is_known = true;
        member->last = *result;
    }
    memcpy(member->detail, result->error, sizeof member->detail);
    publish(cluster);
}

static void on_interval(struct loop_timer *timer)
{
    struct cluster_member *member =
        (struct cluster_member *)(void *)((char *)timer - offsetof(struct cluster_member, timer));
    loop_timer_start(timer, member->cluster->env.loop, member->cluster->settings->monitor.interval_us);
    probe_run(&member->probe);
}

bool cluster_init(struct cluster *cluster, const struct cluster_settings *settings, unsigned index,
                  unsigned worker_count, const struct upstream_env *env, struct error *err)
{
    *cluster =
        (struct cluster){ .settings = settings, .index = index, .env = *env, .primary = TOPOLOGY_NO_PRIMARY };
    survey_init(&cluster->survey, &settings->monitor, &cluster->env, on_survey, cluster);
    loop_timer_init(&cluster->survey_timer, on_survey_timer);
    cluster->members = mem_zalloc(settings->server_count * sizeof *cluster->members);
    if (cluster->members == NULL)
        return error_set(err, 0, "cluster '%s': out of memory", settings->name);
    for (size_t i = 0; i < settings->server_count; i++) {
        struct cluster_member *member = &cluster->members[i];
        member->cluster = cluster;
        member->server = server_new(&settings->servers[i], (unsigned)i, worker_count, err);
        if (member->server == NULL) {
            cluster_fini(cluster);
            return error_wrap(err, "cluster '%s'", settings->name);
        }
        cluster->count++;
        probe_init(&member->probe, member->server, &settings->monitor, &cluster->env, on_probe, member);
        health_begin(&member->health, env->loop->now_us);
        member->last.lag_ms = -1;
        loop_timer_init(&member->timer, on_interval);
    }
    return true;
}

void cluster_start(struct cluster *cluster, void (*on_view)(struct cluster *, struct view *), void *owner)
{
    cluster->on_view = on_view;
    cluster->owner = owner;
    for (size_t i = 0; i < cluster->count; i++)
        loop_timer_start(&cluster->members[i].timer, cluster->env.loop, 0);
}

void cluster_stop(struct cluster *cluster)
{
    loop_timer_stop(&cluster->survey_timer);
    survey_stop(&cluster->survey);
    for (size_t i = 0; i < cluster->count; i++) {
        loop_timer_stop(&cluster->members[i].timer);
        probe_fini(&cluster->members[i].probe);
    }
}

void cluster_fini(struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->count; i++)
        server_free(&cluster->members[i].server);
    mem_free(cluster->members);
    cluster->members = NULL;
    cluster->count = 0;
    routines_unref(cluster->routines);
    cluster->routines = NULL;
    view_release(&cluster->view);
}

bool cluster_set_paused(struct cluster *cluster, bool is_paused)
{
    cluster->is_paused = is_paused;
    publish(cluster);
    return cluster->view == NULL || cluster->view->is_paused == is_paused;
}

void cluster_note_trouble(struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->count; i++) {
        struct cluster_member *member = &cluster->members[i];
        struct server_totals sum = server_sum(member->server);
        uint64_t troubles = sum.connect_failures + sum.losses + sum.drops + sum.demotions;
        if (troubles != member->troubles)
            probe_run(&member->probe);
        member->troubles = troubles;
    }
}

bool cluster_is_probed(const struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->count; i++)
        if (!cluster->members[i].was_probed)
            return false;
    return true;
}
