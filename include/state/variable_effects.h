/* User variables: which ones a text names, and what a statement did to them.
 */
#ifndef HEADGATE_STATE_VARIABLE_EFFECTS_H
#define HEADGATE_STATE_VARIABLE_EFFECTS_H

#include "state/facets.h"
#include "state/slot.h"

/* Notes in the job which user variables the text names. False when memory is out. */
bool variable_effects_note_names(struct job *job, struct span sql, const struct sql_dialect *dialect);
/* The statement, or what an execution has run, is over: what it did to user variables. */
void variable_effects_note_done(struct facets *facets, struct slot slots[SLOT_COUNT], const struct job *job);

/* The job is for the primary, may read or set user variables there, and only the replica's connection knows
 * them: it is to be asked, and the job waits for its answer. */
bool variable_effects_are_away(const struct facets *facets, const struct job *job);
/* The same where the replica could not tell: does the job need variables that the primary's connection cannot
 * have? Also: does it ask about the statement before on the primary, which lacks known variables, so that to
 * set them first would come in between? */
bool variable_effects_are_lost(const struct facets *facets, const struct slot slots[SLOT_COUNT],
                               const struct job *job);
/* The job asks about the statement before, and neither reads nor sets any. */
bool variable_effects_needs_none(const struct job *job);
/* The job's reply will not come: may variables that were known have other values now? */
bool variable_effects_may_be_lost(const struct facets *facets, const struct job *job);

#endif
