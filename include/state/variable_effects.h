/* User variables in statements: which ones a text names, what a statement did to them, and which ones a
 * connection lacks. state/user_variables keeps their values. */
#pragma once

#include "state/facets.h"
#include "state/job.h"
#include "state/slot.h"

/* Notes in the job which user variables the text names. False when memory is out. */
bool variable_effects_note_names(struct job *job, struct span sql, const struct sql_dialect *dialect);
/* The job's statement, or execution of a prepared statement, is over: notes what it did to user variables. */
void variable_effects_note_done(struct facets *facets, struct slot *const slots[SLOT_COUNT],
                                const struct job *job);

/* True: the job is for the primary and may read or set user variables, but only the replica's connection
 * knows their values. headgate must ask that connection, and the job waits for the answer. */
bool variable_effects_are_away(const struct facets *facets, const struct job *job);
/* True: the job cannot have the user variables that it needs. Either they are known only to the replica's
 * connection, which could not tell them. Or the job asks about the statement before, and the primary's
 * connection lacks known variables: a SET of these would come between the statement and the question. */
bool variable_effects_are_lost(const struct facets *facets, struct slot *const slots[SLOT_COUNT],
                               const struct job *job);
/* True: the job asks about the statement before, and neither reads nor sets user variables. */
bool variable_effects_needs_none(const struct job *job);
/* The job's reply will not come: may user variables that were known have other values now? */
bool variable_effects_may_be_lost(const struct facets *facets, const struct job *job);
