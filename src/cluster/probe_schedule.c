#include "cluster/probe_schedule.h"

#include "base/log.h"
#include "cluster/cluster_state.h"
#include "cluster/view_builder.h"
#include "monitor/replication.h"
#include "cluster/incidents.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The longest interval at which a removed server is checked for connections that are left. */
#define GONE_US 1000000

/* The numbers need not be unpredictable, only different in two proxies. */
static uint32_t next_random(struct cluster *cluster)
{
    cluster->seed = cluster->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(cluster->seed >> 32);
}

static bool may_eject(const struct cluster *cluster, const struct cluster_member *member)
{
    size_t replicas = 0, ejected = 0, count = 0;
    for (size_t i = 0; i < cluster->count; i++) {
        count += !cluster->members[i].is_removed;
        replicas += cluster->view != NULL && i < cluster->view->count &&
                    cluster->view->servers[i].role == SERVER_REPLICA;
        ejected += cluster->members[i].health.is_ejected;
    }
    return cluster->primary != (int)member->server->index &&
           health_may_eject(count, replicas, ejected, cluster->settings->ejection.max_share);
}

/* Connections that the server ended while they were idle, and writes that it refused as read-only, are a
 * reason to probe, but no failures. */
bool probe_schedule_look_at_traffic(struct cluster_member *member)
{
    struct server_totals sum = server_sum_without(member->server, member->cluster->env.worker);
    const struct server_totals *seen = &member->seen;
    struct health_event event = {
        .kind = HEALTH_TRAFFIC,
        .successes =
            sum.queries - seen->queries, /* without connects and logins: these say nothing about replies */
        .failures = sum.connect_failures + sum.losses - seen->connect_failures - seen->losses,
        .may_eject = may_eject(member->cluster, member),
        .random = next_random(member->cluster),
    };
    bool has_news = sum.drops != seen->drops || sum.demotions != seen->demotions;
    if (event.failures > 0 || has_news)
        probe_doubt(&member->probe); /* sessions may have reached another machine */
    member->seen = sum;
    if (event.successes > 0 || event.failures > 0)
        member_note(member, &event);
    return event.failures > 0 || has_news;
}

/* The outcome shows that the server is alive, although the probe did not pass. */
static bool is_answer(enum outcome outcome)
{
    return outcome == OUTCOME_OVERLOADED || outcome == OUTCOME_REFUSED;
}

/* Has anything changed that roles depend on, since the last probe of this server? */
static bool has_moved(const struct cluster_member *member, const struct probe_result *result)
{
    const struct probe_result *last = &member->last;
    if (result->outcome !=
        OUTCOME_PASSED) /* the first failure of a primary: another one may have taken over */
        return member->cluster->primary == (int)member->server->index && !is_answer(result->outcome) &&
               member->health.probed == SERVER_UP && member->health.in_a_row == 0;
    return member->is_known &&
           (last->is_read_only != result->is_read_only || last->has_source != result->has_source ||
            last->is_link_stopped != result->is_link_stopped || last->server_id != result->server_id ||
            !wsrep_is_same(&last->wsrep, &result->wsrep) ||
            memcmp(last->sources, result->sources, sizeof last->sources) != 0);
}

static void tell_machine(struct cluster_member *member, struct event *event, const char *reason)
{
    struct log_scope scope = { .key = "cluster", .text = member->cluster->settings->name };
    char address[ADDR_TEXT_MAX];
    event->server = (int)member->server->index;
    event->server_name = member->server->name;
    event->after_ms = EVENT_UNKNOWN_TIME;
    (void)snprintf(event->reason, sizeof event->reason, "%s", reason);
    events_add(&member->cluster->events, event);
    log_warning(&scope, "server %s (%s): %s: %s -> %s", member->server->name,
                addr_format(&member->name.addr, address), reason, event->was, event->is);
}

static void tell_another(struct cluster_member *member, const struct probe_result *result)
{
    const struct probe_result *last = &member->last;
    struct event event = { 0 };
    if (last->server_id != result->server_id) {
        (void)snprintf(event.was, sizeof event.was, "server_id %u", last->server_id);
        (void)snprintf(event.is, sizeof event.is, "server_id %u", result->server_id);
    } else {
        (void)snprintf(event.was, sizeof event.was, "%s", last->server_uuid);
        (void)snprintf(event.is, sizeof event.is, "%s", result->server_uuid);
    }
    tell_machine(member, &event, "another machine answers at this address");
}

static void tell_version(struct cluster_member *member, const struct probe_result *result)
{
    const struct probe_result *last = &member->last;
    struct event event = { 0 };
    (void)snprintf(event.was, sizeof event.was, "%.47s", last->version);
    (void)snprintf(event.is, sizeof event.is, "%.47s", result->version);
    tell_machine(member, &event,
                 last->family != result->family ? "a server of another family answers at this address"
                                                : "another version answers at this address");
}

/* True: sessions have connections to another machine than the one that has answered. They must leave these
 * connections before the answer counts, so the server is probed again. After a change of address that has
 * been done already. Where one machine was replaced, others may have been: all servers are in doubt. */
