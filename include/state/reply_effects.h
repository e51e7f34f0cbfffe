/* What a reply tells of the session's state, packet by packet. The server's word (status flags, session
 * tracking) comes first; the statement's text tells what servers do not report (session/command_end.h); what
 * neither explains keeps the session on the primary.
 */
#ifndef HEADGATE_STATE_REPLY_EFFECTS_H
#define HEADGATE_STATE_REPLY_EFFECTS_H

#include "mysql/tracker.h"
#include "state/facets.h"
#include "state/job.h"
#include "state/slot.h"

/* A packet of the reply that the connection at the job's place sends. */
void reply_effects_note(struct facets *facets, struct job *job, struct slot slots[SLOT_COUNT],
                        const struct tracker_info *info, uint64_t now_us);

#endif
