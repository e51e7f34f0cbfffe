/* How many connections a server may have from this process: a permit for each, counted over all workers.
 *
 *      permits_try ──► true: opened at once ───────────────┐
 *           │ none free                                    ▼
 *      permits_wait ──► ticket in a queue ──► on_grant ──► a connection holds it (permits_hold)
 *                            ▲                             │
 *                            └── the first one gets it ◄── permits_give: the connection is closed
 *
 * While there are plenty, taking one and giving it back is one atomic operation each. When there are none, a
 * mutex guards a queue, first come, first served; nobody passes those who wait. A permit that is given back
 * goes to the first of them by mail to its loop. A ticket may be cancelled at any time, also while its permit
 * is on the way: then that one goes on to the next.
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

/* How much a connection may be out of order in its worker's list: so seldom is it moved when it is used. */
#define PERMITS_ORDER_US 100000

/* Parked connections are counted in so many rows, by what they are (pool/pool), so that other workers see
 * whether it is worth their while to ask for one. */
#define PERMITS_KINDS 64

/* What a worker's connections are used for, in numbers that only their owner understands (pool/usage). */
#define PERMITS_USES 40

struct permits;
struct quota;

/* What a connection has while it holds a permit: part of it. Belongs to one worker. */
struct permit {
    struct permits *permits;  /* borrows; NULL: it holds none */
    struct list_node in_list; /* in the list of its worker */
    uint64_t listed_us;       /* used about then */
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

/* Who waits, and for what. */
struct permits_waiter {
    struct loop *loop; /* borrows: lives there */
    void *owner;       /* borrows */
    /* A permit has come. */
    void (*on_grant)(void *owner);
    /* Instead of a permit a connection has come that holds one: see permits_pass. `owner` NULL: waits no
     * more. NULL: none ever does. */
    void (*on_connection)(void *owner, struct loop *loop, void *take_connection);
    struct span wish; /* what permits_fit is told of it, and permits_peek tells; copied */
    bool goes_first;  /* it had a permit, and the server said that there is none */
};

/* Somebody's place in the queue. */
struct permits_ticket {
    struct list_node in_queue; /* guarded by the mutex */
    struct loop_message grant; /* the permit, on its way */
    struct permits *permits;   /* borrows */
    struct permits_waiter waiter;
    void *connection;  /* owns: the permit comes with it; NULL: alone */
    bool is_cancelled; /* the permit on its way is not wanted any more; only on the loop's thread */
    bool is_stranded;  /* guarded by the mutex: its loop has ended, no permit will come */
    _Alignas(uint64_t) uint8_t wish[]; /* waiter.wish: permits_fit may read it as what it is */
};

struct permits {
    _Atomic uint64_t state; /* permits in use, and in the lowest bit whether anybody waits */
    _Atomic uint32_t max;   /* UINT32_MAX: as many as wanted */
    _Atomic uint32_t waiting;
    _Atomic uint32_t promised; /* connections that are made ready for somebody who waits */
    pthread_mutex_t mutex;
    struct list queue;               /* of tickets; guarded by mutex */
    struct permits_holders *holders; /* owns; by worker */
    unsigned worker_count;
    struct quota *quota; /* borrows: the account's whose these are; NULL: they are for all accounts */
};

/* False when memory is out. */
bool permits_init(struct permits *permits, unsigned worker_count);
/* Nobody waits any more. Harmless after a failed permits_init. */
void permits_fini(struct permits *permits);

/* From now on there are `max` (at least 1). More: those who wait get them. Fewer: nobody is cut off, but what
 * is given back is not given out again until they are down to it. Any thread. */
void permits_set_max(struct permits *permits, uint32_t max);

/* One is in use that nobody was asked for: a connection has it already. `is_proven`: the server has let it
 * in, so that there is room for it in the limit; but for no more than `most`. Any thread. */
void permits_enlist(struct permits *permits, bool is_proven, uint32_t most);
/* Whoever has one of them was told by the server that there is none: there are fewer than are in use just
 * now, none of them perhaps, and not more than `most`. The caller gives that one back. Any thread. */
void permits_shrink(struct permits *permits, uint32_t most);
/* Perhaps there is one more by now. Any thread. */
void permits_grow(struct permits *permits);

/* Takes one, unless all are in use or somebody waits. Any thread; no lock. */
bool permits_try(struct permits *permits);

/* Queues at the end; *is_first_r: nobody waited before. on_grant(owner) or on_connection follows on the loop,
 * with a permit in hand and the ticket gone, never before this returns; unless permits_cancel comes first.
 * NULL when memory is out. On the loop's thread. */
struct permits_ticket *permits_wait(struct permits *permits, const struct permits_waiter *waiter,
                                    bool *is_first_r);
/* Nothing for this owner any more; *ticket becomes NULL. On the loop's thread; harmless for NULL. */
void permits_cancel(struct permits_ticket **ticket);

/* Gives one back: to the first who waits. Any thread. */
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

/* The limit was lowered, and they are not down to it yet. */
static inline bool permits_are_too_many(const struct permits *permits)
{
    return permits_used(permits) > permits_max(permits);
}

/* So many more, or fewer, are being made ready for somebody who waits. Any thread. */
static inline void permits_promise(struct permits *permits, int32_t more)
{
    (void)atomic_fetch_add_explicit(&permits->promised, (uint32_t)more, memory_order_relaxed);
}
/* Somebody waits for whom none is made ready. */
static inline bool permits_is_short(const struct permits *permits)
{
    return permits_is_wanted(permits) &&
           permits_waiting(permits) > atomic_load_explicit(&permits->promised, memory_order_relaxed);
}

/* ---- who holds them: on the worker's own thread ---- */

/* The permit that was taken is this connection's now. */
void permits_hold(struct permits *permits, unsigned worker, uint64_t now_us, struct permit *permit);
/* It goes to another thread, in its connection's hands; there permits_carry_on puts it into the worker's
 * list. */
void permits_carry_off(struct permit *permit, unsigned worker);
void permits_carry_on(struct permit *permit, unsigned worker, uint64_t now_us);
/* Gives back what the connection holds, if anything. */
void permits_release(struct permit *permit, unsigned worker);
/* It was used: seldom more than a comparison. */
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
