/* Connections that no session has: cleaned, parked, and taken by the next session that would have logged in
 * in the same way.
 *
 *      a session ends, or gives one up                   share_attach ─► pool_take ─► ATTACHING
 *              │                                                               ▲
 *              ▼                                                               │
 *      pool_park ─► COM_RESET_CONNECTION ─► set-up (─► character sets) ─► parked ─► retired: closed
 *                         │                                             │
 *                         └── any error: closed                         └─► somebody waits: theirs, or closed
 *
 * A parked connection is like one that has just logged in: the reset undoes all but the current schema and
 * the role, on MySQL also but for the character sets of the handshake. These are said again, or belong to the
 * key, or the connection is not parked. Each worker has its own; a connection never changes its thread. It
 * keeps its permit, and is closed when somebody else needs that.
 */
#ifndef HEADGATE_PROXY_POOL_H
#define HEADGATE_PROXY_POOL_H

#include "proxy/session.h"

/* How a session's next connection to this server of the view would log in. */
struct upstream_key pool_key(const struct session *session, int server);

/* May the session's connection there be handed on, once it has been cleaned? Not one in use, half-read, of a
 * server that nothing goes to, or with state that a reset does not undo. */
bool pool_may_park(const struct session *session, enum route_place place);
/* It is cleaned, then parked, or closed if that fails; at once, if it may stay as it is (asleft_leave). Only
 * if pool_may_park said so before it was taken out of its slot. `is_promised`: on behalf of somebody who
 * waits. */
void pool_park(struct worker *worker, struct upstream *take_upstream, bool is_promised);
/* Is it parked, or being cleaned? Its owner is the worker then. */
bool pool_has(const struct upstream *upstream);
/* Would it do for the first who waits for a connection to that server? */
bool pool_suits_waiter(const struct worker *worker, const struct upstream *upstream);

/* A parked connection to that server of the view that the session may go on with: the one parked last; its
 * key is the session's, its current schema is unknown. NULL: none. The caller makes it its own
 * (upstream_hand_over). */
struct upstream *pool_take(const struct session *session, int server);

/* COM_RESET_CONNECTION, counted. An owner that hears an ERR to it, or to what follows, tells the pool, and
 * closes the connection: a server that has no such command is not asked again. */
void pool_reset(struct worker *worker, struct upstream *upstream);
void pool_note_refusal(struct upstream *upstream, const struct error *err);

/* Parked connections of this worker are closed for those who wait, as many as these need. No session is run:
 * it may be called while they are walked through. */
void pool_give_way(struct permits_holders *holders);
/* All of this worker's parked connections to that server are closed, those being cleaned too: so many. */
unsigned pool_unpark(struct permits_holders *holders);
/* A new view of the cluster: what is parked at servers that are out of use, or elsewhere, is closed. */
void pool_on_view(struct worker *worker, unsigned cluster);
/* Nothing is parked any more: the worker ends. */
void pool_close(struct worker *worker);

#endif
