/* Chooses the server on which the present job runs. */
#pragma once

#include "session/session.h"

/* A server for the present job's place, or VIEW_NO_SERVER. A read that finds no replica is moved to the
 * primary. */
int pick_server(struct session *session);
/* True if a read that finds no replica may run on the primary: the listener is split, and neither
 * primary_reads, a hint nor the session's state forbids it. */
bool pick_may_fall_back(const struct session *session);
/* Moves the present read to the primary, for this reason. */
void pick_become_primary_s(struct session *session, enum route_reason reason);
/* If the present read, which is for the primary, was moved there only because no replica was available, and there is no
 * primary now, a replica is considered again. */
void pick_look_again(struct session *session);
/* The present job is for the replica. The session's reads stay at their server unless another server is clearly
 * better. No effect without a share of the primary before session.balance_at_us. */
void pick_settle(struct session *session);
/* From now on the session's reads run on this primary, as part of the primary's share of reads. NULL: on
 * replicas again. */
void pick_share(struct session *session, struct server *primary);

/* The job's server has answered this ERR, to the statement or to headgate's own preparations. True if the
 * job is a read that should run on the primary because its replica lacks something that the read names. */
bool pick_is_lacking(const struct session *session, uint16_t code);
/* Moves the job, for which pick_is_lacking was true, to the primary. Statements of the same shape go to
 * the primary for a while. */
void pick_leave_lacking(struct session *session);
