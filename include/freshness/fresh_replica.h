/* Which replica the reads of a session go to, and whether a read may go there now. A replica that is known to
 * meet the session's demand (consistency.h) is *trusted*: reads pass with a few comparisons. The trust ends
 * when the session writes or sees newer data, or when the replica may have become an older copy. */
#pragma once

#include "freshness/consistency.h"
#include "state/job.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- servers that meet the demand ---- */

/* Is this replica known to meet the session's demand? */
bool fresh_replica_has_all(const struct consistency *consistency, int server);
/* Is another replica than `present` (VIEW_NO_SERVER: any replica) known to meet it, and may the present read
 * go there? */
bool fresh_replica_another_has(const struct consistency *consistency, const struct job *job, int present);

/* ---- the trusted replica ---- */

/* Trusts this replica from now on: it meets the demand. */
void fresh_replica_trust(struct consistency *consistency, int server);
/* Is a replica trusted, may the present read go there, and has this worker lost no connection to it since? */
bool fresh_replica_is_held(const struct consistency *consistency, const struct job *job);
/* Ends the trust: the demand has grown, or the reads are about to go to another replica. */
void fresh_replica_forget(struct consistency *consistency);
/* There is a new view. Ends the trust if the trusted server takes no reads: it may come back as an older
 * copy, and a session without a connection to it would not notice. */
void fresh_replica_note_view(struct consistency *consistency);

/* ---- the choice ---- */

/* A replica by the balancer's rules, or with primary_reads = "share" the primary; VIEW_NO_SERVER: none. */
int fresh_replica_pick_any(const struct consistency *consistency, const struct job *job);
/* Chooses a replica for a session that has none. Prefers a replica that meets the demand, which is trusted
 * from now on. VIEW_NO_SERVER: no replica takes reads. */
int fresh_replica_choose(struct consistency *consistency, const struct job *job);
/* May the read go to `server`, a replica or the primary, instead of the chosen one? */
bool fresh_replica_allows(const struct consistency *consistency, const struct job *job, int server);
/* The read goes to `server`: trusts it if it is a replica that meets the demand, and no other one. */
void fresh_replica_note_choice(struct consistency *consistency, const struct job *job, int server);
/* By the balancer: should the reads of this session move from `server` to another one? Call it rarely. `id`:
 * any number of the session, for chance. */
bool fresh_replica_should_move(const struct consistency *consistency, int server, uint64_t id);

/* ---- the gate; pure ---- */

enum gate_verdict {
    GATE_PASS,   /* the read goes to the session's replica, or to any one if it has none */
    GATE_MOVE,   /* the read goes to another replica, which meets the demand */
    GATE_WAIT,   /* the read waits until servers have told their positions */
    GATE_PRIMARY /* the read goes to the primary: no replica meets the demand in time */
};

struct gate_state {
    bool has_demand;  /* there is a demand: the session has written or seen data, or wants the newest */
    bool is_known;    /* the demand is known as a position, not only as "what the primary has" */
    bool is_followed; /* the servers tell positions: GTIDs are on, and the session's writes have them */
    bool has_replica; /* the session is on a replica that takes reads */
    bool replica_has; /* that replica is known to meet the demand */
    bool another_has; /* another replica is known to meet the demand */
    bool may_leave;   /* the session has seen no data on the present replica beyond the demand */
    bool has_waited;  /* the read has waited already, in vain */
    bool is_never_primary_s; /* the read must not go to the primary: an error is better */
    bool is_bound; /* only the present replica can answer: it has state of the session (user variables …) */
};

/* May a harmless read go to a replica now? */
enum gate_verdict fresh_replica_decide(const struct gate_state *state);
