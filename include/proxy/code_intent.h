/* Stored code that a session is about to change: all workers hear of it before the statement is sent, and the
 * primary is asked again when it is over (sql/code_changes.h, cluster/inventory.h).
 */
#ifndef HEADGATE_PROXY_CODE_INTENT_H
#define HEADGATE_PROXY_CODE_INTENT_H

#include "proxy/session.h"

/* `sql`: of the job, or what its EXECUTE runs. */
void code_intent_note(struct session *session, struct span sql, const struct sql_dialect *dialect);
/* The job is over, however it ended. Harmless where it changed no stored code. */
void code_intent_end(struct session *session);

#endif
