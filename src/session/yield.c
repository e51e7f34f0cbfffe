#include "session/yield.h"

#include "pool/lifetime.h"
#include "pool/usage.h"
#include "pool/waiters.h"
#include "session/slot.h"
#include "session/state_capture.h"
#include "state/facet_table.h"
#include "state/diagnostics.h"

/* ---- may it be given up? ---- */

bool yield_has_statements(const struct session *session, enum route_place place)
{
    return prepared_pins_of_all(&session->prepared, session->slots[place], place) != 0;
}

/* The connection is kept because the client may ask about its last statement. */
static bool has_own_answers(const struct session *session, enum route_place place)
{
    return diagnostics_keep(session->slots[place], session->worker->world->timeouts->diagnostics_us,
                            session_now(session));
}

uint32_t yield_pins(const struct session *session, enum route_place place)
{
    uint32_t answers = has_own_answers(session, place) ? pin_bit(PIN_ANSWERS) : 0;
    return facets_all_pins(&session->facets, place) | answers |
           prepared_pins_of_all(&session->prepared, session->slots[place], place);
}

/* Other sessions may use this session's connections between its statements. */
static bool is_shared(const struct session *session)
{
    const struct cluster_settings *clusters = session->worker->world->clusters;
    return clusters == NULL || clusters[session->listener->cluster].pool == POOL_TRANSACTION;
}

/* The connection may be asked what only it knows, and then given up: it is idle, and nothing else keeps it,
 * such as answers that the client may still ask for. */
static bool may_part(const struct session *session, enum route_place place)
{
    const struct slot *slot = session->slots[place];
    return is_shared(session) && slot->upstream != NULL && !slot->has_failed &&
           slot->upstream->state == UPSTREAM_READY && !stream_has_output(&slot->upstream->stream) &&
           !session_is_of_job(session, place) &&
           (yield_pins(session, place) & ~facet_table_may_end(&session->facets, session->slots, place)) == 0;
}

static bool may_give(const struct session *session, enum route_place place)
{
    return may_part(session, place) && !slot_has_lost_state(session, place);
}

void yield_give_up(struct session *session, enum route_place place)
{
    if (!may_part(session, place) || state_capture_ask(session, place))
        return; /* called again when the question is answered */
    if (!may_give(session, place))
        return;
    /* The first session that waits gets the connection if it can use it. Otherwise the connection is closed, and
     * its permit goes to that session. */
    const struct upstream *upstream = session->slots[place]->upstream;
    log_debug(&session->scope, "gives up its connection to %s", upstream->server->name);
    if (waiters_suit(&session->worker->pool, upstream))
        slot_leave(session, place, true);
    else
        slot_drop(session, place);
}

void yield_on_wanted(struct upstream *upstream)
{
    struct session *session = upstream->owner;
    yield_give_up(session, slot_place_of(session->slots, upstream));
}

/* ---- the connection is too old ---- */

static void retire(struct session *session, enum route_place place)
{
    struct upstream *upstream = session->slots[place]->upstream;
    if (!may_give(session, place))
        return;
    log_debug(&session->scope, "its connection to %s is retired", upstream->server->name);
    counter_add(&pool_counters(&session->worker->pool, session->listener->cluster)->pool_retired, 1);
    slot_drop(session, place);
}

void yield_on_aged(struct upstream *upstream)
{
    struct session *session = upstream->owner;
    retire(session, slot_place_of(session->slots, upstream));
}

/* The connection is not retired when a command ends: the client's next command may ask about that one. */
void yield_retire_old(struct session *session)
{
    const struct job *job = session->job;
    const struct upstream *upstream = session->slots[job->place]->upstream;
    if (lifetime_is_over(&session->worker->pool, upstream) && !job->facts.refers_previous)
        retire(session, job->place);
}

/* ---- what the connection is used for ---- */

/* Causes that would keep the connection even without a running command come first; of several causes, the
 * first in the table of pins. */
unsigned yield_use(const struct upstream *upstream)
{
    const struct session *session = upstream->owner;
    enum route_place place = slot_place_of(session->slots, upstream);
    uint32_t causes = yield_pins(session, place) & ~pin_bit(PIN_ANSWERS);
    if (causes != 0)
        return (unsigned)__builtin_ctz(causes);
    if (upstream->state != UPSTREAM_READY && upstream->state != UPSTREAM_BUSY)
        return USE_READYING;
    if (session_is_of_job(session, place))
        return USE_RUNNING;
    if (has_own_answers(session, place))
        return PIN_ANSWERS;
    return is_shared(session) ? USE_OTHER : USE_SESSION;
}
