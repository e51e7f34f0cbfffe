/* Decides to which place the present command goes, and sends the command on its way or refuses it. */
#pragma once

#include "session/session.h"

/* Routes the command by job.facts, the session's state and the hints. Refuses the command if no place is
 * right for it. */
enum step command_by_facts(struct session *session);
/* Sends the command to this place, for this reason: the next state is ACQUIRING. */
enum step command_go(struct session *session, enum route_place place, enum route_reason reason);
/* Refuses the command with an ERR that has this reason in words. */
enum step command_refuse_route(struct session *session, enum route_reason reason);

/* Where this text would go if it were the session's next statement, with these query attributes. `facts_r`
 * and `hints_r` borrow from `sql` and `beside`. */
struct route command_route_explain(const struct session *session, struct span sql,
                                   const struct hints_beside *beside, struct sql_facts *facts_r,
                                   struct hints *hints_r);
