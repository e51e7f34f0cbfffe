/* SYNCING: a connection becomes equal to its session.
 */
#ifndef HEADGATE_SESSION_APPLY_STATE_H
#define HEADGATE_SESSION_APPLY_STATE_H

#include "mysql/reply.h"
#include "session/session.h"

enum step apply_state_syncing(struct session *session);
/* Says a command to the connection at the job's place, as this task of its slot; `argument` is copied. The
 * answer comes to slot.answer, slot.has_failed says that there is none. */
void apply_state_ask(struct session *session, enum sync_task task, enum reply_shape shape, uint8_t command,
                     struct span argument);
/* The task's answer is an ERR. A replica that will not take the session's state leaves the reads to the
 * primary; a primary's word is the client's. */
enum step apply_state_refused(struct session *session, struct slot *slot);
/* The connection there has had a COM_RESET_CONNECTION, of its session: nothing in it is anybody's any more,
 * and its character sets are those that such a reset leaves, not the handshake's. */
void apply_state_note_reset(struct session *session, struct slot *slot);

#endif
