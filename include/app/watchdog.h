/* Signs of life for the service manager, as long as there is life: in the control thread, whose timer this
 * is, and in every worker, which must answer a letter.
 *
 *   timer ──► a letter to each worker ──► it runs there ──► and comes home ──► all are home: notify_watchdog
 *
 * A worker that hangs does not answer: then no sign is given, and no new letters go out, until it does. One
 * that has ended in good order is not asked.
 */
#ifndef HEADGATE_APP_WATCHDOG_H
#define HEADGATE_APP_WATCHDOG_H

#include "base/error.h"
#include "session/worker.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watchdog_letter;

struct watchdog {
    struct loop *control; /* borrows */
    struct loop_timer timer;
    uint64_t every_us;               /* between rounds */
    struct watchdog_letter *letters; /* owns; one per worker; NULL: not started */
    size_t count;
    size_t awaited;    /* letters that are not home yet */
    uint64_t asked_us; /* monotonic; when the last round began */
    uint64_t missed;   /* rounds that could not begin since the last sign of life */
};

/* Begins at once, and asks at half of `period_us` (microseconds; 0: nobody wants signs of life, and nothing
 * happens). `workers` (count of them) and `control` are borrowed until watchdog_fini. False: out of memory.
 */
bool watchdog_start(struct watchdog *watchdog, struct loop *control, struct worker *const *workers,
                    size_t count, uint64_t period_us, struct error *err);

/* No more rounds. What is on its way still comes home. On a zeroed struct, or twice, it does nothing. */
void watchdog_stop(struct watchdog *watchdog);

/* After the loops have gone: no letter is on its way any more. */
void watchdog_fini(struct watchdog *watchdog);

#endif
