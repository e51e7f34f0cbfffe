/* The replication positions of the servers of one cluster, as one worker knows them. Servers are asked only
 * while sessions need their positions.
 *
 *      positions_demand ──► poll ──► answer: `held`, `said` ──► positions_wake: the waiters run
 *                            ▲         │
 *                            └─────────┘ every 0.5 to 16 ms while sessions wait; every 2 or 5 ms for a second
 *                                        after the last demand; then no polls
 *
 * There is one connection per server, with the monitor's account. It is opened when it is first needed, and
 * closed a minute after the last demand. The position of a replica is valid until that connection ends: a
 * replica that comes back may be an older copy.
 *
 * Moments are numbers for the order of events on this worker. Each poll has a moment, and so has each
 * observation of a session. A poll that began after an observation tells a position that includes the
 * observed data.
 *
 * The primary may know thousands of GTID sources (MySQL), most of them of former servers. The sources that it
 * knew when it was first asked are the *base*. A position (struct gtid_position) has only what has moved
 * since the base, so a replica must have the base, too.
 *
 * Positions of Galera nodes cannot be compared: wsrep_last_committed of a node may be the number of a write
 * set that it is about to commit. But with wsrep_sync_wait a node waits, before it answers, until it has all
 * that any node had when it was asked. So the answer to a poll that began after a moment says that the
 * replica has all that any session had seen at that moment. The primary is not polled. A node that lags
 * answers only when it has caught up.
 */
#pragma once

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

/* Rows of `show stats`, for each worker; read by any thread. */
struct position_counters {
#define POSITION_COUNTER(name, words) counter name;
#include "freshness/tbl/position_counters.h"
#undef POSITION_COUNTER
};

struct positions {
    const struct upstream_env *env; /* borrows: the worker's loop, and its number for the servers' counters */
    const struct view *view;        /* borrows: the newest view of the worker; NULL before the first */
    const struct cluster_settings *settings; /* borrows */
    struct written *all_written; /* borrows: writes of all clients of the cluster; NULL: they are not noted */
    void (*on_news)(struct list_node *waiter);
    unsigned cluster;                 /* index */
    unsigned turn;                    /* counts choices of a replica, for the balancer */
    struct position_server **servers; /* owns, with its items; by index in the view; none before a demand */
    size_t count;
    struct list waiting;    /* of waiters */
    uint64_t moment;        /* of the last event */
    uint64_t wanted;        /* the primary's position is wanted, from a poll that begins after this moment */
    uint64_t primary_moves; /* view_server.moves of `primary` */
    int primary;            /* the primary of `epoch`; VIEW_NO_SERVER: there was none yet */
    uint64_t epoch;         /* counts primaries, from 1 */
    struct gtid_table said;
    struct gtid_table base;
    uint64_t base_number;        /* counts bases */
    struct gtid_position moved;  /* of the primary since the base */
    struct gtid_mark written;    /* the last write of a session of this worker */
    uint64_t written_us;         /* when the reply of that write was there; 0: no write yet */
    struct global_demand global; /* of all clients */
    bool is_unfollowed;          /* the primary has told that it keeps no GTIDs */
    struct position_counters counters;
};

/* ---- life ---- */

/* NULL when memory is out. Borrows `env`, with which connections are opened. `on_news` is called for a waiter
 * after it was unlinked. The caller sets `settings` and `all_written`; both may stay NULL if no position is
 * ever demanded. */
struct positions *positions_new(const struct upstream_env *env, unsigned cluster,
                                void (*on_news)(struct list_node *waiter));
/* A new view, which is borrowed until the next one. Connections to servers that are gone are closed. */
void positions_on_view(struct positions *positions, const struct view *view);
/* Closes all connections: no poll and no wake-up follows. */
void positions_stop(struct positions *positions);
void positions_free(struct positions **positions);

/* ---- what sessions ask for ---- */

/* The moment of something that happens now. Never 0. */
uint64_t positions_next_moment(struct positions *positions);

/* A session needs the positions of the replicas. If `since` is not 0, it also needs the primary's, from a
 * poll that begins after that moment. */
void positions_demand(struct positions *positions, uint64_t since);

/* A reply of the primary has told this position: the delay of replicas is measured with it. */
void positions_note_written(struct positions *positions, const struct gtid_position *position);

/* How long a read should wait for this replica because waiting is cheaper than a read on the primary, in
 * microseconds; 0: it should not wait. `elapsed_us`: time since its session's last write. */
uint64_t positions_wait_us(const struct positions *positions, int server, uint64_t elapsed_us);

/* The waiter is unlinked and given to `on_news` after the next answer. */
void positions_wait(struct positions *positions, struct list_node *waiter);
/* The waiter does not wait any more. Does nothing if it is not linked. */
void positions_leave(struct positions *positions, struct list_node *waiter);
/* A server has answered: runs all waiters. Returns how many of them do not wait again. */
size_t positions_wake(struct positions *positions);

/* ---- how far the servers are ---- */

/* The number of the present primary. Sessions' positions are of one epoch. */
uint64_t positions_epoch(struct positions *positions);

/* Has the primary told its position in a poll that began after `moment`? Then `moved` and `said` are from
 * such a poll.
 */
bool positions_has_primary_since(struct positions *positions, uint64_t moment);

/* Is this replica known to have all of `position`, and the base if `needs_base`? */
bool positions_has(struct positions *positions, int server, const struct gtid_position *position,
                   bool needs_base);

/* Galera: is this replica known to have all that any node had at `moment`? */
bool positions_has_moment(struct positions *positions, int server, uint64_t moment);

/* Does the primary have `position`, by its last answer? */
bool positions_primary_reaches(const struct positions *positions, const struct gtid_position *position);
