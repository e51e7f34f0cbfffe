/* The state SYNCING: a connection gets the state of its session.
 */
#ifndef HEADGATE_COMMAND_APPLY_STATE_H
#define HEADGATE_COMMAND_APPLY_STATE_H

#include "mysql/reply.h"
#include "session/session.h"

/* The step of SYNCING. */
enum step apply_state_syncing(struct session *session);
/* Sends a command as this task of the slot at the job's place; `argument` is copied. The answer comes in
 * slot.answer. slot.has_failed: the command was not sent, because memory is out. */
void apply_state_ask(struct session *session, enum sync_task task, enum reply_shape shape, uint8_t command,
                     struct span argument);
/* The answer to the task is an ERR. If a replica refuses the session's state, reads go to the primary from
 * now on. If the primary refuses it, the client gets the ERR. */
enum step apply_state_refused(struct session *session, struct slot *slot);
/* COM_RESET_CONNECTION of the client was run on the connection in this slot. The connection has no state
 * of a session any more, and the character sets that COM_RESET_CONNECTION leaves, not those of the
 * handshake. */
void apply_state_note_reset(struct session *session, struct slot *slot);

#endif
