/* The number of used permits and the bit "there are waiters" are one atomic word, so that the operations
 * without a lock cannot overtake the queue: they change the number only while the bit is clear. The bit
 * changes only under the mutex, together with the queue. */
#include "upstream/permits.h"

#include "base/mem.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define WANTED UINT64_C(1)
#define ONE UINT64_C(2) /* one permit in use */

bool permits_init(struct permits *permits, unsigned worker_count)
{
    *permits = (struct permits){ .max = UINT32_MAX, .worker_count = worker_count };
    (void)pthread_mutex_init(&permits->mutex, NULL);
    list_init(&permits->queue);
    permits->holders = mem_zalloc(worker_count * sizeof *permits->holders);
    for (unsigned i = 0; permits->holders != NULL && i < worker_count; i++) {
        list_init(&permits->holders[i].list);
        list_init(&permits->holders[i].parked);
        permits->holders[i].permits = permits;
    }
    return permits->holders != NULL;
}

void permits_fini(struct permits *permits)
{
    assert(permits->queue.count == 0);
    mem_free(permits->holders);
    permits->holders = NULL;
    (void)pthread_mutex_destroy(&permits->mutex);
}

/* ---- without the mutex ---- */

bool permits_try(struct permits *permits)
{
    uint64_t max = permits_max(permits);
    uint64_t state = atomic_load_explicit(&permits->state, memory_order_relaxed);
    do {
        if ((state & WANTED) != 0 || state / ONE >= max)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&permits->state, &state, state + ONE,
                                                    memory_order_acq_rel, memory_order_relaxed));
    return true;
}

/* Gives a permit back without a lock. False: there are waiters, and the permit must go to the first one. */
static bool give_quickly(struct permits *permits)
{
    uint64_t state = atomic_load_explicit(&permits->state, memory_order_relaxed);
    do {
        assert(state >= ONE);
        if ((state & WANTED) != 0)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&permits->state, &state, state - ONE,
                                                    memory_order_acq_rel, memory_order_relaxed));
    return true;
}

/* ---- the queue: guarded by the mutex ---- */

/* On the waiter's thread: the message with a permit or a connection has arrived. */
static void deliver(struct loop_message *message)
{
    struct permits_ticket *ticket = container_of(message, struct permits_ticket, grant);
    struct permits *permits = ticket->permits;
    struct permits_waiter waiter = ticket->waiter;
    bool is_wanted = !ticket->is_cancelled;
    void *connection = ticket->connection;
    mem_free(ticket);
    if (connection != NULL)
        waiter.on_connection(is_wanted ? waiter.owner : NULL, waiter.loop, connection);
    else if (is_wanted)
        waiter.on_grant(waiter.owner);
    else
        permits_give(permits);
}

/* With the mutex held. */
static void leave_queue(struct permits *permits, struct permits_ticket *ticket)
{
    list_unlink(&permits->queue, &ticket->in_queue);
    (void)atomic_fetch_sub_explicit(&permits->waiting, 1, memory_order_relaxed);
    if (permits->queue.count == 0)
        (void)atomic_fetch_and_explicit(&permits->state, ~WANTED, memory_order_acq_rel);
}

/* With the mutex held: gives free permits to waiters, in their order. While there are waiters, the number of
 * used permits changes only under the mutex. */
static void serve(struct permits *permits)
{
    struct list_node *first;
    while ((first = list_first(&permits->queue)) != NULL && permits_used(permits) < permits_max(permits)) {
        struct permits_ticket *ticket = list_entry(first, struct permits_ticket, in_queue);
        (void)atomic_fetch_add_explicit(&permits->state, ONE, memory_order_acq_rel);
        leave_queue(permits, ticket);
        if (loop_post(ticket->waiter.loop, &ticket->grant))
            continue; /* the ticket may be gone already: its loop frees it */
        ticket->is_stranded = true;
        (void)atomic_fetch_sub_explicit(&permits->state, ONE, memory_order_acq_rel);
    }
}

static void lock(struct permits *permits)
{
    (void)pthread_mutex_lock(&permits->mutex);
}

static void unlock(struct permits *permits)
{
    (void)pthread_mutex_unlock(&permits->mutex);
}

void permits_give(struct permits *permits)
{
    if (give_quickly(permits))
        return;
    lock(permits);
    uint64_t before = atomic_fetch_sub_explicit(&permits->state, ONE, memory_order_acq_rel);
    assert(before >= ONE);
    serve(permits);
    unlock(permits);
}

void permits_set_max(struct permits *permits, uint32_t max)
{
    max = max > 0 ? max : 1;
    if (permits_max(permits) == max)
        return;
    lock(permits);
    atomic_store_explicit(&permits->max, max, memory_order_relaxed);
    serve(permits);
    unlock(permits);
}

void permits_enlist(struct permits *permits, bool is_proven, uint32_t most)
{
    lock(permits);
    (void)atomic_fetch_add_explicit(&permits->state, ONE, memory_order_acq_rel);
    if (is_proven && permits_max(permits) < most)
        atomic_fetch_add_explicit(&permits->max, 1, memory_order_relaxed);
    unlock(permits);
}

