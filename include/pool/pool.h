/* A worker's pool: connections to servers that no session has. They are cleaned, parked, and taken by the
 * next session that would have logged in in the same way.
 *
 *      a session ends, or gives one up                   wait_connection_attach ─► parked_take ─► ATTACHING
 *              │                                                               ▲
 *              ▼                                                               │
 *      reset_and_park ─► COM_RESET_CONNECTION ─► set-up (─► character sets) ─► parked ─► retired: closed
 *                         │                                             │
 *                         └── any error: closed                         └─► for a session that waits, or
 * closed
 *
 * Where all permits are in use, a session that waits also takes a connection of another account, by
 * COM_CHANGE_USER: nothing of the former session is left then but, on MariaDB, the role, which is left first
 * (upstream_change_user).
 *
 * A parked connection is like one that has just logged in: the reset undoes everything but the current schema
 * and the role, and on MySQL the character sets of the handshake. These are said again, or belong to the key,
 * or the connection is not parked. Each worker has its own pool; a connection that a session of another
 * worker wants goes to that worker's thread (waiters, handover). A parked connection keeps its permit, and is
 * closed when a session needs that permit and cannot use the connection.
 *
 *   pool          what the pool of a worker knows: views, settings, counters
 *   key           would a session and a connection have logged in in the same way?
 *   fit           which connections may be parked, and which one suits a session best
 *   lifetime      how long connections last
 *   parked        taken, retired, lost; views, reloads, the end
 *   reset         from a session into the pool
 *   waiters       to sessions that wait, of this worker or another
 *   handover      a connection that is parked at another worker is asked for
 *   search        connections are looked for at all workers
 *   prewarm       connections are opened before a session needs them
 *   login_age     how old the login of a connection may be
 *   usage         what connections are used for
 */
#ifndef HEADGATE_POOL_POOL_H
#define HEADGATE_POOL_POOL_H

#include "access/timeout_settings.h"
#include "access/users.h"
#include "cluster/upstream.h"
#include "cluster/view.h"
#include "pool/pool_counters.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct warm;

/* What a pool goes by; a reload replaces all of it. */
struct pool_rules {
    const struct timeout_settings *timeouts; /* borrows */
    const struct users *users;               /* borrows */
    const struct cluster_settings *clusters; /* borrows: one for each cluster; NULL: none have settings */
};

struct pool_cluster {
    const struct view *view; /* borrows: the worker's; NULL before the first */
    _Atomic uint64_t
        accounts_us; /* when a statement was last seen that may change accounts, at any worker; 0: never */
    struct pool_counters counters;
};

/* Part of a worker. */
struct pool {
    unsigned worker;                /* index; this and the two below never change */
    struct loop *loop;              /* borrows */
    struct pool *next;              /* borrows: the next worker's; the last one's is the first one's */
    const struct upstream_env *env; /* borrows: of the connections of this worker */
    struct pool_rules rules;
    struct pool_cluster *clusters; /* owns */
    unsigned cluster_count;
    struct warm *warm;            /* owns: what is opened ahead of need */
    struct loop_timer look_timer; /* when connections of sessions are looked at for their age */
    bool is_ending;               /* nothing is parked any more */
    /* A parked connection was lost: the cluster's monitor may want to look at once. */
    void (*on_trouble)(struct pool *pool, unsigned cluster);
};

/* `pool` is zeroed but for worker, loop, env, rules, cluster_count and on_trouble, and alone until pool_link.
 * False when memory is out. */
bool pool_init(struct pool *pool);
/* `next` is the pool of the next worker. Before the threads run. */
void pool_link(struct pool *pool, struct pool *next);
void pool_fini(struct pool *pool);

/* The worker goes by this view of its cluster from now on. */
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
/* How many prepared statements a connection may know. */
static inline size_t pool_prepared_max(const struct pool *pool, unsigned cluster)
{
    const struct cluster_settings *settings = pool_settings(pool, cluster);
    return settings != NULL ? (size_t)settings->prepared_max : SIZE_MAX;
}
static inline struct pool_counters *pool_counters(struct pool *pool, unsigned cluster)
{
    return &pool->clusters[cluster].counters;
}
/* What this worker has of those permits. */
static inline struct permits_holders *pool_holders(const struct pool *pool, const struct permits *permits)
{
    return &permits->holders[pool->worker];
}

#endif
