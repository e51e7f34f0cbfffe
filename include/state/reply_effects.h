/* Notes what a reply tells of the session's state, packet by packet. Status flags and session tracking of the
 * server come first. For state that servers do not report headgate reads the statement's text
 * (command/command_end.h). A change that neither explains pins the session to its connection. */
#pragma once

#include "mysql/tracker.h"
#include "state/facets.h"
#include "state/job.h"
#include "state/slot.h"

/* Notes one packet of the reply, which comes from the connection at the job's place. */
void reply_effects_note(struct facets *facets, struct job *job, struct slot *const slots[SLOT_COUNT],
                        const struct tracker_info *info, uint64_t now_us);
