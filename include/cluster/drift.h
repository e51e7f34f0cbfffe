/* A replica that is cut off from its source although the source is up: its link does not run ("Connecting",
 * for a wrong address, password, or a network between the two), or is stopped, and the server tells no lag.
 * The replica is behind for at least as long as the link has not run while there was a server to replicate
 * from.
 */
#ifndef HEADGATE_CLUSTER_DRIFT_H
#define HEADGATE_CLUSTER_DRIFT_H

#include "cluster/member.h"

#include <stdbool.h>

/* The result of a probe that has passed: of a server that is adrift, lag_ms becomes that time and `error`
 * says why, for people; true then. Somebody to replicate from is the source, or else the primary, as long as
 * its probes pass: where both are away there is nothing to be missed, and reads go on. */
bool drift_look(struct cluster_member *member, struct probe_result *result);

#endif
