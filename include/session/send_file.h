/* INFILE: the client's file goes to the server (LOAD DATA LOCAL), while the server may already answer.
 */
#ifndef HEADGATE_SESSION_SEND_FILE_H
#define HEADGATE_SESSION_SEND_FILE_H

#include "session/session.h"

enum step send_file_step(struct session *session);

#endif
