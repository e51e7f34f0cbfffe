/* What a session has written and seen, and therefore asks of the replicas that it reads from: a read on a
 * replica that lags is never older than that.
 *
 *   a reply of the primary ──► consistency_note_gtid   a commit: its position
 *                          ──► consistency_note_done   anything else was seen: "what the primary has now"
 *
 *   a read for a replica   ──► fresh_replica.h         is its replica known to have all that?
 *                          ──► session/wait_replica.h  if not: the read waits, or goes to the primary
 *   another connection     ──► session/gtid_token.h    asks for the same
 */
#ifndef HEADGATE_FRESHNESS_CONSISTENCY_H
#define HEADGATE_FRESHNESS_CONSISTENCY_H

#include "base/log.h"
#include "freshness/positions.h"
#include "mysql/gtid.h"
#include "sql/hint.h"
#include "state/job.h"
#include "state/slot.h"

#include <stdbool.h>
#include <stdint.h>

struct listener_settings;
struct user;

/* The replica that is known to have all that a session asks for. */
struct trust {
    int server;        /* VIEW_NO_SERVER: none */
    uint64_t troubles; /* connections to it that this worker had lost by then */
    uint64_t moves;    /* of its address then: see view_server */
};

/* Of a session: consistency_init, and consistency_begin at each login. */
struct consistency {
    struct positions *positions;              /* borrows: the positions of its cluster's servers */
    const struct listener_settings *listener; /* borrows */
    int level;              /* enum consistency_setting, never INHERIT once a client has logged in */
    int writer;             /* Galera: the writer where its last statement was; or VIEW_NO_SERVER */
    bool is_asking;         /* it has written or seen something */
    bool needs_base;        /* … and the primary's base, see positions.h */
    bool is_unlogged;       /* it writes what no replica will ever have: sql_log_bin = 0 */
    bool has_transaction;   /* one was open after the last reply, or may have been, and not only begun */
    bool is_reader;         /* a read was for a replica: others may follow its writes */
    bool has_written;       /* in the open transaction, or it may have: see global_writes.h */
    bool has_read;          /* on a replica, what `position` and `seen` may not cover */
    uint64_t seen;          /* moment: it has seen what the primary had then; 0: nothing but `position` */
    uint64_t written;       /* moment of its last write that is in `position` */
    uint64_t asked_us;      /* when it began to ask for the newest part of all this */
    uint64_t behind_us;     /* since when its reads for replicas have gone to the primary; 0: they have not */
    uint64_t epoch;         /* of the primary that `position` is about */
    uint64_t global_number; /* of the demand of all clients that is part of its own */
    uint64_t rest_until_us; /* no read waits before this time, after waits in vain */
    uint8_t vain_waits;     /* one after the other */
    struct gtid_position position;
    struct trust trust;
};

/* ---- levels ---- */

/* A new session of a client of this listener; keeps both pointers. */
void consistency_init(struct consistency *consistency, struct positions *positions,
                      const struct listener_settings *listener);
/* At each login: the level is the user's, the listener's or the cluster's. What was written and seen before
 * stays. */
void consistency_begin(struct consistency *consistency, const struct user *user);
/* The settings may have changed: they count from the next statement on. `is_new`: nobody has logged in yet.
 */
void consistency_note_settings(struct consistency *consistency, const struct user *user, bool is_new);
/* A hint of the present job. Where a session does not follow what it has written, "session" is "strong". */
void consistency_note_hint(struct consistency *consistency, struct job *job, enum hint_level level);

/* Must the session's reads have what it has written and seen? */
bool consistency_is_followed(const struct consistency *consistency);
/* Must the present read have anything at all? */
bool consistency_is_asked(const struct consistency *consistency, const struct job *job);
/* … all that any client has written? */
bool consistency_wants_global(const struct consistency *consistency, const struct job *job);
/* … the newest there is? */
bool consistency_wants_newest(const struct consistency *consistency, const struct job *job);
/* How long a question to the primary, or a read that must have the newest, may take: `consistency_wait`, or
 * 10 ms where that is "auto". */
uint64_t consistency_wait_us(const struct consistency *consistency);

/* ---- what it asks for ---- */

/* More is asked for than before: no replica is known to have it. */
void consistency_ask_more(struct consistency *consistency);
/* It has seen what the primary has at this moment, and all that it saw on replicas before. */
void consistency_see(struct consistency *consistency);
/* It has written this, or asks for it as for its own writes. A position of too many sources becomes "what the
 * primary has now". */
void consistency_add(struct consistency *consistency, const struct gtid_position *position);
/* Another primary may have lost what the old one had; and the primary may have told its position in a poll
 * that began after all was seen: then that position is asked for. */
void consistency_follow_primary(struct consistency *consistency, const struct log_scope *scope);
/* There is no primary to tell what it had: what the session has written is asked for still, what it may have
 * seen besides is not. */
void consistency_forget_seen(struct consistency *consistency);

/* ---- what replies say ---- */

/* A reply of the primary, the connection `tag` (written_tag), has told the GTIDs of a commit. */
void consistency_note_gtid(struct consistency *consistency, struct job *job, uint64_t tag,
                           enum server_family family, struct span gtids);
/* The present job's reply is over; it ran on `server` of the view. `is_open`: the session has a transaction.
 */
void consistency_note_done(struct consistency *consistency, const struct job *job, int server, bool is_open);
/* Is this node of a Galera cluster, about to be the session's writer, another one than the writer that its
 * last statement was at? (What a replication's new primary lacks, no server has.) */
bool consistency_is_new_writer(const struct consistency *consistency, const struct job *job, int server);
/* The connection in this slot is about to be dropped: the command that it runs may be carried out all the
 * same, and a replica that was lost may come back as an older copy. */
void consistency_note_drop(struct consistency *consistency, const struct job *job, enum route_place place,
                           const struct slot *slot);
/* COM_RESET_CONNECTION, COM_CHANGE_USER. */
void consistency_note_reset(struct consistency *consistency);

#endif
