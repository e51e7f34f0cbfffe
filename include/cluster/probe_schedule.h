/* When servers are probed, and what the results lead to. A server is probed at its interval, at once when
 * there is a doubt, and all servers at once when a result says that roles are changing. Lives on the control
 * thread. */
#pragma once

#include "cluster/member.h"

#include <stdbool.h>

/* Prepares the probe and the interval timer of a new member. Nothing runs before member_probe_soon. */
void probe_schedule_init(struct cluster_member *member);
/* Reads the counters of sessions: successes and failures since the last call count for the server's health
 * (ejection). True when there were failures, or another reason to probe: connections that the server ended
 * while they were idle, writes that it refused as read-only. Walks over the counters of all workers. */
bool probe_schedule_look_at_traffic(struct cluster_member *member);
