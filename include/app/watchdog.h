/* Tells the service manager that headgate works, as long as the control thread and every worker respond. The
 * timer runs on the control thread; a worker must answer a message (a letter).
 *
 *   timer ──► a letter to each worker ──► the worker's loop returns it ──► all are back: notify_watchdog
 *
 * A worker that hangs does not return its letter: then notify_watchdog is not called, and no new letters are
 * sent, until the letter is back. A worker that has ended gets no letter. */
#pragma once

#include "base/error.h"
#include "session/worker.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watchdog_letter;

struct watchdog {
    struct loop *control; /* borrows */
    struct loop_timer timer;
    uint64_t every_us;               /* between two rounds */
    struct watchdog_letter *letters; /* owns; one per worker; NULL: not started */
    size_t count;                    /* of letters */
    size_t awaited;                  /* letters that are not back yet */
    uint64_t asked_us;               /* monotonic; begin of the last round */
    uint64_t missed;                 /* rounds that could not begin since the last notify_watchdog */
};

/* Begins the first round at once, and further rounds every half of `period_us` (microseconds; 0: the watchdog
 * stays off). `workers` (an array of `count`) and `control` are borrowed until watchdog_fini. False: out of
 * memory. */
bool watchdog_start(struct watchdog *watchdog, struct loop *control, struct worker *const *workers,
                    size_t count, uint64_t period_us, struct error *err);

/* Begins no more rounds; letters that are on their way still come back. Does nothing to a zeroed struct, or
 * when called again. */
void watchdog_stop(struct watchdog *watchdog);

/* Frees the letters. The loops of all workers have ended: no letter is on its way. */
void watchdog_fini(struct watchdog *watchdog);
