/* Parked connections go to sessions that wait for one, of this worker or another, together with their
 * permits.
 */
#ifndef HEADGATE_POOL_WAITERS_H
#define HEADGATE_POOL_WAITERS_H

#include "pool/pool.h"

struct handover;

/* A session that waits for a connection: part of it. */
struct pool_waiter {
    /* `offer` has come; NULL: none has, and none will. True: the session has taken it. */
    bool (*on_offer)(struct pool_waiter *waiter, struct upstream *offer);
    struct handover *handover; /* borrows: other workers are asked; it frees itself */
};

/* Could the first session that waits for a connection to that server, or for one of the same account there,
 * use this one? */
bool waiters_suit(const struct pool *pool, const struct upstream *upstream);

/* Parked connections of this worker go to sessions that wait, or are closed for them, as many as these need.
 * No session of this worker runs meanwhile: the holders may be walked through. */
void waiters_serve(struct permits_holders *holders);
/* The same for sessions that wait for a permit of an account (cluster/quota): parked connections of that
 * account. */
void waiters_serve_account(struct permits *quota, unsigned worker);
/* The same for both, when this connection has just been parked; it may be gone afterwards. */
void waiters_serve_all(struct upstream *upstream);

/* A connection has come to this worker's thread, by permits_pass or handover. `waiter`, if not NULL, awaits
 * it. It is parked if the waiter does not take it. */
void waiters_arrive(struct pool *pool, struct upstream *take_upstream, struct pool_waiter *waiter);
/* May a session with that wish have the connection that it is offered? *must_change_r: only by
 * upstream_change_user, as the connection has another account or is not clean. */
bool waiters_claim(struct upstream *upstream, const struct upstream_key *wish, bool *must_change_r);

/* ---- for the files of the pool ---- */

/* The connection leaves this thread: another worker may adopt it. */
void waiters_let_go(struct upstream *upstream);
/* It is the pool's, not parked, and has the state of a session. True: it is gone, to a session that waits and
 * resets it by COM_CHANGE_USER; or its server has just ended it. */
bool waiters_pass_unclean(struct upstream *upstream);

#endif