static bool has_been_replaced(struct cluster_member *member, const struct probe_result *result)
{
    struct cluster *cluster = member->cluster;
    /* Is this another machine than at the last probe? A server with another id is another machine, or was
     * installed again: its former state may be gone. */
    bool has_uuids = member->last.server_uuid[0] != '\0' && result->server_uuid[0] != '\0';
    bool is_it = member->last.server_id != result->server_id ||
                 (has_uuids && strcmp(member->last.server_uuid, result->server_uuid) != 0);
    if (is_it)
        tell_another(member, result);
    if (strcmp(member->last.version, result->version) != 0)
        tell_version(member, result);
    if (!is_it || member->health.probed == SERVER_STARTING)
        return false;
    for (size_t i = 0; i < cluster->count; i++)
        probe_doubt(&cluster->members[i].probe);
    member->last.server_id = result->server_id;
    memcpy(member->last.server_uuid, result->server_uuid, sizeof member->last.server_uuid);
    memcpy(member->last.version, result->version, sizeof member->last.version);
    member->last.process = result->process;
    member_replace(member);
    return true;
}

static void note_probe(struct cluster_member *member, const struct probe_result *result)
{
    static const enum health_event_kind kinds[] = { [OUTCOME_FAILED] = HEALTH_FAILED,
                                                    [OUTCOME_PASSED] = HEALTH_PASSED,
                                                    [OUTCOME_SILENT] = HEALTH_FAILED,
                                                    [OUTCOME_OVERLOADED] = HEALTH_ANSWERED,
                                                    [OUTCOME_REFUSED] = HEALTH_ANSWERED };
    bool has_passed = result->outcome == OUTCOME_PASSED;
    bool is_wanted = replication_is_wanted(result, member->server->role_setting);
    struct health_event event = { .kind = kinds[result->outcome], .lag_ms = is_wanted ? result->lag_ms : 0 };
    member_note(member, &event);
    incidents_note_refusals(member, result);
    member->was_probed = true;
    member->probes++;
    member->probe_failures += !has_passed;
    if (has_passed) {
        member->is_known = true;
        member->last = *result;
        server_note_own_max(member->server, result->max_connections,
                            member->cluster->settings->connection_reserve);
        server_note_session_defaults(member->server, result->wait_timeout_s, result->has_init_connect);
    }
    memcpy(member->detail, result->error[0] != '\0' ? result->error : result->refusal, sizeof member->detail);
}

/* The result of a probe is compared with what sessions have experienced since it began. A server that has
 * answered sessions is not down because it was too slow for a probe. A server that has refused a write may
 * have another role than believed; such a probe counts as failed unless it tells the role. */
static void weigh(struct cluster_member *member, struct probe_result *found)
{
    if (found->outcome == OUTCOME_PASSED) {
        member->demotions = member->seen.demotions;
    } else if (found->outcome == OUTCOME_SILENT && member->seen.queries > member->answered) {
        found->outcome = OUTCOME_OVERLOADED;
        (void)snprintf(found->error, sizeof found->error,
                       "%sno answer within the probe's timeout, but sessions have been answered",
                       outcome_prefix(OUTCOME_OVERLOADED));
        member->must_repeat = true; /* the server may have died since: the next probe must not be late */
    } else if (is_answer(found->outcome) && member->seen.demotions > member->demotions) {
        found->outcome = OUTCOME_FAILED;
    }
}

static void on_probe(struct probe *probe, const struct probe_result *result)
{
    struct cluster_member *member = probe->owner;
    struct probe_result found = *result;
    (void)probe_schedule_look_at_traffic(member);
    weigh(member, &found);
    if (has_moved(member, &found)) {
        struct cluster *cluster = member->cluster;
        for (size_t i = 0; i < cluster->count; i++)
            if (&cluster->members[i] != member)
                member_probe_soon(&cluster->members[i]);
    }
    if (result->outcome == OUTCOME_PASSED && member->is_known && has_been_replaced(member, result)) {
        cluster_publish(member->cluster);
        return;
    }
    if (found.outcome == OUTCOME_PASSED) {
        incidents_note_cut_off(member, &found);
        incidents_note_restart(member, &found);
    }
    note_probe(member, &found);
    /* A doubt is resolved before the interval has passed. */
    struct health_rules rules = member_rules(member);
    struct loop *loop = member->cluster->env.loop;
    uint64_t after_us = member->must_repeat ? 0 : health_probe_after(&member->health, &rules, loop->now_us);
    member->must_repeat = false;
    if (after_us < rules.interval_us)
        loop_timer_start(&member->timer, loop, after_us);
    cluster_publish(member->cluster);
}

static void on_interval(struct loop_timer *timer)
{
    struct cluster_member *member = container_of(timer, struct cluster_member, timer);
    if (member->is_removed && member_is_empty(member)) {
        member_retire(member);
        return;
    }
    member_tell_drained(member);
    uint64_t interval_us = member->cluster->settings->monitor.interval_us;
    if (member->is_removed && interval_us > GONE_US)
        interval_us = GONE_US;
    loop_timer_start(timer, member->cluster->env.loop, interval_us);
    member->probe.asks_wsrep = member_may_be_galera(member->cluster);
    if (!member->probe.is_running)
        member->answered = server_sum_without(member->server, member->cluster->env.worker).queries;
    probe_run(&member->probe);
}

void probe_schedule_init(struct cluster_member *member)
{
    struct cluster *cluster = member->cluster;
    probe_init(&member->probe, member->server, &member->name, &cluster->settings->monitor, &cluster->env,
               on_probe, member);
    loop_timer_init(&member->timer, on_interval);
}
