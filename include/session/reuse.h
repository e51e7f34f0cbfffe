/* A connection is given to another session without a reset when its state is fully known.
 *
 *      command_end ─► reuse_note_job          is all that the statement has left there known?
 *      slot_leave ─► reuse_leave              parks the connection with its state: schema, variables, last id
 *      slot_take ─► reuse_adopt               only what differs from the session's state is sent
 *      apply_state_syncing ─► reuse_look      does the statement ask about statements of another session?
 *
 * What a statement leaves is known from its text, the server's session tracking, its status flags and the
 * catalog of stored code. A connection is not reused without a reset if there are pins, user variables,
 * stored code with unknown effects, or variables that headgate does not follow. Without a known catalog, any
 * statement on tables counts as unknown, unless `pool_trust_code` is set. Questions about earlier statements
 * are found by their words (sql/traces.h): the connection is reset first, unless the session's own statements
 * have overwritten the answer. After a SET GLOBAL that headgate has not seen, a connection may keep the old
 * default of a variable for `pool_trust` at most.
 */
#pragma once

#include "session/session.h"
#include "state/fingerprint.h"

/* Notes what the present job, which has ended, has left on this connection. */
void reuse_note_job(struct session *session, struct upstream *upstream);

/* The session is about to give up its connection at this place, and the connection may be parked. True: no
 * reset is needed; the connection's state is noted in pooled.left. */
bool reuse_leave(struct session *session, enum route_place place);

/* The session has just taken the connection in this slot from the parked connections. */
void reuse_adopt(struct session *session, struct slot *slot);

/* The present job, which is no harmless read outside the system schemas, is about to run in this slot, whose
 * connection was used by another session before. Notes
 * in the slot what must be done first. False: the job asks about an earlier statement that this connection
 * cannot tell of, and a reset is not possible. */
bool reuse_look(struct session *session, struct slot *slot);
/* The connection in this slot was reset: restores what the session knows of it and a reset does not
 * change. */
void reuse_note_renewed(struct session *session, struct slot *slot);
