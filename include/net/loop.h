/* One event loop per thread, over libev. Only this room and http/http use libev directly.
 *
 * One turn: libev reports readiness, the callbacks run, the turn hook runs once, then every object put into
 * limbo during the turn is freed. So a callback may drop any object, including its own: code that still runs
 * in this turn does not touch freed memory. Other threads communicate with a loop only through loop_post. */
#pragma once

#include "base/error.h"
#include "base/list.h"
#include "base/mem.h"

#include <ev.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* The size of an input window; see buf.h. Large enough that bulk results are read at memory speed, small
 * enough that the windows of a thousand busy streams fit into 32 MiB. */
#define LOOP_WINDOW_BYTES (32u * 1024u)

/* Embedded in a message to another thread. After loop_post the receiver owns the message. */
struct loop_message {
    struct loop_message *next;
    void (*run)(struct loop_message *message); /* on the receiving loop's thread */
};

/* Embedded in an object that is freed at the end of the turn. */
struct loop_corpse {
    struct loop_corpse *next;
    void (*bury)(struct loop_corpse *corpse);
};

struct loop_timer {
    ev_timer ev;
    struct loop *loop; /* NULL: the timer was never started */
    void (*fire)(struct loop_timer *timer);
};

/* A timer for work that no client waits for. In its turn it fires after all sockets and other timers. The
 * timers of a loop share a timerfd, and so do not shorten the loop's waits: a wait of a few milliseconds makes
 * the kernel program the processor's timer before, and again after, which in a virtual machine can take longer
 * than the rest of a turn. For the same reason they are precise to the microsecond, where others are to the
 * millisecond. */
struct loop_background {
    struct list_node in_loop;
    uint64_t at_us;
    struct loop *loop; /* NULL: the timer was never started */
    void (*fire)(struct loop_background *timer);
};

/* Memory that this thread's compressed streams share: see stream_packed.c. The first member frees it. */
struct loop_packer {
    void (*free)(struct loop_packer *packer);
};

struct loop {
    struct ev_loop *ev;
    uint64_t now_us;            /* monotonic, read once a turn */
    struct mem_slab windows;    /* for this thread's streams */
    struct loop_packer *packer; /* owns; NULL: no stream of this thread was compressed yet */
    struct loop_corpse *limbo;
    pthread_mutex_t mail_mutex;
    struct loop_message *mail_first; /* guarded by mail_mutex */
    struct loop_message **mail_last;
    bool is_stopping; /* guarded by mail_mutex: no more messages are accepted */
    ev_async mail_async;
    struct list background; /* active struct loop_background; there are few */
    ev_io alarm;            /* the timerfd */
    uint64_t alarm_us;      /* when it fires; UINT64_MAX: it is not set */
    ev_prepare prepare;
    ev_check check;
    void *context; /* borrows: the worker or control that owns the loop */
};

bool loop_init(struct loop *loop, struct error *err);
/* Runs the messages left in the mailbox, frees the objects in limbo, then destroys the loop. */
void loop_fini(struct loop *loop);

/* Runs turns until loop_stop is called. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* To be called on the loop's own thread, after it has stopped: runs the messages in the mailbox and accepts
 * no more. */
void loop_close_mail(struct loop *loop);

/* Posts a message; may be called on any thread. Messages of one sender arrive in order. False: the loop
 * accepts no more messages, and the caller keeps ownership. */
bool loop_post(struct loop *loop, struct loop_message *message);

/* Calls `bury` for the object after this turn. */
void loop_bury(struct loop *loop, struct loop_corpse *corpse, void (*bury)(struct loop_corpse *));

void loop_timer_init(struct loop_timer *timer, void (*fire)(struct loop_timer *));
/* Starts or restarts the timer; it fires once, not earlier than `after_us` after this call. Reads the clock,
 * so it is too expensive for each query: session_set_deadline moves a deadline without a clock reading. */
void loop_timer_start(struct loop_timer *timer, struct loop *loop, uint64_t after_us);
void loop_timer_stop(struct loop_timer *timer);
static inline bool loop_timer_is_active(struct loop_timer *timer)
{
    return ev_is_active(&timer->ev);
}

void loop_background_init(struct loop_background *timer, void (*fire)(struct loop_background *));
/* Starts or restarts the timer; it fires once, not earlier than `after_us` after this call, and not before the
 * callback that called has returned. Reads the clock. */
void loop_background_start(struct loop_background *timer, struct loop *loop, uint64_t after_us);
void loop_background_stop(struct loop_background *timer);
static inline bool loop_background_is_active(const struct loop_background *timer)
{
    return list_is_linked(&timer->in_loop);
}
