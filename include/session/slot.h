/* How a session gets its connection at a place (state/slot), and how it gives that connection away: opened,
 * taken from the pool, dropped, or left to the pool.
 *
 * A session has at most one connection per place, and keeps it until another session needs it
 * (session/yield). Whatever connection comes into a slot is made equal to the session before SENDING; from
 * then on it does not matter where the connection came from.
 */
#ifndef HEADGATE_SESSION_SLOT_H
#define HEADGATE_SESSION_SLOT_H

#include "pool/key.h"
#include "session/session.h"

/* ---- a place is filled: the present job's, which is empty ---- */

/* Starts to connect to this server of the view, with a permit of it that the caller has taken; a failure is
 * noted in the slot. */
void slot_open(struct session *session, int server);
/* Takes a parked connection (parked_take). */
void slot_take(struct session *session, int server, struct upstream *take_upstream);
/* Takes a connection that has logged in for another account, or too long ago, or is not clean:
 * COM_CHANGE_USER comes first. If that fails the connection is closed, and another one opened with its
 * permit. */
void slot_change(struct session *session, int server, struct upstream *take_upstream);

/* How the session logs in at servers; and the key of a connection to that server of the view that it would
 * open. */
struct login_recipe slot_recipe(const struct session *session);
struct upstream_key slot_key(const struct session *session, int server);

/* ---- and emptied: harmless where there is nothing ---- */

/* The connection is closed. */
void slot_drop(struct session *session, enum route_place place);
/* The same, unless the session has state there. */
void slot_drop_idle(struct session *session, enum route_place place);
void slot_drop_all(struct session *session);
/* The connection goes to the pool if it may be parked (pool/fit), and is closed otherwise. `is_promised`:
 * another session waits for it. */
void slot_leave(struct session *session, enum route_place place, bool is_promised);
void slot_leave_all(struct session *session);

/* ---- is it the right one? ---- */

/* Would the session lose state with its connection there? */
bool slot_has_lost_state(const struct session *session, enum route_place place);
/* There is a connection, and its server's name has another address now: the connection is of another machine.
 */
bool slot_has_moved(const struct session *session, enum route_place place);
/* There is a connection, and its server is still the one for that place, or has state of the session. */
bool slot_is_current(const struct session *session, enum route_place place);
/* There is an idle connection that will not be used any more: its server has another role or address now, or
 * is being drained, and no state is lost with it. */
bool slot_is_left(const struct session *session, enum route_place place);
/* Does the present command continue what a former one began on the connection there? Pieces of long data and
 * cursors are in one connection only. */
bool slot_continues_there(const struct session *session, enum route_place place);

/* Before the present command is sent: reads what the server has sent since the last one, which is no answer
 * to the present one. The connection may be gone afterwards. */
void slot_listen(struct session *session, enum route_place place);

#endif
