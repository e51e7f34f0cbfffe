/* Which connections may be parked, and how well a parked one suits a session. A connection is not parked if a
 * reset does not undo all its state, if it is too old, if its server is out of use, or if the pool is full.
 */
#ifndef HEADGATE_POOL_FIT_H
#define HEADGATE_POOL_FIT_H

#include "pool/pool.h"
#include "state/facets.h"
#include "state/fingerprint.h"
#include "state/slot.h"

/* May the session's connection in that slot go to other sessions, once it has been reset? */
bool fit_may_park(const struct pool *pool, const struct slot *slot, const struct facets *facets);

/* Statements may go to that server of the view, which is still the machine that the connection leads to, and
 * has not restarted. While there is no primary the former one counts: it may come back. */
bool fit_is_usable(const struct view *view, size_t server, const struct upstream *upstream);
/* There is no room to park one more: open files, or the cluster's pool_idle_max. */
bool fit_is_full(const struct pool *pool, const struct upstream *upstream);

/* How well a parked connection whose key fits suits a session: the higher the better. */
enum fit {
    FIT_OLD,    /* its login is too old: login_age. Never told by fit_state */
    FIT_RENEW,  /* its state has to be reset */
    FIT_SAID,   /* one SET of the session's variables overwrites its state */
    FIT_NEW,    /* it was reset */
    FIT_SCHEMA, /* its state is the session's but for the schema */
    FIT_EQUAL
};
/* By the state that the connection was left in; `wish`: the session's variables. */
enum fit fit_state(const struct pool *pool, const struct upstream *upstream, const struct facets *facets,
                   const struct fingerprint *wish);

#endif
