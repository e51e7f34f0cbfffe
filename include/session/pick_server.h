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
/* The present read is the primary's, for that reason. */
void pick_become_primary_s(struct session *session, enum route_reason reason);
/* The present read was to be the primary's for want of a better place, and now there is none: perhaps a
 * replica will do. */
void pick_look_again(struct session *session);
/* A session's reads stay where they are, until that is clearly a bad place. */
void pick_settle(struct session *session);
/* From now on its reads are this primary's share of them (NULL: no primary's). */
void pick_share(struct session *session, struct server *primary);

/* The job's server has answered with an ERR of that number, to the statement or to headgate's own
 * preparations. Is the job a read that is to run on the primary instead, as a replica lacks what the read
 * names? */
bool pick_is_lacking(const struct session *session, uint16_t code);
/* Then the job's place is the primary, and statements of the same shape go there for a while. */
void pick_leave_lacking(struct session *session);

#endif
