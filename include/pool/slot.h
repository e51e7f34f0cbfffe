/* A place where a session's statements run, the primary or its replica: the connection it has there, and what
 * is known of that one's state.
 */
#ifndef HEADGATE_POOL_SLOT_H
#define HEADGATE_POOL_SLOT_H

#include "state/slot.h"

#include <stdbool.h>

struct session;

/* ---- a place is filled ---- */

/* Starts to connect to this server of the view, with a permit of it that the caller has taken; a failure is
 * noted in the slot. */
void slot_open(struct session *session, int server);
/* The same with a parked connection (pool_take), which it takes. */
void slot_take(struct session *session, int server, struct upstream *take_upstream);
/* The same with one that is somebody else's yet: COM_CHANGE_USER first. If that fails it is closed, and
 * another one opened with its permit. */
void slot_change(struct session *session, int server, struct upstream *take_upstream);

/* ---- and emptied: harmless where there is nothing ---- */

void slot_drop(struct session *session, enum route_place place);
/* The same, unless the session has state there. */
void slot_drop_idle(struct session *session, enum route_place place);
void slot_drop_all(struct session *session);
/* It is handed on if that may be (pool_fit.h), and closed otherwise. `is_promised`: on behalf of somebody who
 * waits. */
void slot_leave(struct session *session, enum route_place place, bool is_promised);
void slot_leave_all(struct session *session);

/* ---- is it the right one? ---- */

/* Would the session lose state with its upstream there? */
bool slot_has_lost_state(const struct session *session, enum route_place place);
/* There is an upstream there, and its server's name has another address now: it is of another machine. */
bool slot_has_moved(const struct session *session, enum route_place place);
/* There is an upstream there, and its server is still the one for that place, or holds state. */
bool slot_is_current(const struct session *session, enum route_place place);
/* There is an idle upstream there that nobody will use: its server has another role or address now, or
 * is being drained, and nothing is lost with it. */
bool slot_is_left(const struct session *session, enum route_place place);

#endif
