/* ACQUIRING, ATTACHING: a connection to a server for the present command.
 */
#ifndef HEADGATE_SESSION_ACQUIRE_H
#define HEADGATE_SESSION_ACQUIRE_H

#include "session/session.h"

/* The step of ACQUIRING: the present command needs the connection at its place: the one that is there, or a
 * new one, or the reason why there is none. */
enum step acquire_begin(struct session *session);
/* The step of ATTACHING. */
enum step acquire_attaching(struct session *session);
/* The present command, of which nothing has been sent, looks for a server once more. */
void acquire_again(struct session *session);

#endif
