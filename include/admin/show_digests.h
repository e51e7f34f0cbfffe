/* SHOW DIGESTS, RESET DIGESTS: the statement tables of all workers, added up. */
#ifndef HEADGATE_ADMIN_SHOW_DIGESTS_H
#define HEADGATE_ADMIN_SHOW_DIGESTS_H

#include "admin/request.h"

/* The argument: empty for all statements, "10" or "top 10" for those that took the most time. If statements
 * were counted without a row of their own, their common row comes last, whatever the argument. */
void show_digests(struct request *request);
void reset_digests(struct request *request);

extern const struct columns show_digests_columns;
extern const struct columns reset_digests_columns;

#endif
