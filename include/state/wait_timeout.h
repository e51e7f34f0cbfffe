/* wait_timeout: how long a client may be silent is the session's own, and never its connections': the server
 * would close one that the session has elsewhere something to do than in, and what lives there with it.
 *
 *      SET wait_timeout = 5 ─► wait_timeout_rewrite: SET wait_timeout = DEFAULT ─► wait_timeout_commit:
 * wait_s = 5 SELECT @@wait_timeout ─► wait_timeout_lacks: SET wait_timeout=5 first, and back before what asks
 * no more
 */
#ifndef HEADGATE_STATE_WAIT_TIMEOUT_H
#define HEADGATE_STATE_WAIT_TIMEOUT_H

#include "session/session.h"

/* Between two commands the client may be silent for so long, in microseconds: timeouts.idle_client, or less
 * by its wait_timeout. 0: for ever. */
uint64_t wait_timeout_us(const struct session *session);

/* The present COM_QUERY, a SET of wait_timeout to a number, is sent with DEFAULT in the number's place; the
 * window's bytes count as sent. Anything else stays as it is. */
void wait_timeout_rewrite(struct session *session);

/* The server has agreed to the present SET. False: to what, nobody knows; the session must be pinned. */
bool wait_timeout_commit(struct session *session);

/* A server told of a wait_timeout of `value` seconds, as text. */
void wait_timeout_note_told(struct session *session, struct span value);

/* What the connection there is to be told first: the client's value if the present command may ask for it, or
 * DEFAULT if it has that and need not. NULL: nothing. Else a text that lives as long as `buffer`, of
 * PATIENCE_TEXT_MAX bytes. */
#define PATIENCE_TEXT_MAX 16
const char *wait_timeout_lacks(const struct session *session, const struct slot *slot, char *buffer);
/* It was told. */
void wait_timeout_note_said(struct session *session, struct slot *slot);

#endif
