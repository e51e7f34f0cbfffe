/* What only the workers can count: their sessions, by state. Taken by a tour, which is given up waiting for
 * when a worker does not answer. */
#ifndef HEADGATE_ADMIN_CENSUS_H
#define HEADGATE_ADMIN_CENSUS_H

#include "admin/request.h"
#include "session/session.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CENSUS_PATIENCE_US 5000000 /* a worker's turn takes milliseconds: one that needs longer is stuck */

struct census {
    struct request request;     /* of its tour */
    struct loop_timer deadline; /* of who waits */
    _Atomic unsigned next;      /* worker: the one that was not seen yet */
    bool is_travelling;         /* the workers may be writing */
    bool is_wanted;             /* somebody waits */
    bool is_complete;           /* what follows has been counted in all workers */
    uint64_t states[SESSION_STATE_COUNT];
    uint64_t in_transaction; /* with autocommit off as well */
    uint64_t pinned;
    void (*on_done)(struct census *census);
    void *owner; /* borrows */
};

void census_init(struct census *census, struct admin *admin, void (*on_done)(struct census *), void *owner);
/* on_done follows, now or later, after CENSUS_PATIENCE_US at the latest; then is_complete says whether there
 * are numbers, and if not `next` which worker has not answered. One at a time. */
void census_take(struct census *census);
/* No on_done follows. */
void census_stop(struct census *census);

#endif
