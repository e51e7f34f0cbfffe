#include "cluster/cluster_reload.h"

#include "base/log.h"
#include "cluster/catalog_refresh.h"
#include "cluster/probe_schedule.h"
#include "cluster/view_builder.h"
#include "upstream/quota.h"

#include <string.h>

static const struct server_settings *find_settings(const struct cluster_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->server_count; i++)
        if (strcmp(settings->servers[i].name, name) == 0)
            return &settings->servers[i];
    return NULL;
}

/* Is place `i` free: never used, or left by its server? */
static bool is_free(const struct cluster *cluster, size_t i)
{
    const struct cluster_member *member = &cluster->members[i];
    return i >= cluster->count || member->is_gone || (member->is_removed && member_is_empty(member));
}

bool cluster_has_room(const struct cluster *cluster, const struct cluster_settings *settings,
                      struct error *err)
{
    size_t used = settings->server_count;
    for (size_t i = 0; i < cluster->count; i++)
        used += !is_free(cluster, i) && find_settings(settings, cluster->members[i].server->name) == NULL;
    return used <= cluster->capacity ||
           error_set(
               err, 0,
               "cluster '%s': %zu servers, those that are still drained included, are more than there is "
               "room for without a restart: %zu",
               cluster->name, used, cluster->capacity);
}

static void complain(const struct cluster *cluster, const char *server, const char *what)
{
    struct log_scope scope = { .key = "cluster", .text = cluster->name };
    log_error(&scope, "server %s: %s: out of memory", server, what);
}

static void set_member(struct cluster_member *member, const struct server_settings *settings)
{
    struct cluster *cluster = member->cluster;
    struct error err = { 0 };
    bool has_moved = strcmp(member->server->address, settings->address) != 0;
    if (!server_set(member->server, settings, cluster->settings->connection_reserve, &err)) {
        struct log_scope scope = { .key = "cluster", .text = cluster->name };
        log_error(&scope, "%s; the server is as before", err.text);
        return;
    }
    if (has_moved && !member_move(member, settings->address, &err))
        complain(cluster, settings->name, "its new address is not used");
    if (member->is_removed) {
        member->is_removed = false;
        member_order(member, HEALTH_ENABLED);
    }
}

static void add_member(struct cluster *cluster, const struct server_settings *settings)
{
    struct log_scope scope = { .key = "cluster", .text = cluster->name };
    struct error err = { 0 };
    size_t i = 0;
    while (!is_free(cluster, i))
        i++; /* there is a free place: the caller has checked cluster_has_room */
    struct cluster_member *member = &cluster->members[i];
    if (i < cluster->count && !member->is_gone)
        member_retire(member);
    if (!member_init(cluster, i, settings, &err)) {
        complain(cluster, settings->name, "it is not used");
        return;
    }
    probe_schedule_init(member);
    if (i < cluster->count) {
        server_forget(member->server);
        quota_forget_all(member->server);
    }
    cluster->count += i == cluster->count;
    topology_history_give_away(&cluster->history, i);
    member->moves++; /* another machine than the former server of this place */
    member->was_probed = true;
    log_notice(&scope, "server %s (%s) is added", settings->name, settings->address);
    member_start(member);
}

static void remove_member(struct cluster_member *member)
{
    if (member->is_removed)
        return;
    member->is_removed = true;
    member_order(member, HEALTH_DRAINED);
    member_probe_soon(member);
}

void cluster_set(struct cluster *cluster, const struct cluster_settings *settings,
                 const struct upstream_env *env, uint64_t drain_us)
{
    const struct cluster_settings *former = cluster->settings;
    uint64_t survey_us = former->read_functions_interval_us;
    bool has_interval = former->monitor.interval_us == settings->monitor.interval_us;
    bool has_same_account = strcmp(former->monitor.user, settings->monitor.user) == 0 &&
                            strcmp(former->monitor.password, settings->monitor.password) == 0;
    cluster->drain_us = drain_us;
    cluster->settings = settings;
    cluster->env.socket = env->socket;
    cluster->env.connect_us = env->connect_us;
    cluster->env.login_us = env->login_us;
    cluster->survey.settings = cluster->galera_writer.settings = &settings->monitor;
    for (size_t i = 0; i < cluster->count; i++)
        cluster->members[i].probe.settings = &settings->monitor;
    for (size_t i = 0; i < cluster->count; i++)
        if (!cluster->members[i].is_gone && find_settings(settings, cluster->members[i].server->name) == NULL)
            remove_member(&cluster->members[i]);
    for (size_t i = 0; i < settings->server_count; i++) {
        struct cluster_member *member = member_find(cluster, settings->servers[i].name);
        if (member != NULL)
            set_member(member, &settings->servers[i]);
        else
            add_member(cluster, &settings->servers[i]);
    }
    for (size_t i = 0; i < cluster->count; i++) {
        if (!has_same_account) /* kept connections do not show whether the servers accept the new account */
            probe_log_in_anew(&cluster->members[i].probe);
        if (!has_same_account || !has_interval)
            member_probe_soon(&cluster->members[i]);
    }
    catalog_refresh_set(cluster, survey_us);
    cluster_publish(cluster);
}
