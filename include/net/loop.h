/* One event loop per thread, over libev: the only place, with stream, listener and timers below, that
 * includes it.
 *
 * A turn: libev hands out readiness, callbacks run, then the turn hook runs once, then everything put into
 * limbo during the turn is freed. So a callback may drop any object, its own included, and nothing that still
 * runs in this turn will touch freed memory. Other threads speak to a loop only through loop_post.
 */
#ifndef HEADGATE_NET_LOOP_H
#define HEADGATE_NET_LOOP_H

#include "base/error.h"
#include "base/mem.h"

#include <ev.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* The size of an input window; see buf.h. Large enough for one recv to carry a bulk result at memory speed,
 * small enough that a thousand busy streams fit a cache-sized budget of 32 MiB. */
#define LOOP_WINDOW_BYTES (32u * 1024u)

/* Embedded in a message to another thread. The receiver owns it once it is posted. */
struct loop_message {
    struct loop_message *next;
    void (*run)(struct loop_message *message); /* on the receiving loop's thread */
};

/* Embedded in an object that is freed after the turn. */
struct loop_corpse {
    struct loop_corpse *next;
    void (*bury)(struct loop_corpse *corpse);
};

struct loop_timer {
    ev_timer ev;
    struct loop *loop; /* NULL: never started */
    void (*fire)(struct loop_timer *timer);
};

/* Memory that this thread's compressed streams share: stream_packed.c. Begins with how to free it. */
struct loop_packer {
    void (*free)(struct loop_packer *packer);
};

struct loop {
    struct ev_loop *ev;
    uint64_t now_us;            /* monotonic, read once per turn */
    struct mem_slab windows;    /* for this thread's streams */
    struct loop_packer *packer; /* owns; NULL: no stream was compressed yet */
    struct loop_corpse *limbo;
    pthread_mutex_t mail_mutex;
    struct loop_message *mail_first; /* guarded by mail_mutex */
    struct loop_message **mail_last;
    bool is_stopping; /* guarded by mail_mutex: nothing more is accepted */
    ev_async mail_async;
    ev_prepare prepare;
    ev_check check;
    void *context; /* borrows: the worker or control that owns the loop */
};

bool loop_init(struct loop *loop, struct error *err);
/* Runs the messages left in the mailbox, frees the objects in the limbo, then frees the loop. */
void loop_fini(struct loop *loop);

/* Until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* On the loop's own thread, once it has stopped: runs the messages in the mailbox and accepts no more. */
void loop_close_mail(struct loop *loop);

/* Any thread. Messages of one sender arrive in order. False when the loop is going away: the caller keeps it.
 */
bool loop_post(struct loop *loop, struct loop_message *message);

/* Freed after this turn. */
void loop_bury(struct loop *loop, struct loop_corpse *corpse, void (*bury)(struct loop_corpse *));

void loop_timer_init(struct loop_timer *timer, void (*fire)(struct loop_timer *));
/* (Re)start; fires once, `after_us` from this call on and not sooner. Reads the clock, so it is not for each
 * query: see session_set_deadline, which moves a deadline without it. */
void loop_timer_start(struct loop_timer *timer, struct loop *loop, uint64_t after_us);
void loop_timer_stop(struct loop_timer *timer);
static inline bool loop_timer_is_active(struct loop_timer *timer)
{
    return ev_is_active(&timer->ev);
}

#endif
