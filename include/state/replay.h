/* Which parts of a session's state a connection lacks, and the commands that give it these parts, one after
 * the other, ahead of the client's command. Pure: command/apply_state sends the commands and awaits the
 * answers.
 *
 *      replay_next ─► a task ─► replay_say: the command ─► the server agrees ─► replay_note ─► replay_next …
 *
 * A task is a row of the table in replay.c.
 */
#ifndef HEADGATE_STATE_REPLAY_H
#define HEADGATE_STATE_REPLAY_H

#include "mysql/tracker.h"
#include "state/facets.h"
#include "state/job.h"
#include "state/slot.h"

/* The connection in `slot`, at the job's place, is to be made equal to the session. */
struct replay {
    struct facets *facets;
    const struct job *job;
    struct slot *slot;
    struct span sql; /* borrows: the text that the job runs; needed where wait_timeout_may_lack() */
};

/* A command. Zeroed: none. */
struct replay_command {
    enum reply_shape shape;
    uint8_t byte;
    struct text argument; /* owns */
};

/* The next task; SYNC_NOTHING: the connection has the session's state, as far as the job needs it. */
enum sync_task replay_next(const struct replay *replay);
/* Puts the command of `task` into `command_r`; the caller owns it. Empty: nothing has to be sent after all.
 * The slot is noted then as up to date, and replay_next tells the next task. */
void replay_say(const struct replay *replay, enum sync_task task, struct replay_command *command_r);
/* The server has agreed to slot.task: notes what the connection has now. False: the connection is not in the
 * wanted schema; slot.answer is an error that says so. `now_us`: for the session's pins. */
bool replay_note(const struct replay *replay, uint64_t now_us);

/* Notes that the connection has all variables of the session: the job's SET was run on it. */
void replay_note_vars(const struct replay *replay);

#endif
