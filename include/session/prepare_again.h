/* PREPARING: a statement that the client has prepared becomes known to the connection that is to execute it:
 * in the schema it was written for, and read as it was then. Any other command only passes.
 */
#ifndef HEADGATE_SESSION_PREPARE_AGAIN_H
#define HEADGATE_SESSION_PREPARE_AGAIN_H

#include "session/session.h"

/* Goes on to SENDING when it is known there, and to SYNCING when schema and variables have to be the
 * session's own again. Refuses what asks in passing about a statement before, if something had to be said for
 * it. */
enum step prepare_again_step(struct session *session);

#endif
