/* EXPLAIN: where a statement would go, and why. */
#ifndef HEADGATE_ADMIN_EXPLAIN_H
#define HEADGATE_ADMIN_EXPLAIN_H

#include "admin/request.h"

void explain(struct request *request);         /* in a new session of a split listener */
void explain_session(struct request *request); /* in a session that is there */

extern const struct columns explain_columns; /* of both */

#endif
