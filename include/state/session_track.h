/* What servers report of changes in a session (session tracking): its variables, its schema, the
 * characteristics of its next transaction.
 */
#ifndef HEADGATE_STATE_SESSION_TRACK_H
#define HEADGATE_STATE_SESSION_TRACK_H

#include "state/facets.h"
#include "state/job.h"
#include "state/slot.h"

/* `entries` of an OK that the connection at the job's place has sent, which is the session's home. */
void session_track_note(struct facets *facets, struct job *job, struct slot slots[SLOT_COUNT],
                        struct span entries, uint64_t now_us);

#endif
