/* What only a connection knows of its session is asked of it before somebody else has it: as lazily as can
 * be, so that who has a connection of its own never pays for it.
 *
 *      give (share.c) ──► parting_ask ──► on_answer (attach.c): parting_note ──► share_give_up
 *                              │                                                  if somebody still waits
 *                              └── the client speaks meanwhile: ATTACHING waits for the answer, and goes on
 * there
 *
 * A question leaves its own traces behind: what could have been asked about earlier statements is lost with
 * it.
 */
#ifndef HEADGATE_PROXY_PARTING_H
#define HEADGATE_PROXY_PARTING_H

#include "proxy/session.h"

/* The present statement, or execution, has run where the session's state is: its connection may be the only
 * one that knows LAST_INSERT_ID() from now on. */
void parting_note_done(struct session *session);
/* Asks the connection at this place, which is READY and about to be given up, what only it knows. False:
 * there is nothing to ask. The first who waits is promised one until it is answered. */
bool parting_ask(struct session *session, enum route_place place);
/* It has answered: notes what it said, and gives it up if somebody still waits and it is not used by now.
 * What it would not tell it keeps. */
void parting_note(struct session *session, struct slot *slot, const struct upstream_answer *answer);
/* Does the present command ask for LAST_INSERT_ID(), and the connection that knew it is gone? */
bool parting_has_lost_id(const struct session *session);
/* The present command asks for LAST_INSERT_ID() in a read-only transaction on the replica, and the primary's
 * connection alone knows it: that is asked, and the command is to wait until it has answered. */
bool parting_begin_id(struct session *session);
/* The answer is not waited for any more. Harmless where nothing was asked. */
void parting_end(struct slot *slot);

#endif
