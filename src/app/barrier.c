#include "app/barrier.h"

#include "base/log.h"

#include <stddef.h>

void barrier_init(struct barrier *barrier, void (*publish)(void *, struct view *),
                  bool (*have_taken)(void *, unsigned, uint64_t), void *owner)
{
    *barrier = (struct barrier){ .publish = publish, .have_taken = have_taken, .owner = owner };
}

void barrier_fini(struct barrier *barrier)
{
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

/* Nobody can be writing to another server than this one. */
static bool is_safe(const struct barrier *barrier, const struct view *view)
{
    const struct view_server *primary = primary_of(view);
    if (primary == NULL || barrier->last == NULL ||
        (primary->server == barrier->last && primary->moves == barrier->last_moves))
        return true;
    return barrier->none_since != 0 &&
           barrier->have_taken(barrier->owner, view->cluster_index, barrier->none_since);
}

/* The old primary is nobody's any more. Without memory for that the new one has to wait for the next view. */
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
        publish(barrier, view);
        return;
    }
    barrier->waiting = view_acquire(view);
    if (barrier->none_since == 0)
        withdraw(barrier, view);
    barrier_go_on(barrier);
}

void barrier_go_on(struct barrier *barrier)
{
    if (barrier->waiting == NULL || !is_safe(barrier, barrier->waiting))
        return;
    publish(barrier, barrier->waiting);
    view_release(&barrier->waiting);
}
