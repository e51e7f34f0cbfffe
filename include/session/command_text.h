/* The present command in the client's window: its payload, its text, its query attributes; and the dialect in
 * which a session's texts are to be read. */
#pragma once

#include "session/session.h"

/* The payload of the command's first packet as far as it is in the window, from the command byte on.
 * Borrows. */
struct span command_payload(const struct session *session);
/* The text of the present COM_QUERY or COM_STMT_PREPARE, at most SQL_TEXT_MAX bytes. Borrows. */
struct span command_text(const struct session *session);
/* The text that the present command runs: that of command_text, or that of its prepared statement. Empty
 * for a login and for a command without a text. Borrows. */
struct span command_sql(const struct session *session);
/* As command_sql; for a text EXECUTE, the text that the EXECUTE runs if it is known. Borrows. */
struct span command_inner_sql(const struct session *session);
/* The schema in which unqualified names in the command's text are looked up. Borrows. */
struct span command_schema(const struct session *session);
/* True if the client's queries and executions can carry query attributes. */
bool command_has_attributes(const struct session *session);
/* The query attributes of the present COM_QUERY or COM_STMT_EXECUTE. `attributes_r` borrows. False: the
 * command has none. */
bool command_attributes(const struct session *session, struct attributes *attributes_r);

/* The dialect of the session's texts. Borrows from the session and its view, for the present turn. */
struct sql_dialect dialect_of(const struct session *session);
/* Only the fields that prepared_refresh reads: what names stand for. */
struct sql_dialect dialect_of_names(const struct session *session);
/* True if the account may write where read_only is on. The privileges of a role that was set are not
 * known: true then. */
bool dialect_bypasses_read_only(const struct session *session);
