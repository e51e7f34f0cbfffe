/* Sessions wait for a connection: all workers look for one that may be given up.
 *
 *      QUEUED (wait_connection) ─► search_for_waiters ─► parked ones (waiters)
 *                                     │                  then idle ones: on_wanted ─► yield_give_up
 *                                     └── by mail, at the other workers: the same */
#pragma once

#include "upstream/quota.h"
#include "pool/pool.h"

/* Sessions wait for these permits: sessions with an idle connection that holds one, at this worker or
 * another, give the connection up. */
void search_for_waiters(const struct pool *pool, struct permits *permits);
/* The server refuses more connections: closes its parked connections at all workers. False: there were
 * none. */
bool search_unpark(const struct pool *pool, struct server *server);
/* Makes the limit of the user's account at the server known to all workers: from now on they count their
 * connections of the account. Returns the quota; NULL when memory is out. */
struct quota *search_learn_quota(const struct pool *pool, struct server *server, const struct user *user);
