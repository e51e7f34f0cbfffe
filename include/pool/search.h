/* Sessions wait for a connection: all workers look for one that may be given up.
 *
 *      QUEUED (wait_connection) ─► search_for_waiters ─► parked ones (waiters), then idle ones: on_wanted ─►
 * yield_give_up └── by mail, at the other workers: the same
 */
#ifndef HEADGATE_POOL_SEARCH_H
#define HEADGATE_POOL_SEARCH_H

#include "cluster/quota.h"
#include "pool/pool.h"

/* Sessions wait for these permits: whoever has an idle connection with one, at this worker or another, gives
 * that up. */
void search_for_waiters(const struct pool *pool, struct permits *permits);
/* The server has no room for one more connection: those that are parked, at all workers, are closed. False:
 * there were none. */
bool search_unpark(const struct pool *pool, struct server *server);
/* The limit of that account at the server, made known to all workers: from now on they count their
 * connections of the account. NULL when memory is out. */
struct quota *search_learn_quota(const struct pool *pool, struct server *server, const struct user *user);

#endif
