/* Waiting for a connection, when they are scarce.
 *
 *      acquire_begin ─► wait_connection_attach ─► a permit: slot_open ─► ATTACHING
 *                           │ none
 *                           ▼
 *                        QUEUED ─► on_grant ─► wait_connection_step ─► slot_open ─► ATTACHING
 *                           │
 *                           ├─► search_for_waiters: sessions that do not need theirs give it up (yield)
 *                           └─► after a while: another replica, for which nobody waits
 */
#ifndef HEADGATE_SESSION_WAIT_CONNECTION_H
#define HEADGATE_SESSION_WAIT_CONNECTION_H

#include "pool/waiters.h"

#include <stdbool.h>
#include <stdint.h>

struct permits;
struct permits_ticket;
struct quota;
struct server;
struct session;
struct upstream;
enum step;

/* QUEUED: it waits for a connection, or the permit to open one. */
struct queue {
    struct permits_ticket *ticket; /* borrows: no permit has come; it frees itself */
    struct upstream *offer;        /* borrows: a connection that has come for it, while it is run for that */
    struct pool_waiter waiter;     /* for the connection that comes, and the question to other workers */
    uint64_t moves;                /* of its address then */
    struct server *at;             /* borrows */
    bool has_permit;               /* one of that server has come */
    struct permits *permits; /* borrows: which `ticket` is for, or was until a connection came; or NULL */
    struct quota *quota;     /* borrows: the account's, of which a permit is in hand; NULL: of none */
};

/* Opens a connection to this server of the view for the present job, or queues for one. A harmless read takes
 * another replica that has one free before it waits. */
enum step wait_connection_attach(struct session *session, int server);
/* QUEUED. */
enum step wait_connection_step(struct session *session);
/* QUEUED for too long: the client hears of it. */
enum step wait_connection_time_out(struct session *session);
/* Whatever the session queued for is not wanted any more. Harmless otherwise. */
void wait_connection_leave(struct session *session);

/* The server has refused this login, which is for the present job, for a limit of its account
 * (quota_is_limit, err): from now on all workers count their connections of that account. False: memory is
 * out. */
bool wait_connection_note_limit(struct session *session, struct upstream *upstream, const struct error *err);
/* The session has just begun to open the connection, or taken it, and its key is set: it holds the permit of
 * the account that the session has in hand, or, if the account has a limit there all the same, one more than
 * there may be. NULL: it could not be opened. */
void wait_connection_hold_quota(struct session *session, struct upstream *upstream);

/* The server itself has no connection left, whatever the permits say: is there time to try again? */
bool wait_connection_may_wait(struct session *session);
/* In a moment. */
enum step wait_connection_wait(struct session *session);

#endif
