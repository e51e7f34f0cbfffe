#include "cluster/member.h"

#include "base/clock.h"
#include "base/log.h"
#include "cluster/cluster_state.h"
#include "upstream/quota.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct health_rules member_rules(const struct cluster_member *member)
{
    const struct cluster_settings *settings = member->cluster->settings;
    return (struct health_rules){ .rise = settings->monitor.rise,
                                  .fall = settings->monitor.fall,
                                  .interval_us = settings->monitor.interval_us,
                                  .ejection_failures = settings->ejection.failures,
                                  .ejection_base_us = settings->ejection.base_us,
                                  .ejection_max_us = settings->ejection.max_us,
                                  .max_lag_us = settings->max_lag_us };
}

void member_note(struct cluster_member *member, const struct health_event *event)
{
    struct health_rules rules = member_rules(member);
    bool was_ejected = member->health.is_ejected;
    (void)health_note(&member->health, &rules, event, member->cluster->env.loop->now_us);
    member->ejections += member->health.is_ejected && !was_ejected;
}

void member_order(struct cluster_member *member, enum health_order order)
{
    const struct cluster *cluster = member->cluster;
    member->is_told_empty &= order == HEALTH_DRAINED && member->health.order == HEALTH_DRAINED;
    member_note(member, &(struct health_event){ .kind = HEALTH_ORDERED, .order = order });
    if (order == HEALTH_DRAINED && cluster->drain_us > 0)
        loop_timer_start(&member->drained, cluster->env.loop, cluster->drain_us);
    else
        loop_timer_stop(&member->drained);
}

/* The drain has lasted drain_us: connections that are left are closed. */
static void on_drained(struct loop_timer *timer)
{
    struct cluster_member *member = container_of(timer, struct cluster_member, drained);
    struct log_scope scope = { .key = "cluster", .text = member->cluster->name };
    char text[32];
    log_warning(&scope,
                "server %s has been drained for %s: what is left there is cut: %" PRIu64 " connections",
                member->server->name, clock_format_duration(member->cluster->drain_us, text, sizeof text),
                permits_used(&member->server->permits));
    member_order(member, HEALTH_DISABLED);
    member->cluster->on_change(member->cluster);
}

void member_tell_drained(struct cluster_member *member)
{
    struct log_scope scope = { .key = "cluster", .text = member->cluster->name };
    if (member->health.order != HEALTH_DRAINED || member->is_told_empty || !member_is_empty(member))
        return;
    uint64_t took_us = member->cluster->env.loop->now_us - member->health.since_us;
    struct event event = { .server = (int)member->server->index,
                           .server_name = member->server->name,
                           .was = "draining",
                           .is = "drained",
                           .reason = "no session has a connection to it any more",
                           .after_ms = (int64_t)(took_us / 1000) };
    char after[32];
    member->is_told_empty = true;
    events_add(&member->cluster->events, &event);
    log_notice(&scope, "server %s is drained, after %s: %s", member->server->name,
               clock_format_duration(took_us, after, sizeof after), event.reason);
}

void member_probe_soon(struct cluster_member *member)
{
    if (member->is_gone)
        return;
    if (member->probe.is_running)
        member->must_repeat = true; /* the answer may be older than the reason for this call */
    else
        loop_timer_start(&member->timer, member->cluster->env.loop, 0);
}

/* ---- address ---- */

static void tell_move(struct cluster_member *member, const struct addr *was)
{
    struct log_scope scope = { .key = "cluster", .text = member->cluster->settings->name };
    const struct server *server = member->server;
    uint64_t now_us = member->cluster->env.loop->now_us;
    struct event event = { .server = (int)server->index,
                           .server_name = server->name,
                           .after_ms = (int64_t)((now_us - member->moved_us) / 1000) };
    char before[ADDR_TEXT_MAX], now[ADDR_TEXT_MAX], after[32];
    (void)snprintf(event.was, sizeof event.was, "%s", addr_format(was, before));
    (void)snprintf(event.is, sizeof event.is, "%s", addr_format(&member->name.addr, now));
    (void)snprintf(event.reason, sizeof event.reason, "address was %s, is %s: %.100s", event.was, event.is,
                   server->address);
    events_add(&member->cluster->events, &event);
    log_notice(&scope, "server %s (%s): address was %s, is %s, after %s", server->name, server->address,
               before, now, clock_format_duration((uint64_t)event.after_ms * 1000, after, sizeof after));
}

/* Logs once when the name cannot be resolved any more, and once when it can. */
static void tell_name(struct cluster_member *member, const struct addr *was)
{
    struct log_scope scope = { .key = "cluster", .text = member->cluster->settings->name };
    const struct server *server = member->server;
    const struct resolve_name *name = &member->name;
    bool is_lost = name->error[0] != '\0';
    char text[ADDR_TEXT_MAX];
    if (is_lost && !member->is_lost)
        log_warning(&scope, "server %s (%s): its name cannot be resolved: %s; it %s%s", server->name,
                    server->address, name->error, name->addr.len != 0 ? "is looked for at " : "is down",
                    name->addr.len != 0 ? addr_format(&name->addr, text) : "");
    else if (!is_lost && (member->is_lost || was->len == 0))
        log_notice(&scope, "server %s (%s): its name is resolved: %s", server->name, server->address,
                   addr_format(&name->addr, text));
    member->is_lost = is_lost;
}

