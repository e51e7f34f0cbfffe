/* A command whose reply is over: what it has changed of the session's state, by its text and by the reply.
 */
#ifndef HEADGATE_SESSION_COMMAND_END_H
#define HEADGATE_SESSION_COMMAND_END_H

#include "session/session.h"

/* `upstream`: the connection that has sent the reply. */
void command_end(struct session *session, struct upstream *upstream);
/* The session begins anew: login, COM_CHANGE_USER, COM_RESET_CONNECTION. */
void command_end_reset(struct session *session);

#endif
