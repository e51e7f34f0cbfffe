/* What headgate knows of stored code: SHOW ROUTINES, and the stored code of a statement for EXPLAIN. */
#ifndef HEADGATE_ADMIN_SHOW_ROUTINES_H
#define HEADGATE_ADMIN_SHOW_ROUTINES_H

#include "admin/request.h"
#include "sql/classify.h"

/* Routines, views and tables with triggers. The argument is a schema; empty: all schemas except sys. */
void show_routines(struct request *request);
extern const struct columns show_routines_columns;

/* Appends to `said` the stored code that a statement runs and its effects, "procedure p: writes, through
 * function f". Appends nothing if the statement runs none. */
void show_routines_of(struct span sql, const struct sql_facts *facts, const struct sql_dialect *dialect,
                      struct text *said);

#endif
