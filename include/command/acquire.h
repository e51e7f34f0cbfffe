/* The states ACQUIRING, WAITING and ATTACHING: the session gets a connection to a server for the present
 * command.
 *
 *      acquire_wait ─► WAITING ── the worker's retry timer, a new view, an answer ─► ACQUIRING */
#pragma once

#include "session/session.h"

/* The step of ACQUIRING. The present command needs a connection at its place: the connection that is
 * there, or a new one. If the command has to wait or cannot be run, the step starts the wait or refuses
 * the command. */
enum step acquire_begin(struct session *session);
/* The step of ATTACHING: waits until the connection is ready, or handles its failure. */
enum step acquire_attaching(struct session *session);

/* No server is available for the present command, or a question to a server must be answered first: waits and
 * tries again after a short time, until timeouts.primary_wait is over. */
enum step acquire_wait(struct session *session);
/* The step of WAITING. */
enum step acquire_waiting(struct session *session);
