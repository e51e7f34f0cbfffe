#include "cluster/cluster.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cluster/catalog_refresh.h"
#include "cluster/probe_schedule.h"
#include "cluster/view_builder.h"
#include "upstream/quota.h"

#include <stdio.h>
#include <string.h>

#include <assert.h>

static void publish(void *cluster)
{
    cluster_publish(cluster);
}

bool cluster_init(struct cluster *cluster, const struct cluster_settings *settings, unsigned index,
                  unsigned worker_count, const struct upstream_env *env, struct resolver *resolver,
                  struct error *err)
{
    *cluster = (struct cluster){ .settings = settings,
                                 .index = index,
                                 .worker_count = worker_count,
                                 .resolver = resolver,
                                 .env = *env,
                                 .primary = TOPOLOGY_NO_PRIMARY,
                                 .on_change = cluster_publish };
    cluster->started_us = cluster->paused_since_us = env->loop->now_us;
    cluster->seed = clock_wall_us();
    catalog_refresh_init(cluster);
    cluster->capacity = settings->server_count + CLUSTER_SPARE;
    cluster->members = mem_zalloc(cluster->capacity * sizeof *cluster->members);
    cluster->name = mem_strdup(settings->name);
    if (cluster->members == NULL || cluster->name == NULL ||
        !topology_history_init(&cluster->history, cluster->capacity)) {
        cluster_fini(cluster);
        return error_set(err, 0, "cluster '%s': out of memory", settings->name);
    }
    galera_writer_init(&cluster->galera_writer, cluster->name, &settings->monitor, &cluster->env, publish,
                       cluster);
    for (size_t i = 0; i < settings->server_count; i++, cluster->count++) {
        if (!member_init(cluster, i, &settings->servers[i], err)) {
            cluster_fini(cluster);
            return error_wrap(err, "cluster '%s'", settings->name);
        }
        probe_schedule_init(&cluster->members[i]);
    }
    return true;
}

void cluster_start(struct cluster *cluster, void (*on_view)(struct cluster *, struct view *), void *owner)
{
    cluster->on_view = on_view;
    cluster->owner = owner;
    for (size_t i = 0; i < cluster->count; i++)
        member_start(&cluster->members[i]);
}

void cluster_stop(struct cluster *cluster)
{
    catalog_refresh_stop(cluster);
    galera_writer_stop(&cluster->galera_writer);
    for (size_t i = 0; i < cluster->count; i++)
        member_stop(&cluster->members[i]);
}

void cluster_fini(struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->count; i++) {
        assert(cluster->members != NULL);
        resolve_forget(&cluster->members[i].name);
        quota_free_all(cluster->members[i].server);
        server_free(&cluster->members[i].server);
    }
    topology_history_fini(&cluster->history);
    mem_free(cluster->members);
    mem_free(cluster->name);
    cluster->members = NULL;
    cluster->name = NULL;
    cluster->count = 0;
    catalog_unref(cluster->catalog);
    cluster->catalog = NULL;
    code_changes_fini(&cluster->code_changes);
    view_release(&cluster->view);
}

void cluster_note_trouble(struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->count; i++)
        if (!cluster->members[i].is_gone && probe_schedule_look_at_traffic(&cluster->members[i]))
            member_probe_soon(&cluster->members[i]);
    cluster_publish(cluster);
}

/* ---- operators ---- */

bool cluster_operate(struct cluster *cluster, const char *server, enum cluster_verb verb, struct error *err)
{
    static const enum health_order orders[] = { HEALTH_ENABLED, HEALTH_DRAINED, HEALTH_DISABLED };
    struct cluster_member *member = member_find(cluster, server);
    if (member == NULL)
        return error_set(err, 0, "cluster %s has no server %s", cluster->name, server);
    if (member->is_removed && verb == CLUSTER_ENABLE)
        return error_set(err, 0, "server %s was removed from the configuration: it is drained", server);
    member_order(member, orders[verb]);
    if (verb == CLUSTER_ENABLE) {
        /* While there is no primary, `enable` of a writable server also elects it. */
        bool is_contender = cluster->view != NULL && member->server->index < cluster->view->count &&
                            cluster->view->servers[member->server->index].is_contender;
        if (cluster->primary == TOPOLOGY_NO_PRIMARY && is_contender)
            topology_history_elect(&cluster->history, member->last.server_id);
    }
    cluster_publish(cluster);
    return true;
}

bool cluster_set_paused(struct cluster *cluster, bool is_paused, const char *reason)
{
    static const char *const words[] = { "running", "paused" };
    struct log_scope scope = { .key = "cluster", .text = cluster->settings->name };
    struct event event = { .server = EVENT_CLUSTER };
    uint64_t now_us = cluster->env.loop->now_us;
    char after[32];
    if (cluster->is_paused == is_paused)
        return false;
    event.after_ms = (int64_t)((now_us - cluster->paused_since_us) / 1000);
    (void)snprintf(event.reason, sizeof event.reason, "%s", reason);
    (void)snprintf(event.was, sizeof event.was, "%s", words[!is_paused]);
    (void)snprintf(event.is, sizeof event.is, "%s", words[is_paused]);
    events_add(&cluster->events, &event);
    log_notice(&scope, "%s -> %s, after %s: %s", event.was, event.is,
               clock_format_duration((uint64_t)event.after_ms * 1000, after, sizeof after), event.reason);
    cluster->is_paused = is_paused;
    cluster->paused_since_us = now_us;
    cluster_publish(cluster);
    return true;
}
