/* What has changed between two views of a cluster, as lines of the log and as events: both say the same. */
#ifndef HEADGATE_CLUSTER_VIEW_CHANGES_H
#define HEADGATE_CLUSTER_VIEW_CHANGES_H

#include "cluster/events.h"
#include "cluster/view.h"

#include <stdbool.h>
#include <stdint.h>

/* Is it worth a line: another role, another state, takes reads where it took none, or replication broke? */
bool view_changes_differ(const struct view_server *was, const struct view_server *is);

/* Tells all changes of servers, of the primary, and of servers that are writable beside it. `before` is NULL
 * for the first view, whose servers were starting; `started_us`: since when. */
void view_changes_report(struct events *events, const struct view *before, const struct view *now,
                         uint64_t started_us, uint64_t now_us);

#endif
