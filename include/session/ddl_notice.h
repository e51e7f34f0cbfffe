/* Stored code that a session is about to change: all workers hear of it before the statement is sent, and the
 * primary is asked again when it is over (sql/code_changes.h, cluster/inventory.h).
 */
#ifndef HEADGATE_SESSION_DDL_NOTICE_H
#define HEADGATE_SESSION_DDL_NOTICE_H

#include "session/session.h"

/* `sql`: of the job, or what its EXECUTE runs. */
void ddl_notice_note(struct session *session, struct span sql, const struct sql_dialect *dialect);
/* The job is over, however it ended. Harmless where it changed no stored code. */
void ddl_notice_end(struct session *session);

#endif
