#include "http/session_counts.h"

#include "admin/visit_workers.h"

#include <string.h>

static void finish(struct session_counts *counts, bool is_complete)
{
    loop_timer_stop(&counts->deadline);
    counts->is_wanted = false;
    counts->is_complete = is_complete;
    counts->on_done(counts);
}

static void on_deadline(struct loop_timer *timer)
{
    struct session_counts *counts = container_of(timer, struct session_counts, deadline);
    finish(counts, false);
}

static void count(struct worker *worker, struct request *request, void *context)
{
    struct session_counts *counts = request->owner;
    (void)context;
    for (struct list_node *node = list_first(&worker->sessions); node != NULL;
         node = list_after(&worker->sessions, node)) {
        const struct session *session = list_entry(node, struct session, in_worker);
        counts->states[session->state]++;
        counts->in_transaction += facets_is_in_transaction(&session->facets);
        counts->pinned += pins_any(&session->facets.pins);
    }
    atomic_store_explicit(&counts->next, worker->index + 1, memory_order_relaxed);
}

static void return_home(struct request *request, void *context)
{
    struct session_counts *counts = request->owner;
    (void)context;
    counts->is_travelling = false;
    if (counts->is_wanted)
        finish(counts, request->error.text[0] == '\0');
}

/* Called when memory was out: no worker was visited. */
static void on_failed(struct request *request)
{
    return_home(request, NULL);
}

void session_counts_init(struct session_counts *counts, struct admin *admin,
                         void (*on_done)(struct session_counts *), void *owner)
{
    *counts = (struct session_counts){ .on_done = on_done, .owner = owner };
    counts->request = (struct request){ .admin = admin, .on_done = on_failed, .owner = counts };
    loop_timer_init(&counts->deadline, on_deadline);
}

/* If an earlier visit is still under way, its numbers are used. They may be as old as that visit. */
void session_counts_take(struct session_counts *counts)
{
    counts->is_wanted = true;
    loop_timer_start(&counts->deadline, counts->request.admin->loop, SESSION_COUNTS_TIMEOUT_US);
    if (counts->is_travelling)
        return;
    memset(counts->states, 0, sizeof counts->states);
    counts->in_transaction = counts->pinned = 0;
    counts->request.error.text[0] = '\0';
    atomic_store_explicit(&counts->next, 0, memory_order_relaxed);
    counts->is_travelling = true;
    visit_workers_then(&counts->request, count, return_home, NULL);
}

void session_counts_stop(struct session_counts *counts)
{
    counts->is_wanted = false;
    loop_timer_stop(&counts->deadline);
}
