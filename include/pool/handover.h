/* A session asks other workers for a connection that is parked there.
 *
 *      wait_connection_attach ─► handover_ask ─► QUEUED ····················► waiters_arrive ─► ATTACHING
 *                                     │                                             ▲
 *                                     └─ by mail ─► visit, at each worker that      │
 *                                                   seems to have one ──── by mail ─┘
 *
 * A session asks only while the server has permits left. When there are none, parked connections go to
 * waiters first (pool/waiters.h). permits_holders.kinds counts the kinds of parked connections at each
 * worker, and tells which workers to ask. The counts may be out of date. If no connection comes, the session
 * opens one. */
#pragma once

#include "pool/waiters.h"

/* Asks for a connection to `server`. `waiter` is borrowed. False: no other worker seems to have one.
 * Otherwise waiter->on_offer is called later on this thread, unless handover_cancel is called first. */
bool handover_ask(struct pool *pool, struct server *server, const struct upstream_key *wish,
                  struct pool_waiter *waiter);
/* The session does not wait any more: a connection that arrives is parked. Does nothing if none was asked
 * for. */
void handover_cancel(struct pool_waiter *waiter);
