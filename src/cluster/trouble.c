#include "cluster/trouble.h"

#include "base/clock.h"
#include "base/log.h"
#include "cluster/cluster_state.h"

#include <stdio.h>

static void tell(struct cluster_member *member, const char *was, const char *is, const char *why,
                 enum log_level level)
{
    struct cluster *cluster = member->cluster;
    struct log_scope scope = { .key = "cluster", .text = cluster->settings->name };
    uint64_t now_us = cluster->env.loop->now_us;
    struct event event = { .server = (int)member->server->index,
                           .server_name = member->server->name,
                           .after_ms = (int64_t)((now_us - member->trouble_us) / 1000) };
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
    enum outcome was = member->trouble;
    if (was != OUTCOME_PASSED)
        tell(member, outcome_is(was), outcome_was(was), why, LOG_LEVEL_NOTICE);
    member->trouble = OUTCOME_PASSED;
    member->trouble_us = member->cluster->env.loop->now_us;
}

static void enter(struct cluster_member *member, enum outcome outcome, const char *why)
{
    leave(member, why);
    tell(member, outcome_was(outcome), outcome_is(outcome), why, LOG_LEVEL_WARNING);
    member->trouble = outcome;
    member->trouble_us = member->cluster->env.loop->now_us;
}

void trouble_note(struct cluster_member *member, const struct probe_result *result)
{
    bool is_shut_out = result->outcome == OUTCOME_PASSED && result->refusal[0] != '\0';
    enum outcome outcome = is_shut_out ? OUTCOME_REFUSED : result->outcome;
    bool is_trouble = outcome_is(outcome) != NULL;
    member->passed_in_a_row = outcome == OUTCOME_PASSED ? member->passed_in_a_row + 1 : 0;
    if (is_trouble && member->is_known && member->trouble != outcome)
        enter(member, outcome, is_shut_out ? result->refusal : result->error);
    else if (member->trouble != OUTCOME_PASSED &&
             member->passed_in_a_row >= member->cluster->settings->monitor.rise)
        leave(member, "probes pass");
}
