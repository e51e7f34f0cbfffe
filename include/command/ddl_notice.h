/* Statements that change stored code (views, routines, triggers). All workers know of the change before the
 * statement is sent; when the statement is over, the primary is asked for the stored code again
 * (stored_code/code_changes.h, cluster/inventory.h).
 */
#ifndef HEADGATE_COMMAND_DDL_NOTICE_H
#define HEADGATE_COMMAND_DDL_NOTICE_H

#include "session/session.h"

/* Notes in the job whether its statement changes stored code. `sql`: the job's text, or the text that its
 * EXECUTE runs. */
void ddl_notice_note(struct session *session, struct span sql, const struct sql_dialect *dialect);
/* The job has ended, with or without success. No effect if the job changed no stored code. */
void ddl_notice_end(struct session *session);

#endif
