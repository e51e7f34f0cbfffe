#include "cluster/restart.h"

#include "base/clock.h"
#include "base/log.h"
#include "cluster/cluster.h"

#include <stdio.h>

/* Answered without a privilege; MySQL's also with performance_schema = OFF (tried on 10.11, 11.8, 9.7). */
#define STARTED_SQL(table)                                                                                   \
    "SELECT UNIX_TIMESTAMP() - CAST(VARIABLE_VALUE AS SIGNED) AS started, VARIABLE_VALUE AS uptime "         \
    "FROM " table " WHERE VARIABLE_NAME = 'Uptime'"

const char *restart_sql(const struct upstream *upstream)
{
    return upstream->family == FAMILY_MYSQL ? STARTED_SQL("performance_schema.global_status")
                                            : STARTED_SQL("information_schema.GLOBAL_STATUS");
}

static uint64_t number(const struct rows *rows, const char *name)
{
    struct span value;
    uint64_t found = 0;
    bool is_there = rows_value(rows, 0, rows_column(rows, name), &value) && span_to_u64(value, &found);
    return is_there ? found : 0;
}

void restart_read(const struct rows *rows, uint64_t now_us, struct restart_process *process_r)
{
    uint64_t uptime_s = number(rows, "uptime") + 1; /* it was cut to whole seconds */
    bool is_older = uptime_s >= now_us / 1000000;   /* than this machine's clock */
    *process_r = (struct restart_process){ .started_s = number(rows, "started"),
                                           .after_us = is_older ? 0 : now_us - uptime_s * 1000000 };
}

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
    bool is_later = later_s < UINT32_MAX; /* else its clock was set back in between */
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

bool restart_look(struct cluster_member *member, const struct probe_result *result)
{
    const struct restart_process *was = &member->last.process, *is = &result->process;
    if (was->started_s == 0 || is->started_s == 0 || was->started_s == is->started_s)
        return false;
    tell(member, result);
    /* The former process lived when it last answered, and the present one did not live before its start. */
    member->lost_us = is->after_us > member->last.answered_us ? is->after_us : member->last.answered_us;
    return true;
}
