/* The rights of the session's account, as its connections to servers have them: see pool/login_age.
 */
#ifndef HEADGATE_SESSION_RIGHTS_H
#define HEADGATE_SESSION_RIGHTS_H

#include "session/session.h"

/* The client's login or COM_CHANGE_USER was accepted. While replicas may lack the last change of accounts,
 * the session's reads wait for a replica that has it, as with consistency "global". To be called after
 * consistency_begin. */
void rights_begin(struct session *session);
/* The client's USE has succeeded. If accounts have changed since the login, USE is sent again on the
 * session's other connection, so that the server reads the rights on that schema again. */
void rights_note_use(struct session *session);

#endif
