/* When a server is asked how it is, and what becomes of the answer: at its interval, at once where there is a
 * doubt, and everybody at once where one answer says that roles are moving. Lives on the control thread.
 */
#ifndef HEADGATE_CLUSTER_MONITOR_H
#define HEADGATE_CLUSTER_MONITOR_H

#include "cluster/member.h"

#include <stdbool.h>

/* For a new member: its probe and the timer of its interval. Nothing runs before member_probe_soon. */
void monitor_init(struct cluster_member *member);
/* What sessions have met with there since the last look counts for its health (ejection). True when some of
 * it was trouble, or another reason to ask it: connections that it ended while they were idle, writes that it
 * refused as read-only. Walks over the counters of all workers. */
bool monitor_look_at_traffic(struct cluster_member *member);

#endif
