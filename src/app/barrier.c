#include "app/barrier.h"

#include "base/clock.h"
#include "base/log.h"

#include <stddef.h>

#define LATE_US                                                                                              \
    1000000 /* a worker's turn takes a millisecond: a worker that needs a second hangs, or gets no CPU */

static void on_late(struct loop_timer *timer)
{
    struct barrier *barrier = container_of(timer, struct barrier, deadline);
    struct log_scope scope = { .key = "cluster", .text = barrier->waiting->cluster_name };
    int late = barrier->find_late(barrier->owner, barrier->waiting->cluster_index, barrier->none_since);
    if (late < 0) /* no worker is late: memory was out for the view without a primary, which was logged */
        return;
    barrier->is_late = true;
    log_warning(
        &scope,
        "worker %d has not yet let go of the former primary, for a second: no worker is told the new one, "
        "and statements that need it wait",
        late);
}

static void begin_waiting(struct barrier *barrier, struct view *view)
{
    barrier->waiting = view_acquire(view);
    if (loop_timer_is_active(&barrier->deadline) || barrier->is_late)
        return;
    barrier->waiting_us = barrier->loop->now_us;
    loop_timer_start(&barrier->deadline, barrier->loop, LATE_US);
}

static void end_waiting(struct barrier *barrier, const struct view *view)
{
    struct log_scope scope = { .key = "cluster", .text = view->cluster_name };
    char after[32];
    loop_timer_stop(&barrier->deadline);
    if (barrier->is_late)
        log_notice(&scope, "all workers have let go of the former primary, after %s",
                   clock_format_duration(barrier->loop->now_us - barrier->waiting_us, after, sizeof after));
    barrier->is_late = false;
}

void barrier_init(struct barrier *barrier, struct loop *loop, void (*publish)(void *, struct view *),
                  int (*find_late)(void *, unsigned, uint64_t), void *owner)
{
    *barrier = (struct barrier){ .loop = loop, .publish = publish, .find_late = find_late, .owner = owner };
    loop_timer_init(&barrier->deadline, on_late);
}

void barrier_fini(struct barrier *barrier)
{
    loop_timer_stop(&barrier->deadline);
    view_release(&barrier->waiting);
}

static const struct view_server *primary_of(const struct view *view)
{
    return view->primary != VIEW_NO_SERVER ? &view->servers[view->primary] : NULL;
}

static void publish(struct barrier *barrier, struct view *view)
{
    const struct view_server *primary = primary_of(view);
    view->number = ++barrier->number;
    if (primary != NULL) {
        barrier->last = primary->server;
        barrier->last_moves = primary->moves;
        barrier->none_since = 0;
    } else if (barrier->none_since == 0 && barrier->last != NULL) {
        barrier->none_since = view->number;
    }
    barrier->publish(barrier->owner, view);
}

/* True: no worker can be writing to another server than the primary of this view. */
static bool is_safe(const struct barrier *barrier, const struct view *view)
{
    const struct view_server *primary = primary_of(view);
    if (primary == NULL || barrier->last == NULL ||
        (primary->server == barrier->last && primary->moves == barrier->last_moves))
        return true;
    return barrier->none_since != 0 &&
           barrier->find_late(barrier->owner, view->cluster_index, barrier->none_since) < 0;
}

/* Publishes the view without its primary, so that workers leave the old primary. If memory is out, the new
 * primary waits for the next view. */
static void withdraw(struct barrier *barrier, const struct view *view)
{
    struct view *without = view_without_primary(view);
    if (without == NULL) {
        log_error(NULL, "cluster %s: out of memory: the new primary is not told yet", view->cluster_name);
        return;
    }
    publish(barrier, without);
    view_release(&without);
}

void barrier_pass(struct barrier *barrier, struct view *view)
{
    view_release(&barrier->waiting);
    if (is_safe(barrier, view)) {
        end_waiting(barrier, view);
        publish(barrier, view);
        return;
    }
    begin_waiting(barrier, view);
    if (barrier->none_since == 0)
        withdraw(barrier, view);
    barrier_go_on(barrier);
}

void barrier_go_on(struct barrier *barrier)
{
    if (barrier->waiting == NULL || !is_safe(barrier, barrier->waiting))
        return;
    end_waiting(barrier, barrier->waiting);
    publish(barrier, barrier->waiting);
    view_release(&barrier->waiting);
}
