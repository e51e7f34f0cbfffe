/* The data that a session has written and seen. This is its demand on replicas: a read on a replica that lags
 * is never older than these data.
 *
 *   a reply of the primary ──► consistency_note_gtid   a commit: adds its position
 *                          ──► consistency_note_done   other data were seen: adds "what the primary has now"
 *
 *   a read for a replica   ──► fresh_replica.h         is the replica known to meet the demand?
 *                          ──► command/wait_replica.h  if not: the read waits, or goes to the primary
 *   another connection     ──► command/gtid_token.h    takes over the demand */
#pragma once

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

/* The trusted replica: it is known to meet the session's demand. */
struct fresh_replica {
    int server;        /* VIEW_NO_SERVER: none */
    uint64_t troubles; /* connections to it that this worker had lost when the trust began */
    uint64_t moves;    /* view_server.moves when the trust began */
};

/* The demand of a session. Call consistency_init once, and consistency_begin at each login. */
struct consistency {
    struct positions *positions;              /* borrows: the positions of its cluster's servers */
    const struct listener_settings *listener; /* borrows */
    int level;              /* enum consistency_setting, never INHERIT once a client has logged in */
    int writer;             /* Galera: the writer that ran its last statement; or VIEW_NO_SERVER */
    bool is_asking;         /* there is a demand: the session has written or seen data */
    bool needs_base;        /* the demand includes the primary's base: see positions.h */
    bool is_unlogged;       /* the session sets sql_log_bin or wsrep_on: its writes may reach no replica */
    bool has_transaction;   /* after the last reply one was, or may have been, open with statements in it */
    bool is_reader;         /* the session has sent a read to a replica, and may do so after later writes */
    bool has_written;       /* it has, or may have, written in the open transaction: see global_writes.h */
    bool has_read;          /* it has read data on a replica that `position` and `seen` may not cover */
    uint64_t seen;          /* moment: it has seen what the primary had then; 0: nothing but `position` */
    uint64_t written;       /* moment of its last write that is in `position` */
    uint64_t asked_us;      /* when the demand last grew */
    uint64_t behind_us;     /* since when its reads for replicas have gone to the primary; 0: they have not */
    uint64_t epoch;         /* positions_epoch() of the primary that `position` is of */
    uint64_t global_number; /* global_demand.number of the demand of all clients that its own includes */
    uint64_t rest_until_us; /* after waits in vain: no read waits before this time */
    uint8_t vain_waits;     /* waits in vain, one after the other */
    struct gtid_position position;
    struct fresh_replica fresh_replica;
};

/* ---- levels ---- */

/* Initialises for a new session of a client of `listener`. Borrows both pointers for the life of the
 * session. */
void consistency_init(struct consistency *consistency, struct positions *positions,
                      const struct listener_settings *listener);
/* At each login: the level is the user's, the listener's or the cluster's. The demand stays. */
void consistency_begin(struct consistency *consistency, const struct user *user);
/* The settings may have changed: new ones are valid from the next statement on. `is_new`: no client has
 * logged in yet. */
void consistency_note_settings(struct consistency *consistency, const struct user *user, bool is_new);
/* A hint of the present job sets how recent its read must be. If the session has no demand of its own
 * (consistency_is_followed), the level "session" counts as "strong". */
void consistency_note_hint(struct consistency *consistency, struct job *job, enum hint_level level);

/* Must the session's reads have what it has written and seen? */
bool consistency_is_followed(const struct consistency *consistency);
/* Is there a demand on the present read at all? */
bool consistency_is_asked(const struct consistency *consistency, const struct job *job);
/* Must the present read have all that any client has written? */
bool consistency_wants_global(const struct consistency *consistency, const struct job *job);
/* Must the present read have the newest data? */
bool consistency_wants_newest(const struct consistency *consistency, const struct job *job);
/* How long a question to the primary, or a read that must have the newest data, may wait, in microseconds:
 * `consistency_wait`, or 10 ms if that is "auto". */
uint64_t consistency_wait_us(const struct consistency *consistency);

/* ---- the demand ---- */

/* The demand grows: no replica is trusted any more. */
void consistency_ask_more(struct consistency *consistency);
/* Adds what the primary has at this moment. That covers all that the session has read on replicas before. */
void consistency_see(struct consistency *consistency);
/* Adds `position`: the session has written it, or asks for it as for its own writes. A position of too many
 * sources becomes "what the primary has now". */
void consistency_add(struct consistency *consistency, const struct gtid_position *position);
/* Brings the demand up to date. If there is another primary, it may lack data of the old one: "what the
 * primary has now" is added. If the primary has told its position in a poll that began after `seen`, that
 * position replaces `seen`. Positions that the primary does not have are dropped with a warning. */
void consistency_follow_primary(struct consistency *consistency, const struct log_scope *scope);
/* There is no primary that could tell its position: `seen` is dropped from the demand, `position` stays. */
void consistency_forget_seen(struct consistency *consistency);

/* ---- what replies say ---- */

/* A reply has told the GTIDs of a commit. `tag`: written_tag() of the connection, whose place is the
 * primary. */
void consistency_note_gtid(struct consistency *consistency, struct job *job, uint64_t tag,
                           enum server_family family, struct span gtids);
/* The present job's reply is over; it ran on `server` of the view. `is_open`: the session has a transaction. */
void consistency_note_done(struct consistency *consistency, const struct job *job, int server, bool is_open);
/* Galera: is `server`, which is about to be the session's writer, another node than the writer that ran its
 * last statement? Always false for replication: data that a new primary lacks are on no server. */
bool consistency_is_new_writer(const struct consistency *consistency, const struct job *job, int server);
/* The connection in this slot is about to be dropped. The server may still complete the command that it runs,
 * so the demand grows; a replica that was lost may come back as an older copy, so it is not trusted any
 * more. */
void consistency_note_drop(struct consistency *consistency, const struct job *job, enum route_place place,
                           const struct slot *slot);
/* COM_RESET_CONNECTION, COM_CHANGE_USER. */
void consistency_note_reset(struct consistency *consistency);
