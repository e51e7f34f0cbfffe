/* COM_QUERY and COM_STMT_PREPARE: commands with a text.
 */
#ifndef HEADGATE_SESSION_COMMAND_TEXT_H
#define HEADGATE_SESSION_COMMAND_TEXT_H

#include "session/session.h"

/* The present command, read as far as it has to be. */
enum step command_statement(struct session *session);

#endif
