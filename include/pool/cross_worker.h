/* Parked connections go to those who wait for one, whichever worker's these are, and to other threads; with
 * their permits.
 */
#ifndef HEADGATE_POOL_CROSS_WORKER_H
#define HEADGATE_POOL_CROSS_WORKER_H

#include "session/session.h"

/* Would it do for the first who waits for a connection to that server, or for one of its account's there,
 * whichever worker's that is? */
bool pool_suits_waiter(const struct upstream *upstream);
/* Parked connections of this worker go to those who wait, or are closed for them, as many as these need. No
 * session is run: it may be called while they are walked through. */
void pool_give_way(struct permits_holders *holders);
/* The same for those who wait for one of an account's (cluster/quota): that account's. On the worker's
 * thread. */
void pool_give_way_to_account(struct permits *quota, unsigned worker);
/* … and for both, when this one has been parked; which may be gone afterwards. */
void pool_give_way_to_all(struct upstream *upstream);

/* A parked connection of this worker that would do for a session of another one: it has let go of this
 * thread, and is on its way to pool_arrive. NULL: none, or somebody waits here. */
struct upstream *pool_send(struct permits_holders *holders, const struct upstream_key *wish);
/* It has come to this worker's thread, for the session that awaits it (which is run: session->queue.offer),
 * or, NULL or not taken, to be parked for others. */
void pool_arrive(struct worker *worker, struct upstream *take_upstream, struct session *session);

/* May a session that wishes that have the connection it is offered? *must_change_r: only by
 * upstream_change_user, as it is somebody else's, or not clean. */
bool pool_claim(struct upstream *upstream, const struct upstream_key *wish, bool *must_change_r);

/* ---- for the files of the pool ---- */

/* It is the pool's, not parked, and as its session left it. True: it is gone, to somebody who waits and makes
 * it new by COM_CHANGE_USER, without a reset before it; or it has just ended. */
bool pool_pass_unclean(struct upstream *upstream);

#endif
