/* Reads that are never older than what their session has written and seen, on replicas that lag: what that
 * is, and which reads must have it.
 *
 *   a reply of the primary ──► consistency_note_tracked  what was committed: a position
 *                          ──► consistency_note_done     anything else was seen: "what the primary has now"
 *
 *   a read for a replica   ──► trust.h         is it on one that is known to have all that?
 *                          ──► catching_up.h   if not: it waits for one, or goes to the primary
 *   another connection     ──► carry.h         is told of it
 */
#ifndef HEADGATE_FRESHNESS_CONSISTENCY_H
#define HEADGATE_FRESHNESS_CONSISTENCY_H

#include "mysql/gtid.h"
#include "mysql/sesstrack.h"
#include "sql/hint.h"

#include <stdbool.h>
#include <stdint.h>

/* Of a session; zeroed memory, then consistency_begin. */
struct consistency {
    int level;              /* enum consistency_setting, never INHERIT */
    int writer;             /* where its last statement at a Galera cluster's writer was; or VIEW_NO_SERVER */
    bool is_asking;         /* it has written or seen something */
    bool needs_base;        /* … the primary's base, see watch.h */
    bool is_unlogged;       /* it writes what no replica will ever have: sql_log_bin = 0 */
    bool has_transaction;   /* one was open after the last reply, or may have been, and not only begun */
    bool is_reader;         /* some read of its was for a replica: others may follow its writes */
    bool has_written;       /* in the open transaction, or it may have: see global.h */
    bool has_read;          /* on a replica, what `position` and `seen` may not cover */
    uint64_t seen;          /* moment: it has seen what the primary had then; 0: nothing but `position` */
    uint64_t written;       /* moment of its last write that is in `position` */
    uint64_t asked_us;      /* when it began to ask for what is newest in all this */
    uint64_t behind_us;     /* since when its reads for replicas have gone to the primary; 0: they have not */
    uint64_t epoch;         /* of the primary that `position` is about */
    uint64_t global_number; /* of the demand of all clients that it has made its own */
    uint64_t rest_until_us; /* no read waits before this time, after waits in vain */
    uint8_t vain_waits;     /* one after the other */
    struct gtid_position position;
};

struct session;
enum route_place;

/* ---- levels ---- */

/* At each login: what the user, the listener or the cluster says. What was written and seen before, stays. */
void consistency_begin(struct session *session);
/* The settings may have changed: they count from the next statement on. */
void consistency_note_settings(struct session *session);
/* Must its reads have what it has written and seen? */
bool consistency_is_followed(const struct session *session);
/* A hint of the present job. Where a session does not follow what it has written, "session" is "strong". */
void consistency_note_hint(struct session *session, enum hint_level level);

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
/* COM_RESET_CONNECTION, COM_CHANGE_USER. */
void consistency_note_reset(struct session *session);

#endif
