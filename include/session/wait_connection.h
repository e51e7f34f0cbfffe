/* Waiting for a connection, when they are scarce.
 *
 *      acquire_begin ─► wait_connection_attach ─► a permit: slot_open ─► ATTACHING
 *                           │ none
 *                           ▼
 *                        QUEUED ─► on_grant ─► wait_connection_step ─► slot_open ─► ATTACHING
 *                           │
 *                           ├─► search_for_waiters: sessions that do not need their connections give them up
 * (yield) └─► after a while: another replica, for which no session waits
 */
#ifndef HEADGATE_SESSION_WAIT_CONNECTION_H
#define HEADGATE_SESSION_WAIT_CONNECTION_H

#include "session/session.h"

/* Opens a connection to this server of the view for the present job, or queues for one. A harmless read takes
 * another replica that has one free before it waits. */
enum step wait_connection_attach(struct session *session, int server);
/* QUEUED. */
enum step wait_connection_step(struct session *session);
/* QUEUED for too long: the client gets an error. */
enum step wait_connection_time_out(struct session *session);
/* The session does not wait any more; permits that it has in hand are given back. Harmless otherwise. */
void wait_connection_leave(struct session *session);

/* The server has refused this login, which is for the present job, for a limit of its account
 * (quota_is_limit, err): from now on all workers count their connections of that account. False: memory is
 * out. */
bool wait_connection_note_limit(struct session *session, struct upstream *upstream, const struct error *err);

/* The server itself has no connection left, whatever the permits say: is there time to try again? */
bool wait_connection_may_wait(struct session *session);
/* Tries again in a moment. */
enum step wait_connection_wait(struct session *session);

#endif
