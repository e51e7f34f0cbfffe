/* COM_QUERY and COM_STMT_PREPARE: commands with a text.
 */
#ifndef HEADGATE_SESSION_COMMAND_TEXT_H
#define HEADGATE_SESSION_COMMAND_TEXT_H

#include "session/session.h"

/* Handles the present command. Enough of its bytes are in the client's window. */
enum step command_statement(struct session *session);

#endif
