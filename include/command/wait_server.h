/* The state WAITING: no server is available for the present command, or a question to a server must be
 * answered first.
 *
 *      wait_server ─► WAITING ── the worker's retry timer, a new view, an answer ─► ACQUIRING
 */
#ifndef HEADGATE_COMMAND_WAIT_SERVER_H
#define HEADGATE_COMMAND_WAIT_SERVER_H

#include "session/session.h"

/* Waits and tries again after a short time, until timeouts.primary_wait is over. */
enum step wait_server(struct session *session);
/* The operator has paused the cluster: waits until `resume` or the end of the pause, without a deadline.
 * The client gets no error because of the pause. */
enum step wait_server_resumed(struct session *session);
/* The step of WAITING. */
enum step wait_server_step(struct session *session);

#endif
