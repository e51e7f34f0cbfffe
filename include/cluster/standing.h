/* How one server stands among the others, by what all of them said of themselves: who follows it, would it
 * take writes? Pure; `facts` are those of all `count` servers.
 */
#ifndef HEADGATE_CLUSTER_STANDING_H
#define HEADGATE_CLUSTER_STANDING_H

#include "cluster/topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why a server counts for nothing, as static text; NULL: it counts. */
const char *standing_left_out(const struct topology_facts *it);
/* It is up, and has a link that runs, or tries to, from the server of that id (0: nobody's). */
bool standing_follows(const struct topology_facts *it, uint32_t server_id);
size_t standing_followers(const struct topology_facts *facts, size_t count, size_t of);
/* It is up and not read_only, and no replication link of it runs. */
bool standing_is_open(const struct topology_facts *it);
/* It is open, and may be the primary: it has no link; or its links are stopped, and a server follows it, or
 * no other server could be the primary (each one answers and is read_only). Held servers count as well. The
 * only server of a cluster may also be read_only: there is no other one that could be the primary. */
bool standing_is_writable(const struct topology_facts *facts, size_t count, size_t i);

#endif
