/* The replication positions of the servers of one cluster, as one worker knows them. Servers are asked only
 * while sessions need to know.
 *
 *      positions_demand ──► poll ──► answer: `held`, `said` ──► positions_wake: the waiters run
 *                            ▲         │
 *                            └─────────┘ every 0.5 to 16 ms while sessions wait, every 2 or 5 ms for a second
 *                                        after the last demand, then no more
 *
 * One connection per server, with the monitor's account, is opened when it is first needed and closed a
 * minute after the last demand. A replica's position counts until that connection ends: a replica that comes
 * back may be an older copy.
 *
 * Moments number what happens on this worker: each poll has a moment, and so has each thing that a session
 * sees. A poll that began after a session had seen something tells a position that includes it.
 *
 * The primary may know thousands of sources (MySQL), most of them of servers that are gone. What it knew when
 * it was first asked is the *base*; a position says what has moved since, and a replica must have the base
 * too.
 *
 * Positions of Galera nodes cannot be compared: the number that a node tells as its last
 * (wsrep_last_committed) may be that of a write set which it is about to commit. But a node can be told to
 * wait, before it answers, for all that any node had when it was asked (wsrep_sync_wait). So the answer to a
 * poll that began after a moment says that the replica has what any session had seen by then. The primary is
 * not asked, and a node that lags keeps its poll until it has caught up.
 */
#ifndef HEADGATE_FRESHNESS_POSITIONS_H
#define HEADGATE_FRESHNESS_POSITIONS_H

#include "base/counters.h"
#include "base/list.h"
#include "cluster/cluster_settings.h"
#include "freshness/global_writes.h"
#include "mysql/gtid.h"

#include <stdbool.h>
#include <stdint.h>

struct upstream_env;
struct view;
struct position_server;
struct written;

/* Rows of `show stats`; by the worker, read by any thread. */
struct position_counters {
#define POSITION_COUNTER(name, words) counter name;
#include "freshness/tbl/position_counters.h"
#undef POSITION_COUNTER
};

struct positions {
    const struct upstream_env *env; /* borrows: loop, and row of the servers' counters */
    const struct view *view;        /* borrows: the newest one of the worker; NULL before the first */
    const struct cluster_settings *settings; /* borrows */
    struct written *all_written; /* borrows: by all clients of the cluster; NULL: it is not noted */
    void (*on_news)(struct list_node *waiter);
    unsigned cluster;                 /* index */
    unsigned turn;                    /* counts choices of a replica, for the balancer */
    struct position_server **servers; /* owns, them too; by index in the view; none before a demand */
    size_t count;
    struct list waiting;    /* of waiters */
    uint64_t moment;        /* of whatever happened last */
    uint64_t wanted;        /* the primary's position is asked for, of a poll that begins after this moment */
    uint64_t primary_moves; /* of its address */
    int primary;            /* that `epoch` is about; VIEW_NO_SERVER: there was none yet */
    uint64_t epoch;         /* counts primaries, from 1 */
    struct gtid_table said;
    struct gtid_table base;
    uint64_t base_number;        /* counts bases */
    struct gtid_position moved;  /* of the primary since the base */
    struct gtid_mark written;    /* by a session of this worker, last … */
    uint64_t written_us;         /* … and when its reply was there; 0: none was */
    struct global_demand global; /* of all clients */
    bool is_unfollowed;          /* the primary says that it keeps no GTIDs */
    struct position_counters counters;
};

/* ---- life ---- */

/* NULL when memory is out. Keeps `env`, with which connections are opened. `on_news` runs a waiter, which is
 * not linked any more then. `settings` and `written` are set by the caller, and may stay NULL where no
 * position is ever asked for. */
struct positions *positions_new(const struct upstream_env *env, unsigned cluster,
                                void (*on_news)(struct list_node *waiter));
/* A new view, which is kept until the next one: connections to servers that are gone are closed. */
void positions_on_view(struct positions *positions, const struct view *view);
/* Closes all connections: no poll and no wake-up follows. */
void positions_stop(struct positions *positions);
void positions_free(struct positions **positions);

/* ---- what sessions ask for ---- */

/* The moment of something that happens now. Never 0. */
uint64_t positions_next_moment(struct positions *positions);

/* A session wants to know how far the replicas are, and the primary if `since` is not 0: by a poll that
 * begins after that moment. */
void positions_demand(struct positions *positions, uint64_t since);

/* A reply of the primary has told this position: replicas are measured by it, as long as they are asked. */
void positions_note_written(struct positions *positions, const struct gtid_position *position);

/* How long should a read wait for this replica, `elapsed_us` after its session's last write, because that is
 * cheaper than the primary? 0: it should not. */
uint64_t positions_patience(const struct positions *positions, int server, uint64_t elapsed_us);

/* The waiter is unlinked and given to `on_news` after the next answer. */
void positions_wait(struct positions *positions, struct list_node *waiter);
/* Harmless where it does not wait. */
void positions_leave(struct positions *positions, struct list_node *waiter);
/* A server has answered: runs the waiters. Returns how many of them do not wait again. */
size_t positions_wake(struct positions *positions);

/* ---- how far the servers are ---- */

/* Which primary, counted: sessions' positions are of one epoch. */
uint64_t positions_epoch(struct positions *positions);

/* Has the primary told its position in a poll that began after `moment`? Then `moved` and `said` are of it.
 */
bool positions_has_primary_since(struct positions *positions, uint64_t moment);

/* Is this replica known to have all that the position names; and the base, if `needs_base`? */
bool positions_has(struct positions *positions, int server, const struct gtid_position *position,
                   bool needs_base);

/* Galera: is this replica known to have all that was there at the moment? */
bool positions_has_moment(struct positions *positions, int server, uint64_t moment);

/* Does the primary have it, by its last answer? */
bool positions_primary_reaches(const struct positions *positions, const struct gtid_position *position);

#endif
