/* A change of primary, told to all workers in such a way that no two of them ever write to different servers.
 *
 *      view with a new primary ──► the same without one ──► all workers have taken it ──► the view itself
 *
 * One per cluster, on the control thread. Views that come meanwhile take the place of the one that waits. No
 * deadline ends the waiting: a worker that has not answered may be writing to the old primary. It is told in
 * the log after a second, by number, and again when it is over.
 */
#ifndef HEADGATE_APP_BARRIER_H
#define HEADGATE_APP_BARRIER_H

#include "cluster/view.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stdint.h>

struct barrier {
    /* Tell every worker; which one, the first, has not taken a view of at least that number (-1: all have)?
     */
    void (*publish)(void *owner, struct view *view);
    int (*find_late)(void *owner, unsigned cluster, uint64_t number);
    void *owner;               /* borrows */
    struct view *waiting;      /* one reference: published as soon as no worker uses another primary */
    const struct server *last; /* borrows: the last primary that workers were told; NULL: none ever */
    uint64_t last_moves;       /* of that one: at another address it is another server */
    uint64_t number;           /* of the last publication */
    struct loop *loop;         /* borrows */
    struct loop_timer patience;
    uint64_t waiting_us; /* monotonic; since when one waits */
    bool is_late;        /* and that was told */
    uint64_t none_since; /* number of the first publication after `last` without a primary; 0: `last` holds */
};

void barrier_init(struct barrier *barrier, struct loop *loop, void (*publish)(void *, struct view *),
                  int (*find_late)(void *, unsigned, uint64_t), void *owner);
void barrier_fini(struct barrier *barrier);

/* A new view of the cluster, which nobody else has a reference to but its maker. */
void barrier_pass(struct barrier *barrier, struct view *view);
/* Workers have taken views: what waited may go on. Harmless when nothing waits. */
void barrier_go_on(struct barrier *barrier);

#endif
