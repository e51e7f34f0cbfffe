/* What headgate knows of stored code: SHOW ROUTINES, and what EXPLAIN says of a statement's. */
#ifndef HEADGATE_ADMIN_SHOW_ROUTINES_H
#define HEADGATE_ADMIN_SHOW_ROUTINES_H

#include "admin/request.h"
#include "sql/classify.h"

/* Routines, views and tables with triggers; the argument is a schema, or empty: all but schema sys. */
void show_routines(struct request *request);
extern const struct columns show_routines_columns;

/* The stored code that a statement runs and what it does, "procedure p: writes, through function f"; empty if
 * it runs none. Appends to `said`. */
void show_routines_of(struct span sql, const struct sql_facts *facts, const struct sql_dialect *dialect,
                      struct text *said);

#endif
