/* What the connections to a server are used for, for those who wait for one in vain. Counted by each worker
 * when it is asked for one that is idle (share.c): nothing is counted while nobody waits.
 *
 *      search_here ─► usage_count    this worker's, into its permits_holders
 *      wait_connection_time_out ─► usage_explain ─► usage_tell  all workers', as words
 */
#ifndef HEADGATE_POOL_USAGE_H
#define HEADGATE_POOL_USAGE_H

#include "cluster/permits.h"
#include "session/worker.h"

#define USES_TOLD_BYTES                                                                                      \
    120 /* beyond that kinds of use are not told by their names: there must be room for it                   \
           in a packet's error */
#define USES_FRESH_US 10000000 /* older counts say nothing any more: they are taken ten times a second */

/* Counts the connections that this worker has there. On the worker's thread. */
void usage_count(struct permits_holders *holders, const struct worker *worker);
/* "2 by temporary tables, 1 by running statements", at the end of `text`: as each worker counted last; those
 * that nobody has counted of late, and those of the rarest kinds where there are many, are "by others". Any
 * worker's thread. */
void usage_tell(const struct permits *permits, uint64_t now_us, struct text *text);

/* Why no connection of these came in time, for whoever waited: whose limit it is, how much, who has them, and
 * how many wait. On the thread of the worker where it waited. */
void usage_explain(struct permits *permits, const struct worker *worker, char *text, size_t size);

#endif
