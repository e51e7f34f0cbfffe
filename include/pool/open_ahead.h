/* Connections opened ahead of any session, to be parked: what pool/prewarm asks for.
 */
#ifndef HEADGATE_POOL_OPEN_AHEAD_H
#define HEADGATE_POOL_OPEN_AHEAD_H

#include "session/worker.h"

/* Logs in, and parks the connection, if fewer than `wanted` are parked or on their way at all workers, and a
 * permit is free that nobody waits for. `wish` has no schema, and is copied; `key` is the same as a key.
 * False: not so, or not even begun; how it ends otherwise hears prewarm_ended. */
bool pool_open_ahead(struct worker *worker, struct server *server, const struct upstream_wish *wish,
                     const struct upstream_key *key, uint64_t wanted);

/* ---- for the files of the pool ---- */

/* on_ready: it is parked, if there is room for it. */
void pool_on_opened(struct upstream *upstream);
/* on_failed, of one that is on its way: dropped, and its server and account wait for the next try. */
void pool_fail_opening(struct upstream *upstream, const struct error *err);
/* Parked, or not: it is not on its way to be any more. */
void pool_end_opening(struct upstream *upstream);

#endif
