/* What the session's account may do, as its connections know it: see pool/login_age.
 */
#ifndef HEADGATE_SESSION_RIGHTS_H
#define HEADGATE_SESSION_RIGHTS_H

#include "session/session.h"

/* The client's login, or COM_CHANGE_USER, was proved. While replicas may lack the last change of accounts,
 * the session's reads wait for a replica that has it, as with consistency "global". After consistency_begin.
 */
void rights_begin(struct session *session);
/* The client's USE has succeeded: if accounts have changed since the login, USE is said again on the
 * session's other connection, so that the server reads the rights on that schema anew. */
void rights_note_use(struct session *session);

#endif
