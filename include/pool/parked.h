/* Connections that no session has: parked, or being made ready to be. Their owner is the worker's pool.
 */
#ifndef HEADGATE_POOL_PARKED_H
#define HEADGATE_POOL_PARKED_H

#include "pool/pool.h"
#include "state/facets.h"
#include "state/pooled.h"

/* Is it parked, or being reset, or opened ahead of need? */
bool parked_has(const struct upstream *upstream);

/* What a session that takes a connection asks for. */
struct parked_wish {
    struct upstream_key key;
    const struct facets *facets; /* borrows: its state */
    uint64_t since_us;           /* connections that logged in before have to log in again: login_age */
};
/* The parked connection to that server that suits the session best, of several the one parked last; its
 * current schema is not known. NULL: none. The caller makes it its own: by slot_take, or, if its login is too
 * old for the session (login_age_is_old), by slot_change. */
struct upstream *parked_take(struct pool *pool, const struct server *server, const struct parked_wish *wish);

/* Closes all parked connections of this worker to that server, and those being reset; returns how many. */
unsigned parked_close_all(struct permits_holders *holders);
/* A new view of the cluster: connections to servers that are out of use, or at another address, are closed.
 */
void parked_on_view(struct pool *pool, unsigned cluster);
/* New rules: connections beyond pool_idle_max, or with another `tls`, are closed. */
void parked_on_rules(struct pool *pool);
/* From now on nothing is parked: the worker ends. */
void parked_end(struct pool *pool);

/* ---- for the files of the pool ---- */

/* Of connections whose owner is a pool. */
extern const struct upstream_owner_ops parked_ops;

/* Of a connection whose owner is a pool: the holders of its permit, and the counters of its cluster. */
struct permits_holders *parked_holders(const struct upstream *upstream);
struct pool_counters *parked_counters(const struct upstream *upstream);

/* It waits for a session from now on: parked as the last one, until it expires. */
void parked_add(struct upstream *upstream);
/* It is not parked any more, nor promised to a waiter; it stays open. */
void parked_remove(struct upstream *upstream);
/* It is removed and closed; parked_retire counts it as not needed any more. */
void parked_close(struct upstream *upstream);
void parked_retire(struct upstream *upstream);

/* False: the server has ended it just now, so that a statement sent to it would be lost; it was closed. */
bool parked_is_alive(struct upstream *upstream);
/* The connection parked last whose key fits that wish, and that is alive; it stays parked. NULL: none. */
struct upstream *parked_find(const struct permits_holders *holders, const struct upstream_key *wish);

#endif
