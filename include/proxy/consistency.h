/* Reads that are never older than what their session has written and seen, on replicas that lag.
 *
 *   a reply of the primary ──► consistency_note_tracked  what was committed: a position
 *                          ──► consistency_note_done     anything else was seen: "what the primary has now"
 *   a read for a replica   ──► consistency_holds ──► gate_decide
 *                                 pass     its replica is known to have all that
 *                                 wait     CATCHING_UP: run again after each answer of watch.c
 *                                 primary  no replica has it in time
 *
 * Once a replica is known to have what the session asks for it is *trusted*, and reads pass with one
 * comparison, until the session writes or sees something newer.
 */
#ifndef HEADGATE_PROXY_CONSISTENCY_H
#define HEADGATE_PROXY_CONSISTENCY_H

#include "cluster/view.h"
#include "mysql/gtid_token.h"
#include "mysql/sesstrack.h"
#include "sql/hint.h"

#include <stdbool.h>
#include <stdint.h>

/* How new the present read must be, if a hint says so. */
enum consistency_need { NEED_OF_SESSION, NEED_NOTHING, NEED_OWN, NEED_NEWEST };

/* Of a session; zeroed memory, then consistency_begin. */
struct consistency {
    int level;   /* enum consistency_setting, never INHERIT */
    int writer;  /* where its last statement at a Galera cluster's writer was; or VIEW_NO_SERVER */
    int trusted; /* the replica known to have all it asks for; VIEW_NO_SERVER: none is */
    uint64_t trusted_troubles; /* … this worker's connections to it that had been lost by then */
    uint64_t trusted_moves;    /* … where its name led then: see view_server */
    bool is_asking;            /* it has written or seen something */
    bool needs_base;           /* … the primary's base, see watch.h */
    bool is_unlogged;          /* it writes what no replica will ever have: sql_log_bin = 0 */
    bool has_transaction;      /* Galera: one was open, or may have been, after the last reply */
    bool has_read;             /* on a replica, what `position` and `seen` may not cover */
    uint64_t seen;             /* moment: it has seen what the primary had then; 0: nothing but `position` */
    uint64_t written;          /* moment of its last write that is in `position` */
    uint64_t epoch;            /* of the primary that `position` is about */
    uint64_t rest_until_us;    /* no read waits before this time, after waits in vain */
    uint8_t vain_waits;        /* one after the other */
    struct gtid_position position;
};

struct session;
enum route_place;

/* At each login: what the user, the listener or the cluster says. What was written and seen before, stays. */
void consistency_begin(struct session *session);
/* The settings may have changed: they count from the next statement on. */
void consistency_note_settings(struct session *session);
/* Must its reads have what it has written and seen? */
bool consistency_is_followed(const struct session *session);
/* It waits for nothing any more. */
void consistency_end(struct session *session);

/* ---- what replies say ---- */

/* The primary reports a variable (last_gtid, or any other) or GTIDs. */
void consistency_note_tracked(struct session *session, const struct sesstrack_change *change);
/* The present job's reply is over. */
void consistency_note_done(struct session *session);
/* Is this Galera node another one than the writer that the session's last statement was at, and about to be
 * that? (What a replication's new primary lacks, nobody has.) */
bool consistency_is_new_writer(const struct session *session, int server);
/* The upstream at that place is about to be dropped. */
void consistency_note_drop(struct session *session, enum route_place place);
/* Its reads are about to go to another replica than before. */
void consistency_note_leaving(struct session *session);
/* A new view. */
void consistency_note_view(struct session *session);
/* COM_RESET_CONNECTION, COM_CHANGE_USER. */
void consistency_note_reset(struct session *session);

/* ---- carried to another connection: carry.h ---- */

/* The present job asks for what the session has written and seen. */
void consistency_begin_telling(struct session *session);
/* That, if it is known; else servers are being asked, and consistency_wait() waits for their answers. */
bool consistency_tell(struct session *session, struct gtid_token *token_r);
/* It was told elsewhere: the session asks for it as for its own, and the present read at any level. */
void consistency_note_token(struct session *session, const struct gtid_token *token);

/* ---- where a read goes ---- */

/* A hint of the present job. Where a session does not follow what it has written, "session" is "strong". */
void consistency_note_hint(struct session *session, enum hint_level level);

/* The present job, of which nothing has been sent, is for a replica that is not trusted: must it wait? False:
 * it may go on, to the place that the job says now, which may have become the primary's. */
bool consistency_holds(struct session *session);
/* The replica for a session that is on none: one that has what it asks for, if any has. VIEW_NO_SERVER: there
 * is none that takes reads. */
int consistency_choose(struct session *session);

/* May the session go to this replica, or the primary, instead of the one that was chosen? */
bool consistency_allows(const struct session *session, int server);
/* That is where it goes. */
void consistency_note_choice(struct session *session, int server);

enum step consistency_wait(struct session *session);
/* The step of CATCHING_UP. */
enum step consistency_waiting(struct session *session);
enum step consistency_timed_out(struct session *session);

/* Would a read that is for a replica run on the primary, without waiting, were it to come now? */
bool consistency_is_primary_s(const struct session *session);

#endif
