/* Commands on a prepared statement (COM_STMT_EXECUTE, _FETCH, _CLOSE …).
 */
#ifndef HEADGATE_COMMAND_COMMAND_EXECUTE_H
#define HEADGATE_COMMAND_COMMAND_EXECUTE_H

#include "session/session.h"

/* Handles the present command. Enough of its bytes are in the client's window. */
enum step command_prepared(struct session *session);

#endif
