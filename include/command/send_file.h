/* The state INFILE: the client's file goes to the server (LOAD DATA LOCAL). The server may answer before the
 * file is complete.
 */
#ifndef HEADGATE_COMMAND_SEND_FILE_H
#define HEADGATE_COMMAND_SEND_FILE_H

#include "session/session.h"

/* The step of INFILE. */
enum step send_file_step(struct session *session);

#endif
