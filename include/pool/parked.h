/* Parked connections, and connections that are being prepared to be parked. No session has them; their owner
 * is the worker's pool. */
#pragma once

#include "pool/pool.h"
#include "state/facets.h"
#include "state/pooled.h"

/* Is the connection the pool's: parked, being reset, or being opened ahead of need? */
bool parked_has(const struct upstream *upstream);

/* What a session needs from a parked connection. */
struct parked_wish {
    struct upstream_key key;
    const struct facets *facets; /* borrows: the state of the session */
    uint64_t since_us;           /* connections with an older login must log in again: login_age */
};
/* Takes the parked connection to `server` that suits the session best; among equal ones, that parked last.
 * Its current schema is not known. NULL: none. The caller owns the connection, and calls slot_take, or
 * slot_change if the login is too old for the session (login_age_is_old). */
struct upstream *parked_take(struct pool *pool, const struct server *server, const struct parked_wish *wish);

/* Closes all connections of these holders that belong to the pool, also those being reset. Returns how
 * many. */
unsigned parked_close_all(struct permits_holders *holders);
/* A new view of the cluster: connections to servers that are out of use, or at another address, are closed. */
void parked_on_view(struct pool *pool, unsigned cluster);
/* New rules: connections beyond pool_idle_max, or with another `tls`, are closed. */
void parked_on_rules(struct pool *pool);
/* Closes all connections of the pool: the worker ends. */
void parked_end(struct pool *pool);

/* ---- for the files of the pool ---- */

/* The owner_ops of connections whose owner is a pool. */
extern const struct upstream_owner_ops parked_ops;

/* For a connection whose owner is a pool: the holders of its permit, and the counters of its cluster. */
struct permits_holders *parked_holders(const struct upstream *upstream);
struct pool_counters *parked_counters(const struct upstream *upstream);

/* Parks the connection, at the end of the list, until it expires. */
void parked_add(struct upstream *upstream);
/* Takes the connection from the parked ones, and takes back its promise to a waiter. It stays open. */
void parked_remove(struct upstream *upstream);
/* Removes and closes the connection. parked_retire also counts it in pool_retired. */
void parked_close(struct upstream *upstream);
void parked_retire(struct upstream *upstream);

/* False: the server has closed the connection, or has sent unexpected bytes; the connection is closed and
 * gone. */
bool parked_is_alive(struct upstream *upstream);
/* The connection parked last that is alive and whose key fits `wish`; it stays parked. NULL: none. */
struct upstream *parked_find(const struct permits_holders *holders, const struct upstream_key *wish);
