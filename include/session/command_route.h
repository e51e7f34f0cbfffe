/* Where the present command goes, and off it goes.
 */
#ifndef HEADGATE_SESSION_COMMAND_ROUTE_H
#define HEADGATE_SESSION_COMMAND_ROUTE_H

#include "session/session.h"

/* To where job.facts, the session's state and the hints with it say; refused if there is no such place. */
enum step command_by_facts(struct session *session);
/* To that place, for that reason. */
enum step command_go(struct session *session, enum route_place place, enum route_reason reason);
/* ERR that there is no right place for it: the reason in words. */
enum step command_refuse_route(struct session *session, enum route_reason reason);

#endif
