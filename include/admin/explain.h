/* EXPLAIN: where a statement would run, and why. */
#pragma once

#include "admin/request.h"

void explain(struct request *request);         /* for a new session of a split listener */
void explain_session(struct request *request); /* for an existing session */

extern const struct columns explain_columns; /* of both commands */
