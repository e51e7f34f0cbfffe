/* CATCHING_UP: a read for a replica that is not known to have what its session asks for (consistency.h).
 *
 *   attach_begin ──► catching_up_holds ──► gate_decide
 *                      pass     its replica is known to have all that, and trusted from now on
 *                      move     another one is
 *                      wait     catching_up_wait: run again after each answer of watch.c
 *                      primary  no replica has it in time
 */
#ifndef HEADGATE_PROXY_CATCHING_UP_H
#define HEADGATE_PROXY_CATCHING_UP_H

#include <stdbool.h>

struct session;
enum step;

/* The present job, of which nothing has been sent, is for a replica that is not trusted: must it wait? False:
 * it may go on, to the place that the job says now, which may have become the primary's. */
bool catching_up_holds(struct session *session);
/* Would a read that is for a replica run on the primary, without waiting, were it to come now? */
bool catching_up_is_primary_s(const struct session *session);

/* Waits for news of the servers: consistency_wait at most, or as long as for a server what may not go to the
 * primary. */
enum step catching_up_wait(struct session *session);
/* The step of CATCHING_UP. */
enum step catching_up_step(struct session *session);
enum step catching_up_time_out(struct session *session);
/* It waits for nothing any more. Harmless otherwise. */
void catching_up_end(struct session *session);

#endif
