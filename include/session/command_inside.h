/* What the files that look at a client's command share; the steps, and what all of a session use, are in
 * session/session.
 *
 *      command_reading ─► its manner ─┬─► command_statement ─┐
 *                                      ├─► command_prepared ──┼─► command_by_facts ─► command_go
 *                                      └─► a handler ──────────┘         └─► command_refuse_route
 */
#ifndef HEADGATE_SESSION_COMMAND_INSIDE_H
#define HEADGATE_SESSION_COMMAND_INSIDE_H

#include "session/session.h"

/* The command's payload as far as it is in the window, from the command byte on; of the first fragment.
 * Borrows. */
struct span command_payload(const struct session *session);
/* May attributes come with the client's queries and executions? */
bool command_has_attributes(const struct session *session);

/* The present command, read as far as wanted_bytes says, by its kind: COM_QUERY or COM_STMT_PREPARE; one on a
 * statement prepared earlier. */
enum step command_statement(struct session *session);
enum step command_prepared(struct session *session);

/* To where job.facts, the session's state and the hints with it say; refused if there is no such place. */
enum step command_by_facts(struct session *session);
/* To that place, for that reason. */
enum step command_go(struct session *session, enum route_place place, enum route_reason reason);

/* ERR, in the servers' own words. */
enum step command_refuse_malformed(struct session *session);
/* Discarded to its end, and not answered. */
enum step command_ignore(struct session *session);

#endif
