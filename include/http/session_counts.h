/* Number of sessions by state. Only the workers can count them, so each worker is visited (visit_workers). A
 * worker that does not answer is waited for until SESSION_COUNTS_TIMEOUT_US have passed. */
#pragma once

#include "admin/request.h"
#include "session/session.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SESSION_COUNTS_TIMEOUT_US                                                                            \
    5000000 /* a worker's turn takes milliseconds: a worker that needs longer is stuck */

struct session_counts {
    struct request request;     /* for the visit of the workers */
    struct loop_timer deadline; /* of the caller that waits */
    _Atomic unsigned next;      /* index of the first worker that has not been counted */
    bool is_travelling;         /* the workers are being visited and may write to the counts */
    bool is_wanted;             /* a caller waits */
    bool is_complete;           /* the counts below include all workers */
    uint64_t states[SESSION_STATE_COUNT];
    uint64_t in_transaction; /* includes sessions with autocommit off */
    uint64_t pinned;
    void (*on_done)(struct session_counts *counts);
    void *owner; /* borrows */
};

void session_counts_init(struct session_counts *counts, struct admin *admin,
                         void (*on_done)(struct session_counts *), void *owner);
/* Takes the counts. on_done is called before or after this function returns, within
 * SESSION_COUNTS_TIMEOUT_US; then is_complete says whether the counts are valid. If not, `next` is the worker
 * that has not answered. One at a time. */
void session_counts_take(struct session_counts *counts);
/* Cancels: on_done is not called. */
void session_counts_stop(struct session_counts *counts);
