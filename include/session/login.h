/* The states GREETING and LOGIN, and COM_CHANGE_USER: the client proves its account.
 */
#ifndef HEADGATE_SESSION_LOGIN_H
#define HEADGATE_SESSION_LOGIN_H

#include "session/session.h"

enum step login_greeting(struct session *session);
enum step login_login(struct session *session);
enum step login_change_user(struct session *session);
enum step login_accepted(struct session *session);

#endif
