/* Changes between two views of a cluster, reported in the log and as events with the same words. */
#pragma once

#include "cluster/events.h"
#include "cluster/view.h"

#include <stdbool.h>
#include <stdint.h>

/* Is the difference reported? Changes of role, state, takes_reads and replication fault are. */
bool view_changes_differ(const struct view_server *was, const struct view_server *is);

/* Reports all changes of servers, of the primary, and of servers that are writable beside the primary.
 * `before` is NULL for the first view: then the servers have been starting since `started_us`. */
void view_changes_report(struct events *events, const struct view *before, const struct view *now,
                         uint64_t started_us, uint64_t now_us);
