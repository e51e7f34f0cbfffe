/* LAST_INSERT_ID(): the last id generated for a session, and who knows it. Most are told by an OK; where one
 * may not be, the connection that ran the statement is the only one that knows, and is asked before it is
 * given up: see parting.h.
 */
#ifndef HEADGATE_STATE_INSERT_ID_H
#define HEADGATE_STATE_INSERT_ID_H

#include <stdbool.h>
#include <stdint.h>

struct session;

struct insert_id {
    uint64_t value;    /* as far as replies told */
    uint64_t known_by; /* generation of the connection that knows whether it is; 0: it is */
    bool is_unknown;   /* there was another since, and no reply told which */
};

/* The present statement, or execution, has run where the session's state is: its connection may be the only
 * one that knows the id from now on. */
void insert_id_note_done(struct session *session);
/* Does the present command ask for the id, and the connection that knew it is gone? */
bool insert_id_has_lost(const struct session *session);
/* The present command asks for the id in a read-only transaction on the replica, and the primary's connection
 * alone knows it: that is asked, and the command is to wait until it has answered. */
bool insert_id_must_wait(struct session *session);

#endif
