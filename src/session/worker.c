#include "session/worker.h"

#include "access/directory.h"
#include "base/mem.h"

#define TRIM_SESSIONS 128 /* the memory of fewer sessions is not given back to the system */

struct upstream_env world_env(const struct world *world, struct loop *loop, unsigned row)
{
    const struct timeout_settings *timeouts = world->timeouts;
    return (struct upstream_env){
        .loop = loop,
        .socket = { timeouts->tcp_keepalive_us, timeouts->tcp_user_timeout_us },
        .connect_us = timeouts->connect_us,
        .login_us = timeouts->login_us,
        .worker = row,
    };
}

void worker_report(struct worker *worker)
{
    if (worker->control != NULL && !atomic_exchange(&worker->is_reporting, true))
        (void)loop_post(worker->control, &worker->report);
}

uint64_t worker_retry_us(const struct worker *worker)
{
    uint64_t kept = worker->world->timeouts->diagnostics_us;
    return kept > 0 && kept < WORKER_RETRY_US ? kept : WORKER_RETRY_US;
}

void worker_retry(struct worker *worker)
{
    if (!loop_timer_is_active(&worker->retry))
        loop_timer_start(&worker->retry, &worker->loop, worker_retry_us(worker));
}

void worker_note_trouble(struct worker *worker, unsigned cluster)
{
    atomic_store(&worker->boxes[cluster].has_trouble, true);
    worker_report(worker);
}

void worker_note_demotion(struct worker *worker, unsigned cluster, int server)
{
    struct view_box *box = &worker->boxes[cluster];
    box->doubted = server;
    box->doubted_until_us = worker->loop.now_us + WORKER_DOUBT_US;
    worker_note_trouble(worker, cluster);
}

bool worker_doubts(const struct worker *worker, unsigned cluster, int server)
{
    const struct view_box *box = &worker->boxes[cluster];
    return box->doubted == server && worker->loop.now_us < box->doubted_until_us;
}

bool worker_take_trouble(struct worker *worker, unsigned cluster)
{
    return atomic_exchange(&worker->boxes[cluster].has_trouble, false);
}

void worker_note_code_change(struct worker *worker, unsigned cluster)
{
    atomic_store(&worker->boxes[cluster].has_code_change, true);
    worker_report(worker);
}

bool worker_take_code_change(struct worker *worker, unsigned cluster)
{
    return atomic_exchange(&worker->boxes[cluster].has_code_change, false);
}

/* Otherwise there is nobody to report to. */
static bool reads_accounts(const struct worker *worker, unsigned cluster)
{
    const struct world *world = worker->world;
    return world->directories != NULL && directory_is_on(&world->directories[cluster]);
}

void worker_note_account_change(struct worker *worker, unsigned cluster)
{
    if (!reads_accounts(worker, cluster))
        return;
    atomic_store(&worker->boxes[cluster].has_account_change, true);
    worker_report(worker);
}

bool worker_take_account_change(struct worker *worker, unsigned cluster)
{
    return atomic_exchange(&worker->boxes[cluster].has_account_change, false);
}

void worker_note_account_doubt(struct worker *worker, unsigned cluster)
{
    if (!reads_accounts(worker, cluster))
        return;
    atomic_store(&worker->boxes[cluster].has_account_doubt, true);
    worker_report(worker);
}

bool worker_take_account_doubt(struct worker *worker, unsigned cluster)
{
    return atomic_exchange(&worker->boxes[cluster].has_account_doubt, false);
}

bool worker_has_taken(const struct worker *worker, unsigned cluster, uint64_t number)
{
    return atomic_load(&worker->boxes[cluster].taken) >= number;
}

bool worker_post(struct worker *worker, struct loop_message *message)
{
    return loop_post(&worker->loop, message);
}

/* Gives memory back each time the number of sessions has halved: so the cost per session is small. */
void worker_note_freed(struct worker *worker)
{
    size_t count = --worker->bodies;
    if (count >= worker->most_bodies)
        worker->most_bodies = count + 1;
    if (worker->most_bodies < TRIM_SESSIONS || count > worker->most_bodies / 2)
        return;
    worker->most_bodies = count;
    mem_trim();
}
