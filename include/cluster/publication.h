/* From what is known of the servers to what everybody goes by: roles are decided, described, and, if anything
 * is different from before, told (news, counters) and published as a new view (cluster->on_view).
 */
#ifndef HEADGATE_CLUSTER_PUBLICATION_H
#define HEADGATE_CLUSTER_PUBLICATION_H

#include "cluster/cluster_state.h"

/* Nothing happens before every server's first probe has ended; the last one publishes. Out of memory: the old
 * view stays, and that is logged. Not to be called from within on_view. */
void cluster_publish(struct cluster *cluster);

#endif
