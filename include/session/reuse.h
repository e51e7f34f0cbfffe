/* Connections that go from session to session without a reset, because their state is fully known.
 *
 *      command_end ─► reuse_note_job           is all known that the statement has left there?
 *      slot_leave ─► reuse_leave               the connection is parked with its state: schema, variables,
 * last id slot_take ─► reuse_adopt                what state/replay has to say still apply_state_syncing ─►
 * reuse_look       does the statement ask about statements of another session?
 *
 * A statement's text, the server's tracking, its status flags and the catalog of stored code tell what the
 * statement leaves: no pins, no user variables, no stored code that hides anything, no variable that headgate
 * does not follow. Where the catalog is not known, a statement on tables may have left anything (but for
 * `pool_trust_code`). Questions about earlier statements are found by their words (sql/traces.h): unless the
 * session's own statements have overwritten the answer, the connection is reset first. An old default of a
 * variable, after a SET GLOBAL that headgate has not seen, is there for `pool_trust` at most.
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
