/* Reads with consistency "global": never older than what any client has written through this headgate, on
 * whichever connection and worker. What replies tell of writes goes to written.h; a worker keeps what that
 * asks of replicas in its watch, and a session makes it its own demand before its read.
 *
 *      pass_packet ──► global_writes_note_packet      a statement of the primary's has ended: was its GTID
 * told? consistency ──► global_writes_note_position    … this one a read      ──► global_writes_is_current
 * ──► global_writes_ask ──► catching_up.h, as for the session's own writes
 */
#ifndef HEADGATE_FRESHNESS_GLOBAL_WRITES_H
#define HEADGATE_FRESHNESS_GLOBAL_WRITES_H

#include "mysql/gtid.h"

#include <stdbool.h>
#include <stdint.h>

struct session;
struct tracker_info;

/* What all clients' writes ask of a replica, as one worker knows it of one cluster. */
struct global_demand {
    uint64_t number;  /* counts its changes; 0: nothing was written */
    uint64_t version; /* of struct written, so far */
    uint64_t unknown; /* likewise */
    uint64_t epoch;   /* of the watch: of the primary that `position` is of */
    uint64_t written; /* moment: something was added to it */
    uint64_t seen;    /* moment: … and what the primary had then; 0: nothing but `position` */
    bool needs_base;  /* see watch.h */
    struct gtid_position position;
};

/* ---- what replies say; before the client hears of it ---- */

/* The present job, at the primary, has committed this. */
void global_writes_note_position(struct session *session, const struct gtid_position *position);
/* A packet of its reply, from the primary, that carries state: where it may have committed something that no
 * packet tells, that is noted. */
void global_writes_note_packet(struct session *session, const struct tracker_info *info);
/* Its connection to the primary is lost in the middle of it: it may have been carried out. */
void global_writes_note_loss(struct session *session);

/* ---- what reads ask for ---- */

/* Has no client written since the session last asked? */
bool global_writes_is_current(const struct session *session);
/* The session asks for all that was written until now. */
void global_writes_ask(struct session *session);
/* … and would one of the replicas have it? For explain, which changes nothing. */
bool global_writes_is_at_replica(const struct session *session);

#endif
