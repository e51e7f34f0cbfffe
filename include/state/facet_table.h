/* The table of all facets (tbl/facets.h), and the walks over it: a reply tells of a change, a connection gets
 * the session's state, pins, reset, the end of the session, explain.
 *
 *      replay_next ─► a task ─► replay_say: the command ─► the server agrees ─► replay_note ─► replay_next …
 *
 * Pure: command/apply_state sends the commands and awaits the answers. facets.set and slot.set have a bit for
 * each facet that may not be as after a login: the walk leaves out the others.
 */
#pragma once

#include "state/facet.h"

/* ---- a reply tells of a change ---- */

/* Session tracking has reported `change`. */
void facet_table_told(const struct report *report, const struct sesstrack_change *change);
/* The server has agreed to the SET of the job (job.pending_set). False: the session must be pinned. */
bool facet_table_commit(struct facets *facets, const struct job *job, struct slot *slot, uint64_t now_us);

/* ---- a connection gets the session's state ---- */

/* The next task; SYNC_NOTHING: the connection has the session's state, as far as the job needs it. */
enum sync_task replay_next(const struct replay *replay);
/* Puts the command of `task` into `command_r`; the caller owns it. Empty: nothing has to be sent after all.
 * The slot is noted then as up to date, and replay_next tells the next task. */
void replay_say(const struct replay *replay, enum sync_task task, struct replay_command *command_r);
/* The server has agreed to slot.task: notes what the connection has now. False: the task has failed all the
 * same; slot.answer is an error that says so. `now_us`: for the session's pins. */
bool replay_note(const struct replay *replay, uint64_t now_us);

/* ---- what keeps a connection for the session ---- */

/* The causes (pin_bit) for which the session keeps its connection at `place`. 0: none. */
uint32_t facets_all_pins(const struct facets *facets, enum route_place place);
/* Those for which the session would lose state with the connection: without PIN_AUTO_IS_NULL. 0 if not
 * facets_may_keep(). */
uint32_t facets_pins(const struct facets *facets, enum route_place place);
/* The job is over. Counts the causes that are new since the last call, and notes their time and statement.
 * Returns the new causes (pin_bit). Not needed without facets_may_keep() and pins.noted. */
uint32_t facets_note_pins(struct facets *facets, const struct job *job, uint64_t now_us,
                          struct pin_counters *counters);

/* ---- the connection is asked for what only it knows ---- */

/* The first facet that the connection at `place` is to be asked for, before it is given up; NULL: none. Numbers
 * come last: a connection that is kept for other state is not asked for them. */
const struct facet *facet_table_asked(const struct facets *facets, struct slot *const slots[SLOT_COUNT],
                                      enum route_place place);
/* The causes (pin_bit) that the answers may end. */
uint32_t facet_table_may_end(const struct facets *facets, struct slot *const slots[SLOT_COUNT],
                             enum route_place place);
/* Appends one query for all numbers (facet.number) that the connection is to be asked for; returns their
 * facets. facet_table_learn_numbers() notes its answer. False: it does not tell them. */
uint32_t facet_table_ask_numbers(const struct facets *facets, struct slot *const slots[SLOT_COUNT],
                                 enum route_place place, struct text *sql);
bool facet_table_learn_numbers(struct facets *facets, struct slot *slot, uint32_t asked,
                               const struct rows *rows);

/* ---- the end ---- */

/* What becomes of the slot's connection, if the session gives it up. */
enum facet_left facets_left(const struct facets *facets, const struct slot *slot);
/* Sets the state after a login with this collation, for COM_RESET_CONNECTION and COM_CHANGE_USER. The schema
 * and the role stay, because servers keep them at a reset. `origin`: of the pins that stay. */
void facets_reset(struct facets *facets, const struct view *view, uint16_t collation,
                  const struct pin_origin *origin);
void facets_fini(struct facets *facets);

/* Would later reads stay on the primary, because of what the statement sets? */
bool facet_table_keeps_reads(const struct foreseen *foreseen);
/* Writes the page docs/architecture/facets.md. */
void facet_table_write(struct text *out);
