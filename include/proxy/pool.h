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
 * Where all permits are in use, whoever waits takes another account's connection, too: by COM_CHANGE_USER,
 * which leaves nothing of the one before, but on MariaDB the role, which is left first
 * (upstream_change_user).
 *
 * A parked connection is like one that has just logged in: the reset undoes all but the current schema and
 * the role, on MySQL also but for the character sets of the handshake. These are said again, or belong to the
 * key, or the connection is not parked. Each worker has its own; one that another worker's session wants
 * changes its thread (pool_send, pool_arrive). It keeps its permit, and is closed when somebody needs that
 * who could not go on with it.
 */
#ifndef HEADGATE_PROXY_POOL_H
#define HEADGATE_PROXY_POOL_H

#include "proxy/session.h"

/* How a session's next connection to this server of the view would log in. */
struct upstream_key pool_key(const struct session *session, int server);

/* May the session's connection there be handed on, once it has been cleaned? Not one in use, half-read, of a
 * server that nothing goes to, or with state that a reset does not undo. */
bool pool_may_park(const struct session *session, enum route_place place);
/* It is cleaned, then parked, or closed if that fails; at once, if it may stay as it is (asleft_leave);
 * `is_promised`: it is for somebody who waits, who may get it as it is, to make somebody else's of it. Only
 * if pool_may_park said so before it was taken out of its slot. */
void pool_park(struct worker *worker, struct upstream *take_upstream, bool is_promised);
/* Is it parked, or being cleaned? Its owner is the worker then. */
bool pool_has(const struct upstream *upstream);
/* Would it do for the first who waits for a connection to that server, whichever worker's that is? */
bool pool_suits_waiter(const struct upstream *upstream);

/* A parked connection to that server of the view that the session may go on with: the one parked last; its
 * key is the session's, its current schema is unknown. NULL: none. The caller makes it its own
 * (upstream_hand_over). */
struct upstream *pool_take(const struct session *session, int server);

/* COM_RESET_CONNECTION, counted. An owner that hears an ERR to it, or to what follows, tells the pool, and
 * closes the connection: a server that has no such command is not asked again. */
void pool_reset(struct worker *worker, struct upstream *upstream);
void pool_note_refusal(struct upstream *upstream, const struct error *err);

/* A parked connection of this worker that would do for a session of another one: it has let go of this
 * thread, and is on its way to pool_arrive. NULL: none, or somebody waits here. */
struct upstream *pool_send(struct permits_holders *holders, const struct upstream_key *wish);
/* It has come to this worker's thread, for the session that awaits it (which is run: session->offer), or,
 * NULL or not taken, to be parked for others. */
void pool_arrive(struct worker *worker, struct upstream *take_upstream, struct session *session);

/* Logs in, and parks the connection, if fewer than `wanted` are parked or on their way at all workers, and a
 * permit is free that nobody waits for. `wish` has no schema, and is copied; `key` is the same as a key.
 * False: not so, or not even begun; how it ends otherwise hears warm_ended. */
bool pool_open_ahead(struct worker *worker, struct server *server, const struct upstream_wish *wish,
                     const struct upstream_key *key, uint64_t wanted);

/* May a session that wishes that have the connection it is offered? *must_change_r: only by
 * upstream_change_user, as it is somebody else's, or not clean. */
bool pool_claim(struct upstream *upstream, const struct upstream_key *wish, bool *must_change_r);

/* Parked connections of this worker go to those who wait, or are closed for them, as many as these need. No
 * session is run: it may be called while they are walked through. */
void pool_give_way(struct permits_holders *holders);
/* All of this worker's parked connections to that server are closed, those being cleaned too: so many. */
unsigned pool_unpark(struct permits_holders *holders);
/* A new view of the cluster: what is parked at servers that are out of use, or elsewhere, is closed. */
void pool_on_view(struct worker *worker, unsigned cluster);
/* The worker has adopted another world: what is parked beyond its pool_idle_max is closed. */
void pool_on_world(struct worker *worker);
/* Nothing is parked any more: the worker ends. */
void pool_close(struct worker *worker);

#endif
