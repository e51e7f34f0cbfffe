/* Which replica a session's reads are for, and whether a read may go there now. A replica that is known to
 * have all that the session asks for (consistency.h) is *trusted*: reads pass with one comparison, until the
 * session writes or sees something newer, or the replica may have become an older copy.
 */
#ifndef HEADGATE_FRESHNESS_FRESH_REPLICA_H
#define HEADGATE_FRESHNESS_FRESH_REPLICA_H

#include "freshness/consistency.h"
#include "state/job.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- servers that have it all ---- */

/* Is this replica known to have all that the session asks for? */
bool fresh_replica_has_all(const struct consistency *consistency, int server);
/* … another one than `present` (VIEW_NO_SERVER: any) that the present read may go to? */
bool fresh_replica_another_has(const struct consistency *consistency, const struct job *job, int present);

/* ---- the trusted one ---- */

/* This replica has it all. */
void fresh_replica_trust(struct consistency *consistency, int server);
/* A replica is trusted, the present read may go there, and nothing has become of it since. */
bool fresh_replica_is_held(const struct consistency *consistency, const struct job *job);
/* None is trusted any more: more is asked for, or the reads are about to go to another one. */
void fresh_replica_forget(struct consistency *consistency);
/* A new view: a server that took no reads for a while may come back as an older copy, and a session without a
 * connection to it sees no end of one. */
void fresh_replica_note_view(struct consistency *consistency);

/* ---- the choice ---- */

/* A replica by the balancer's rules, or with primary_reads = "share" the primary; VIEW_NO_SERVER: none. */
int fresh_replica_pick_any(const struct consistency *consistency, const struct job *job);
/* The replica for a session that is on none: one that has what it asks for, if there is one, and it is
 * trusted from now on. VIEW_NO_SERVER: no replica takes reads. */
int fresh_replica_choose(struct consistency *consistency, const struct job *job);
/* May the read go to this replica, or the primary, instead of the one that was chosen? */
bool fresh_replica_allows(const struct consistency *consistency, const struct job *job, int server);
/* The read goes there. */
void fresh_replica_note_choice(struct consistency *consistency, const struct job *job, int server);
/* Would the reads of this session be better off elsewhere than at `server`? To be asked rarely; `id`: any
 * number of the session's. */
bool fresh_replica_should_move(const struct consistency *consistency, int server, uint64_t id);

/* ---- the gate; pure ---- */

enum gate_verdict {
    GATE_PASS,   /* to the replica that the session is on, or any one if it is on none */
    GATE_MOVE,   /* to another replica: it has what the session asks for */
    GATE_WAIT,   /* until the servers have told their positions */
    GATE_PRIMARY /* no replica can be trusted with it in time */
};

struct gate_state {
    bool has_demand;  /* the session asks for something: it has written, or seen, or wants the newest */
    bool is_known;    /* what it asks for is known as a position, not only as "what the primary has" */
    bool is_followed; /* the servers tell positions: GTIDs are on, and the session's writes have them */
    bool has_replica; /* it is on a replica that takes reads */
    bool replica_has; /* … which is known to have what it asks for */
    bool another_has; /* another one is */
    bool may_leave;   /* nothing seen on the present replica is newer than what it asks for */
    bool has_waited;  /* it has waited for this already, in vain */
    bool is_never_primary_s; /* the primary may not have it: an error is better */
    bool is_bound; /* only the present replica can answer: it knows the session's user variables, or more */
};

/* May a harmless read go to a replica now? */
enum gate_verdict fresh_replica_decide(const struct gate_state *state);

#endif
