/* GREETING, LOGIN, COM_CHANGE_USER: who is it?
 */
#ifndef HEADGATE_PROXY_FRONTEND_H
#define HEADGATE_PROXY_FRONTEND_H

#include "proxy/session.h"

enum step frontend_greeting(struct session *session);
enum step frontend_login(struct session *session);
enum step frontend_change_user(struct session *session);
enum step frontend_accepted(struct session *session);

#endif
