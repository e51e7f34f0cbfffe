/* LAST_INSERT_ID(): the last id generated for a session, and which connection knows it. Most ids are told by
 * an OK. Where one may not be, only the connection that ran the statement knows, and is asked before it is
 * given up: see session/state_capture.h.
 */
#ifndef HEADGATE_STATE_INSERT_ID_H
#define HEADGATE_STATE_INSERT_ID_H

#include "state/job.h"
#include "state/slot.h"

#include <stdbool.h>
#include <stdint.h>

struct insert_id {
    uint64_t value;    /* the last id that a reply told */
    uint64_t known_by; /* generation of the connection that may know a later one; 0: there is no later one */
    bool is_unknown;   /* there was a later one, and no reply told which */
};

/* A statement, or execution, has ended where the session's state is. */
void insert_id_note_done(struct insert_id *id, const struct slot slots[SLOT_COUNT], const struct job *job);
/* The connection that may know a later id is gone. */
bool insert_id_is_lost(const struct insert_id *id, const struct slot slots[SLOT_COUNT]);
/* May the text ask for the id? Quoted text and comments count: this seldom matters. */
bool insert_id_is_asked_for(struct span sql);

#endif
