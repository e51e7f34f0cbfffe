#include "app/watchdog.h"

#include "app/notify.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <inttypes.h>

#define ROUND_US_MIN 1000 /* also with a short period, letters must not keep the workers busy */

struct watchdog_letter {
    struct loop_message message;
    struct watchdog *watchdog; /* borrows */
    struct worker *worker;     /* borrows */
    bool is_out;               /* the letter is on its way; only for the control thread */
};

static struct watchdog_letter *of_message(struct loop_message *message)
{
    return (struct watchdog_letter *)(void *)message;
}

static void give_sign(struct watchdog *watchdog)
{
    if (watchdog->missed > 0)
        log_notice(NULL, "watchdog: all workers answer again");
    watchdog->missed = 0;
    notify_watchdog();
}

/* On the control thread. */
static void come_home(struct loop_message *message)
{
    struct watchdog_letter *letter = of_message(message);
    letter->is_out = false;
    if (--letter->watchdog->awaited == 0)
        give_sign(letter->watchdog);
}

/* On the worker's thread. At the end of the program the control loop accepts no more messages. */
static void answer(struct loop_message *message)
{
    message->run = come_home;
    (void)loop_post(of_message(message)->watchdog->control, message);
}

static void ask_all(struct watchdog *watchdog)
{
    watchdog->asked_us = clock_monotonic_us();
    watchdog->awaited = 0;
    for (size_t i = 0; i < watchdog->count; i++) {
        struct watchdog_letter *letter = &watchdog->letters[i];
        letter->message.run = answer;
        letter->is_out = worker_post(letter->worker, &letter->message);
        watchdog->awaited += letter->is_out;
    }
    if (watchdog->awaited == 0)
        give_sign(watchdog);
}

static void on_timer(struct loop_timer *timer)
{
    struct watchdog *watchdog = container_of(timer, struct watchdog, timer);
    if (watchdog->awaited > 0) {
        uint64_t since_s = (clock_monotonic_us() - watchdog->asked_us) / 1000000;
        watchdog->missed++;
        for (size_t i = 0; i < watchdog->count; i++)
            if (watchdog->letters[i].is_out)
                log_error(NULL, "watchdog: worker %zu has not answered for %" PRIu64 " s", i, since_s);
    } else {
        ask_all(watchdog);
    }
    loop_timer_start(&watchdog->timer, watchdog->control, watchdog->every_us);
}

bool watchdog_start(struct watchdog *watchdog, struct loop *control, struct worker *const *workers,
                    size_t count, uint64_t period_us, struct error *err)
{
    *watchdog = (struct watchdog){ .control = control, .every_us = period_us / 2, .count = count };
    loop_timer_init(&watchdog->timer, on_timer);
    if (period_us == 0)
        return true;
    if (watchdog->every_us < ROUND_US_MIN)
        watchdog->every_us = ROUND_US_MIN;
    watchdog->letters = mem_zalloc(count * sizeof *watchdog->letters);
    if (watchdog->letters == NULL)
        return error_set(err, 0, "watchdog: out of memory");
    for (size_t i = 0; i < count; i++)
        watchdog->letters[i] = (struct watchdog_letter){ .watchdog = watchdog, .worker = workers[i] };
    ask_all(watchdog);
    loop_timer_start(&watchdog->timer, control, watchdog->every_us);
    return true;
}

void watchdog_stop(struct watchdog *watchdog)
{
    if (watchdog->letters != NULL)
        loop_timer_stop(&watchdog->timer);
}

void watchdog_fini(struct watchdog *watchdog)
{
    mem_free(watchdog->letters);
    watchdog->letters = NULL;
}
