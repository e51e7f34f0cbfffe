/* Sessions by state, which only the workers can count: each worker is visited (visit_workers). A worker that
 * does not answer is waited for until SESSION_COUNTS_TIMEOUT_US have passed. */
#ifndef HEADGATE_ADMIN_SESSION_COUNTS_H
#define HEADGATE_ADMIN_SESSION_COUNTS_H

#include "admin/request.h"
#include "session/session.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SESSION_COUNTS_TIMEOUT_US                                                                            \
    5000000 /* a worker's turn takes milliseconds: one that needs longer is stuck */

struct session_counts {
    struct request request;     /* of the visit */
    struct loop_timer deadline; /* of the caller that waits */
    _Atomic unsigned next;      /* index of the first worker that was not counted yet */
    bool is_travelling;         /* the workers are being visited, and may be writing */
    bool is_wanted;             /* a caller waits */
    bool is_complete;           /* the numbers below are of all workers */
    uint64_t states[SESSION_STATE_COUNT];
    uint64_t in_transaction; /* with autocommit off as well */
    uint64_t pinned;
    void (*on_done)(struct session_counts *counts);
    void *owner; /* borrows */
};

void session_counts_init(struct session_counts *counts, struct admin *admin,
                         void (*on_done)(struct session_counts *), void *owner);
/* on_done follows, now or later, after SESSION_COUNTS_TIMEOUT_US at the latest; then is_complete says whether
 * there are numbers, and if not `next` which worker has not answered. One at a time. */
void session_counts_take(struct session_counts *counts);
/* No on_done follows. */
void session_counts_stop(struct session_counts *counts);

#endif
