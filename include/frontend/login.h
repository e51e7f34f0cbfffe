/* The states GREETING, LOGIN and SECURING, and COM_CHANGE_USER: the client proves its account.
 */
#ifndef HEADGATE_FRONTEND_LOGIN_H
#define HEADGATE_FRONTEND_LOGIN_H

#include "session/session.h"

/* The step of GREETING: greets the client when the cluster's servers are known. */
enum step login_greeting(struct session *session);
/* The step of LOGIN: begins the present COM_CHANGE_USER, reads the client's next packet, or, when a server has
 * accepted the login (job.is_login), answers OK. */
enum step login_login(struct session *session);
/* The step of SECURING: continues the TLS handshake. */
enum step login_securing(struct session *session);

#endif
