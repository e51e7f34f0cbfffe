/* What becomes of a command whose server is lost.
 */
#ifndef HEADGATE_SESSION_RETRY_H
#define HEADGATE_SESSION_RETRY_H

#include "session/session.h"

/* The upstream of the present job died: `err` says how. */
enum step retry_of_upstream(struct session *session, const struct error *err);
/* The same; the error is that of its stream. `during`: what was being done, for people. */
enum step retry_by_stream(struct session *session, const char *during);
/* Instead of a reply came an ERR of that number, with which the server had ended the connection before. */
enum step retry_unread(struct session *session, uint16_t code);

#endif
