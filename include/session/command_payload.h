/* What the client's window has of the present command: its payload, its text, the attributes that came with
 * it.
 */
#ifndef HEADGATE_SESSION_COMMAND_PAYLOAD_H
#define HEADGATE_SESSION_COMMAND_PAYLOAD_H

#include "session/session.h"

/* The command's payload as far as it is in the window, from the command byte on; of the first fragment.
 * Borrows. */
struct span command_payload(const struct session *session);
/* The text of COM_QUERY or COM_STMT_PREPARE that is being dispatched, as far as the SQL reader looks.
 * Borrows. */
struct span command_text(const struct session *session);
/* The text that the present command runs: likewise, or that of its prepared statement. Empty: a login, or a
 * command without a text. Borrows. */
struct span command_sql(const struct session *session);
/* The same, or where the command is an EXECUTE: the text that it runs. Borrows. */
struct span command_inner_sql(const struct session *session);
/* The schema in which names of that text are read. Borrows. */
struct span command_schema(const struct session *session);
/* May attributes come with the client's queries and executions? */
bool command_has_attributes(const struct session *session);
/* What came with the present COM_QUERY or COM_STMT_EXECUTE, from the first attribute on. Borrows. False:
 * there is nothing. */
bool command_attributes(const struct session *session, struct attributes *attributes_r);

#endif
