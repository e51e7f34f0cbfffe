/* A session gives up an idle connection, when connections are scarce or when the connection is too old.
 *
 *      a session waits ─► search_for_waiters ─► on_wanted of idle connections ─┐
 *      IDLE ─► yield_idle ─────────────────────────────────────────────────────┤
 *                                                                              ▼
 *                              yield_give_up: the connection goes to the session that has waited longest, of
 * any worker, if that one can use it; otherwise it is closed, and the waiting session gets its permit
 *
 * A session keeps its connections until another session needs one. It gives up no connection with state of
 * its client that it could not have on another connection: see yield_pins. While no session waits, this
 * costs a query no more than a comparison or two.
 */
#ifndef HEADGATE_SESSION_YIELD_H
#define HEADGATE_SESSION_YIELD_H

#include "session/session.h"

/* Other sessions may use its connections between its statements: pool = "transaction". */
bool yield_is_shared(const struct session *session);
/* A prepared statement of the session is in its connection there, and could not be prepared on another one.
 */
bool yield_has_statements(const struct session *session, enum route_place place);
/* The connection there is kept for questions of the client about its last statement. */
bool yield_has_own_answers(const struct session *session, enum route_place place);
/* All causes (pin_bit) for which the connection there is kept; 0: there is none. Reads the table of prepared
 * statements. */
uint32_t yield_pins(const struct session *session, enum route_place place);

/* The session's connection there goes to a session that waits, if it may: at once, or when headgate has asked
 * it for what only it knows (state_capture). */
void yield_give_up(struct session *session, enum route_place place);
/* The session is idle: connections that it does not need go to sessions that wait. */
void yield_idle(struct session *session);
/* Before the present command is sent: the connection that the command is for is closed if it is too old and
 * may be given up, and the command does not ask about an earlier statement. Another one is opened then. */
void yield_retire_old(struct session *session);

/* Of struct upstream_owner_ops, for connections of sessions. */
void yield_on_wanted(struct upstream *upstream);
void yield_on_aged(struct upstream *upstream);
unsigned yield_use(const struct upstream *upstream);

#endif
