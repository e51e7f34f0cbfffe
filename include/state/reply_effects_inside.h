/* What the files that follow a session's state share; what others ask of it is in session/session.
 */
#ifndef HEADGATE_STATE_REPLY_EFFECTS_INSIDE_H
#define HEADGATE_STATE_REPLY_EFFECTS_INSIDE_H

#include "mysql/sesstrack.h"
#include "session/session.h"

/* Of what the present statement leaves behind. Borrows until it is over. */
struct pin_origin effects_origin(const struct session *session);
/* From now on the session is kept in its place for that cause; the log tells when it was not before. */
void effects_pin(struct session *session, enum pin_cause cause);

/* A variable that no other connection is to be given: there until it has its default again. */
void effects_hold(struct session *session, struct span name, struct span literal);

/* What an OK of the session's home has told of it: `entries`, encoded (mysql/sesstrack). */
void effects_note_tracking(struct session *session, struct upstream *upstream, struct span entries);

/* What one of its variables says of how the server reads its texts; nothing, if it is another one. */
void effects_note_reading(struct session *session, const struct sesstrack_change *change);
/* As after login: what the handshake and the server's defaults say of that. */
void effects_begin_reading(struct session *session);

#endif
