/* The state PREPARING: a statement that the client has prepared is prepared on the connection that is to
 * execute it, in the schema and with the parse context of the original PREPARE. Other commands pass through
 * this state unchanged.
 */
#ifndef HEADGATE_COMMAND_PREPARE_AGAIN_H
#define HEADGATE_COMMAND_PREPARE_AGAIN_H

#include "session/session.h"

/* The step of PREPARING. Next state: SENDING when the connection knows the statement; SYNCING when schema
 * and variables must be set to the session's own again. Refuses a statement that also asks about an
 * earlier statement, if headgate had to send something for it. */
enum step prepare_again_step(struct session *session);

#endif
