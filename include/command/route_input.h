/* The input of route/route from the session: where a statement goes, and why.
 */
#ifndef HEADGATE_COMMAND_ROUTE_INPUT_H
#define HEADGATE_COMMAND_ROUTE_INPUT_H

#include "session/session.h"

/* Where a statement goes in the session's present state. `sql`: its text; empty (no data) for an execution
 * of the job's prepared statement. */
struct route route_input_route(const struct session *session, const struct sql_facts *facts, struct span sql);
/* Where this text would go if it were the session's next statement, with these query attributes. `facts_r`
 * and `hints_r` borrow from `sql` and `beside`. */
struct route route_input_explain(const struct session *session, struct span sql,
                                 const struct hints_beside *beside, struct sql_facts *facts_r,
                                 struct hints *hints_r);

#endif
