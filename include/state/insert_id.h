/* LAST_INSERT_ID(): the last id generated for a session, and which connection knows it. An OK tells most ids.
 * An id that no OK tells is known only to the connection that ran the statement; headgate asks this
 * connection before it gives the connection up (session/state_capture.h).
 */
#ifndef HEADGATE_STATE_INSERT_ID_H
#define HEADGATE_STATE_INSERT_ID_H

#include "state/job.h"
#include "state/slot.h"

#include <stdbool.h>
#include <stdint.h>

struct insert_id {
    uint64_t value;    /* the last id that a reply told */
    uint64_t known_by; /* generation of the connection that may know a later id; 0: there is no later id */
    bool is_unknown;   /* there may be a later id that no reply told */
};

/* A statement, or an execution of a prepared statement, has ended at the session's home (facets_home). */
void insert_id_note_done(struct insert_id *id, const struct slot slots[SLOT_COUNT], const struct job *job);
/* The connection that may know a later id than `value` is gone. */
bool insert_id_is_lost(const struct insert_id *id, const struct slot slots[SLOT_COUNT]);
/* May the text ask for the id? Words in quoted text and in comments count, too: that seldom matters. */
bool insert_id_is_asked_for(struct span sql);

#endif
