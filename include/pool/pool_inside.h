/* What the files of the pool do with the connections that are parked, or about to be: their owner is the
 * worker. Everybody else uses pool/pool, pool/reset and their like.
 */
#ifndef HEADGATE_POOL_POOL_INSIDE_H
#define HEADGATE_POOL_POOL_INSIDE_H

#include "pool/pool.h"

/* Whose upstreams are the pool's: see pool_has. */
extern const struct upstream_owner_ops pool_ops;

/* Where it is parked, or would be: its permit's, of its worker. NULL: it has no permit. */
struct permits_holders *pool_holders(const struct upstream *upstream);
/* Its cluster's, of its worker. */
struct pool_counters *pool_counters_of(const struct upstream *upstream);

/* From now on it waits for a session: it is parked, as the last one, and expires. */
void pool_shelve(struct upstream *upstream);
/* It is not parked any more, nor promised to anybody; open still. */
void pool_leave(struct upstream *upstream);
/* It leaves, and is closed; */
void pool_drop(struct upstream *upstream);
/* … counted, as one that is not needed any more. */
void pool_retire(struct upstream *upstream);

/* Has its end come just now? A statement sent to it would be lost. False: it was dropped. */
bool pool_is_alive(struct upstream *upstream);
/* The one parked there last whose key does for that wish, and that is alive; it stays parked. NULL: none is.
 */
struct upstream *pool_find(const struct permits_holders *holders, const struct upstream_key *wish);

#endif
