/* What only a connection knows of its session is asked of it before another session gets it, and not earlier:
 * a session that keeps its connection never pays for it. One question of headgate's at a time, a row of the
 * table in state_capture.c each:
 *
 *      SET insert_id              until a statement has used it up, it keeps the connection
 *      user variables             which there are, and values that no text told: until they are known they
 * keep the connection LAST_INSERT_ID() and       if no reply told them: asked when nothing else keeps the
 * connection FOUND_ROWS() the transaction            whether an ERR has ended it: for a command that runs
 * elsewhere meanwhile
 *
 *      yield_give_up ─► state_capture_ask ─► the answer (slot.c) ─► state_capture_note ─► yield_give_up, if a
 * session still waits
 *
 * A command of the client that comes meanwhile waits in ATTACHING for the answer, and runs on that
 * connection; so does COM_QUIT. A question overwrites what the client could have asked about its earlier
 * statements.
 */
#ifndef HEADGATE_SESSION_STATE_CAPTURE_H
#define HEADGATE_SESSION_STATE_CAPTURE_H

#include "session/session.h"

/* Asks the connection at this place what only it knows next; one that has just refused, a little later. It is
 * READY, and nothing but that keeps it, nor does anybody wait for what its session's last statement left to
 * be asked about. False: there is nothing to ask, or it would not help. */
bool state_capture_ask(struct session *session, enum route_place place);
/* The causes (bits) that keep the connection at this place, and may be found to be over by asking it. */
uint32_t state_capture_may_end(const struct session *session, enum route_place place);
/* Asks the connection at this place, on behalf of the present command, for LAST_INSERT_ID(), for the user
 * variables that it alone knows, or whether the transaction is still open there. False: it cannot be asked.
 * True: job.wait.asked is its slot, and state_capture_note comes, perhaps that of another question that is
 * being asked already. */
bool state_capture_ask_id(struct session *session, enum route_place place);
bool state_capture_ask_variables(struct session *session, enum route_place place);
bool state_capture_ask_transaction(struct session *session, enum route_place place);
/* It has answered: notes what it said, and gives it up if somebody still waits and it is not used by now.
 * What it would not tell it keeps. */
void state_capture_note(struct session *session, struct slot *slot, const struct upstream_answer *answer);
/* Somebody's connection would be lost with the session, were it to end now. */
bool state_capture_is_running(const struct session *session);
/* The answer is not waited for any more. Harmless where nothing was asked. */
void state_capture_end(struct slot *slot);

#endif
