/* The end of a command's reply: notes what the command has changed of the session's state, from its text and
 * from the reply. */
#pragma once

#include "session/session.h"

/* The reply of the present command is over. `upstream`: the connection that sent it. */
void command_end(struct session *session, struct upstream *upstream);
/* Sets the session's state to that of a new session: after login, COM_CHANGE_USER, COM_RESET_CONNECTION. */
void command_end_reset(struct session *session);
