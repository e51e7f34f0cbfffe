/* Commands that say what a cluster may do with a server: each answers a row with the server's state after it.
 */
#ifndef HEADGATE_ADMIN_VERBS_H
#define HEADGATE_ADMIN_VERBS_H

#include "admin/command.h"

/* The argument is a server's name, or "cluster.server" where several clusters have one of that name. All take
 * effect before the answer; what sessions have there leaves as they see the new view. */
void verb_drain(struct request *request);   /* nothing new goes there, and it cannot be the primary; disabled
                                               after timeouts.drain */
void verb_enable(struct request *request);  /* drained or disabled no longer */
void verb_disable(struct request *request); /* nothing is to be there */
extern const struct columns verb_columns;   /* of all three */

#endif
