#include "cluster/restart.h"

#include "base/clock.h"
#include "base/log.h"
#include "cluster/cluster_state.h"

#include <stdio.h>

static void tell(struct cluster_member *member, const struct probe_result *result)
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

void restart_look(struct cluster_member *member, const struct probe_result *result)
{
    const struct server_process *was = &member->last.process, *is = &result->process;
    if (was->started_s == 0 || is->started_s == 0 || was->started_s == is->started_s)
        return;
    tell(member, result);
    /* The former process ended after its last answer, and before the present process started. */
    member->lost_us = is->after_us > member->last.answered_us ? is->after_us : member->last.answered_us;
}
