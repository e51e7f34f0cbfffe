/* What happens to the present command when the connection to its server is lost: retry, or an error for the
 * client.
 */
#ifndef HEADGATE_COMMAND_RETRY_H
#define HEADGATE_COMMAND_RETRY_H

#include "session/session.h"

/* The present job's connection to its server is lost, for the reason `err`. */
enum step retry_of_upstream(struct session *session, const struct error *err);
/* As retry_of_upstream, with the error of the connection's stream. `during`: what was being done, for
 * messages. */
enum step retry_by_stream(struct session *session, const char *during);
/* Instead of a reply an ERR with this number arrived: the server had ended the connection before it read
 * the command. */
enum step retry_unread(struct session *session, uint16_t code);

#endif
