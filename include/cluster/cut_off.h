/* A replica that is cut off from its source although the source is up: its link does not run ("Connecting",
 * for a wrong address, password, or a network between the two), or is stopped, and the server tells no lag.
 * Its lag is at least the time that the link has not run while there was a server to replicate from.
 */
#ifndef HEADGATE_CLUSTER_CUT_OFF_H
#define HEADGATE_CLUSTER_CUT_OFF_H

#include "cluster/member.h"

#include <stdbool.h>

/* Looks at the result of a probe that has passed. Of a server that is cut off, is_cut_off is set, lag_ms
 * becomes that time and `error` says why, for people. A server to replicate from is the source, or else the
 * primary, as long as its probes pass: where both are away nothing is missed, and reads go on. */
void cut_off_look(struct cluster_member *member, struct probe_result *result);

#endif
