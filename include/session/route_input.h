/* Where a statement goes, and why.
 */
#ifndef HEADGATE_SESSION_ROUTE_INPUT_H
#define HEADGATE_SESSION_ROUTE_INPUT_H

#include "session/session.h"

/* Where a statement goes in the state that the session is in. `sql`: its text; no data where it is an
 * execution of the present job's prepared statement. */
struct route route_input_route(const struct session *session, const struct sql_facts *facts, struct span sql);
/* Where would this text go, were it the session's next, with these attributes beside it? Facts and hints
 * borrow from both. */
struct route route_input_explain(const struct session *session, struct span sql,
                                 const struct hints_beside *beside, struct sql_facts *facts_r,
                                 struct hints *hints_r);

#endif
