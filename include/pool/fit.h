/* Which connections may be parked, and how well a parked one suits a session. A connection is not parked if a
 * reset does not undo all its state, if it is too old, if its server is out of use, or if the pool is full. */
#pragma once

#include "pool/pool.h"
#include "state/facets.h"
#include "state/fingerprint.h"
#include "state/slot.h"

/* May the session's connection in this slot be parked for other sessions, after a reset? */
bool fit_may_park(const struct pool *pool, const struct slot *slot, const struct facets *facets);

/* May the connection still be used? In the view, `server` must be in use, at the address and with the TLS and
 * compression of the connection, and not restarted since. While there is no primary, all servers count as in
 * use: the former primary may come back. */
bool fit_is_usable(const struct view *view, size_t server, const struct upstream *upstream);
/* True: one more connection cannot be parked, because of the limit of open files or the cluster's
 * pool_idle_max. */
bool fit_is_full(const struct pool *pool, const struct upstream *upstream);

/* How well a parked connection whose key fits suits a session; higher is better. */
enum fit {
    FIT_OLD,    /* its login is too old (login_age); fit_state does not return this */
    FIT_RENEW,  /* its state has to be reset */
    FIT_SAID,   /* one SET of the session's variables overwrites its state */
    FIT_NEW,    /* it was reset */
    FIT_SCHEMA, /* its state is that of the session, except the schema */
    FIT_EQUAL   /* its state is that of the session */
};
/* Compares the state that the last session left in the connection with `facets`. `wish`: fingerprint of the
 * session's variables. */
enum fit fit_state(const struct pool *pool, const struct upstream *upstream, const struct facets *facets,
                   const struct fingerprint *wish);
