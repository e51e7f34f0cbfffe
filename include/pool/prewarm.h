/* Connections that are opened before a session needs them, and parked: `pool_idle_min` of each server in use.
 *
 *      a session needs a connection ─► prewarm_note: how it logs in (a recipe), and how often
 *      a view, or fewer are parked ─► prewarm_look ─► in a moment: too few are parked? ─► a login ─► parked
 *
 * Each worker opens connections for the recipes that its own sessions have used, most for those used most;
 * what is parked at one worker serves all. How clients log in (account, proof, capabilities, character set)
 * is not in any configuration: before the first client nothing is opened.
 */
#ifndef HEADGATE_POOL_PREWARM_H
#define HEADGATE_POOL_PREWARM_H

#include "pool/key.h"
#include "pool/pool.h"

/* Sets pool->warm. False when memory is out. */
bool prewarm_init(struct pool *pool);
/* Harmless after a failed prewarm_init. */
void prewarm_fini(struct pool *pool);
/* Opens nothing any more. */
void prewarm_stop(struct pool *pool);

/* New rules; the former users are still there. */
void prewarm_on_rules(struct pool *pool);
/* A session that logs in so is about to have another connection. */
void prewarm_note(struct pool *pool, unsigned cluster_index, const struct login_recipe *login);
/* Too few may be parked. Cheap. */
void prewarm_look(struct pool *pool);

/* ---- for the files of the pool ---- */

/* on_ready: it is parked, if there is room for it. */
void prewarm_on_opened(struct upstream *upstream);
/* on_failed, of a connection that is being opened: closed, and its server and account wait for the next try.
 */
void prewarm_fail(struct upstream *upstream, const struct error *err);
/* It is parked, or will not be: it does not count as being opened any more. */
void prewarm_end_opening(struct upstream *upstream);

#endif
