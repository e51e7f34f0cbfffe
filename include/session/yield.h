/* A session gives up an idle connection when connections are scarce or when the connection is too old.
 *
 *      a session waits ─► search_for_waiters ─► on_wanted of idle connections ─┐
 *      IDLE: is a connection wanted? ──────────────────────────────────────────┤
 *                                                                              ▼
 *                                                                        yield_give_up
 *
 * yield_give_up gives the connection to the session, of any worker, that has waited longest, if that session
 * can use it. Otherwise the connection is closed, and the waiting session gets its permit.
 *
 * A session keeps its connections until another session needs one. It does not give up a connection with
 * client state that cannot be set up on another connection: see yield_pins. While no session waits, all this
 * costs a query one or two comparisons.
 */
#pragma once

#include "session/session.h"

/* True if a prepared statement of the session exists on the connection at this place and cannot be
 * prepared on another connection. */
bool yield_has_statements(const struct session *session, enum route_place place);
/* All causes (pin_bit) that keep the connection at this place; 0: none. Reads the table of prepared
 * statements. */
uint32_t yield_pins(const struct session *session, enum route_place place);

/* Gives the connection at this place to a session that waits, if that is allowed: at once, or after
 * headgate has asked the connection for state that only it knows (state_capture). */
void yield_give_up(struct session *session, enum route_place place);
/* To be called before the present command is sent. Closes the connection that there is for the command if it is
 * too old, may be given up, and the command does not ask about an earlier statement. A new one is opened then.
 * No effect on a connection younger than pool_rules.young_us. */
void yield_retire_old(struct session *session);

/* Functions of struct upstream_owner_ops for the connections of sessions. */
void yield_on_wanted(struct upstream *upstream);
void yield_on_aged(struct upstream *upstream);
unsigned yield_use(const struct upstream *upstream);
