/* The connections of a session to servers, one slot per place (state/slot): a connection is opened, taken
 * from the pool, dropped, or returned to the pool.
 *
 * A session has at most one connection per place and keeps it until another session needs it (session/yield).
 * Each new connection in a slot gets the session's state before SENDING. After that, it does not matter where
 * the connection came from.
 */
#pragma once

#include "pool/key.h"
#include "session/session.h"

/* The slot of a place without a connection: all fields are zero. It must not be written. */
struct slot *slot_none(void);
/* The slot of a place for which there was no memory: it has failed, and has no connection. It must not be
 * written. */
struct slot *slot_without_memory(void);

/* ---- fill the slot of the present job, which is empty. Without memory: slot_without_memory() ---- */

/* Starts to connect to this server of the view. The caller has taken a permit of the server. A failure is
 * noted in the slot. */
void slot_open(struct session *session, int server);
/* Takes a parked connection (parked_take) into the slot. */
void slot_take(struct session *session, int server, struct upstream *take_upstream);
/* Takes a connection that needs COM_CHANGE_USER first, because it logged in for another account, logged in
 * too long ago, or has unknown state. If COM_CHANGE_USER fails, the connection is closed, and another one
 * is opened with its permit. */
void slot_change(struct session *session, int server, struct upstream *take_upstream);

/* The pool key of a connection that the session would open to this server of the view. */
struct upstream_key slot_key(const struct session *session, int server);

/* ---- empty a slot; no effect on an empty one ---- */

/* Closes the connection. */
void slot_drop(struct session *session, enum route_place place);
/* Closes the connection unless the session has state there. */
void slot_drop_idle(struct session *session, enum route_place place);
/* Closes all connections of the session. */
void slot_drop_all(struct session *session);
/* Gives the connection to the pool if it may be parked (pool/fit); closes it otherwise. `is_promised`: a
 * session waits for this connection. */
void slot_leave(struct session *session, enum route_place place, bool is_promised);
/* slot_leave for each place. */
void slot_leave_all(struct session *session);

/* ---- is it the right one? ---- */

/* True if the session would lose state with its connection at this place. */
bool slot_has_lost_state(const struct session *session, enum route_place place);
/* True if there is a connection and the name of its server now resolves to another address: the connection
 * leads to another machine. */
bool slot_has_moved(const struct session *session, enum route_place place);
/* True if there is a connection that is to be used: its server is still the right one for this place, or
 * the connection holds state of the session. */
bool slot_is_current(const struct session *session, enum route_place place);
/* True if there is an idle connection that will not be used any more: its server has another role or
 * address now, or is being drained. No state is lost with the connection. */
bool slot_is_left(const struct session *session, enum route_place place);
/* True if the present command continues an earlier one on the connection at this place: long data and
 * cursors exist on one connection only. */
bool slot_continues_there(const struct session *session, enum route_place place);

/* To be called before the present command is sent: reads what the server has sent since the last reply,
 * such as a disconnect message. The connection may be dropped. */
void slot_listen(struct session *session, enum route_place place);
