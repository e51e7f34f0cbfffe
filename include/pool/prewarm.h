/* Connections that are opened before a session needs them, and parked: `pool_idle_min` for each server in
 * use.
 *
 *      a session needs a connection ─► prewarm_note: how it logs in (a recipe), and how often
 *      a view, or fewer are parked ─► prewarm_look ─► timer: too few are parked? ─► a login ─► parked
 *
 * Each worker opens connections for the recipes that its own sessions have used, more for recipes that are
 * used more. A connection that is parked at one worker serves all workers. No configuration has the recipes
 * (account, proof, capabilities, character set), so before the first client no connection is opened. */
#pragma once

#include "pool/key.h"
#include "pool/pool.h"

/* Sets pool->warm. False when memory is out. */
bool prewarm_init(struct pool *pool);
/* May be called after a failed prewarm_init. */
void prewarm_fini(struct pool *pool);
/* From now on no connection is opened ahead. */
void prewarm_stop(struct pool *pool);

/* There are new rules. The users of the former rules must still be valid memory. */
void prewarm_on_rules(struct pool *pool);
/* A session that logs in with `login` is about to open, or take, another connection. Copies what it needs;
 * borrows the user. */
void prewarm_note(struct pool *pool, unsigned cluster_index, const struct login_recipe *login);
/* Too few connections may be parked: checks it soon. Cheap. */
void prewarm_look(struct pool *pool);

/* ---- for the files of the pool ---- */

/* on_ready: the connection is parked, if there is room for it. */
void prewarm_on_opened(struct upstream *upstream);
/* on_failed of a connection that is being opened: closes it. The next try for the server comes after a
 * pause. */
void prewarm_fail(struct upstream *upstream, const struct error *err);
/* The connection does not count as being opened ahead any more: it was parked or closed. */
void prewarm_end_opening(struct upstream *upstream);
