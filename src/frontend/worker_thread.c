#include "frontend/worker_thread.h"

#include "base/log.h"
#include "base/mem.h"
#include "freshness/written.h"
#include "mysql/reply.h"
#include "pool/lifetime.h"
#include "pool/parked.h"
#include "pool/prewarm.h"
#include "frontend/kill.h"
#include "session/session.h"
#include "state/pooled.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define SLOTS_KEPT 64 /* unused slots per worker: 76 KiB; further ones are freed */
#define JOBS_KEPT 256 /* unused jobs per worker: 300 KiB; further ones are freed */

static struct worker *of_loop(const struct loop *loop)
{
    return loop->context;
}

/* `visit` may free the session that it is given, but no other one: the next node is fetched first. */
static void for_each_session(struct worker *worker, void (*visit)(struct session *session))
{
    struct list_node *node = list_first(&worker->sessions);
    while (node != NULL) {
        struct list_node *next = list_after(&worker->sessions, node);
        visit(list_entry(node, struct session, in_worker));
        node = next;
    }
}

/* ---- retrying: sessions that wait for a server, or for its accounts ---- */

static void retry_one(struct session *session)
{
    const unsigned waiting =
        1u << SESSION_WAITING | 1u << SESSION_QUEUED | 1u << SESSION_GREETING | 1u << SESSION_LOGIN;
    if ((waiting & 1u << session->state) != 0)
        session->worker->driver->run(session);
}

static void on_retry(struct loop_timer *timer)
{
    struct worker *worker = of_loop(timer->loop);
    worker->is_retrying = true;
    for_each_session(worker, retry_one);
    worker->is_retrying = false;
}

/* ---- life ---- */

static void on_drain_deadline(struct loop_timer *timer);
static void take_view(struct loop_message *message);

static void on_news(struct list_node *waiter)
{
    session_run(list_entry(waiter, struct session, in_waiting));
}

static bool open_positions(struct worker *worker)
{
    const struct world *world = worker->world;
    for (unsigned i = 0; i < world->cluster_count; i++) {
        struct positions *positions = worker->boxes[i].positions = positions_new(&worker->env, i, on_news);
        if (positions == NULL)
            return false;
        positions->settings = world->clusters != NULL ? &world->clusters[i] : NULL;
        positions->all_written = world->written != NULL ? &world->written[i] : NULL;
    }
    return true;
}

static void free_boxes(struct worker *worker)
{
    for (unsigned i = 0; i < worker->box_count; i++) { /* worker->world may be freed already */
        struct view *next = atomic_exchange(&worker->boxes[i].next, NULL);
        view_release(&next);
        view_release(&worker->boxes[i].view);
        positions_free(&worker->boxes[i].positions);
    }
    mem_free(worker->boxes);
    prewarm_fini(&worker->pool);
    pool_fini(&worker->pool);
}

static void on_trouble(struct pool *pool, unsigned cluster)
{
    worker_note_trouble(container_of(pool, struct worker, pool), cluster);
}

static struct pool_rules pool_rules(const struct world *world)
{
    uint64_t lifetime_us = world->timeouts->server_lifetime_us;
    return (struct pool_rules){ world->timeouts, world->users, world->clusters,
                                lifetime_us > 0 ? lifetime_us - lifetime_us / 10 : UINT64_MAX };
}

static void set_env(struct worker *worker)
{
    worker->env = world_env(worker->world, &worker->loop, worker->index);
    pooled_prepare(&worker->env);
}

static bool open_pool(struct worker *worker)
{
    worker->pool = (struct pool){ .worker = worker->index,
                                  .loop = &worker->loop,
                                  .env = &worker->env,
                                  .rules = pool_rules(worker->world),
                                  .cluster_count = worker->world->cluster_count,
                                  .on_trouble = on_trouble };
    return pool_init(&worker->pool) && prewarm_init(&worker->pool);
}

static bool open_digests(struct worker *worker)
{
    const struct statement_log *log = worker->world->statements;
    if (log == NULL)
        return true;
    worker->is_telling = log->settings->slow_us > 0 || log->settings->sample > 0;
    return digests_init(&worker->digests, (size_t)log->settings->digests);
}

