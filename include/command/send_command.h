/* The state SENDING: the bytes of the present command go to its server.
 */
#ifndef HEADGATE_COMMAND_SEND_COMMAND_H
#define HEADGATE_COMMAND_SEND_COMMAND_H

#include "session/session.h"

/* The step of SENDING. */
enum step send_command_step(struct session *session);

#endif
