/* Chooses the writer of a Galera cluster, and the nodes that take reads, from what all nodes said of
 * themselves. Pure.
 *
 * Every node takes writes, but two nodes that write the same rows refuse each other's transactions (1213). So
 * one node has all writes: the present writer as long as it is fit. When it is not, or there is none, the
 * first fit node in the order of the configuration becomes the writer: unlike wsrep_local_index that order
 * does not change when nodes come and go, the operator chooses it, and it is the same for every headgate.
 * Only where no node is synced, a donor or desynced node is taken: it is in the primary component, and takes
 * writes.
 *
 * A node may have received write sets that it has not applied yet. So the next writer is announced first
 * (is_next_writer), and there is no primary until it has applied all that the cluster had when it was chosen
 * (monitor/galera_writer.h).
 */
#pragma once

#include "monitor/topology.h"

/* Fills verdicts[count], and returns the index of the writer or TOPOLOGY_NO_PRIMARY. `present`: index of the
 * present writer, or TOPOLOGY_NO_PRIMARY. */
int galera_decide(const struct topology_facts *facts, size_t count, int present,
                  struct topology_verdict *verdicts);
