#include "net/loop.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define LATE_TURN_US 1000 /* a turn that has lasted longer: a timer must not count from its beginning */

#define WINDOWS_KEPT 64 /* spare windows per thread: 2 MiB; further ones are freed */

#define loop_of(watcher, member) ((struct loop *)(void *)((char *)(watcher)-offsetof(struct loop, member)))

static void read_mail(struct loop *loop)
{
    (void)pthread_mutex_lock(&loop->mail_mutex);
    struct loop_message *message = loop->mail_first;
    loop->mail_first = NULL;
    loop->mail_last = &loop->mail_first;
    (void)pthread_mutex_unlock(&loop->mail_mutex);
    while (message != NULL) {
        struct loop_message *next = message->next;
        message->run(message);
        message = next;
    }
}

static void on_mail(struct ev_loop *ev, ev_async *watcher, int events)
{
    (void)ev;
    (void)events;
    read_mail(loop_of(watcher, mail_async));
}

static void empty_limbo(struct loop *loop)
{
    while (loop->limbo != NULL) {
        struct loop_corpse *corpse = loop->limbo;
        loop->limbo = corpse->next;
        corpse->bury(corpse);
    }
}

static void on_prepare(struct ev_loop *ev, ev_prepare *watcher, int events)
{
    (void)ev;
    (void)events;
    empty_limbo(loop_of(watcher, prepare));
}

static void on_check(struct ev_loop *ev, ev_check *watcher, int events)
{
    (void)ev;
    (void)events;
    loop_of(watcher, check)->now_us = clock_monotonic_us();
}

/* ---- background timers ---- */

static void set_alarm(struct loop *loop, uint64_t at_us)
{
    struct itimerspec at = { .it_value = { .tv_sec = (time_t)(at_us / 1000000),
                                           .tv_nsec = (long)(at_us % 1000000) * 1000 } };
    loop->alarm_us = at_us;
    (void)timerfd_settime(loop->alarm.fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static struct loop_background *earliest(const struct loop *loop)
{
    struct loop_background *found = NULL;
    for (struct list_node *node = loop->background.head.next; node != &loop->background.head;
         node = node->next) {
        struct loop_background *timer = list_entry(node, struct loop_background, in_loop);
        if (found == NULL || timer->at_us < found->at_us)
            found = timer;
    }
    return found;
}

static void on_alarm(struct ev_loop *ev, ev_io *watcher, int events)
{
    (void)ev;
    (void)events;
    struct loop *loop = loop_of(watcher, alarm);
    uint64_t times;
    (void)!read(watcher->fd, &times, sizeof times);
    loop->alarm_us = loop->now_us; /* timers that are started meanwhile do not set the alarm */
    struct loop_background *next;
    while ((next = earliest(loop)) != NULL && next->at_us <= loop->now_us) {
        loop_background_stop(next);
        next->fire(next);
    }
    loop->alarm_us = UINT64_MAX;
    if (next != NULL)
        set_alarm(loop, next->at_us);
}

void loop_background_init(struct loop_background *timer, void (*fire)(struct loop_background *))
{
    *timer = (struct loop_background){ .fire = fire };
}

void loop_background_start(struct loop_background *timer, struct loop *loop, uint64_t after_us)
{
    loop_background_stop(timer);
    timer->loop = loop;
    timer->at_us = clock_monotonic_us() + after_us;
    list_link_last(&loop->background, &timer->in_loop);
    if (timer->at_us < loop->alarm_us)
        set_alarm(loop, timer->at_us);
}

void loop_background_stop(struct loop_background *timer)
{
    if (list_is_linked(&timer->in_loop))
        list_unlink(&timer->loop->background, &timer->in_loop);
}

static bool open_alarm(struct loop *loop, struct error *err)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0)
        return error_errno(err, errno, "creating a timer");
    list_init(&loop->background);
    loop->alarm_us = UINT64_MAX;
    ev_io_init(&loop->alarm, on_alarm, fd, EV_READ);
    ev_set_priority(&loop->alarm, EV_MINPRI);
    ev_io_start(loop->ev, &loop->alarm);
    return true;
}

