/* Who is primary, who may serve reads: from what all servers said of themselves. Pure.
 *
 * Replication (auto): the primary is the one server that is up, writable (read_only off) and replicates from
 * nobody. A replica is a read_only server that has a replication link; it serves reads while its SQL thread
 * runs, also when its source is away. With several writable servers the present primary stays if it is among
 * them; otherwise there is no primary until it is clear. So the first decision must wait until all servers
 * have been asked, or whoever answers first would be the present one. Static: roles come from the
 * configuration, and a primary must still be up.
 */
#ifndef HEADGATE_CLUSTER_TOPOLOGY_H
#define HEADGATE_CLUSTER_TOPOLOGY_H

#include "cluster/server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one server's last passed probe found, and whether it counts. */
struct topology_facts {
    bool is_up;
    bool is_foreign; /* of another family than the first server: it cannot serve the same sessions */
    bool is_read_only;
    bool has_source;  /* a replication link is configured */
    bool is_applying; /* its SQL thread runs */
    int64_t lag_ms;   /* -1: unknown */
    enum role_setting role_setting;
};

struct topology_verdict {
    enum server_role role;
    bool takes_reads;   /* as a replica */
    bool is_contender;  /* could be the primary, if another could not as well */
    const char *reason; /* static text, for people */
};

#define TOPOLOGY_NO_PRIMARY (-1)

/* `present`: index of the primary until now, or TOPOLOGY_NO_PRIMARY. Fills verdicts[count]; returns the
 * primary's index or TOPOLOGY_NO_PRIMARY. */
int topology_decide(const struct topology_facts *facts, size_t count, bool is_static, int present,
                    struct topology_verdict *verdicts);

#endif
