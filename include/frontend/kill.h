/* KILL. Session ids of headgate differ from the connection ids of servers. headgate asks all workers to find
 * the session. To end a running statement, headgate opens a connection as the session's user and sends a KILL
 * of the server's connection id. If a KILL names a server's connection id, as in CONNECTION_ID() or SHOW
 * PROCESSLIST, the session with that connection is meant. An account may always kill its own sessions; for
 * sessions of other accounts a server is asked. */
#pragma once

#include "session/session.h"

#include <stdbool.h>
#include <stdint.h>

/* Ends the session, or with is_query only its running statement. On the session's own thread. */
void kill_session(struct session *session, bool is_query);

/* Closes the worker's connections that still carry a KILL, and ends its questions about permissions. */
void kill_fini(struct worker *worker);

/* The step of KILLING. The present command is a KILL of the session or server connection job.kill.id;
 * facts.kill_is_query: only its statement is killed. Asks all workers, waits for their verdict, and answers
 * the client. */
enum step kill_waiting(struct session *session);
/* KILL QUERY has met the present command while it waits for a server: the client gets "Query execution was
 * interrupted". */
enum step kill_interrupted(struct session *session);
