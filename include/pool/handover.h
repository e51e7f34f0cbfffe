/* A connection that is parked at one worker is asked for by a session of another one.
 *
 *      wait_connection_attach ─► handover_ask ─► QUEUED ····························► pool_arrive ─►
 * ATTACHING │                                                    ▲ by mail              └─► the next worker
 * that has one of this kind        │ └─► pool_send, or on to the next one ─────────┘
 *
 * Only while there are permits for all; where there are none, connections go to those who wait (share.h). Who
 * asks goes by what the others count (permits_holders.kinds), which may be out of date: then the answer is
 * that there is none, and the session opens one.
 */
#ifndef HEADGATE_POOL_HANDOVER_H
#define HEADGATE_POOL_HANDOVER_H

#include "session/session.h"

/* Asks for a connection to that server of the view. False: nobody has one. Otherwise wait_connection_offered
 * follows on this thread, once the connection, if there was one, is parked here; unless handover_cancel comes
 * first. */
bool handover_ask(struct session *session, int server);
/* The session waits for it no more: what comes is parked for others. Harmless when it does not. */
void handover_cancel(struct session *session);

#endif
