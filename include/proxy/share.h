/* Giving up a connection that is idle, when they are scarce.
 *
 *      QUEUED (queue.c) ─► share_search ─► idle ones there, this worker's and then the others' ─┐
 *      IDLE ─► share_idle ─────────────────────────────────────────────────────────────────────┤
 *                                                                                              ▼
 *                                          share_give_up, while somebody waits: handed to the first one,
 *                                          whichever worker's, if that one can go on with it, or closed
 *
 * A session keeps its connections until somebody else needs one. What may be given up holds nothing of its
 * client that could not be had again elsewhere: see proxy/pinned.h. Nothing here costs a query more than a
 * comparison or two while nobody waits.
 */
#ifndef HEADGATE_PROXY_SHARE_H
#define HEADGATE_PROXY_SHARE_H

#include "proxy/session.h"

/* Its connections may be other sessions' between its statements: pool = "transaction". */
bool share_is_shared(const struct session *session);
/* A prepared statement of the session lives in its connection there, and could not be had again. */
bool share_has_statements(const struct session *session, enum route_place place);
/* Warnings, an error or a count that its client may ask for are there still. */
bool share_has_own_answers(const struct session *session, enum route_place place);

/* The session's connection there goes to somebody who waits, if it may: now, or when it has told what only it
 * knows (parting.h). */
void share_give_up(struct session *session, enum route_place place);
/* The session is idle: what it does not need is given to those who wait. */
void share_idle(struct session *session);

/* Somebody waits for a connection to this server: whoever is idle, at this worker or another, gives up
 * theirs. */
void share_search(const struct worker *worker, struct permits *permits);
/* The server has no room for one more connection: those that are parked, whichever worker's, make some.
 * False: there were none. */
bool share_unpark(struct session *session, int server);
/* The other workers do what is due for their holders of these permits: they unpark, enlist (permits.h), and
 * give up what is idle if somebody waits. */
void share_call_others(const struct worker *worker, struct permits *permits);

/* A session's connection whose time has come (lifetime.h) is closed, if it may be given up. */
void share_retire(struct upstream *upstream);
/* The same with the one that the present job is for, which is no question about an earlier statement and of
 * which nothing has been sent, if it is too old: another one is opened. */
void share_retire_old(struct session *session);

#endif
