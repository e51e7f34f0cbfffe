/* Session tracking: the changes that servers report of a session's variables, its schema and the
 * characteristics of its next transaction. */
#pragma once

#include "state/facets.h"
#include "state/job.h"
#include "state/slot.h"

/* Notes the tracking `entries` of an OK. The OK comes from the connection at the job's place, which is the
 * session's home (facets_home). */
void session_track_note(struct facets *facets, struct job *job, struct slot *const slots[SLOT_COUNT],
                        struct span entries, uint64_t now_us);
