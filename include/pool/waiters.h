/* Gives parked connections, with their permits, to sessions that wait for one, of this worker or another. */
#pragma once

#include "pool/pool.h"

struct handover;

/* The part of a session with which it waits for a connection. */
struct pool_waiter {
    /* A connection is offered; NULL: there is none, and none will come. True: the session has taken it. */
    bool (*on_offer)(struct pool_waiter *waiter, struct upstream *offer);
    struct handover *handover; /* borrows: the request to other workers, which frees itself; NULL: none */
};

/* Can the first session that waits for the permits of the connection's server, or of its account there, use
 * this connection? */
bool waiters_suit(const struct pool *pool, const struct upstream *upstream);

/* Gives parked connections of this worker to sessions that wait, or closes them for these sessions, as many
 * as are needed. No session of this worker runs during the call, so the caller may walk through the
 * holders. */
void waiters_serve(struct permits_holders *holders);
/* waiters_serve() for sessions that wait for a permit of an account (upstream/quota): gives or closes parked
 * connections of that account. */
void waiters_serve_account(struct permits *quota, unsigned worker);
/* Both, for a connection that was just parked. The connection may be gone afterwards. */
void waiters_serve_all(struct upstream *upstream);

/* A connection has come to this worker's thread, by permits_pass or handover. It is offered to `waiter`, if
 * that is not NULL, and parked if the waiter does not take it. */
void waiters_arrive(struct pool *pool, struct upstream *take_upstream, struct pool_waiter *waiter);
/* May a session with that wish take the connection that it is offered? *must_change_r: only with
 * upstream_change_user, because the connection has another account or was not reset. */
bool waiters_claim(struct upstream *upstream, const struct upstream_key *wish, bool *must_change_r);

/* ---- for the files of the pool ---- */

/* Detaches the connection from this thread, so that another worker may adopt it. */
void waiters_let_go(struct upstream *upstream);
/* For a connection of the pool that is not parked and has the state of a session. True: the connection is
 * gone, to a session that waits and uses COM_CHANGE_USER; or the server has closed it. */
bool waiters_pass_unclean(struct upstream *upstream);
