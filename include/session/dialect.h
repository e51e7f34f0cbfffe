/* The dialect in which a session's texts are to be read: the server's family, the session's sql_mode and
 * character set, and what the catalog knows.
 */
#ifndef HEADGATE_SESSION_DIALECT_H
#define HEADGATE_SESSION_DIALECT_H

#include "session/session.h"

/* The dialect of the session's texts. Borrows from the session and its view, for the present turn. */
struct sql_dialect dialect_of(const struct session *session);
/* Only the fields that prepared_refresh reads: what names stand for. */
struct sql_dialect dialect_of_names(const struct session *session);
/* True if the account may write where read_only is on. The privileges of a role that was set are not
 * known: true then. */
bool dialect_bypasses_read_only(const struct session *session);

#endif
