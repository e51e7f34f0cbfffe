#include "admin/census.h"

#include "admin/tour.h"
#include "state/reply_effects.h"

#include <string.h>

static void finish(struct census *census, bool is_complete)
{
    loop_timer_stop(&census->deadline);
    census->is_wanted = false;
    census->is_complete = is_complete;
    census->on_done(census);
}

static void on_deadline(struct loop_timer *timer)
{
    struct census *census = (struct census *)(void *)((char *)timer - offsetof(struct census, deadline));
    finish(census, false);
}

static void count(struct worker *worker, struct request *request, void *context)
{
    struct census *census = request->owner;
    (void)context;
    for (struct list_node *node = list_first(&worker->sessions); node != NULL;
         node = list_after(&worker->sessions, node)) {
        const struct session *session = list_entry(node, struct session, in_worker);
        census->states[session->state]++;
        census->in_transaction += effects_is_in_transaction(session);
        census->pinned += pins_any(&session->facets.pins);
    }
    atomic_store_explicit(&census->next, worker->index + 1, memory_order_relaxed);
}

static void come_home(struct request *request, void *context)
{
    struct census *census = request->owner;
    (void)context;
    census->is_travelling = false;
    if (census->is_wanted)
        finish(census, request->error.text[0] == '\0');
}

/* Without memory it does not even set out. */
static void on_failed(struct request *request)
{
    come_home(request, NULL);
}

void census_init(struct census *census, struct admin *admin, void (*on_done)(struct census *), void *owner)
{
    *census = (struct census){ .on_done = on_done, .owner = owner };
    census->request = (struct request){ .admin = admin, .on_done = on_failed, .owner = census };
    loop_timer_init(&census->deadline, on_deadline);
}

/* One that is late is waited for again: it may come home meanwhile, with counts that are as old as its way.
 */
void census_take(struct census *census)
{
    census->is_wanted = true;
    loop_timer_start(&census->deadline, census->request.admin->loop, CENSUS_PATIENCE_US);
    if (census->is_travelling)
        return;
    memset(census->states, 0, sizeof census->states);
    census->in_transaction = census->pinned = 0;
    census->request.error.text[0] = '\0';
    atomic_store_explicit(&census->next, 0, memory_order_relaxed);
    census->is_travelling = true;
    tour_begin_then(&census->request, count, come_home, NULL);
}

void census_stop(struct census *census)
{
    census->is_wanted = false;
    loop_timer_stop(&census->deadline);
}
