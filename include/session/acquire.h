/* WAITING, ATTACHING: a connection to a server, had and given up.
 */
#ifndef HEADGATE_SESSION_ACQUIRE_H
#define HEADGATE_SESSION_ACQUIRE_H

#include "session/session.h"

/* The present job needs the connection at its place: as it is, or a new one, or why there is none. */
enum step acquire_begin(struct session *session);
/* Try again in a moment, until the time to wait for a server is over. */
enum step acquire_wait(struct session *session);
/* The steps of WAITING and ATTACHING. */
enum step acquire_waiting(struct session *session);
enum step acquire_attaching(struct session *session);
/* The upstream of the present job could not be had: another one, more patience, or an error. */
enum step acquire_failed(struct session *session);
/* The present command, of which nothing has been sent, looks for a server once more. */
void acquire_again(struct session *session);

#endif
