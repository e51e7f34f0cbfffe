/* What the connections to a server are used for, for sessions that wait for one in vain. Each worker counts
 * its own when it looks for one that is idle (search): nothing is counted while no session waits.
 *
 *      search_here ─► usage_count                                  this worker's, into its permits_holders
 *      wait_connection_time_out ─► usage_explain ─► usage_tell     all workers', as words
 */
#ifndef HEADGATE_POOL_USAGE_H
#define HEADGATE_POOL_USAGE_H

#include "pool/pool.h"
#include "state/pins.h"

/* What upstream_owner_ops.use tells: an enum pin_cause, or one of these, which are numbered behind those. */
enum connection_use {
    USE_BEFORE = PIN_CAUSE_COUNT - 1,
#define CONNECTION_USE(NAME, words) USE_##NAME,
#include "pool/tbl/connection_uses.h"
#undef CONNECTION_USE
    USE_COUNT
};

/* So much of a text tells uses by their names: it must fit into a packet's error. */
#define USAGE_TOLD_BYTES 120
/* Older counts say nothing any more: they are taken ten times a second. */
#define USAGE_FRESH_US 10000000

/* Counts the connections that this worker has there. On the worker's thread. */
void usage_count(const struct pool *pool, struct permits_holders *holders);
/* "2 by temporary tables, 1 by running statements", at the end of `text`: as each worker counted last. Those
 * that were not counted lately, and the rarest kinds where there are many, are "by others". Any worker's
 * thread. */
void usage_tell(const struct permits *permits, uint64_t now_us, struct text *text);

/* Why no connection with one of these permits came in time, for the session that waited: whose limit it is,
 * how much, what the connections are used for, and how many sessions wait. On the thread of the worker where
 * the session waited. */
void usage_explain(const struct pool *pool, struct permits *permits, char *text, size_t size);

#endif
