/* User variables: which a text names, and what a statement did to them.
 */
#ifndef HEADGATE_PROXY_MEMORY_H
#define HEADGATE_PROXY_MEMORY_H

#include "proxy/session.h"

/* Note in the job which user variables the text names. False when memory is out. */
bool memory_note_names(struct session *session, struct span sql, const struct sql_dialect *dialect);
/* The present statement, or what an execution has run, is over: what it did to user variables. */
void memory_note_done(struct session *session);
/* The present command's reply will not come: may variables that were known hold something else now? */
bool memory_may_be_lost(const struct session *session);

#endif
