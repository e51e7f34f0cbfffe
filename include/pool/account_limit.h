/* What a session has to do with its account's own limit at a server (cluster/quota): it meets it, or has one
 * of the permits in hand, which goes with the connection that it opens.
 */
#ifndef HEADGATE_POOL_ACCOUNT_LIMIT_H
#define HEADGATE_POOL_ACCOUNT_LIMIT_H

#include "session/session.h"

#include <stdbool.h>

/* The server has refused that login, which is for the present job, for such a limit (quota_is_limit, err):
 * from now on all workers know it, and count their connections of that account. False: memory is out. */
bool account_limit_note_refusal(struct session *session, struct upstream *upstream, const struct error *err);

/* The connection that the session has just begun to open, or taken, its key set, holds the permit that the
 * session has in hand, or, if the account has a limit there all the same, one more than there may be. NULL:
 * it could not be opened. */
void account_limit_hold(struct session *session, struct upstream *upstream);

/* What is in hand is given back. Harmless if nothing is. */
void account_limit_release(struct session *session);

#endif
