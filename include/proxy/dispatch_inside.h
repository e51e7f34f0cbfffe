/* What the files that look at a client's command share; the steps, and what all of a session use, are in
 * proxy/session.
 *
 *      dispatch_reading ─► its manner ─┬─► dispatch_statement ─┐
 *                                      ├─► dispatch_prepared ──┼─► dispatch_by_facts ─► dispatch_go
 *                                      └─► a handler ──────────┘         └─► dispatch_refuse_route
 */
#ifndef HEADGATE_PROXY_DISPATCH_INSIDE_H
#define HEADGATE_PROXY_DISPATCH_INSIDE_H

#include "proxy/session.h"

/* The command's payload as far as it is in the window, from the command byte on; of the first fragment.
 * Borrows. */
struct span dispatch_payload(const struct session *session);
/* May attributes come with the client's queries and executions? */
bool dispatch_has_attributes(const struct session *session);

/* The present command, read as far as wanted_bytes says, by its kind: COM_QUERY or COM_STMT_PREPARE; one on a
 * statement prepared earlier. */
enum step dispatch_statement(struct session *session);
enum step dispatch_prepared(struct session *session);

/* To where job.facts, the session's state and the hints with it say; refused if there is no such place. */
enum step dispatch_by_facts(struct session *session);
/* To that place, for that reason. */
enum step dispatch_go(struct session *session, enum route_place place, enum route_reason reason);

/* ERR, in the servers' own words. */
enum step dispatch_refuse_malformed(struct session *session);
/* Discarded to its end, and not answered. */
enum step dispatch_ignore(struct session *session);

#endif
