/* Reads with consistency "global" are never older than what any client has written through this headgate, on
 * any connection and worker. Writes that replies tell are noted in written.h. Each worker keeps the demand on
 * replicas that follows from them in its struct positions. A session adds this demand to its own before its
 * read.
 *
 *      a packet of the primary ──► global_writes_note_packet    a statement has ended: was its GTID told?
 *      its GTID                ──► global_writes_note_position
 *      a read                  ──► global_writes_is_current ──► global_writes_ask
 *                                  then as for the session's own writes: command/wait_replica.h */
#pragma once

#include "mysql/gtid.h"

#include <stdbool.h>
#include <stdint.h>

struct consistency;
struct job;
struct tracker_info;
struct positions;

/* The demand on replicas of all clients' writes on one cluster, as one worker knows it. */
struct global_demand {
    uint64_t number;  /* counts its changes; 0: nothing was written */
    uint64_t version; /* written.version that it includes */
    uint64_t unknown; /* written.unknown that it includes */
    uint64_t epoch;   /* of the primary that `position` is of */
    uint64_t written; /* moment of its last growth */
    uint64_t seen;    /* moment: it includes what the primary had then; 0: nothing but `position` */
    bool needs_base;  /* see positions.h */
    struct gtid_position position;
};

/* ---- what replies say; call these before the client gets the packet ---- */

/* A statement has committed `position`. `tag`: written_tag() of the connection, whose place is the
 * primary. */
void global_writes_note_position(struct positions *positions, uint64_t tag,
                                 const struct gtid_position *position);
/* A packet of the present job's reply, from the primary, with status flags. If the statement may have
 * committed a write that no packet tells, an unknown write is noted. `status`: the session's flags before the
 * packet. */
void global_writes_note_packet(struct consistency *consistency, const struct job *job, uint16_t status,
                               const struct tracker_info *info);
/* The connection to the primary is lost during the present job, and the server may have completed the job. */
void global_writes_note_loss(struct consistency *consistency, const struct job *job);

/* ---- what reads ask for ---- */

/* Has no client written since the session last called global_writes_ask()? */
bool global_writes_is_current(const struct consistency *consistency);
/* Adds all that was written until now to the session's demand. */
void global_writes_ask(struct consistency *consistency);
/* Would a replica have all that was written until now? For `explain`; changes nothing. */
bool global_writes_is_at_replica(struct positions *positions);
