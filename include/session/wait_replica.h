/* CATCHING_UP: a read is for a replica that is not known to have what the session asks for (consistency.h).
 *
 *   acquire_begin ──► wait_replica_holds ──► fresh_replica_decide
 *                      GATE_PASS     the session's replica has it, and is trusted from now on
 *                      GATE_MOVE     another replica has it
 *                      GATE_WAIT     wait_replica_wait: looked at again after each answer of a server
 *                      GATE_PRIMARY  no replica has it in time
 */
#ifndef HEADGATE_SESSION_WAIT_REPLICA_H
#define HEADGATE_SESSION_WAIT_REPLICA_H

#include <stdbool.h>

struct session;
enum step;

/* The present job, of which nothing has been sent, is for a replica that is not trusted: must it wait? False:
 * it may go on, to the place that the job says now, which may have become the primary's. */
bool wait_replica_holds(struct session *session);
/* Would a read that is for a replica run on the primary, without waiting, were it to come now? */
bool wait_replica_is_primary_s(const struct session *session);

/* Waits for news of the servers: consistency_wait at most, or as long as for a server what may not go to the
 * primary. */
enum step wait_replica_wait(struct session *session);
/* The step of CATCHING_UP. */
enum step wait_replica_step(struct session *session);
enum step wait_replica_time_out(struct session *session);
/* The session does not wait any more. Harmless where it does not. */
void wait_replica_end(struct session *session);

#endif
