/* How far the servers of one cluster are, followed by one worker for its sessions, and only while they ask.
 *
 *      watch_demand ──► poll ──► "how far are you?" ──► held, said ──► wake the sessions that wait
 *                        ▲                                  │
 *                        └── 0.5 to 16 ms while some wait, 2 or 5 ms for a second after, then none
 *
 * A connection per server, by the monitor's account, opened when it is first needed and closed a minute after
 * it was last. A replica's position counts until the connection that told it ends: what comes back may be an
 * older copy.
 *
 * Moments order what happens on this worker: each poll has one, and so has each thing that a session sees. A
 * poll that began after a session had seen something tells a position that has it.
 *
 * The primary may know thousands of sources (MySQL), most of them of servers long gone. What it knew when it
 * was first asked is the *base*; a position says what has moved since, and a replica must have the base too.
 *
 * Galera's nodes have no positions that could be compared: the number that one tells as its last (in
 * wsrep_last_committed) is that of a write set which it may be about to commit. But they can be told to wait,
 * before they answer, for all that any node had when they were asked (wsrep_sync_wait). So the poll of a
 * replica that began after a moment, and has been answered, says that it has what any session had seen then;
 * the primary is not asked; and one that lags keeps its poll until it has caught up.
 */
#ifndef HEADGATE_FRESHNESS_POSITION_POLLER_H
#define HEADGATE_FRESHNESS_POSITION_POLLER_H

#include "base/counters.h"
#include "base/list.h"
#include "cluster/cluster_settings.h"
#include "freshness/global_writes.h"
#include "mysql/gtid.h"

#include <stdbool.h>
#include <stdint.h>

struct upstream_env;
struct view;
struct watched;
struct written;

/* Rows of `show stats`; by the worker, read by any thread. */
struct watch_counters {
#define WATCH_COUNTER(name, words) counter name;
#include "freshness/tbl/watch_counters.h"
#undef WATCH_COUNTER
};

struct watch {
    const struct upstream_env *env; /* borrows: loop, and row of the servers' counters */
    const struct view *view;        /* borrows: the newest one of the worker; NULL before the first */
    const struct cluster_settings *settings; /* borrows */
    struct written *all_written; /* borrows: by all clients of the cluster; NULL: it is not noted */
    void (*on_news)(struct list_node *waiter);
    unsigned cluster;         /* index */
    unsigned turn;            /* counts choices of a replica, for the balancer */
    struct watched **servers; /* owns, them too; by index in the view; none before a demand */
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
    struct watch_counters counters;
};

/* ---- life ---- */

/* NULL when memory is out. Keeps `env`, with which connections are opened. `on_news` runs a waiter, which is
 * not linked any more then. `settings` and `written` are set by the caller, and may stay NULL where no
 * position is ever asked for. */
struct watch *watch_new(const struct upstream_env *env, unsigned cluster,
                        void (*on_news)(struct list_node *waiter));
/* A new view, which is kept until the next one: connections to servers that are gone are closed. */
void watch_on_view(struct watch *watch, const struct view *view);
/* Closes all connections: no poll and no wake-up follows. */
void watch_stop(struct watch *watch);
void watch_free(struct watch **watch);

/* ---- what sessions ask for ---- */

/* Something has happened: the moment of it. Never 0. */
uint64_t watch_happen(struct watch *watch);

/* A session wants to know how far the replicas are, and the primary if `since` is not 0: by a poll that
 * begins after that moment. */
void watch_demand(struct watch *watch, uint64_t since);

/* A reply of the primary has told this position: replicas are measured by it, as long as they are asked. */
void watch_note_written(struct watch *watch, const struct gtid_position *position);

/* How long should a read wait for this replica, `elapsed_us` after its session's last write, because that is
 * cheaper than the primary? 0: it should not. */
uint64_t watch_patience(const struct watch *watch, int server, uint64_t elapsed_us);

/* The waiter is unlinked and given to `on_news` after the next answer. */
void watch_wait(struct watch *watch, struct list_node *waiter);
/* Harmless where it does not wait. */
void watch_leave(struct watch *watch, struct list_node *waiter);
/* A server has answered: runs the waiters. Returns how many of them do not wait again. */
size_t watch_wake(struct watch *watch);

/* ---- how far the servers are ---- */

/* Which primary, counted: sessions' positions are of one epoch. */
uint64_t watch_epoch(struct watch *watch);

/* Has the primary told its position in a poll that began after `moment`? Then `moved` and `said` are of it.
 */
bool watch_has_primary_since(struct watch *watch, uint64_t moment);

/* Is this replica known to have all that the position names; and the base, if `needs_base`? */
bool watch_has(struct watch *watch, int server, const struct gtid_position *position, bool needs_base);

/* Galera: is this replica known to have all that was there at the moment? */
bool watch_has_moment(struct watch *watch, int server, uint64_t moment);

/* Does the primary have it, by its last answer? */
bool watch_primary_reaches(const struct watch *watch, const struct gtid_position *position);

#endif
