/* SHOW DIGESTS, RESET DIGESTS: the workers' tables of statements, added up. */
#ifndef HEADGATE_ADMIN_SHOW_DIGESTS_H
#define HEADGATE_ADMIN_SHOW_DIGESTS_H

#include "admin/request.h"

/* The argument: nothing for all of them, "10" or "top 10" for those that took the most time. The row of the
 * others comes last, whatever the argument, if there are any. */
void show_digests(struct request *request);
void reset_digests(struct request *request);

extern const struct columns show_digests_columns;
extern const struct columns reset_digests_columns;

#endif
