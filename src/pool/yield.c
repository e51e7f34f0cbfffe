#include "pool/yield.h"

#include "cluster/quota.h"
#include "pool/cross_worker.h"
#include "pool/fit.h"
#include "pool/lifetime.h"
#include "pool/pool.h"
#include "pool/state_capture.h"
#include "pool/usage.h"
#include "session/slot.h"
#include "state/diagnostics.h"

/* ---- may it be given up? ---- */

bool yield_has_statements(const struct session *session, enum route_place place)
{
    return prepared_pins_of_all(&session->prepared, &session->slots[place], place) != 0;
}

bool yield_has_own_answers(const struct session *session, enum route_place place)
{
    return diagnostics_keep(&session->slots[place], session->worker->world->timeouts->diagnostics_us,
                            session_now(session));
}

uint32_t yield_pins(const struct session *session, enum route_place place)
{
    uint32_t answers = yield_has_own_answers(session, place) ? pin_bit(PIN_ANSWERS) : 0;
    return facets_pins(&session->facets, place) | facets_pins_of_ids(&session->facets, place) | answers |
           prepared_pins_of_all(&session->prepared, &session->slots[place], place);
}

bool yield_is_shared(const struct session *session)
{
    const struct cluster_settings *clusters = session->worker->world->clusters;
    return clusters == NULL || clusters[session->door->cluster].pool == POOL_TRANSACTION;
}

/* If it is not for what can be asked about. */
static bool may_part(const struct session *session, enum route_place place)
{
    const struct slot *slot = &session->slots[place];
    return yield_is_shared(session) && slot->upstream != NULL && !slot->has_failed &&
           slot->upstream->state == UPSTREAM_READY && !stream_has_output(&slot->upstream->stream) &&
           !session_is_of_job(session, place) &&
           (yield_pins(session, place) & ~state_capture_may_end(session, place)) == 0;
}

static bool may_give(const struct session *session, enum route_place place)
{
    return may_part(session, place) && !slot_has_lost_state(session, place);
}

/* The connection itself, if the first who waits can go on with it; otherwise it is closed, and its permit
 * passes on. */
static void give(struct session *session, enum route_place place)
{
    const struct upstream *upstream = session->slots[place].upstream;
    log_debug(&session->scope, "gives up its connection to %s", upstream->server->name);
    if (pool_suits_waiter(upstream))
        slot_leave(session, place, true);
    else
        slot_drop(session, place);
}

void yield_give_up(struct session *session, enum route_place place)
{
    if (!may_part(session, place) || state_capture_ask(session, place))
        return; /* it comes here again when that is answered */
    if (may_give(session, place))
        give(session, place);
}

void yield_idle(struct session *session)
{
    for (int place = 0; place < PREPARED_PLACES; place++) {
        struct upstream *upstream = session->slots[place].upstream;
        if (upstream == NULL || upstream->permit.permits == NULL)
            continue;
        permits_touch(&upstream->permit, session->worker->index, session->last_active_us);
        permits_touch(&upstream->quota, session->worker->index, session->last_active_us);
        if (upstream_wanted(upstream) != NULL)
            yield_give_up(session, (enum route_place)place);
    }
}

/* ---- when its time has come ---- */

static void retire(struct session *session, enum route_place place)
{
    struct upstream *upstream = session->slots[place].upstream;
    if (!may_give(session, place))
        return;
    log_debug(&session->scope, "its connection to %s is retired", upstream->server->name);
    counter_add(&session->worker->boxes[session->door->cluster].pool.pool_retired, 1);
    slot_drop(session, place);
}

void yield_retire(struct upstream *upstream)
{
    struct session *session = upstream->owner;
    retire(session, slot_place_of(session->slots, upstream));
}

/* Now, and not when the last command ended: its client may have asked about that one. */
void yield_retire_old(struct session *session)
{
    const struct job *job = &session->job;
    const struct upstream *upstream = session->slots[job->place].upstream;
    if (upstream != NULL && lifetime_is_over(session->worker, upstream) && !job->facts.refers_previous)
        retire(session, job->place);
}

/* ---- looking for one that is idle ---- */

static void ask_for(struct upstream *upstream)
{
    if (pool_has(upstream))
        return; /* no session's: it is being made ready */
    struct session *session = upstream->owner;
    yield_give_up(session, slot_place_of(session->slots, upstream));
}

/* Each one that is given up goes to somebody at once, or is promised, so this ends with the queue. Those that
 * nobody has go first. */
static void search_here(struct permits_holders *holders, const struct worker *worker)
{
    if (holders->permits->quota != NULL)
        pool_give_way_to_account(holders->permits, worker->index);
    else
        pool_give_way(holders);
    struct list_node *node = list_first(&holders->list);
    holders->searched_us = worker->loop.now_us;
    while (node != NULL && permits_is_short(holders->permits)) {
        struct list_node *next = list_after(&holders->list, node);
        ask_for(upstream_of_permit(holders->permits, node));
        node = next;
    }
    usage_count(holders, worker);
}

static void on_call(struct loop_message *message)
{
    struct permits_holders *holders =
        (struct permits_holders *)(void *)((char *)message - offsetof(struct permits_holders, call));
    const struct worker *worker = atomic_load_explicit(&holders->call_worker, memory_order_relaxed);
    atomic_store(&holders->is_called, false); /* whoever comes to wait from here on calls again */
    if (atomic_exchange(&holders->must_unpark, false))
        (void)pool_unpark(holders);
    if (atomic_exchange(&holders->must_enlist, false))
        quota_enlist_all(quota_server(holders->permits), worker->index);
    search_here(holders, worker);
}

void yield_call_others(const struct worker *worker, struct permits *permits)
{
    const struct world *world = worker->world;
    for (unsigned i = 0; i < world->worker_count; i++) {
        struct permits_holders *holders = &permits->holders[i];
        if (i == worker->index || atomic_exchange(&holders->is_called, true))
            continue;
        holders->call.run = on_call;
        atomic_store_explicit(&holders->call_worker, world->workers[i], memory_order_relaxed);
        (void)loop_post(&world->workers[i]->loop, &holders->call); /* a thread that has ended has none */
    }
}

bool yield_unpark(struct session *session, int server)
{
    struct permits *permits = &session_view(session)->servers[server].server->permits;
    const struct worker *worker = session->worker;
    bool had_any = server_sum(session_view(session)->servers[server].server).connections_idle > 0;
    had_any |= pool_unpark(&permits->holders[worker->index]) > 0;
    if (!had_any)
        return false;
    for (unsigned i = 0; i < worker->world->worker_count; i++)
        atomic_store(&permits->holders[i].must_unpark, i != worker->index);
    yield_call_others(worker, permits);
    return true;
}

void yield_search(const struct worker *worker, struct permits *permits)
{
    search_here(&permits->holders[worker->index], worker);
    if (permits_is_wanted(permits))
        yield_call_others(worker, permits);
}
