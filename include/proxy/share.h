/* Connections when they are scarce: waiting for one, and giving up one that is idle.
 *
 *      attach_begin ─► share_attach ─► a permit: attach_open ─► ATTACHING
 *                           │ none
 *                           ▼
 *                        QUEUED ─► on_grant ─► share_queued ─► attach_open ─► ATTACHING
 *                           │
 *                           └─► search: idle connections to that server, of this worker and then of the
 *                               others, are given up while somebody waits: handed to the first one, if that
 *                               one can go on with them, whichever worker's it is
 *
 * A session keeps its connections until somebody else needs one. What may be given up holds nothing of its
 * client that could not be had again elsewhere: see proxy/pinned.h. Nothing here costs a query more than a
 * comparison or two while nobody waits.
 */
#ifndef HEADGATE_PROXY_SHARE_H
#define HEADGATE_PROXY_SHARE_H

#include "proxy/session.h"

/* Opens a connection to this server of the view for the present job, or queues for one. A harmless read takes
 * another replica that has one free before it waits. */
enum step share_attach(struct session *session, int server);
/* QUEUED. */
enum step share_queued(struct session *session);
/* QUEUED for too long: the client hears of it. */
enum step share_time_out(struct session *session);
/* The server itself has no connection left, whatever the permits say: is there time to try again? */
bool share_may_wait(struct session *session);
/* In a moment. */
enum step share_wait(struct session *session);
/* The session waits no more (permits_pass, handover_ask): session->queue.offer, which it sets to NULL if it
 * takes it, is what has come for it; NULL: nothing has. */
void share_offered(struct session *session);
/* The server has no room for one more connection: those that are parked, whichever worker's, make some.
 * False: there were none. */
bool share_unpark(struct session *session, int server);
/* Whatever the session queued for is not wanted any more. Harmless otherwise. */
void share_leave(struct session *session);

/* A prepared statement of the session lives in its connection there, and could not be had again. */
bool share_has_statements(const struct session *session, enum route_place place);

/* Its connections may be other sessions' between its statements: pool = "transaction". */
bool share_is_shared(const struct session *session);

/* Warnings, an error or a count that its client may ask for are there still. */
bool share_has_own_answers(const struct session *session, enum route_place place);

/* The session's connection there goes to somebody who waits, if it may. */
void share_give_up(struct session *session, enum route_place place);
/* A session's connection whose time has come (lifetime.h) is closed, if it may be given up. */
void share_retire(struct upstream *upstream);
/* The same with the one that the present job is for, which is no question about an earlier statement and of
 * which nothing has been sent, if it is too old: another one is opened. */
void share_retire_old(struct session *session);
/* The session is idle: what it does not need is given to those who wait. */
void share_idle(struct session *session);

/* A statement has ended at the present job's place: what it left there may be asked about. `has_set`: it has
 * set or cleared the warnings. */
void share_note_answers(struct session *session, bool has_set);
/* A command on a prepared statement has ended: is its cursor open? */
void share_note_cursor(struct session *session, const struct upstream *upstream);
/* The present job asks about an earlier statement, and the connection that knows is gone. `is_current`: the
 * one at the job's place is to be used. */
bool share_has_lost_answer(const struct session *session, bool is_current);
enum step share_refuse_answer(struct session *session);

#endif
