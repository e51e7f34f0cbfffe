/* WAITING, ATTACHING: a connection to a server, had and given up.
 */
#ifndef HEADGATE_PROXY_ATTACH_H
#define HEADGATE_PROXY_ATTACH_H

#include "proxy/session.h"

enum step attach_begin(struct session *session);
/* Starts to connect to this server of the view, with a permit of it that the caller has taken; a failure is
 * noted in the slot. */
void attach_open(struct session *session, int server);
/* The same with a parked connection (pool_take), which it takes. */
void attach_take(struct session *session, int server, struct upstream *take_upstream);
/* The same with one that is somebody else's yet: COM_CHANGE_USER first. If that fails it is closed, and
 * another one opened with its permit. */
void attach_change(struct session *session, int server, struct upstream *take_upstream);
/* Try again in a moment, until the time to wait for a server is over. */
enum step attach_wait(struct session *session);
enum step attach_waiting(struct session *session);
enum step attach_attaching(struct session *session);
/* The upstream of the present job could not be had: another one, more patience, or an error. */
enum step attach_failed(struct session *session);
/* Send what waits for an idle upstream; a failure is noted in its slot. */
void attach_flush(struct slot *slot);
void attach_drop(struct session *session, enum route_place place);
/* The same, unless the session has state there. */
void attach_drop_idle(struct session *session, enum route_place place);
void attach_drop_all(struct session *session);
/* It is handed on if that may be (pool_fit.h), and closed otherwise. `is_promised`: on behalf of somebody who
 * waits. */
void attach_leave(struct session *session, enum route_place place, bool is_promised);
void attach_leave_all(struct session *session);
/* Would the session lose state with its upstream there? */
bool attach_has_lost_state(const struct session *session, enum route_place place);
/* There is an upstream there, and its server's name has another address now: it is of another machine. */
bool attach_has_moved(const struct session *session, enum route_place place);
/* There is an upstream there, and its server is still the one for that place, or holds state. */
bool attach_is_current(const struct session *session, enum route_place place);
/* There is an idle upstream there that nobody will use: its server has another role or address now, or
 * is being drained, and nothing is lost with it. */
bool attach_is_left(const struct session *session, enum route_place place);
/* The present command, of which nothing has been sent, looks for a server once more. */
void attach_again(struct session *session);

#endif
