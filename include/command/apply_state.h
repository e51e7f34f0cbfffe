/* The states SYNCING and PREPARING: a connection gets the state of its session, and knows the prepared statement
 * that it is to execute. */
#pragma once

#include "session/session.h"

/* The step of SYNCING. */
enum step apply_state_syncing(struct session *session);
/* The step of PREPARING: a statement that the client has prepared is prepared on this connection, in the schema
 * and with the parse context of the original PREPARE. Next state: SENDING when the connection knows the
 * statement; SYNCING when schema and variables must be set to the session's own again. Refuses a statement
 * that also asks about an earlier statement, if headgate had to send something for it. */
enum step apply_state_preparing(struct session *session);
/* COM_RESET_CONNECTION of the client was run on the connection in this slot. The connection has no state
 * of a session any more, and the character sets that COM_RESET_CONNECTION leaves, not those of the
 * handshake. */
void apply_state_note_reset(struct session *session, struct slot *slot);
