/* Where a statement goes, and why.
 */
#ifndef HEADGATE_SESSION_ROUTE_INPUT_H
#define HEADGATE_SESSION_ROUTE_INPUT_H

#include "session/session.h"

/* Where a statement goes in the state that the session is in. `sql`: its text; no data where it is an
 * execution of the present job's prepared statement. */
struct route route_input_route(const struct session *session, const struct sql_facts *facts, struct span sql);
/* Do its tables tell about the server, or the connection, that is asked? */
bool route_input_is_system_schema(struct span schema);
/* Where would this text go, were it the session's next, with these attributes beside it? Facts and hints
 * borrow from both. */
struct route route_input_explain(const struct session *session, struct span sql,
                                 const struct hints_beside *beside, struct sql_facts *facts_r,
                                 struct hints *hints_r);
/* A read-only server would not run the present statement, whose bytes are in the window: remember that. */
void route_input_note_refusal(struct session *session);

/* The present job's server has answered with an ERR of that number. Is the job a read that is to run on the
 * primary instead, as a replica lacks what the read names (lacking.h)? */
bool route_input_leaves_replica(const struct session *session, uint16_t code);
/* Then its place is the primary, and statements like it go there for a while. Nothing of it may have been
 * passed on. */
void route_input_leave_replica(struct session *session);

#endif