void permits_shrink(struct permits *permits, uint32_t most)
{
    lock(permits);
    uint64_t others = permits_used(permits) - 1;
    uint32_t max = permits_max(permits) < most ? permits_max(permits) : most;
    max = others < max ? (uint32_t)others : max;
    atomic_store_explicit(&permits->max, max, memory_order_relaxed);
    unlock(permits);
}

void permits_grow(struct permits *permits)
{
    lock(permits);
    if (permits_max(permits) < UINT32_MAX)
        atomic_fetch_add_explicit(&permits->max, 1, memory_order_relaxed);
    serve(permits);
    unlock(permits);
}

struct permits_ticket *permits_wait(struct permits *permits, const struct permits_waiter *waiter,
                                    bool *is_first_r)
{
    struct permits_ticket *ticket = mem_zalloc(sizeof *ticket + waiter->wish.len);
    if (ticket == NULL)
        return NULL;
    ticket->grant.run = deliver;
    ticket->permits = permits;
    ticket->waiter = *waiter;
    if (waiter->wish.len > 0)
        memcpy(ticket->wish, waiter->wish.data, waiter->wish.len);
    ticket->waiter.wish = span_of(ticket->wish, waiter->wish.len);
    lock(permits);
    *is_first_r = permits->queue.count == 0;
    if (waiter->goes_first)
        list_link_first(&permits->queue, &ticket->in_queue);
    else
        list_link_last(&permits->queue, &ticket->in_queue);
    (void)atomic_fetch_add_explicit(&permits->waiting, 1, memory_order_relaxed);
    (void)atomic_fetch_or_explicit(&permits->state, WANTED, memory_order_acq_rel);
    serve(permits); /* a permit may have come back just before */
    unlock(permits);
    return ticket;
}

void permits_cancel(struct permits_ticket **ticket_r)
{
    struct permits_ticket *ticket = *ticket_r;
    *ticket_r = NULL;
    if (ticket == NULL)
        return;
    struct permits *permits = ticket->permits;
    lock(permits);
    bool is_queued = list_is_linked(&ticket->in_queue);
    if (is_queued)
        leave_queue(permits, ticket);
    bool is_under_way = !is_queued && !ticket->is_stranded;
    unlock(permits);
    ticket->is_cancelled = true;
    if (!is_under_way) /* otherwise `deliver` frees it */
        mem_free(ticket);
}

bool permits_peek(struct permits *permits, void *wish_r, size_t size)
{
    if (!permits_is_wanted(permits))
        return false;
    lock(permits);
    struct list_node *first = list_first(&permits->queue);
    if (first != NULL) {
        const struct permits_ticket *ticket = list_entry(first, struct permits_ticket, in_queue);
        assert(size <= ticket->waiter.wish.len);
        memcpy(wish_r, ticket->wish, size);
    }
    unlock(permits);
    return first != NULL;
}

/* With the mutex held: sends the connection to the waiter. False: the waiter's loop has ended, and its ticket
 * stays outside of the queue. */
static bool post(struct permits *permits, struct permits_ticket *ticket, void *connection)
{
    leave_queue(permits, ticket);
    ticket->connection = connection;
    if (loop_post(ticket->waiter.loop, &ticket->grant))
        return true;
    ticket->connection = NULL;
    ticket->is_stranded = true;
    return false;
}

bool permits_pass(struct permits *permits, permits_fit *is_fit, void *take_connection)
{
    bool is_passed = false;
    struct list_node *first;
    lock(permits);
    while (!is_passed && (first = list_first(&permits->queue)) != NULL) {
        struct permits_ticket *ticket = list_entry(first, struct permits_ticket, in_queue);
        if (ticket->waiter.on_connection == NULL || !is_fit(ticket->wish, take_connection))
            break;
        is_passed = post(permits, ticket, take_connection);
    }
    unlock(permits);
    return is_passed;
}

/* ---- connections that hold permits ---- */

void permits_hold(struct permits *permits, unsigned worker, uint64_t now_us, struct permit *permit)
{
    assert(permit->permits == NULL && worker < permits->worker_count);
    permit->permits = permits;
    permit->listed_us = now_us;
    list_link_last(&permits->holders[worker].list, &permit->in_list);
}

void permits_carry_off(struct permit *permit, unsigned worker)
{
    if (permit->permits != NULL)
        permits_unlist(&permit->permits->holders[worker], permit);
}

void permits_carry_on(struct permit *permit, unsigned worker, uint64_t now_us)
{
    if (permit->permits == NULL)
        return;
    permit->listed_us = now_us;
    list_link_last(&permit->permits->holders[worker].list, &permit->in_list);
}

void permits_release(struct permit *permit, unsigned worker)
{
    struct permits *permits = permit->permits;
    if (permits == NULL)
        return;
    permit->permits = NULL;
    permits_unlist(&permits->holders[worker], permit);
    permits_give(permits);
}

struct list_node *permits_search_next(struct permits_holders *holders)
{
    struct list_node *found = holders->next_found;
    holders->next_found = found != NULL ? list_after(&holders->list, found) : NULL;
    return found;
}

struct list_node *permits_search(struct permits_holders *holders)
{
    holders->next_found = list_first(&holders->list);
    return permits_search_next(holders);
}
