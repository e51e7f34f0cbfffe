/* Commands on a statement that was prepared earlier.
 */
#ifndef HEADGATE_SESSION_COMMAND_EXECUTE_H
#define HEADGATE_SESSION_COMMAND_EXECUTE_H

#include "session/session.h"

/* The present command, read as far as it has to be. */
enum step command_prepared(struct session *session);

#endif
