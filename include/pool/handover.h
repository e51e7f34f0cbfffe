/* A session asks other workers for a connection that is parked there.
 *
 *      wait_connection_attach ─► handover_ask ─► QUEUED ·································► waiters_arrive ─►
 * ATTACHING │                                                        ▲ └─ by mail ─► visit: the next worker
 * that has one ───────┘ by mail
 *
 * Only while there are permits for all; where there are none, connections go to sessions that wait (waiters).
 * Which workers are asked follows from the kinds of connections that they count (permits_holders.kinds). The
 * counts may be out of date: then no connection comes, and the session opens one.
 */
#ifndef HEADGATE_POOL_HANDOVER_H
#define HEADGATE_POOL_HANDOVER_H

#include "pool/waiters.h"

/* Asks for a connection to that server. False: no other worker has one. Otherwise waiter->on_offer follows on
 * this thread, unless handover_cancel comes first. */
bool handover_ask(struct pool *pool, struct server *server, const struct upstream_key *wish,
                  struct pool_waiter *waiter);
/* The session waits no more: a connection that comes is parked. Harmless where none was asked for. */
void handover_cancel(struct pool_waiter *waiter);

#endif
