/* What becomes of a command whose server is lost.
 */
#ifndef HEADGATE_PROXY_LOSS_H
#define HEADGATE_PROXY_LOSS_H

#include "proxy/session.h"

/* The upstream of the present job died: `err` says how. */
enum step loss_of_upstream(struct session *session, const struct error *err);
/* The same, by what its stream says. `during`: what was being done, for people. */
enum step loss_by_stream(struct session *session, const char *during);
/* Instead of a reply came what its server had said before, as it ended the connection: an ERR of that number.
 */
enum step loss_unread(struct session *session, uint16_t code);

#endif
