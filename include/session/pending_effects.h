/* What a text is about to change.
 */
#ifndef HEADGATE_SESSION_PENDING_EFFECTS_H
#define HEADGATE_SESSION_PENDING_EFFECTS_H

#include "session/session.h"

/* Note in the job what the text is about to change; an EXECUTE's facts become those of what it runs, as far
 * as that is known. False when memory is out. */
bool pending_effects_note(struct session *session, struct span sql, const struct sql_dialect *dialect);
/* The same for the present execution of a statement prepared earlier; one too long to be kept may change
 * anything. */
bool pending_effects_note_prepared(struct session *session);

#endif
