/* Connections that are opened before anybody needs them, and parked: `pool_idle_min` of each server in use.
 *
 *      a session needs a connection ─► prewarm_note: how it logs in (a recipe), and how often
 *      a view, or a parked one gone ─► prewarm_look ─► in a moment: too few are parked? ─► pool_open_ahead
 *
 * Each worker opens for the recipes that its own sessions have used, most for those used most; what is parked
 * at one worker serves all. How clients log in (account, proof, capabilities, character set) is not in any
 * configuration: before the first client nothing is opened.
 */
#ifndef HEADGATE_POOL_PREWARM_H
#define HEADGATE_POOL_PREWARM_H

#include "session/session.h"

struct warm;

/* Of a worker. NULL when memory is out. */
struct warm *prewarm_new(struct worker *worker);
void prewarm_free(struct warm **warm);
/* Opens nothing any more. */
void prewarm_stop(struct warm *warm);

/* The worker has adopted another world; the one before is still there. */
void prewarm_adopt(struct worker *worker);
/* This session is about to have another connection. */
void prewarm_note(const struct session *session);
/* Some may be too few. Cheap. */
void prewarm_look(struct worker *worker);
/* One that was opened ahead is parked, or, with an error, came to nothing. */
void prewarm_ended(struct worker *worker, const struct server *server, const struct upstream_key *key,
                   const struct error *err);

#endif
