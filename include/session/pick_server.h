/* Which server the present job runs on.
 */
#ifndef HEADGATE_SESSION_PICK_SERVER_H
#define HEADGATE_SESSION_PICK_SERVER_H

#include "session/session.h"

/* A server for the present job's place, or VIEW_NO_SERVER; a read that finds no replica becomes the
 * primary's. */
int pick_server(struct session *session);
/* May a read that finds no replica go to the primary? Only where statements are told apart. */
bool pick_may_fall_back(const struct session *session);
/* The present read runs on the primary, for that reason. */
void pick_become_primary_s(struct session *session, enum route_reason reason);
/* The present read was to run on the primary only because no replica could take it, and now there is no
 * primary: perhaps a replica takes it. */
void pick_look_again(struct session *session);
/* The session's reads stay at their server, unless another one is clearly better. */
void pick_settle(struct session *session);
/* From now on the session's reads run on this primary, as its share of them. NULL: on replicas again. */
void pick_share(struct session *session, struct server *primary);

/* The job's server has answered with an ERR of that number, to the statement or to headgate's own
 * preparations. Is the job a read that is to run on the primary instead, as a replica lacks what the read
 * names? */
bool pick_is_lacking(const struct session *session, uint16_t code);
/* Then the job's place is the primary, and statements of the same shape go there for a while. */
void pick_leave_lacking(struct session *session);

#endif
