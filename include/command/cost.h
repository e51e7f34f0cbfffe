/* The cost of a statement: times, rows and bytes, for its digest and the statement log.
 */
#ifndef HEADGATE_COMMAND_COST_H
#define HEADGATE_COMMAND_COST_H

#include "session/session.h"

/* A statement (job.facts) is about to run: its cost is measured from now on. `sql`: its text. */
void cost_begin(struct session *session, struct span sql);
/* As cost_begin, for a command on the job's prepared statement. */
void cost_begin_prepared(struct session *session);
/* The present statement is over. `end`: NULL, or why the statement was not answered. No effect if the
 * statement is not measured. */
void cost_end(struct session *session, const char *end);

#endif