bool worker_init(struct worker *worker, unsigned index, const struct world *world,
                 const struct session_driver *driver, struct error *err)
{
    *worker = (struct worker){ .index = index,
                               .world = world,
                               .driver = driver,
                               .next_id = SESSION_ID_FIRST + index,
                               .box_count = world->cluster_count };
    worker->boxes = mem_zalloc(world->cluster_count * sizeof *worker->boxes);
    if (worker->boxes == NULL)
        return error_set(err, 0, "worker %u: out of memory", index);
    for (unsigned i = 0; i < world->cluster_count; i++)
        worker->boxes[i] = (struct view_box){ .message.run = take_view, .worker = worker, .cluster = i };
    if (!open_pool(worker) || !open_positions(worker) || !open_digests(worker)) {
        free_boxes(worker);
        return error_set(err, 0, "worker %u: out of memory", index);
    }
    if (!loop_init(&worker->loop, err)) {
        digests_fini(&worker->digests);
        free_boxes(worker);
        return error_wrap(err, "worker %u", index);
    }
    worker->loop.context = worker;
    set_env(worker);
    list_init(&worker->sessions);
    mem_slab_init(&worker->slots, sizeof(struct slot), SLOTS_KEPT);
    mem_slab_init(&worker->jobs, sizeof(struct job), JOBS_KEPT);
    list_init(&worker->killers);
    list_init(&worker->kill_questions);
    loop_timer_init(&worker->retry, on_retry);
    loop_timer_init(&worker->drain_deadline, on_drain_deadline);
    lifetime_start(&worker->pool);
    return true;
}

static void *run(void *context)
{
    struct worker *worker = context;
    loop_run(&worker->loop);
    loop_close_mail(&worker->loop); /* no other thread may wait for an answer of this one any more */
    (void)loop_post(worker->control, &worker->ended);
    return NULL;
}

static void run_report(struct loop_message *message)
{
    struct worker *worker = container_of(message, struct worker, report);
    atomic_store(&worker->is_reporting, false); /* first: what happens from now on is a new report */
    worker->on_report(worker);
}

/* The control thread handles the signals sent to the process. A signal that a fault raises goes to the thread of the
 * fault: while it is blocked there, the kernel ends the process before the handler of a sanitizer or of another
 * diagnostic tool can run. */
static void signals_of_process(sigset_t *set_r)
{
    static const int of_faults[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP };
    (void)sigfillset(set_r);
    for (size_t i = 0; i < sizeof of_faults / sizeof *of_faults; i++)
        (void)sigdelset(set_r, of_faults[i]);
}

bool worker_start(struct worker *worker, struct loop *control, void (*on_ended)(struct loop_message *),
                  void (*on_report)(struct worker *), struct error *err)
{
    const struct world *world = worker->world;
    worker->pool.next = &world->workers[(worker->index + 1) % world->worker_count]->pool;
    worker->control = control;
    worker->ended.run = on_ended;
    worker->on_report = on_report;
    worker->report.run = run_report;
    sigset_t blocked, before;
    signals_of_process(&blocked);
    (void)pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int rc = pthread_create(&worker->thread, NULL, run, worker);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc == 0 || error_errno(err, rc, "starting worker %u", worker->index);
}

void worker_join(struct worker *worker)
{
    (void)pthread_join(worker->thread, NULL);
}

void worker_fini(struct worker *worker)
{
    loop_fini(&worker->loop);
    digests_fini(&worker->digests);
    free_boxes(worker);
    mem_slab_fini(&worker->slots);
    mem_slab_fini(&worker->jobs);
}

/* ---- mail ---- */

/* The client of this listener does not count any more. `host`: as counted, or NULL. Afterwards the listener may
 * be freed. */
static void leave_limits(const struct worker *worker, struct listener *listener, const char *host)
{
    if (worker->world->limits != NULL)
        limits_leave(worker->world->limits, listener->clients, host);
    (void)atomic_fetch_sub_explicit(&listener->sessions, 1, memory_order_release);
}

/* The address that was counted when the client was accepted, or NULL. `host`: ADDR_PLAIN_MAX bytes. */
static const char *counted_host(const struct listener *listener, const struct addr *peer, char *host)
{
    return networks_contain(&listener->proxies, peer) ? NULL : addr_format_host(peer, host);
}

struct accept_message {
    struct loop_message message;
    struct worker *worker;
    int fd;
    struct addr peer;
    struct listener *listener;
};

static void open_session(struct loop_message *message)
{
    struct accept_message *accepted = (struct accept_message *)(void *)message;
    if (accepted->worker->is_draining) {
        char host[ADDR_PLAIN_MAX];
        (void)close(accepted->fd);
        worker_forget(accepted->worker, accepted->listener,
                      counted_host(accepted->listener, &accepted->peer, host));
    } else {
        accepted->worker->driver->open(accepted->worker, accepted->fd, &accepted->peer, accepted->listener);
    }
    mem_free(accepted);
}

void worker_accept(struct worker *worker, int take_fd, const struct addr *peer, struct listener *listener)
{
    char host[ADDR_PLAIN_MAX];
    (void)atomic_fetch_add_explicit(&listener->sessions, 1, memory_order_relaxed);
    struct accept_message *accepted = mem_zalloc(sizeof *accepted);
    if (accepted == NULL) {
        log_limited(LOG_LEVEL_ERROR, NULL, "out of memory: a client of listener %s was turned away",
                    listener->settings->name);
        limits_turn_away(take_fd, ERR_OUT_OF_RESOURCES, "headgate: out of memory");
        (void)close(take_fd);
        leave_limits(worker, listener, counted_host(listener, peer, host));
        return;
    }
    *accepted = (struct accept_message){ { .run = open_session }, worker, take_fd, *peer, listener };
    atomic_fetch_add_explicit(&worker->session_count, 1, memory_order_relaxed);
    if (!loop_post(&worker->loop, &accepted->message)) {
        (void)close(take_fd);
        atomic_fetch_sub_explicit(&worker->session_count, 1, memory_order_relaxed);
        leave_limits(worker, listener, counted_host(listener, peer, host));
        mem_free(accepted);
    }
}

