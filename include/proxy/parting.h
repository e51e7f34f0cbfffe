/* What only a connection knows of its session is asked of it before somebody else has it: as lazily as can
 * be, so that who has a connection of its own never pays for it. One question of headgate's own at a time, a
 * row of the table in parting.c each:
 *
 *      user variables           whose values no text told, and first which there are: until they are known
 *                               they keep their connection
 *      LAST_INSERT_ID() and     which no reply told: once nothing else keeps the connection
 *      FOUND_ROWS()
 *
 *      share_give_up ──► parting_ask ──► on_answer (attach_slot.c): parting_note ──► share_give_up, if
 *                             │                                                      somebody still waits
 *                             └── the client speaks meanwhile: ATTACHING waits for the answer, and goes on
 *                                 there; it says goodbye: that waits as well
 *
 * A question leaves its own traces behind: what could have been asked about earlier statements is lost with
 * it.
 */
#ifndef HEADGATE_PROXY_PARTING_H
#define HEADGATE_PROXY_PARTING_H

#include "proxy/session.h"

/* Asks the connection at this place what only it knows next; one that has just refused, a little later. It is
 * READY, and nothing but that keeps it, nor does anybody wait for what its session's last statement left to
 * be asked about. False: there is nothing to ask, or it would not help. */
bool parting_ask(struct session *session, enum route_place place);
/* Asks the connection at this place for LAST_INSERT_ID() on behalf of the present command. False: it cannot
 * be asked. True: parting_note comes, perhaps that of another question that is being asked already. */
bool parting_ask_id(struct session *session, enum route_place place);
/* It has answered: notes what it said, and gives it up if somebody still waits and it is not used by now.
 * What it would not tell it keeps. */
void parting_note(struct session *session, struct slot *slot, const struct upstream_answer *answer);
/* Somebody's connection would be lost with the session, were it to end now. */
bool parting_is_running(const struct session *session);
/* The answer is not waited for any more. Harmless where nothing was asked. */
void parting_end(struct slot *slot);

#endif
