/* What a statement is about to change of the session's state, from its text.
 */
#ifndef HEADGATE_COMMAND_PENDING_EFFECTS_H
#define HEADGATE_COMMAND_PENDING_EFFECTS_H

#include "session/session.h"

/* Notes in the job what the text is about to change. The facts of an EXECUTE become those of the statement
 * that it runs, as far as that is known. False when memory is out. */
bool pending_effects_note(struct session *session, struct span sql, const struct sql_dialect *dialect);
/* As pending_effects_note, for the present execution of a prepared statement. A statement whose text was
 * too long to be kept may change anything. False when memory is out. */
bool pending_effects_note_prepared(struct session *session);

#endif
