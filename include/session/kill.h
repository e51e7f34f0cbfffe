/* KILL: headgate's ids are not the servers'. The worker that has the session is found by asking all of them;
 * a running statement is ended by a KILL of the server's own id, over a connection made for it as the same
 * user. A client that names the server's own id, as it saw it in CONNECTION_ID() or SHOW PROCESSLIST, means
 * the session that has that connection. An account may always kill its own sessions; about those of others a
 * server is asked (kill_permission.h).
 */
#ifndef HEADGATE_SESSION_KILL_H
#define HEADGATE_SESSION_KILL_H

#include "session/session.h"

#include <stdbool.h>
#include <stdint.h>

/* On the session's own thread. An operator's or another session's wish: is_query ends only what runs. */
void kill_session(struct session *session, bool is_query);

/* Closes the connections that still carry a KILL. */
void kill_fini(struct worker *worker);

/* ---- steps ---- */

enum step kill_begin(struct session *session, uint64_t id, bool is_query);
enum step kill_waiting(struct session *session);
/* KILL QUERY found the present command waiting for a server: its client hears that it was interrupted. */
enum step kill_interrupted(struct session *session);

#endif
