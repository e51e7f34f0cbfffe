/* Before another session gets a connection, headgate asks it for state of its present session that only the
 * connection knows. A session that keeps its connection never pays for these questions. One question runs at
 * a time; which facets are asked for, and how, is in their rows (state/facet.h):
 *
 *      a held SET (insert_id)           has a statement used it up? until then it keeps the connection
 *      names of user variables          which exist? unknown variables keep the connection
 *      values of user variables         those that no text told; unknown values keep the connection
 *      LAST_INSERT_ID(), FOUND_ROWS()   if no reply told them; asked when nothing else keeps the connection
 *      the transaction                  has an ERR ended it? for a command that runs on another connection
 *
 *      yield_give_up ─► state_capture_ask ─► the answer (slot.c) ─► state_capture_note
 *                           ─► yield_give_up, if a session still waits
 *
 * If a command of the client arrives meanwhile, it waits in ATTACHING for the answer and runs on that
 * connection; COM_QUIT waits too. A question overwrites what the client could have asked about its earlier
 * statements.
 */
#pragma once

#include "session/session.h"
#include "state/facet.h"

/* Asks the connection at this place the next question that is needed. The connection is READY, and may be
 * given up after the answers. If the connection has just refused a question, nothing is asked yet, and the
 * result is true as well. False: nothing is to be asked. */
bool state_capture_ask(struct session *session, enum route_place place);
/* Asks the connection at this place for a facet, for the present command. False: it is not to be asked, or
 * cannot be. True: job.wait.asked is the connection's slot, and state_capture_note follows, perhaps for a
 * question that was running already. */
bool state_capture_ask_for(struct session *session, enum route_place place, const struct facet *facet);
/* The connection has answered: notes the answer. If the answer is complete and a session still waits, the
 * connection is given up, if that is possible now. */
void state_capture_note(struct session *session, struct slot *slot, const struct upstream_answer *answer);
/* True while a question runs: if the session ended now, the connection would be closed instead of given to
 * another session. */
bool state_capture_is_running(const struct session *session);
/* Ends the question: its answer is not used any more. No effect if no question runs. */
void state_capture_end(struct slot *slot);
