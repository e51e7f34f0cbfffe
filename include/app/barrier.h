/* Publishes a change of primary to all workers such that two workers never write to different servers.
 *
 *      view with a new primary ──► a copy without a primary is published ──► all workers use the copy
 *                                                                                     │
 *                                              the view itself is published ◄─────────┘
 *
 * One barrier per cluster, on the control thread. A newer view replaces the view that waits. The wait has no
 * deadline: a worker that still uses the old view may be writing to the old primary. After a second the log
 * names the late worker by its number; the log also reports the end of such a wait. */
#pragma once

#include "cluster/view.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stdint.h>

struct barrier {
    /* Sends the view to every worker. */
    void (*publish)(void *owner, struct view *view);
    /* The first worker that still uses an older view of the cluster than that number; -1: no worker does. */
    int (*find_late)(void *owner, unsigned cluster, uint64_t number);
    void *owner;               /* borrows */
    struct view *waiting;      /* one reference: published when no worker uses another primary; or NULL */
    const struct server *last; /* borrows: the last primary that was published; NULL: none yet */
    uint64_t last_moves;       /* view_server.moves of `last`: at another address it is another machine */
    uint64_t number;           /* of the last publication */
    struct loop *loop;         /* borrows */
    struct loop_timer deadline;
    uint64_t waiting_us; /* monotonic; begin of the wait */
    bool is_late;        /* the log has reported a late worker during this wait */
    uint64_t none_since; /* number of the first publication without a primary after `last`; 0: `last` is the
                            primary that was published last */
};

void barrier_init(struct barrier *barrier, struct loop *loop, void (*publish)(void *, struct view *),
                  int (*find_late)(void *, unsigned, uint64_t), void *owner);
void barrier_fini(struct barrier *barrier);

/* Publishes a new view, or lets it wait. The barrier takes references of its own. */
void barrier_pass(struct barrier *barrier, struct view *view);
/* Workers have taken views: publishes the waiting view if that is safe now. Does nothing if no view waits. */
void barrier_go_on(struct barrier *barrier);