/* Nothing is known of the new machine; it has no role until its first probe has passed. */
void member_replace(struct cluster_member *member)
{
    member->moves++;
    quota_forget_all(member->server);
    member->detail[0] = '\0';
    member->linked_us = 0;
    member->refusal = OUTCOME_PASSED;
    member->refusal_us = member->cluster->env.loop->now_us;
    member_note(member, &(struct health_event){ .kind = HEALTH_REPLACED });
    probe_drop(&member->probe);
    member_probe_soon(member);
}

static void on_name(struct resolve_name *name, const struct addr *was)
{
    struct cluster_member *member = name->owner;
    bool has_moved = was->len != 0 && !addr_equal(was, &name->addr);
    tell_name(member, was);
    if (has_moved) {
        tell_move(member, was);
        member_replace(member);
    }
    if (!addr_equal(was, &name->addr))
        member->moved_us = member->cluster->env.loop->now_us;
    if (was->len == 0 && name->addr.len != 0 && !member->probe.is_running)
        member_probe_soon(member);
    probe_go_on(&member->probe);
    member->cluster->on_change(member->cluster);
}

bool member_move(struct cluster_member *member, const char *address, struct error *err)
{
    struct resolve_name name;
    struct addr was = member->name.addr;
    if (!resolve_name_init(&name, member->cluster->resolver, address, on_name, member, err))
        return false;
    resolve_forget(&member->name);
    member->name = name;
    if (name.addr.len == 0 || !addr_equal(&was, &name.addr)) {
        member->moved_us = member->cluster->env.loop->now_us;
        member_replace(member);
    }
    resolve_start(&member->name);
    return true;
}

/* ---- begin and end ---- */

bool member_init(struct cluster *cluster, size_t i, const struct server_settings *settings, struct error *err)
{
    struct cluster_member *member = &cluster->members[i];
    struct resolve_name name;
    if (!resolve_name_init(&name, cluster->resolver, settings->address, on_name, member, err))
        return false;
    bool is_set = member->server != NULL &&
                  server_set(member->server, settings, cluster->settings->connection_reserve, err);
    struct server *server = member->server != NULL
                                ? member->server
                                : server_new(settings, (unsigned)i, cluster->worker_count, err);
    if (server == NULL || (member->server != NULL && !is_set)) {
        resolve_forget(&name);
        return false;
    }
    *member = (struct cluster_member){ .cluster = cluster,
                                       .server = server,
                                       .name = name,
                                       .moves = member->moves,
                                       .last = { .lag_ms = -1 },
                                       .refusal = OUTCOME_PASSED,
                                       .refusal_us = cluster->env.loop->now_us,
                                       .moved_us = cluster->env.loop->now_us };
    health_begin(&member->health, cluster->env.loop->now_us);
    loop_timer_init(&member->drained, on_drained);
    return true;
}

void member_start(struct cluster_member *member)
{
    resolve_start(&member->name);
    member_probe_soon(member);
}

void member_stop(struct cluster_member *member)
{
    resolve_forget(&member->name);
    loop_timer_stop(&member->timer);
    loop_timer_stop(&member->drained);
    probe_fini(&member->probe);
}

bool member_is_empty(const struct cluster_member *member)
{
    const struct permits *permits = &member->server->permits;
    return permits_used(permits) == 0 && permits_waiting(permits) == 0;
}

void member_retire(struct cluster_member *member)
{
    struct log_scope scope = { .key = "cluster", .text = member->cluster->name };
    log_notice(&scope, "server %s (%s) is removed: nothing is connected to it any more", member->server->name,
               member->server->address);
    member->is_gone = true;
    member_stop(member);
    health_begin(&member->health, member->cluster->env.loop->now_us);
    member_note(member, &(struct health_event){ .kind = HEALTH_ORDERED, .order = HEALTH_DISABLED });
    member->is_known = false;
    member->detail[0] = '\0';
    member->last = (struct probe_result){ .lag_ms = -1 };
    member->cluster->on_change(member->cluster);
}

/* ---- all members of a cluster ---- */

struct cluster_member *member_find(struct cluster *cluster, const char *server)
{
    for (size_t i = 0; i < cluster->count; i++)
        if (!cluster->members[i].is_gone && strcmp(cluster->members[i].server->name, server) == 0)
            return &cluster->members[i];
    return NULL;
}

bool member_are_all_probed(const struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->count; i++)
        if (!cluster->members[i].was_probed && !cluster->members[i].is_gone)
            return false;
    return true;
}

bool member_may_be_galera(const struct cluster *cluster)
{
    return cluster->settings->topology == TOPOLOGY_AUTO || cluster->settings->topology == TOPOLOGY_GALERA;
}

bool member_is_any_galera(const struct cluster *cluster)
{
    if (cluster->settings->topology != TOPOLOGY_AUTO)
        return cluster->settings->topology == TOPOLOGY_GALERA;
    for (size_t i = 0; i < cluster->count; i++)
        if (cluster->members[i].is_known && cluster->members[i].last.wsrep.is_node)
            return true;
    return false;
}
