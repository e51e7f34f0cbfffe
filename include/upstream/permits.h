/* Limits the connections of this process to a server: each connection of a session holds a permit. Permits
 * are counted over all workers.
 *
 *      permits_try ──► true: the connection is opened at once ──┐
 *           │ no free permit                                    ▼
 *      permits_wait ──► ticket in a queue ──► on_grant ──► a connection holds the permit (permits_hold)
 *                              ▲                                │
 *                              └── the first waiter gets it ◄── permits_give: the connection is closed
 *
 * While there are free permits, taking one and giving one back is one atomic operation each. When there are
 * none, a mutex guards a queue of waiters, first come, first served. A permit that is given back is sent to
 * the loop of the first waiter. A ticket may be cancelled at any time, also while its permit is on the way:
 * then the permit goes to the next waiter.
 *
 * Each worker has a list of its connections that hold a permit, least recently used first, to within
 * PERMITS_ORDER_US: an idle connection can be found when another session needs one. A connection that no
 * session uses is parked (pool/parked.h). A parked connection can be passed to the first waiter of any
 * worker, together with its permit (permits_pass).
 */
#pragma once

#include "base/counters.h"
#include "base/list.h"
#include "base/str.h"
#include "net/loop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* How far a connection may be out of order in its worker's list, in microseconds: moving it at each use would
 * cost too much. */
#define PERMITS_ORDER_US 100000

/* Number of counters of parked connections, by kind (key_kind in pool/key.h). A worker asks another worker
 * for a connection only if that worker's counter of the kind is not 0. */
#define PERMITS_KINDS 64

/* Number of counters of connections by use: at least USE_COUNT (pool/usage.h). */
#define PERMITS_USES 40

struct permits;
struct quota;

/* The part of a connection that holds a permit. Belongs to one worker. */
struct permit {
    struct permits *permits;  /* borrows; NULL: holds no permit */
    struct list_node in_list; /* in the list of its worker */
    uint64_t listed_us;       /* monotonic; last use, roughly */
};

/* The connections of one worker, least recently used first. Only for the worker's own thread, except `call`,
 * `kinds`, `must_unpark` and the members from `uses` on. */
struct permits_holders {
    struct list list;
    struct list parked;                  /* connections of `list` that are parked, longest first */
    struct list_node *next_found;        /* in `list`: permits_search_next returns it next; NULL: none */
    counter kinds[PERMITS_KINDS];        /* parked connections by kind; other workers read it */
    bool has_no_reset;                   /* the server refuses COM_RESET_CONNECTION: none is parked */
    bool has_no_change;                  /* the server refuses COM_CHANGE_USER: accounts share none */
    _Atomic bool must_unpark;            /* set before `call`: close all parked connections */
    uint64_t searched_us;                /* monotonic; last search for one to give up (pool/search) */
    uint64_t looked_us;                  /* monotonic; last search for aged connections (pool/lifetime) */
    _Atomic uint32_t uses[PERMITS_USES]; /* connections by use, as last counted (pool/usage) */
    _Atomic uint64_t counted_us;         /* monotonic; when `uses` was last counted; 0: never */
    struct loop_message call;            /* from another worker: search for connections (pool/search) */
    _Atomic bool is_called;              /* `call` is on its way */
    struct permits *permits;             /* borrows: the permits that this belongs to */
    void *_Atomic call_for;   /* borrows: for `call`, the worker's pool; written before `call` is sent */
    _Atomic bool must_enlist; /* set before `call`: a limit of an account was found (upstream/quota) */
};

/* A waiter and its wish. */
struct permits_waiter {
    struct loop *loop; /* borrows: the waiter's loop */
    void *owner;       /* borrows */
    /* The waiter has got a permit. */
    void (*on_grant)(void *owner);
    /* The waiter has got a connection that holds a permit: see permits_pass. `owner` is NULL if the waiter
     * has cancelled meanwhile. on_connection NULL: the waiter takes no connections. */
    void (*on_connection)(void *owner, struct loop *loop, void *take_connection);
    struct span wish; /* which connection the waiter needs, for permits_fit and permits_peek; copied */
    bool goes_first;  /* queue at the front: the waiter had a permit, but the server refused its login */
};

/* A waiter's place in the queue. */
struct permits_ticket {
    struct list_node in_queue; /* guarded by the mutex */
    struct loop_message grant; /* the permit, on its way */
    struct permits *permits;   /* borrows */
    struct permits_waiter waiter;
    void *connection;  /* owns: a connection that holds the permit; NULL: the permit alone */
    bool is_cancelled; /* the permit on its way is not needed any more; only on the loop's thread */
    bool is_stranded;  /* guarded by the mutex: the waiter's loop has ended, no permit will come */
    _Alignas(uint64_t) uint8_t wish[]; /* the bytes of waiter.wish, aligned for permits_fit */
};

struct permits {
    _Atomic uint64_t state; /* permits in use; the lowest bit: there are waiters */
    _Atomic uint32_t max;   /* number of permits; UINT32_MAX: no limit */
    _Atomic uint32_t waiting;
    _Atomic uint32_t promised; /* connections that are being prepared for waiters */
    pthread_mutex_t mutex;
    struct list queue;               /* of tickets; guarded by mutex */
    struct permits_holders *holders; /* owns; by worker */
    unsigned worker_count;
    struct quota *quota; /* borrows: the quota that these permits belong to; NULL: they are the server's */
};

/* False when memory is out. */
bool permits_init(struct permits *permits, unsigned worker_count);
/* There must be no waiters. Harmless after a failed permits_init. */
void permits_fini(struct permits *permits);

