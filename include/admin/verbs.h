/* Commands that change whether a cluster uses a server; each answers a row with the server's new state. And
 * the command that ends a session. */
#pragma once

#include "admin/request.h"

/* The argument is a server's name, or "cluster.server" if several clusters have a server of that name. All
 * take effect before the answer. Sessions leave the server when they see the new view. */
void verb_drain(struct request *request);   /* no new statements go there, and it cannot become the primary;
                                             * disabled after timeouts.drain */
void verb_enable(struct request *request);  /* ends drain and disable */
void verb_disable(struct request *request); /* the server is not used; connections to it are closed */
extern const struct columns verb_columns;   /* of all three */

/* The argument is a session's id, as in `show sessions`. Answers with the session that was ended, or with an
 * error if there is none: ids of a server's processlist are not accepted. */
void verb_kill(struct request *request);
extern const struct columns kill_columns;
