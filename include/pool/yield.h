/* Giving up a connection that is idle, when they are scarce.
 *
 *      QUEUED (queue.c) ─► yield_search ─► idle ones there, this worker's and then the others' ─┐
 *      IDLE ─► yield_idle ─────────────────────────────────────────────────────────────────────┤
 *                                                                                              ▼
 *                                          yield_give_up, while somebody waits: handed to the first one,
 *                                          whichever worker's, if that one can go on with it, or closed
 *
 * A session keeps its connections until somebody else needs one. What may be given up holds nothing of its
 * client that could not be had again elsewhere: see yield_pins. Nothing here costs a query more than a
 * comparison or two while nobody waits.
 */
#ifndef HEADGATE_POOL_YIELD_H
#define HEADGATE_POOL_YIELD_H

#include "session/session.h"

/* Its connections may be other sessions' between its statements: pool = "transaction". */
bool yield_is_shared(const struct session *session);
/* A prepared statement of the session lives in its connection there, and could not be had again. */
bool yield_has_statements(const struct session *session, enum route_place place);
/* The connection there is kept for questions of the client about its last statement. */
bool yield_has_own_answers(const struct session *session, enum route_place place);
/* All causes (pin_bit) for which the connection there is kept; 0: there is none. Reads the table of prepared
 * statements. */
uint32_t yield_pins(const struct session *session, enum route_place place);

/* The session's connection there goes to somebody who waits, if it may: now, or when it has told what only it
 * knows (parting.h). */
void yield_give_up(struct session *session, enum route_place place);
/* The session is idle: what it does not need is given to those who wait. */
void yield_idle(struct session *session);

/* Somebody waits for a connection to this server: whoever is idle, at this worker or another, gives up
 * theirs. */
void yield_search(const struct worker *worker, struct permits *permits);
/* The server has no room for one more connection: those that are parked, whichever worker's, make some.
 * False: there were none. */
bool yield_unpark(struct session *session, int server);
/* The other workers do what is due for their holders of these permits: they unpark, enlist (permits.h), and
 * give up what is idle if somebody waits. */
void yield_call_others(const struct worker *worker, struct permits *permits);

/* A session's connection whose time has come (lifetime.h) is closed, if it may be given up. */
void yield_retire(struct upstream *upstream);
/* The same with the one that the present job is for, which is no question about an earlier statement and of
 * which nothing has been sent, if it is too old: another one is opened. */
void yield_retire_old(struct session *session);

#endif
