/* How many connections a server may have from this process: a permit for each, counted over all workers.
 *
 *      permits_try ──► true: opened at once ───────────────┐
 *           │ none free                                    ▼
 *      permits_wait ──► ticket in a queue ──► on_grant ──► a connection holds it (permits_hold)
 *                            ▲                             │
 *                            └── the first one gets it ◄── permits_give: the connection is closed
 *
 * While there are free permits, taking and giving back is one atomic operation each. When there are none, a
 * mutex guards a queue, first come, first served; waiters are never overtaken. A permit that is given back
 * goes to the first waiter by mail to its loop. A ticket may be cancelled at any time, also while its permit
 * is on the way: the permit then goes to the next waiter.
 *
 * Connections that hold a permit are in a list per worker, so that one that is idle can be found when another
 * session needs it: least recently used first, to within PERMITS_ORDER_US. Those that no session has are
 * parked (pool/pool); one of them may be handed to the first who waits, whichever worker's, together with
 * its permit (permits_pass).
 */
#ifndef HEADGATE_CLUSTER_PERMITS_H
#define HEADGATE_CLUSTER_PERMITS_H

#include "base/counters.h"
#include "base/list.h"
#include "base/str.h"
#include "net/loop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* How far a connection may be out of order in its worker's list, so that it is moved seldom. */
#define PERMITS_ORDER_US 100000

/* Parked connections are counted in so many rows, by what they are (pool/pool), so that other workers see
 * whether it is worth their while to ask for one. */
#define PERMITS_KINDS 64

/* The uses of a worker's connections, as numbers of the owner (pool/usage). */
#define PERMITS_USES 40

struct permits;
struct quota;

/* The part of a connection that holds a permit. Belongs to one worker. */
struct permit {
    struct permits *permits;  /* borrows; NULL: holds no permit */
    struct list_node in_list; /* in the list of its worker */
    uint64_t listed_us;       /* monotonic; last use, roughly */
};

/* One worker's connections, oldest use first. Only for the worker's own thread, but for `call`, `kinds` and
 * `uses`. */
struct permits_holders {
    struct list list;
    struct list parked;                  /* those of them that wait for a session: longest first */
    counter kinds[PERMITS_KINDS];        /* how many of those, by kind: read by others */
    bool has_no_reset;                   /* the server refuses COM_RESET_CONNECTION: none is parked */
    bool has_no_change;                  /* … or COM_CHANGE_USER: none is taken for another account */
    _Atomic bool must_unpark;            /* the server has no connection left for others: see `call` */
    uint64_t searched_us;                /* when it was last searched for one that is idle */
    uint64_t looked_us;                  /* … and for those whose time has come (pool/lifetime) */
    _Atomic uint32_t uses[PERMITS_USES]; /* how many are used for what, when it was counted last: … */
    _Atomic uint64_t counted_us;         /* … then; 0: never */
    struct loop_message call;            /* from another worker: somebody waits */
    _Atomic bool is_called;              /* `call` is on its way */
    struct permits *permits;             /* borrows: whose this is */
    void *_Atomic call_for;   /* borrows: for `call`, the worker's pool; written before it is sent */
    _Atomic bool must_enlist; /* an account's limit has become known: see `call`, cluster/quota */
};

/* A waiter and its wish. */
struct permits_waiter {
    struct loop *loop; /* borrows: the waiter's loop */
    void *owner;       /* borrows */
    /* A permit has come. */
    void (*on_grant)(void *owner);
    /* Instead of a permit a connection has come that holds one: see permits_pass. `owner` NULL: waits no
     * more. NULL: none ever does. */
    void (*on_connection)(void *owner, struct loop *loop, void *take_connection);
    struct span wish; /* what permits_fit is told of it, and permits_peek tells; copied */
    bool goes_first;  /* it had a permit, and the server said that there is none */
};

/* A waiter's place in the queue. */
struct permits_ticket {
    struct list_node in_queue; /* guarded by the mutex */
    struct loop_message grant; /* the permit, on its way */
    struct permits *permits;   /* borrows */
    struct permits_waiter waiter;
    void *connection;  /* owns: a connection that holds the permit; NULL: the permit alone */
    bool is_cancelled; /* the permit on its way is not needed any more; only on the loop's thread */
    bool is_stranded;  /* guarded by the mutex: its loop has ended, no permit will come */
    _Alignas(uint64_t) uint8_t wish[]; /* waiter.wish: permits_fit may read it as what it is */
};

struct permits {
    _Atomic uint64_t state; /* permits in use; the lowest bit: there are waiters */
    _Atomic uint32_t max;   /* UINT32_MAX: as many as wanted */
    _Atomic uint32_t waiting;
    _Atomic uint32_t promised; /* connections that are being prepared for waiters */
    pthread_mutex_t mutex;
    struct list queue;               /* of tickets; guarded by mutex */
    struct permits_holders *holders; /* owns; by worker */
    unsigned worker_count;
    struct quota *quota; /* borrows: of the account that these are for; NULL: for all accounts */
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

/* What the first who waits wishes: that many bytes of it. False: nobody waits. Any thread. */
bool permits_peek(struct permits *permits, void *wish_r, size_t size);
/* Is a connection fit for whoever wishes that? Called with the mutex held: it only compares. */
typedef bool permits_fit(const void *wish, const void *connection);
/* If it is for the first who waits, that one waits no more: on_connection follows on its loop, where the
 * connection, with the permit that this holds, belongs from now on: nothing of it may be left on this thread.
 * False: nobody waits, or not for this one, or has a thread any more. Any thread. */
bool permits_pass(struct permits *permits, permits_fit *is_fit, void *take_connection);

static inline bool permits_is_wanted(const struct permits *permits)
{
    return (atomic_load_explicit(&permits->state, memory_order_relaxed) & 1) != 0;
}
static inline uint64_t permits_used(const struct permits *permits)
{
    return atomic_load_explicit(&permits->state, memory_order_relaxed) >> 1;
}
/* UINT32_MAX: no limit is known. */
static inline uint32_t permits_max(const struct permits *permits)
{
    return atomic_load_explicit(&permits->max, memory_order_relaxed);
}
static inline uint32_t permits_waiting(const struct permits *permits)
{
    return atomic_load_explicit(&permits->waiting, memory_order_relaxed);
}

/* The limit was lowered, and more permits are still in use. */
static inline bool permits_are_too_many(const struct permits *permits)
{
    return permits_used(permits) > permits_max(permits);
}

/* So many connections more, or fewer, are being prepared for waiters. Any thread. */
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
/* The permit goes to another thread with its connection; there permits_carry_on puts it into the worker's
 * list. */
void permits_carry_off(struct permit *permit, unsigned worker);
void permits_carry_on(struct permit *permit, unsigned worker, uint64_t now_us);
/* Gives back the connection's permit, if it holds one. */
void permits_release(struct permit *permit, unsigned worker);
/* The connection was used. Seldom costs more than a comparison. */
static inline void permits_touch(struct permit *permit, unsigned worker, uint64_t now_us)
{
    if (permit->permits == NULL || now_us - permit->listed_us < PERMITS_ORDER_US)
        return;
    struct list *list = &permit->permits->holders[worker].list;
    permit->listed_us = now_us;
    list_unlink(list, &permit->in_list);
    list_link_last(list, &permit->in_list);
}

#endif
