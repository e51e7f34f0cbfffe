/* What a statement is about to change, from its text: of the session's state, and of stored code (views,
 * routines, triggers). All workers know of a change of stored code before the statement is sent; when the
 * statement is over, the primary is asked for the stored code again (stored_code/code_changes.h,
 * cluster/catalog_refresh.h). */
#pragma once

#include "session/session.h"

/* Notes in the job what the text is about to change. The facts of an EXECUTE become those of the statement
 * that it runs, as far as that is known. False when memory is out. */
bool pending_effects_note(struct session *session, struct span sql, const struct sql_dialect *dialect);
/* As pending_effects_note, for the present execution of a prepared statement. A statement whose text was
 * too long to be kept may change anything. False when memory is out. */
bool pending_effects_note_prepared(struct session *session);
/* The job, which changed stored code (job.is_changing_code), has ended, with or without success. */
void pending_effects_end(struct session *session);
