/* Finds replicas that are cut off from their source although the source is up: the replication link does not
 * run ("Connecting": wrong address or password, or a broken network) or is stopped, and the server reports no
 * lag. Their lag is at least the time that the link has not run while there was a server to replicate from.
 */
#ifndef HEADGATE_CLUSTER_CUT_OFF_H
#define HEADGATE_CLUSTER_CUT_OFF_H

#include "cluster/member.h"

#include <stdbool.h>

/* Checks the result of a probe that has passed. If the server is cut off, sets is_cut_off, raises lag_ms to
 * that time and fills in `error` for people. The server to replicate from is the source, or else the primary,
 * and its probes must pass: if both are down, the replica misses nothing, and reads continue. */
void cut_off_look(struct cluster_member *member, struct probe_result *result);

#endif
