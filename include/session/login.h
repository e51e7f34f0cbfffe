/* The states GREETING and LOGIN, and COM_CHANGE_USER: the client proves its account.
 */
#ifndef HEADGATE_SESSION_LOGIN_H
#define HEADGATE_SESSION_LOGIN_H

#include "session/session.h"

/* The step of GREETING: greets the client when the cluster's servers are known. */
enum step login_greeting(struct session *session);
/* The step of LOGIN. */
enum step login_login(struct session *session);
/* Starts the present COM_CHANGE_USER. */
enum step login_change_user(struct session *session);
/* A server has accepted the login or COM_CHANGE_USER: the client gets OK. */
enum step login_accepted(struct session *session);

#endif
