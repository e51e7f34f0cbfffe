/* WAITING: there is no server for the present command now, or something must be asked before it can go on.
 *
 *      wait_server ─► WAITING ── the worker's retry timer, a new view, an answer ─► ACQUIRING
 */
#ifndef HEADGATE_SESSION_WAIT_SERVER_H
#define HEADGATE_SESSION_WAIT_SERVER_H

#include "session/session.h"

/* Tries again in a moment, until timeouts.primary_wait is over. */
enum step wait_server(struct session *session);
/* The operator has paused the cluster: waits until `resume`, or the end of the pause, without a deadline.
 * Neither is the client's fault, so it is never an error. */
enum step wait_server_resumed(struct session *session);
/* The step of WAITING. */
enum step wait_server_step(struct session *session);

#endif
