/* The state QUEUED: a session waits for a connection to a server while connections are scarce.
 *
 *      acquire_begin ─► wait_connection_attach ─► a permit: slot_open ─► ATTACHING
 *                           │ no permit
 *                           ▼
 *                        QUEUED ─► on_grant ─► wait_connection_step ─► slot_open ─► ATTACHING
 *                           │
 *                           ├─► search_for_waiters: sessions give up connections they do not need (yield)
 *                           └─► after a while: another replica, for which no session waits */
#pragma once

#include "session/session.h"

/* Opens a connection to this server of the view for the present job, or enters the queue for one. A
 * harmless read uses another replica with a free connection before it waits. */
enum step wait_connection_attach(struct session *session, int server);
/* The step of QUEUED. */
enum step wait_connection_step(struct session *session);
/* The deadline of QUEUED: the client gets an error. */
enum step wait_connection_time_out(struct session *session);
/* Ends the wait and gives back the permits that the session holds. No effect if the session does not wait. */
void wait_connection_leave(struct session *session);

/* The server has refused the login of this connection, which is for the present job, because of a limit of
 * the account (quota_is_limit, err). From now on all workers count their connections of that account.
 * False: memory is out. */
bool wait_connection_note_limit(struct session *session, struct upstream *upstream, const struct error *err);

/* The server itself has no free connection, whatever the permits say. True if the session may still wait
 * for one. */
bool wait_connection_may_wait(struct session *session);
/* Waits, and tries again after a short time. */
enum step wait_connection_wait(struct session *session);
