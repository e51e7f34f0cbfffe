/* Notices that a server has restarted: another process answers than before. Connections to the former process
 * are lost, also if their end never reached this machine, because the server's machine died or packets were
 * dropped. Without this check, sessions would wait on such a connection until the kernel gives it up. */
#ifndef HEADGATE_CLUSTER_RESTART_H
#define HEADGATE_CLUSTER_RESTART_H

#include "cluster/member.h"

/* Checks the result of a probe that has passed, of the same machine as before, before the result becomes
 * member->last. When the server has restarted, sets member->lost_us, and adds a line to the log and an event.
 * The caller publishes. */
void restart_look(struct cluster_member *member, const struct probe_result *result);

#endif
