/* Waiting for a connection, when they are scarce.
 *
 *      attach_begin ─► queue_attach ─► a permit: attach_open ─► ATTACHING
 *                           │ none
 *                           ▼
 *                        QUEUED ─► on_grant ─► queue_step ─► attach_open ─► ATTACHING
 *                           │
 *                           ├─► share_search: those who do not need theirs give it up (share.h)
 *                           └─► after a while: another replica, for which nobody waits
 */
#ifndef HEADGATE_PROXY_QUEUE_H
#define HEADGATE_PROXY_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct handover;
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
    struct handover *handover;     /* borrows: other workers are asked; it frees itself */
    uint64_t moves;                /* of its address then */
    struct server *at;             /* borrows */
    bool has_permit;               /* one of that server has come */
    struct permits *permits; /* borrows: which `ticket` is for, or was until a connection came; or NULL */
    struct quota *quota;     /* borrows: the account's, of which a permit is in hand; NULL: of none */
};

/* Opens a connection to this server of the view for the present job, or queues for one. A harmless read takes
 * another replica that has one free before it waits. */
enum step queue_attach(struct session *session, int server);
/* QUEUED. */
enum step queue_step(struct session *session);
/* QUEUED for too long: the client hears of it. */
enum step queue_time_out(struct session *session);
/* Whatever the session queued for is not wanted any more. Harmless otherwise. */
void queue_leave(struct session *session);
/* The session waits no more (permits_pass, handover_ask): session->queue.offer, which it sets to NULL if it
 * takes it, is what has come for it; NULL: nothing has. */
void queue_offered(struct session *session);

/* The server itself has no connection left, whatever the permits say: is there time to try again? */
bool queue_may_wait(struct session *session);
/* In a moment. */
enum step queue_wait(struct session *session);

#endif