/* ---- life ---- */

bool loop_init(struct loop *loop, struct error *err)
{
    *loop = (struct loop){ .now_us = clock_monotonic_us() };
    loop->ev = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    if (loop->ev == NULL)
        return error_errno(err, errno, "creating an event loop");
    if (!open_alarm(loop, err)) {
        ev_loop_destroy(loop->ev);
        return false;
    }
    mem_slab_init(&loop->windows, LOOP_WINDOW_BYTES, WINDOWS_KEPT);
    (void)pthread_mutex_init(&loop->mail_mutex, NULL);
    loop->mail_last = &loop->mail_first;
    ev_async_init(&loop->mail_async, on_mail);
    ev_async_start(loop->ev, &loop->mail_async);
    ev_prepare_init(&loop->prepare, on_prepare);
    ev_prepare_start(loop->ev, &loop->prepare);
    ev_check_init(&loop->check, on_check);
    ev_set_priority(&loop->check, EV_MAXPRI);
    ev_check_start(loop->ev, &loop->check);
    return true;
}

void loop_close_mail(struct loop *loop)
{
    (void)pthread_mutex_lock(&loop->mail_mutex);
    loop->is_stopping = true;
    (void)pthread_mutex_unlock(&loop->mail_mutex);
    read_mail(loop);
}

void loop_fini(struct loop *loop)
{
    loop_close_mail(loop);
    empty_limbo(loop);
    ev_io_stop(loop->ev, &loop->alarm);
    (void)close(loop->alarm.fd);
    ev_loop_destroy(loop->ev);
    if (loop->packer != NULL)
        loop->packer->free(loop->packer);
    mem_slab_fini(&loop->windows);
    (void)pthread_mutex_destroy(&loop->mail_mutex);
}

void loop_run(struct loop *loop)
{
    (void)ev_run(loop->ev, 0);
}

void loop_stop(struct loop *loop)
{
    ev_break(loop->ev, EVBREAK_ALL);
}

bool loop_post(struct loop *loop, struct loop_message *message)
{
    (void)pthread_mutex_lock(&loop->mail_mutex);
    bool is_open = !loop->is_stopping;
    if (is_open) {
        message->next = NULL;
        *loop->mail_last = message;
        loop->mail_last = &message->next;
        ev_async_send(loop->ev, &loop->mail_async);
    }
    (void)pthread_mutex_unlock(&loop->mail_mutex);
    return is_open;
}

void loop_bury(struct loop *loop, struct loop_corpse *corpse, void (*bury)(struct loop_corpse *))
{
    corpse->bury = bury;
    corpse->next = loop->limbo;
    loop->limbo = corpse;
}

/* ---- timers ---- */

static void on_timer(struct ev_loop *ev, ev_timer *watcher, int events)
{
    (void)ev;
    (void)events;
    struct loop_timer *timer = container_of(watcher, struct loop_timer, ev);
    timer->fire(timer);
}

void loop_timer_init(struct loop_timer *timer, void (*fire)(struct loop_timer *))
{
    *timer = (struct loop_timer){ .fire = fire };
    ev_timer_init(&timer->ev, on_timer, 0., 0.);
}

void loop_timer_start(struct loop_timer *timer, struct loop *loop, uint64_t after_us)
{
    /* libev counts from the start of the turn, when now_us was read. The time since then is added; otherwise
     * the timer would fire early after a long turn. */
    uint64_t late_us = clock_monotonic_us() - loop->now_us;
    if (late_us > LATE_TURN_US) { /* then libev's own reading of the clock may differ from now_us as well */
        ev_now_update(loop->ev);
        late_us = 0;
    }
    timer->loop = loop;
    ev_timer_stop(loop->ev, &timer->ev);
    ev_timer_set(&timer->ev, (double)(late_us + after_us) / 1e6, 0.);
    ev_timer_start(loop->ev, &timer->ev);
}

void loop_timer_stop(struct loop_timer *timer)
{
    if (timer->loop != NULL)
        ev_timer_stop(timer->loop->ev, &timer->ev);
}
