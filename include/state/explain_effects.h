/* What a statement that nobody has sent would leave behind: for those who ask beforehand. */
#ifndef HEADGATE_STATE_EXPLAIN_EFFECTS_H
#define HEADGATE_STATE_EXPLAIN_EFFECTS_H

#include "sql/classify.h"

#include <stdbool.h>

/* Would the session's later reads stay on the primary because of it, if it succeeded? `facts`: what
 * classify() said of `sql` in this dialect. As far as texts tell: a SET of what only the server computes is
 * taken to be told by it; a trigger is nobody's guess. True when memory is out. */
bool explain_effects_keeps_reads(const struct sql_facts *facts, struct span sql,
                                 const struct sql_dialect *dialect);

#endif
