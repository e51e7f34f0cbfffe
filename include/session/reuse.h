/* Connections that go from session to session as they are, without being made new.
 *
 *      command_end ─► reuse_note_job           is all known that the statement has left there?
 *      slot_leave ─► reuse_leave ─► pool.c    parked with its state: schema, variables, last id
 *      pool_take ─► reuse_fit                   is that what the session wants?
 *      slot_take ─► reuse_adopt               what sync.c has to say still
 *      apply_state_syncing ─► reuse_look               does the statement ask what somebody else has done
 * there?
 *
 * Known is what a statement's text, the server's tracking and its flags tell: no pins, no user variables, no
 * stored code that the text shows, no variable that headgate does not follow. Whatever else is left to be
 * asked about is found by the words that ask (sql/traces.h): unless the session's own statements have
 * overwritten it, the connection is made new first. What neither shows (a trigger that takes a user lock,
 * SET GLOBAL said elsewhere) is there for `pool_trust` at most.
 */
#ifndef HEADGATE_SESSION_REUSE_H
#define HEADGATE_SESSION_REUSE_H

#include "session/session.h"
#include "state/fingerprint.h"

/* The present job has ended on this connection. */
void reuse_note_job(struct session *session, struct upstream *upstream);

/* The session is about to part with its connection there, which may be parked (pool_may_park). True: it need
 * not be made new, and its state is noted in upstream.legacy. */
bool reuse_leave(struct session *session, enum route_place place);

/* The session has just taken the connection in this slot from among the parked ones. */
void reuse_adopt(struct session *session, struct slot *slot);

/* The present job is about to run in this slot, whose connection somebody else had before: notes in the slot
 * what must be done first. False: its question cannot be answered there, nor can the connection be made new.
 */
bool reuse_look(struct session *session, struct slot *slot);
/* It was made new: what the session knows of it that outlives a reset is still known. */
void reuse_note_renewed(struct session *session, struct slot *slot);

#endif
