/* User variables: which a text names, and what a statement did to them.
 */
#ifndef HEADGATE_STATE_VARIABLE_EFFECTS_H
#define HEADGATE_STATE_VARIABLE_EFFECTS_H

#include "session/session.h"

/* Note in the job which user variables the text names. False when memory is out. */
bool variable_effects_note_names(struct session *session, struct span sql, const struct sql_dialect *dialect);
/* The present statement, or what an execution has run, is over: what it did to user variables. */
void variable_effects_note_done(struct session *session);
/* The present statement is for the primary, may read or set user variables there, and the replica alone knows
 * what they hold: that is asked, and the statement is to wait until it has answered. */
bool variable_effects_must_wait(struct session *session);
/* The same, and the replica could not tell: is the statement one that cannot do without them? Or does it ask
 * about the statement before on the primary, which does not have all that are known, and to say them would
 * come in between? */
bool variable_effects_is_elsewhere(const struct session *session);
/* The present statement asks about the one before, and neither reads nor sets any. */
bool variable_effects_needs_none(const struct session *session);
/* The present command's reply will not come: may variables that were known hold something else now? */
bool variable_effects_may_be_lost(const struct session *session);

#endif
