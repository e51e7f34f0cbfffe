/* Decides which server is the primary and which ones serve reads, from what all servers said of themselves.
 * Pure.
 *
 * Replication (auto): a candidate for primary is up, writable (read_only off) and does not replicate: it has
 * no link; or all its links are stopped, and another server follows it, or no other server could be the
 * primary, as every other server answers and is read_only. Followers are servers that are up with a link that
 * runs, or tries to, and whose source has the candidate's server id. The history of the servers
 * (monitor/topology_history.h) counts as much as their present answers:
 *
 *   - The primary stays primary as long as it is a candidate, also after it was down, unless no server
 *     follows it and a server has turned to exactly one other candidate.
 *   - When it is no candidate, the only server that was its replica and became writable since, or to which
 *     a server has turned, becomes primary. A server that was writable beside the primary is not promoted
 *     when the primary ends: it may lack changes.
 *   - Without a former primary: the only candidate, or the only candidate that is followed. An only
 *     candidate that is not followed waits while a server follows another server: the candidate may be
 *     outside of replication, and the primary down. So the first decision must wait until all servers have
 *     been probed.
 *   - While there is no primary, an operator may elect one.
 *
 * A replica is a read_only server that has a replication link; it serves reads while its SQL thread runs,
 * also when its source is down.
 *
 * Static: roles come from the configuration, and a primary must still be up.
 */
#pragma once

#include "upstream/server.h"
#include "monitor/topology_facts.h"
#include "monitor/topology_history.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct topology_verdict {
    enum server_role role;
    bool takes_reads;    /* as a replica */
    bool is_contender;   /* the server would take writes, but is not the primary */
    bool is_next_writer; /* Galera: becomes the writer when it has caught up */
    const char *reason;  /* static text, for people */
};

/* Fills verdicts[count], and returns the primary's index or TOPOLOGY_NO_PRIMARY. Reads and updates `history`.
 * Cost: every pair of servers. */
int topology_decide(const struct topology_facts *facts, size_t count, bool is_static,
                    struct topology_history *history, struct topology_verdict *verdicts);
