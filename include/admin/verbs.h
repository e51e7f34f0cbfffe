/* Commands that say what a cluster may do with a server: each answers a row with the server's state after it;
 * and the one that ends a session.
 */
#ifndef HEADGATE_ADMIN_VERBS_H
#define HEADGATE_ADMIN_VERBS_H

#include "admin/request.h"

/* The argument is a server's name, or "cluster.server" where several clusters have one of that name. All take
 * effect before the answer; what sessions have there leaves as they see the new view. */
void verb_drain(struct request *request);   /* nothing new goes there, and it cannot be the primary; disabled
                                               after timeouts.drain */
void verb_enable(struct request *request);  /* drained or disabled no longer */
void verb_disable(struct request *request); /* nothing is to be there */
extern const struct columns verb_columns;   /* of all three */

/* The argument is a session's id, as `show sessions` has it. Answers with what was ended, or that there was
 * none: an id of a server's processlist is no session's. */
void verb_kill(struct request *request);
extern const struct columns kill_columns;

#endif
