/* LAST_INSERT_ID(): the last id generated for a session, and which connection knows it. An OK tells most ids.
 * An id that no OK tells is known only to the connection that ran the statement; headgate asks this
 * connection before it gives the connection up (session/state_capture.h). */
#pragma once

#include "state/facet.h"

/* An OK from the slot's connection, which is at the session's home (facets_home), has told an id. */
void insert_id_note_told(struct facets *facets, struct job *job, struct slot *slot, uint64_t value);
/* A statement, or an execution of a prepared statement, has ended at home. */
void insert_id_note_done(struct facets *facets, struct slot *const slots[SLOT_COUNT], const struct job *job);
/* The slot's connection was asked for the id, and does not tell it: a later id is lost. */
void insert_id_note_untold(struct insert_id *id, const struct slot *slot);
/* The connection that may know a later id than `value` is gone. */
bool insert_id_is_lost(const struct insert_id *id, struct slot *const slots[SLOT_COUNT]);
/* May the text ask for the id? Words in quoted text and in comments count, too: that seldom matters. */
bool insert_id_is_asked_for(struct span sql);
