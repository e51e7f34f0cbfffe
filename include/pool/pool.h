/* A worker's pool: connections to servers that no session has. They are reset, parked, and taken by the next
 * session that would log in in the same way (key.h).
 *
 *      a session ends, or gives                      wait_connection_attach ─► parked_take ─► ATTACHING
 *      a connection up                                                           ▲
 *              │                                                                 │
 *              ▼                                                                 │
 *      reset_and_park ─► COM_RESET_CONNECTION ─► set-up (─► character sets) ─► parked ─► retired: closed
 *                         │                                                      │
 *                         └─► any error: closed                                  └─► to a session that waits,
 *                                                                                    or closed for it
 *
 * When all permits are in use, a session that waits may also take a connection of another account, by
 * COM_CHANGE_USER. This command leaves no state of the former session except, on MariaDB, the role, which
 * upstream_change_user resets first.
 *
 * A parked connection is equal to a new one: the reset undoes all state except the current schema and the
 * role, and on MySQL the character sets of the handshake. These are set again, or are part of the key, or the
 * connection is not parked. A connection may also be parked with its state, without a reset (session/reuse).
 * Each worker has its own pool. If a session of another worker needs a connection, the connection moves to
 * the thread of that worker (waiters, handover). A parked connection keeps its permit. It is closed when a
 * session needs the permit but cannot use the connection.
 *
 *   pool          what the pool of a worker knows: views, settings, counters
 *   key           does a session log in in the same way as a connection has?
 *   fit           which connections may be parked, and which one suits a session best
 *   lifetime      how long connections are kept
 *   parked        the parked connections: taken, retired, lost; new views, reloads, the end
 *   reset         a session's connection is reset and parked
 *   waiters       connections go to sessions that wait, of this worker or another
 *   handover      asks other workers for a parked connection
 *   search        looks for connections at all workers
 *   prewarm       opens connections before a session needs them
 *   login_age     how old the login of a connection may be
 *   usage         what connections are used for
 */
#pragma once

#include "access/timeout_settings.h"
#include "access/users.h"
#include "upstream/upstream.h"
#include "cluster/view.h"
#include "pool/pool_counters.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct warm;

/* The settings of a pool. A reload replaces all of them. */
struct pool_rules {
    const struct timeout_settings *timeouts; /* borrows */
    const struct users *users;               /* borrows */
    const struct cluster_settings *clusters; /* borrows: one for each cluster; NULL: there are no settings */
    uint64_t young_us;                       /* no connection reaches its server_lifetime before this age */
};

struct pool_cluster {
    const struct view *view; /* borrows: the worker's; NULL before the first */
    _Atomic uint64_t
        accounts_us; /* when any worker last saw a statement that may change accounts; 0: never */
    struct pool_counters counters;
};

/* Part of a worker. */
struct pool {
    unsigned worker;                /* index; this and the two below never change */
    struct loop *loop;              /* borrows */
    struct pool *next;              /* borrows: the pool of the next worker, in a ring; pool_init: itself */
    const struct upstream_env *env; /* borrows: of the connections of this worker */
    struct pool_rules rules;
    struct pool_cluster *clusters; /* owns */
    unsigned cluster_count;
    struct warm *warm;            /* owns: of pool/prewarm */
    struct loop_timer look_timer; /* of pool/lifetime: next check of sessions' connections for their age */
    bool is_ending;               /* no connection is parked any more */
    /* A parked connection was lost: the cluster's monitor may probe the server at once. */
    void (*on_trouble)(struct pool *pool, unsigned cluster);
};

/* The caller has zeroed `pool`, and set worker, loop, env, rules, cluster_count and on_trouble. False when
 * memory is out. */
bool pool_init(struct pool *pool);
void pool_fini(struct pool *pool);

/* The newest view of a cluster, borrowed until the next one. */
static inline void pool_set_view(struct pool *pool, const struct view *view)
{
    pool->clusters[view->cluster_index].view = view;
}

static inline uint64_t pool_now(const struct pool *pool)
{
    return pool->loop->now_us;
}
/* NULL: the cluster has no settings. */
static inline const struct cluster_settings *pool_settings(const struct pool *pool, unsigned cluster)
{
    return pool->rules.clusters != NULL ? &pool->rules.clusters[cluster] : NULL;
}
/* How many prepared statements a connection may have (prepared_max). */
static inline size_t pool_prepared_max(const struct pool *pool, unsigned cluster)
{
    const struct cluster_settings *settings = pool_settings(pool, cluster);
    return settings != NULL ? (size_t)settings->prepared_max : SIZE_MAX;
}
static inline struct pool_counters *pool_counters(struct pool *pool, unsigned cluster)
{
    return &pool->clusters[cluster].counters;
}
/* This worker's part of the permits: its connections, and counts of them. */
static inline struct permits_holders *pool_holders(const struct pool *pool, const struct permits *permits)
{
    return &permits->holders[pool->worker];
}
