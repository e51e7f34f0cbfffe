/* What a statement has cost.
 */
#ifndef HEADGATE_SESSION_COST_H
#define HEADGATE_SESSION_COST_H

#include "session/session.h"

/* A statement (job.facts) is about to be run; `sql`: its text. From here on it counts. */
void cost_begin(struct session *session, struct span sql);
/* The same of what is done with the job's prepared statement. */
void cost_begin_prepared(struct session *session);
/* The present statement, if it counts, is over. `end`: NULL, or why it was not answered. */
void cost_end(struct session *session, const char *end);

#endif