static void wake_one(struct session *session)
{
    if (session->listener->cluster == session->worker->published)
        session->worker->driver->on_view(session);
}

static void take_view(struct loop_message *message)
{
    struct view_box *box = (struct view_box *)(void *)message;
    struct worker *worker = box->worker;
    view_release(&box->view);
    box->view = atomic_exchange(&box->next, NULL);
    positions_on_view(box->positions, box->view);
    pool_set_view(&worker->pool, box->view);
    worker->published = box->cluster;
    worker->is_retrying = true;
    for_each_session(worker, wake_one);
    worker->is_retrying = false;
    parked_on_view(&worker->pool, box->cluster);
    prewarm_look(&worker->pool);
    atomic_store(&box->taken, box->view->number);
    worker_report(worker);
}

void worker_publish(struct worker *worker, struct view *view)
{
    struct view_box *box = &worker->boxes[view->cluster_index];
    struct view *before = atomic_exchange(&box->next, view_acquire(view));
    if (before != NULL) { /* the message for that view is on its way: it delivers this one instead */
        view_release(&before);
    } else if (!loop_post(&worker->loop, &box->message)) {
        struct view *mine = atomic_exchange(&box->next, NULL);
        view_release(&mine);
        atomic_store(&box->taken, UINT64_MAX); /* the thread has ended: no session uses an older view */
    }
}

/* ---- a reload ---- */

void worker_adopt(struct worker *worker, const struct world *world)
{
    worker->world = world;
    set_env(worker);
    worker->pool.rules = pool_rules(world);
    for (unsigned i = 0; world->clusters != NULL && i < world->cluster_count; i++)
        worker->boxes[i].positions->settings = &world->clusters[i];
    for_each_session(worker, worker->driver->on_world);
    parked_on_rules(&worker->pool);
    prewarm_on_rules(&worker->pool);
}

/* ---- the end ---- */

static void end_if_empty(struct worker *worker)
{
    if (!worker->is_draining || worker->sessions.count > 0)
        return;
    loop_timer_stop(&worker->drain_deadline);
    loop_timer_stop(&worker->retry);
    lifetime_stop(&worker->pool);
    parked_end(&worker->pool);
    kill_fini(worker);
    for (unsigned i = 0; i < worker->world->cluster_count; i++)
        positions_stop(worker->boxes[i].positions);
    loop_stop(&worker->loop);
}

void worker_forget(struct worker *worker, struct listener *listener, const char *host)
{
    leave_limits(worker, listener, host);
    atomic_fetch_sub_explicit(&worker->session_count, 1, memory_order_relaxed);
    end_if_empty(worker);
}

static void cut_one(struct session *session)
{
    struct worker *worker = session->worker;
    bool has_transaction = !session->is_new && facets_has_transaction(&session->facets);
    worker->cut += session->state != SESSION_CLOSING;
    worker->cut_in_transaction += session->state != SESSION_CLOSING && has_transaction;
    log_info(&session->scope, "cut at the end of the shutdown timeout: %s",
             session_state_words(session->state));
    session_abort(session, CLOSE_SHUTDOWN);
}

static void on_drain_deadline(struct loop_timer *timer)
{
    struct worker *worker = of_loop(timer->loop);
    if (worker->sessions.count > 0)
        log_warning(NULL, "worker %u: cutting %zu sessions that did not end in time", worker->index,
                    worker->sessions.count);
    for_each_session(worker, cut_one);
    end_if_empty(worker);
}

struct drain_message {
    struct loop_message message;
    struct worker *worker;
    uint64_t deadline_us;
};

static void drain(struct loop_message *message)
{
    struct drain_message *wish = (struct drain_message *)(void *)message;
    struct worker *worker = wish->worker;
    worker->is_draining = true;
    worker->pool.is_ending = true;
    prewarm_stop(&worker->pool);
    loop_timer_start(&worker->drain_deadline, &worker->loop, wish->deadline_us);
    mem_free(wish);
    for_each_session(worker, worker->driver->drain);
    parked_end(&worker->pool);
    end_if_empty(worker);
}

void worker_drain(struct worker *worker, uint64_t deadline_us)
{
    struct drain_message *wish = mem_zalloc(sizeof *wish);
    if (wish == NULL)
        abort(); /* without memory for a message the worker cannot be told to end */
    *wish = (struct drain_message){ { .run = drain }, worker, deadline_us };
    if (!loop_post(&worker->loop, &wish->message))
        mem_free(wish);
}
