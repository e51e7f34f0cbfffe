/* A session's user variables that only one of its connections knows are read back from it when somebody else
 * needs the connection: one query of headgate's own, while the session is idle; then it holds nothing.
 */
#ifndef HEADGATE_PROXY_READBACK_H
#define HEADGATE_PROXY_READBACK_H

#include "proxy/session.h"

/* Is there anything unknown at this place, and might it be read? */
bool readback_may(const struct session *session, enum route_place place);
/* Starts to; the connection is READY, and nobody waits for what its session's last statement left to be asked
 * about. The end is readback_end, or the connection's. */
void readback_begin(struct session *session, enum route_place place);
/* Somebody's connection would be lost with it, were the session to end now. */
bool readback_is_running(const struct session *session);
/* The answer has come. */
void readback_end(struct session *session, struct slot *slot, const struct upstream_answer *answer);
/* What a running one needs; frees. */
void readback_free(struct readback **readback);

#endif
