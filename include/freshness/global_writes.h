/* Reads with consistency "global": never older than what any client has written through this headgate, on
 * whichever connection and worker. What replies tell of writes goes to written.h; a worker keeps what that
 * asks of replicas in its struct positions, and a session makes it its own demand before its read.
 *
 *      a packet of the primary ──► global_writes_note_packet    a statement has ended: was its GTID told?
 *      its GTID                ──► global_writes_note_position  yes, this one
 *      a read                  ──► global_writes_is_current ──► global_writes_ask
 *                                  then as for the session's own writes: session/wait_replica.h
 */
#ifndef HEADGATE_FRESHNESS_GLOBAL_WRITES_H
#define HEADGATE_FRESHNESS_GLOBAL_WRITES_H

#include "mysql/gtid.h"

#include <stdbool.h>
#include <stdint.h>

struct consistency;
struct job;
struct tracker_info;
struct positions;

/* What all clients' writes ask of a replica, as one worker knows it of one cluster. */
struct global_demand {
    uint64_t number;  /* counts its changes; 0: nothing was written */
    uint64_t version; /* of struct written, so far */
    uint64_t unknown; /* likewise */
    uint64_t epoch;   /* of the primary that `position` is of */
    uint64_t written; /* moment: something was added to it */
    uint64_t seen;    /* moment: … and what the primary had then; 0: nothing but `position` */
    bool needs_base;  /* see positions.h */
    struct gtid_position position;
};

/* ---- what replies say; before the client hears of it ---- */

/* A statement on the connection `tag` (written_tag), to the primary, has committed this. */
void global_writes_note_position(struct positions *positions, uint64_t tag,
                                 const struct gtid_position *position);
/* A packet of the present job's reply, from the primary, that carries state: where it may have committed
 * something that no packet tells, that is noted. `status`: the session's flags before the packet. */
void global_writes_note_packet(struct consistency *consistency, const struct job *job, uint16_t status,
                               const struct tracker_info *info);
/* The connection to the primary is lost in the middle of the present job, which may have been carried out. */
void global_writes_note_loss(struct consistency *consistency, const struct job *job);

/* ---- what reads ask for ---- */

/* Has no client written since the session last asked? */
bool global_writes_is_current(const struct consistency *consistency);
/* The session asks for all that was written until now. */
void global_writes_ask(struct consistency *consistency);
/* … and would one of the replicas have it? For explain, which changes nothing. */
bool global_writes_is_at_replica(struct positions *positions);

#endif
