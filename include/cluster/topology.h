/* Who is primary, who may serve reads: from what all servers said of themselves. Pure.
 *
 * Replication (auto): a candidate for primary is up, writable (read_only off) and replicates from nobody: it
 * has no link; or all its links are stopped, and another server follows it or could not be the primary
 * itself, as every other server answers and is read_only (one server alone has no other). Followers are
 * servers that are up with a link that runs, or tries to, and whose source has the candidate's server id.
 * What is remembered of servers (cluster/topology_history.h) counts as much as what they say now:
 *
 *   - The primary stays it as long as it is a candidate, also after it was away, unless nobody follows it and
 *     somebody has turned to exactly one other candidate.
 *   - When it is not, the only one follows that was its replica and became writable since, or to which
 * somebody has turned. One that was writable beside it is not promoted by its end: nobody knows what it
 * lacks.
 *   - Where there was none yet: the only candidate, or the only one that is followed. An only candidate that
 * is not followed must wait while somebody follows another server: it may be astray and the primary away. So
 * the first decision must wait until all servers have been asked.
 *   - While there is no primary, an operator may elect one.
 *
 * A replica is a read_only server that has a replication link; it serves reads while its SQL thread runs,
 * also when its source is away.
 *
 * Static: roles come from the configuration, and a primary must still be up.
 */
#ifndef HEADGATE_CLUSTER_TOPOLOGY_H
#define HEADGATE_CLUSTER_TOPOLOGY_H

#include "cluster/server.h"
#include "cluster/topology_facts.h"
#include "cluster/topology_history.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct topology_verdict {
    enum server_role role;
    bool takes_reads;    /* as a replica */
    bool is_contender;   /* writes would be taken there, but it is not the primary */
    bool is_next_writer; /* Galera: to be the writer, once it has caught up */
    const char *reason;  /* static text, for people */
};

/* Fills verdicts[count], and returns the primary's index or TOPOLOGY_NO_PRIMARY. `history` is what was
 * remembered so far, and is told what is to be remembered. Looks at every pair of servers, and more closely
 * at those that are writable. */
int topology_decide(const struct topology_facts *facts, size_t count, bool is_static,
                    struct topology_history *history, struct topology_verdict *verdicts);

#endif
