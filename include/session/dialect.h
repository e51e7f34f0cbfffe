/* The dialect in which a session's texts are to be read: the server's family, the session's sql_mode and
 * character set, and what the catalog knows.
 */
#ifndef HEADGATE_SESSION_DIALECT_H
#define HEADGATE_SESSION_DIALECT_H

#include "session/session.h"

/* Borrows from the session and its view: for the present turn. */
struct sql_dialect dialect_of(const struct session *session);
/* Only what names stand for: the fields that prepared_refresh reads. */
struct sql_dialect dialect_of_names(const struct session *session);
/* May the account write where read_only is on? Of a role that was set, the privileges are not known: yes. */
bool dialect_bypasses_read_only(const struct session *session);

#endif
