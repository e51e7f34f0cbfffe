/* The state CATCHING_UP: a read is for a replica that is not known to have the data that the session needs
 * (freshness/consistency.h).
 *
 *   acquire_begin ──► wait_replica_holds ──► fresh_replica_decide
 *                      GATE_PASS     the session's replica has the data, and is trusted from now on
 *                      GATE_MOVE     another replica has the data
 *                      GATE_WAIT     wait_replica_wait: decided again after each answer of a server
 *                      GATE_PRIMARY  no replica has the data in time */
#pragma once

#include <stdbool.h>

struct session;
enum step;

/* True if the present job must wait. The job is for a replica that is not trusted, and nothing of it has
 * been sent. False: the job may go on to job.place, which may be the primary now. */
bool wait_replica_holds(struct session *session);
/* True if a read for a replica would now go to the primary without waiting. */
bool wait_replica_is_primary_s(const struct session *session);

/* Waits for new positions of the servers: at most consistency_wait; a read that may not go to the primary
 * waits as long as for a server. */
enum step wait_replica_wait(struct session *session);
/* The step of CATCHING_UP, and what its deadline does. */
enum step wait_replica_step(struct session *session);
enum step wait_replica_time_out(struct session *session);
/* Ends the wait. No effect if the session does not wait. */
void wait_replica_end(struct session *session);
