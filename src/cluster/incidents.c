#include "cluster/incidents.h"

#include "base/clock.h"
#include "base/log.h"
#include "cluster/cluster_state.h"
#include "monitor/replication.h"

#include <stdio.h>

/* ---- a server that answers, and refuses the probe ---- */

static void tell_of_refusals(struct cluster_member *member, const char *was, const char *is, const char *why,
                             enum log_level level)
{
    struct cluster *cluster = member->cluster;
    struct log_scope scope = { .key = "cluster", .text = cluster->settings->name };
    uint64_t now_us = cluster->env.loop->now_us;
    struct event event = { .server = (int)member->server->index,
                           .server_name = member->server->name,
                           .after_ms = (int64_t)((now_us - member->refusal_us) / 1000) };
    char address[ADDR_TEXT_MAX], after[32];
    (void)snprintf(event.was, sizeof event.was, "%s", was);
    (void)snprintf(event.is, sizeof event.is, "%s", is);
    (void)snprintf(event.reason, sizeof event.reason, "%s", why);
    events_add(&cluster->events, &event);
    log_write(level, &scope, "server %s (%s): %s -> %s, after %s: %s", member->server->name,
              addr_format(&member->name.addr, address), was, is,
              clock_format_duration((uint64_t)event.after_ms * 1000, after, sizeof after), why);
}

static void leave(struct cluster_member *member, const char *why)
{
    enum outcome was = member->refusal;
    if (was != OUTCOME_PASSED)
        tell_of_refusals(member, outcome_is(was), outcome_was(was), why, LOG_LEVEL_NOTICE);
    member->refusal = OUTCOME_PASSED;
    member->refusal_us = member->cluster->env.loop->now_us;
}

static void enter(struct cluster_member *member, enum outcome outcome, const char *why)
{
    leave(member, why);
    tell_of_refusals(member, outcome_was(outcome), outcome_is(outcome), why, LOG_LEVEL_WARNING);
    member->refusal = outcome;
    member->refusal_us = member->cluster->env.loop->now_us;
}

void incidents_note_refusals(struct cluster_member *member, const struct probe_result *result)
{
    bool is_shut_out = result->outcome == OUTCOME_PASSED && result->refusal[0] != '\0';
    enum outcome outcome = is_shut_out ? OUTCOME_REFUSED : result->outcome;
    bool is_trouble = outcome_is(outcome) != NULL;
    member->passed_in_a_row = outcome == OUTCOME_PASSED ? member->passed_in_a_row + 1 : 0;
    if (is_trouble && member->is_known && member->refusal != outcome)
        enter(member, outcome, is_shut_out ? result->refusal : result->error);
    else if (member->refusal != OUTCOME_PASSED &&
             member->passed_in_a_row >= member->cluster->settings->monitor.rise)
        leave(member, "probes pass");
}

/* ---- a replica that is cut off from its source ---- */

/* The server is up, and its last probe passed. A replica notices the end of its source earlier. */
static bool is_well(const struct cluster_member *member)
{
    return member->health.probed == SERVER_UP && member->health.in_a_row == 0 && !member->is_removed;
}

/* The server of that id, if it is up; or NULL. */
static const struct cluster_member *find_source(const struct cluster *cluster, uint32_t server_id)
{
    for (size_t i = 0; i < cluster->count; i++) {
        const struct cluster_member *member = &cluster->members[i];
        if (server_id != 0 && member->is_known && member->last.server_id == server_id && is_well(member))
            return member;
    }
    return NULL;
}

/* A server that has the changes that this server misses, or NULL. The primary misses nothing, and nodes of a
 * Galera cluster need no replication link. */
static const struct cluster_member *find_giver(const struct cluster_member *member,
                                               const struct probe_result *result)
{
    const struct cluster *cluster = member->cluster;
    const struct cluster_member *primary =
        cluster->primary != TOPOLOGY_NO_PRIMARY ? &cluster->members[cluster->primary] : NULL;
    const struct cluster_member *source = find_source(cluster, result->broken_source);
    bool is_running = !result->is_link_broken && result->is_applying;
    bool is_wanted = replication_is_wanted(result, member->server->role_setting);
    if (is_running || !is_wanted || primary == member || member_is_any_galera(cluster))
        return NULL;
    if (source != NULL)
        return source;
    return primary != NULL && is_well(primary) ? primary : NULL;
}

void incidents_note_cut_off(struct cluster_member *member, struct probe_result *result)
{
    uint64_t now_us = member->cluster->env.loop->now_us;
    const struct cluster_member *giver = find_giver(member, result);
    if (giver == NULL || giver == member || member->linked_us == 0) {
        member->linked_us = now_us;
        return;
    }
    int64_t silent_ms = (int64_t)((now_us - member->linked_us) / 1000);
    if (silent_ms > result->lag_ms)
        result->lag_ms = silent_ms;
    result->is_cut_off = true;
    (void)snprintf(result->error, sizeof result->error, "its link %s, though %.32s is up: %.80s",
                   result->is_link_broken ? "does not run" : "is stopped", giver->server->name,
                   result->link_error[0] != '\0' ? result->link_error : "it gives no reason");
}

/* ---- another process than before ---- */

static void tell_of_restart(struct cluster_member *member, const struct probe_result *result)
{
    struct log_scope scope = { .key = "cluster", .text = member->cluster->settings->name };
    uint64_t later_s = result->process.started_s - member->last.process.started_s;
    struct event event = { .server = (int)member->server->index,
                           .server_name = member->server->name,
                           .was = "running",
                           .is = "restarted",
                           .after_ms = (int64_t)(later_s * 1000) };
    char address[ADDR_TEXT_MAX], after[32] = "an unknown time";
    bool is_later = later_s < UINT32_MAX; /* false: the server's clock was set back in between */
    if (is_later)
        (void)clock_format_duration(later_s * 1000000, after, sizeof after);
    else
        event.after_ms = EVENT_UNKNOWN_TIME;
    (void)snprintf(event.reason, sizeof event.reason,
                   "its process is another one: connections from before are lost");
    events_add(&member->cluster->events, &event);
    log_warning(&scope, "server %s (%s) has restarted, %s after its last start: %s", member->server->name,
                addr_format(&member->name.addr, address), after, event.reason);
}

void incidents_note_restart(struct cluster_member *member, const struct probe_result *result)
{
    const struct server_process *was = &member->last.process, *is = &result->process;
    if (was->started_s == 0 || is->started_s == 0 || was->started_s == is->started_s)
        return;
    tell_of_restart(member, result);
    /* The former process ended after its last answer, and before the present process started. */
    member->lost_us = is->after_us > member->last.answered_us ? is->after_us : member->last.answered_us;
}
