/* The replica that a session's reads are for. Once one is known to have all that the session asks for
 * (consistency.h) it is *trusted*, and reads pass with one comparison, until the session writes or sees
 * something newer, or the replica may have become another one.
 */
#ifndef HEADGATE_FRESHNESS_FRESH_REPLICA_H
#define HEADGATE_FRESHNESS_FRESH_REPLICA_H

#include <stdbool.h>
#include <stdint.h>

struct session;

struct trust {
    int server;        /* the replica known to have all it asks for; VIEW_NO_SERVER: none is */
    uint64_t troubles; /* this worker's connections to it that had been lost by then */
    uint64_t moves;    /* where its name led then: see view_server */
};

/* ---- who has it all ---- */

/* Is this replica known to have all that the session asks for? */
bool fresh_replica_has_all(const struct session *session, int server);
/* … another one than this that the present read may go to? VIEW_NO_SERVER: any. */
bool fresh_replica_another_has(const struct session *session, int present);

/* ---- the one that is trusted ---- */

/* This replica has it all. */
void fresh_replica_begin(struct session *session, int server);
/* One is trusted, the present read may go there, and nothing has become of it since. */
bool fresh_replica_is_held(const struct session *session);
/* None is trusted any more: more is asked for, or its reads are about to go to another one. */
void fresh_replica_forget(struct session *session);
/* A new view. */
void fresh_replica_note_view(struct session *session);

/* ---- which replica ---- */

/* The replica for a session that is on none: one that has what it asks for, if any has. VIEW_NO_SERVER: there
 * is none that takes reads. */
int fresh_replica_choose(struct session *session);
/* May the session go to this replica, or the primary, instead of the one that was chosen? */
bool fresh_replica_allows(const struct session *session, int server);
/* That is where it goes. */
void fresh_replica_note_choice(struct session *session, int server);

#endif
