/* Which node of a Galera cluster is the writer, and which ones have the reads: from what all nodes said of
 * themselves. Pure.
 *
 * Every node takes writes, but two that write the same rows refuse each other's transactions (1213), so one
 * has all of them: the present one as long as it is fit. When it is not, or there is none, the first node
 * that is fit, in the order of the configuration: unlike wsrep_local_index that order does not change when
 * nodes come and go, is the operator's to choose, and is the same for every headgate. Only where no node is
 * synced, one that is donor or desynced will do: it is in the primary component, and takes writes.
 *
 * A node may have received what it has not applied yet. So the next writer is an *heir* first, and nobody is
 * primary, until it has applied all that the cluster had when it was chosen (cluster/galera_writer.h).
 */
#ifndef HEADGATE_CLUSTER_GALERA_H
#define HEADGATE_CLUSTER_GALERA_H

#include "cluster/topology.h"

/* As topology_decide. */
int galera_decide(const struct topology_facts *facts, size_t count, int present,
                  struct topology_verdict *verdicts);

#endif
