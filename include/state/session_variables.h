/* The session variables of a session, as a facet: which ones a connection lacks, and what a SET and session
 * tracking tell of them. state/variables keeps their values. */
#pragma once

#include "state/facets.h"
#include "state/job.h"
#include "state/slot.h"

/* Notes that the connection has all variables of the session: the job's SET was run on it. */
void session_variables_note_there(const struct facets *facets, const struct job *job, struct slot *slot);
