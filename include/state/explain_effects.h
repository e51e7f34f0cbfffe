/* Predicts for `explain` what session state a statement would leave. The statement is not run. */
#pragma once

#include "sql/classify.h"

#include <stdbool.h>

/* Would the session's later reads stay on the primary if the statement succeeded? `facts`: result of
 * classify() for `sql` in this dialect. The answer is as good as the text: a SET to a value that only the
 * server computes is assumed to be reported by session tracking, and triggers are not considered. True when
 * memory is out. */
bool explain_effects_keeps_reads(const struct sql_facts *facts, struct span sql,
                                 const struct sql_dialect *dialect);