/* Sets the number of permits (at least 1). More permits go to waiters. With fewer, no connection is closed,
 * but permits that are given back are not given out until the number is reached. Any thread. */
void permits_set_max(struct permits *permits, uint32_t max);

/* Counts a permit for a connection that exists already. `is_proven`: the server has accepted the connection,
 * so the limit is raised to include it, up to `most`. Any thread. */
void permits_enlist(struct permits *permits, bool is_proven, uint32_t most);
/* The server has refused a connection that holds one of the permits: the number becomes less than the permits
 * in use, and not more than `most`. The caller gives its permit back. Any thread. */
void permits_shrink(struct permits *permits, uint32_t most);
/* Raises the number of permits by one. Any thread. */
void permits_grow(struct permits *permits);

/* Takes a permit, unless all are in use or there are waiters. Any thread; no lock. */
bool permits_try(struct permits *permits);

/* Queues at the end; *is_first_r: there were no waiters before. on_grant(owner) or on_connection follows on
 * the loop, with a permit in hand and the ticket gone, never before this returns; unless permits_cancel comes
 * first. NULL when memory is out. On the loop's thread. */
struct permits_ticket *permits_wait(struct permits *permits, const struct permits_waiter *waiter,
                                    bool *is_first_r);
/* The owner waits no longer; *ticket becomes NULL. On the loop's thread; harmless for NULL. */
void permits_cancel(struct permits_ticket **ticket);

/* Gives a permit back, to the first waiter if there is one. Any thread. */
void permits_give(struct permits *permits);

/* Copies `size` bytes of the first waiter's wish. False: there is no waiter. Any thread. */
bool permits_peek(struct permits *permits, void *wish_r, size_t size);
/* Does the connection fit the wish of a waiter? Called with the mutex held: must only compare. */
typedef bool permits_fit(const void *wish, const void *connection);
/* Passes the connection and the permit that it holds to the first waiter, if it fits the waiter's wish:
 * on_connection follows on the waiter's loop. The connection belongs to that thread from now on: the caller
 * has removed it from its own thread before. False: there is no waiter, the connection does not fit the first
 * one, or the waiter's thread has ended. Any thread. */
bool permits_pass(struct permits *permits, permits_fit *is_fit, void *take_connection);

/* There are waiters. */
static inline bool permits_is_wanted(const struct permits *permits)
{
    return (atomic_load_explicit(&permits->state, memory_order_relaxed) & 1) != 0;
}
/* Permits in use. */
static inline uint64_t permits_used(const struct permits *permits)
{
    return atomic_load_explicit(&permits->state, memory_order_relaxed) >> 1;
}
/* The number of permits; UINT32_MAX: no limit is known. */
static inline uint32_t permits_max(const struct permits *permits)
{
    return atomic_load_explicit(&permits->max, memory_order_relaxed);
}
/* The number of waiters. */
static inline uint32_t permits_waiting(const struct permits *permits)
{
    return atomic_load_explicit(&permits->waiting, memory_order_relaxed);
}

/* The limit was lowered, and more permits are still in use. */
static inline bool permits_are_too_many(const struct permits *permits)
{
    return permits_used(permits) > permits_max(permits);
}

/* `more` connections (may be negative) are now being prepared for waiters. Any thread. */
static inline void permits_promise(struct permits *permits, int32_t more)
{
    (void)atomic_fetch_add_explicit(&permits->promised, (uint32_t)more, memory_order_relaxed);
}
/* There is a waiter for which no connection is being prepared. */
static inline bool permits_is_short(const struct permits *permits)
{
    return permits_is_wanted(permits) &&
           permits_waiting(permits) > atomic_load_explicit(&permits->promised, memory_order_relaxed);
}

/* ---- connections that hold permits: on the worker's own thread ---- */

/* A permit that was taken belongs to this connection now. */
void permits_hold(struct permits *permits, unsigned worker, uint64_t now_us, struct permit *permit);
/* Moves a connection's permit to another thread: permits_carry_off removes it from the list of this worker,
 * permits_carry_on adds it to the list of the other worker, on that worker's thread. */
void permits_carry_off(struct permit *permit, unsigned worker);
void permits_carry_on(struct permit *permit, unsigned worker, uint64_t now_us);
/* Gives back the connection's permit, if it holds one. */
void permits_release(struct permit *permit, unsigned worker);
/* A search through the worker's connections, least recently used first: the first one, and then each next one, by
 * `in_list`; NULL: there is none. Between the calls any connection may be released, used, or moved to another
 * thread. A search that begins before another one has ended also ends that one. */
struct list_node *permits_search(struct permits_holders *holders);
struct list_node *permits_search_next(struct permits_holders *holders);
/* Removes a connection from the list; a search goes on with the one after it. */
static inline void permits_unlist(struct permits_holders *holders, struct permit *permit)
{
    if (holders->next_found == &permit->in_list)
        holders->next_found = list_after(&holders->list, &permit->in_list);
    list_unlink(&holders->list, &permit->in_list);
}
/* The connection was used. Seldom costs more than a comparison. */
static inline void permits_touch(struct permit *permit, unsigned worker, uint64_t now_us)
{
    if (permit->permits == NULL || now_us - permit->listed_us < PERMITS_ORDER_US)
        return;
    struct permits_holders *holders = &permit->permits->holders[worker];
    permit->listed_us = now_us;
    permits_unlist(holders, permit);
    list_link_last(&holders->list, &permit->in_list);
}
