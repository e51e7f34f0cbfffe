/* Connections that are opened before anybody needs them, and parked: `pool_idle_min` of each server in use.
 *
 *      a session needs a connection ─► warm_note: how it logs in (a recipe), and how often
 *      a view, or a parked one gone ─► warm_look ─► in a moment: too few are parked? ─► pool_open_ahead
 *
 * Each worker opens for the recipes that its own sessions have used, most for those used most; what is parked
 * at one worker serves all. How clients log in (account, proof, capabilities, character set) is not in any
 * configuration: before the first client nothing is opened.
 */
#ifndef HEADGATE_PROXY_WARM_H
#define HEADGATE_PROXY_WARM_H

#include "proxy/session.h"

struct warm;

/* Of a worker. NULL when memory is out. */
struct warm *warm_new(struct worker *worker);
void warm_free(struct warm **warm);
/* Opens nothing any more. */
void warm_stop(struct warm *warm);

/* This session is about to have another connection. */
void warm_note(const struct session *session);
/* Some may be too few. Cheap. */
void warm_look(struct worker *worker);
/* One that was opened ahead is parked, or, with an error, came to nothing. */
void warm_ended(struct worker *worker, const struct server *server, const struct upstream_key *key,
                const struct error *err);

#endif
