/* Connections that no session has: cleaned, parked, and taken by the next session that would have logged in
 * in the same way.
 *
 *      a session ends, or gives one up                   wait_connection_attach ─► pool_take ─► ATTACHING
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
 *
 *   pool.c        the shelf: parked, taken, retired, lost; views, reloads, the end
 *   pool_fit.c    which connections may be parked
 *   lifetime.c    … and for how long
 *   pool_clean.c  from a session to the shelf: made new
 *   pool_pass.c   to those who wait, and to other threads
 *   pool_open.c   opened ahead of any session
 */
#ifndef HEADGATE_POOL_POOL_H
#define HEADGATE_POOL_POOL_H

#include "session/session.h"

/* Is it parked, or being cleaned, or opened ahead? Its owner is the worker then. */
bool pool_has(const struct upstream *upstream);

/* A parked connection to that server of the view that the session may go on with: the one parked last; its
 * key is the session's, its current schema is unknown. NULL: none. The caller makes it its own: by
 * slot_take, or, if its login is too old for the session (login_age_are_old), by slot_change. */
struct upstream *pool_take(const struct session *session, int server);

/* All of this worker's parked connections to that server are closed, those being cleaned too: so many. */
unsigned pool_unpark(struct permits_holders *holders);
/* A new view of the cluster: what is parked at servers that are out of use, or elsewhere, is closed. */
void pool_on_view(struct worker *worker, unsigned cluster);
/* The worker has adopted another world: what is parked beyond its pool_idle_max, or was opened under another
 * `tls`, is closed. */
void pool_on_world(struct worker *worker);
/* Nothing is parked any more: the worker ends. */
void pool_close(struct worker *worker);

#endif
