#include "proxy/share.h"

#include "base/clock.h"
#include "cluster/balance.h"
#include "mysql/reply.h"
#include "proxy/attach.h"
#include "proxy/dispatch.h"
#include "proxy/effects.h"
#include "proxy/handover.h"
#include "proxy/lifetime.h"
#include "proxy/parting.h"
#include "proxy/pinned.h"
#include "proxy/pool.h"
#include "proxy/pool_fit.h"
#include "proxy/pool_pass.h"
#include "proxy/readback.h"
#include "proxy/uses.h"

#include <stdio.h>

/* ---- may it be given up? ---- */

bool share_has_statements(const struct session *session, enum route_place place)
{
    return pinned_by_statements(session, place) != 0;
}

/* So long a connection is kept for a client that may ask for the warnings, the error or the FOUND_ROWS() of
 * its last statement, or for LASTVAL() of a sequence: programs ask at once. */
static uint64_t kept_us(const struct worker *worker)
{
    return worker->world->timeouts->diagnostics_us;
}

bool share_has_own_answers(const struct session *session, enum route_place place)
{
    const struct slot *slot = &session->slots[place];
    uint64_t since = slot->drawn_us > slot->answers_us ? slot->drawn_us : slot->answers_us;
    return since != 0 && session_now(session) < since + kept_us(session->worker);
}

bool share_is_shared(const struct session *session)
{
    const struct cluster_settings *clusters = session->worker->world->clusters;
    return clusters == NULL || clusters[session->door->cluster].pool == POOL_TRANSACTION;
}

/* If it is not for user variables. */
static bool may_part(const struct session *session, enum route_place place)
{
    const struct slot *slot = &session->slots[place];
    return share_is_shared(session) && slot->upstream != NULL && !slot->has_failed &&
           slot->upstream->state == UPSTREAM_READY && !stream_has_output(&slot->upstream->stream) &&
           !session_is_of_job(session, place) &&
           (pinned_by(session, place) & ~pin_bit(PIN_USER_VARIABLES)) == 0;
}

static bool may_give(const struct session *session, enum route_place place)
{
    return may_part(session, place) && !attach_has_lost_state(session, place);
}

/* The connection itself, if the first who waits can go on with it; otherwise it is closed, and its permit
 * passes on. */
static void give(struct session *session, enum route_place place)
{
    const struct upstream *upstream = session->slots[place].upstream;
    if (parting_ask(session, place))
        return; /* it comes here again when that is answered */
    log_debug(&session->scope, "gives up its connection to %s", upstream->server->name);
    if (pool_suits_waiter(upstream))
        attach_leave(session, place, true);
    else
        attach_drop(session, place);
}

/* Now, or when the user variables that keep it have been read. */
static void give_if_idle(struct session *session, enum route_place place)
{
    if (may_give(session, place))
        give(session, place);
    else if (readback_may(session, place) && may_part(session, place))
        readback_begin(session, place);
}

void share_give_up(struct session *session, enum route_place place)
{
    if (may_give(session, place))
        give(session, place);
}

void share_idle(struct session *session)
{
    for (int place = 0; place < PREPARED_PLACES; place++) {
        struct upstream *upstream = session->slots[place].upstream;
        if (upstream == NULL || upstream->permit.permits == NULL)
            continue;
        permits_touch(&upstream->permit, session->worker->index, session->last_active_us);
        if (permits_is_short(upstream->permit.permits))
            give_if_idle(session, (enum route_place)place);
    }
}

/* ---- when its time has come ---- */

static void retire(struct session *session, enum route_place place)
{
    struct upstream *upstream = session->slots[place].upstream;
    if (!may_give(session, place))
        return;
    log_debug(&session->scope, "its connection to %s is retired", upstream->server->name);
    counter_add(&session->worker->boxes[session->door->cluster].pool.pool_retired, 1);
    attach_drop(session, place);
}

void share_retire(struct upstream *upstream)
{
    retire(upstream->owner, session_place_of(upstream->owner, upstream));
}

/* Now, and not when the last command ended: its client may have asked about that one. */
void share_retire_old(struct session *session)
{
    const struct job *job = &session->job;
    const struct upstream *upstream = session->slots[job->place].upstream;
    if (upstream != NULL && lifetime_is_over(session->worker, upstream) && !job->facts.refers_previous)
        retire(session, job->place);
}

/* ---- looking for one that is idle ---- */

static void ask_for(struct upstream *upstream)
{
    if (pool_has(upstream))
        return; /* no session's: it is being made ready */
    struct session *session = upstream->owner;
    give_if_idle(session, session_place_of(session, upstream));
}

/* Each one that is given up goes to somebody at once, or is promised, so this ends with the queue. Those that
 * nobody has go first. */
static void search_here(struct permits_holders *holders, const struct worker *worker)
{
    pool_give_way(holders);
    struct list_node *node = list_first(&holders->list);
    holders->searched_us = worker->loop.now_us;
    while (node != NULL && permits_is_short(holders->permits)) {
        struct list_node *next = list_after(&holders->list, node);
        ask_for(list_entry(node, struct upstream, permit.in_list));
        node = next;
    }
    uses_count(holders, worker);
}

static void on_call(struct loop_message *message)
{
    struct permits_holders *holders =
        (struct permits_holders *)(void *)((char *)message - offsetof(struct permits_holders, call));
    const struct worker *worker = atomic_load_explicit(&holders->call_worker, memory_order_relaxed);
    atomic_store(&holders->is_called, false); /* whoever comes to wait from here on calls again */
    if (atomic_exchange(&holders->must_unpark, false))
        (void)pool_unpark(holders);
    search_here(holders, worker);
}

static void call_others(const struct worker *worker, struct permits *permits)
{
    const struct world *world = worker->world;
    for (unsigned i = 0; i < world->worker_count; i++) {
        struct permits_holders *holders = &permits->holders[i];
        if (i == worker->index || atomic_exchange(&holders->is_called, true))
            continue;
        holders->call.run = on_call;
        atomic_store_explicit(&holders->call_worker, world->workers[i], memory_order_relaxed);
        (void)loop_post(&world->workers[i]->loop, &holders->call); /* a thread that has ended has none */
    }
}

bool share_unpark(struct session *session, int server)
{
    struct permits *permits = &session_view(session)->servers[server].server->permits;
    const struct worker *worker = session->worker;
    bool had_any = server_sum(session_view(session)->servers[server].server).connections_idle > 0;
    had_any |= pool_unpark(&permits->holders[worker->index]) > 0;
    if (!had_any)
        return false;
    for (unsigned i = 0; i < worker->world->worker_count; i++)
        atomic_store(&permits->holders[i].must_unpark, i != worker->index);
    call_others(worker, permits);
    return true;
}

static void search(const struct worker *worker, struct permits *permits)
{
    search_here(&permits->holders[worker->index], worker);
    if (permits_is_wanted(permits))
        call_others(worker, permits);
}

/* ---- waiting ---- */

static struct server *server_at(const struct session *session, int server)
{
    return session_view(session)->servers[server].server;
}

static void on_grant(void *owner)
{
    struct session *session = owner;
    session->queue.ticket = NULL;
    session->queue.has_permit = true;
    if (session->state == SESSION_QUEUED)
        session_run(session);
    else
        share_leave(session);
}

/* One that was parked, or is left by a session that does not need it, of this worker or another. */
static void on_connection(void *owner, struct loop *loop, void *take_connection)
{
    struct session *session = owner;
    struct worker *worker = loop->context;
    if (session != NULL)
        session->queue.ticket = NULL;
    pool_arrive(worker, take_connection, session);
}

void share_leave(struct session *session)
{
    permits_cancel(&session->queue.ticket);
    handover_cancel(session);
    if (session->queue.has_permit)
        permits_give(&session->queue.at->permits);
    session->queue.has_permit = false;
    session->queue.at = NULL;
}

/* Why there is none: the limit, where it comes from, who has them, and how long it was waited for. */
static void explain_limit(struct server *server, const struct worker *worker, char *text, size_t size)
{
    uint64_t waited_us = worker->world->timeouts->pool_wait_us;
    struct text uses = { 0 };
    uses_count(&server->permits.holders[worker->index], worker);
    uses_tell(&server->permits, worker->loop.now_us, &uses);
    uint32_t own = atomic_load_explicit(&server->own_max, memory_order_relaxed);
    uint32_t max = permits_max(&server->permits);
    char from[80] = "", waited[32];
    if (server->max_connections == 0)
        (void)snprintf(from, sizeof from, ", the server's own %u less connection_reserve,", own);
    (void)snprintf(text, size,
                   "headgate: no connection to %s was free for %s: all of max_connections = %u%s are in use "
                   "(%s), and %u wait; the statement was not run",
                   server->name, clock_format_duration(waited_us, waited, sizeof waited), max, from,
                   text_cstr(&uses), permits_waiting(&server->permits));
    text_fini(&uses);
}

enum step share_time_out(struct session *session)
{
    char text[ERROR_TEXT_MAX];
    struct server *server = session->queue.at;
    if (session->queue.handover != NULL) { /* a worker is very busy: without its connection, then */
        share_leave(session);
        return attach_begin(session);
    }
    explain_limit(server, session->worker, text, sizeof text);
    counter_add(&server->by_worker[session->worker->index].queue_timeouts, 1);
    log_limited(LOG_LEVEL_WARNING, &session->scope, "%s", text);
    share_leave(session);
    return dispatch_refuse(session, ERR_CON_COUNT, NULL, "%s", text);
}

/* What is kept for less than the usual time between two tries is looked at as often as that. */
static uint64_t retry_us(const struct worker *worker)
{
    uint64_t kept = kept_us(worker);
    return kept > 0 && kept < WORKER_RETRY_US ? kept : WORKER_RETRY_US;
}

static void start_retrying(struct worker *worker)
{
    if (!loop_timer_is_active(&worker->retry))
        loop_timer_start(&worker->retry, &worker->loop, retry_us(worker));
}

bool share_may_wait(struct session *session)
{
    struct job *job = &session->job;
    uint64_t now = session_now(session);
    if (job->wait.permit_until_us == 0)
        job->wait.permit_until_us = now + session->worker->world->timeouts->pool_wait_us;
    return now < job->wait.permit_until_us;
}

/* The retry timer ends it: the next refusal after pool_wait is the client's. */
enum step share_wait(struct session *session)
{
    session_set_deadline(session, 0);
    start_retrying(session->worker);
    (void)session_enter(session, SESSION_WAITING);
    return STEP_WAIT;
}

static void enter_queue(struct session *session, struct server *server)
{
    session->queue.at = server;
    session->queue.moves = session_view(session)->servers[server->index].moves;
    (void)session_enter(session, SESSION_QUEUED);
}

static enum step queue(struct session *session, int at)
{
    struct worker *worker = session->worker;
    struct server *server = server_at(session, at);
    bool is_first;
    const struct upstream_key wish = pool_key(session, at);
    const struct permits_waiter waiter = { .loop = &worker->loop,
                                           .owner = session,
                                           .on_grant = on_grant,
                                           .on_connection = on_connection,
                                           .wish = span_of(&wish, sizeof wish) };
    enter_queue(session, server);
    if (!share_may_wait(session))
        return share_time_out(session);
    session->queue.ticket = permits_wait(&server->permits, &waiter, &is_first);
    if (session->queue.ticket == NULL)
        return dispatch_refuse(session, ERR_OUT_OF_RESOURCES, NULL, "headgate: out of memory");
    session_set_deadline(session, session->job.wait.permit_until_us - session_now(session));
    start_retrying(worker);
    if (is_first) /* otherwise somebody has searched, and whoever became idle since has given */
        search(worker, &server->permits);
    return STEP_WAIT;
}

/* Is there still something to be had there, for this job? */
static bool is_right(const struct session *session)
{
    const struct view *view = session_view(session);
    const struct view_server *entry = &view->servers[session->queue.at->index];
    bool is_held = view->is_paused && !effects_is_in_transaction(session);
    bool has_moved = entry->moves != session->queue.moves;
    if (is_held || has_moved || entry->state == SERVER_DOWN || entry->state == SERVER_DISABLED)
        return false;
    return session->job.place == ROUTE_PRIMARY ? view->primary == (int)session->queue.at->index
                                               : balance_is_reader(view, (int)session->queue.at->index);
}

/* Goes on with a parked connection to that server, if there is one. */
static bool take(struct session *session, int server)
{
    struct upstream *upstream = pool_take(session, server);
    if (upstream == NULL)
        return false;
    session_set_deadline(session, 0);
    attach_take(session, server, upstream);
    return true;
}

static enum step open_with_permit(struct session *session, int server)
{
    session_set_deadline(session, 0); /* connecting has its own */
    attach_open(session, server);
    return session_enter(session, SESSION_ATTACHING);
}

/* The connection that has come for it. */
static bool take_over(struct session *session, int server)
{
    struct upstream *upstream = session->queue.offer;
    const struct upstream_key wish = pool_key(session, server);
    bool must_change;
    if (!pool_claim(upstream, &wish, &must_change))
        return false;
    session->queue.offer = NULL;
    session_set_deadline(session, 0);
    if (must_change)
        attach_change(session, server, upstream);
    else
        attach_take(session, server, upstream);
    return true;
}

static enum step take_offer(struct session *session)
{
    int server = (int)session->queue.at->index;
    share_leave(session);
    if (session->queue.offer != NULL && take_over(session, server))
        return session_enter(session, SESSION_ATTACHING);
    return take(session, server) ? session_enter(session, SESSION_ATTACHING) : attach_begin(session);
}

void share_offered(struct session *session)
{
    session_run(session);
}

enum step share_queued(struct session *session)
{
    struct worker *worker = session->worker;
    if (session->is_client_eof || !is_right(session)) {
        if (session_view(session)->is_paused)
            session->job.wait.permit_until_us = 0; /* a pause is no client's fault */
        share_leave(session);
        return session->is_client_eof ? session_close(session, CLOSE_CLIENT_GONE, NULL)
                                      : attach_begin(session);
    }
    if (session->queue.has_permit) {
        int server = (int)session->queue.at->index;
        session->queue.has_permit = false; /* it goes with the connection */
        session->queue.at = NULL;
        return open_with_permit(session, server);
    }
    if (session->queue.handover != NULL)
        return STEP_WAIT;
    if (session->queue.ticket == NULL) /* share_offered */
        return take_offer(session);
    struct permits *permits = &session->queue.at->permits;
    if (worker->is_retrying) { /* some connections may be given up only after a while */
        start_retrying(worker);
        if (session_now(session) - permits->holders[worker->index].searched_us >= retry_us(worker))
            search(worker, permits);
    }
    return STEP_WAIT;
}

enum got { GOT_NOTHING, GOT_PERMIT, GOT_CONNECTION, GOT_ANSWER_LATER };

/* A parked connection, or leave to open one; nobody passes those who wait. `may_ask`: another worker's would
 * do, too. */
static enum got get(struct session *session, int server, bool may_ask)
{
    struct permits *permits = &server_at(session, server)->permits;
    if (permits_is_wanted(permits))
        return GOT_NOTHING;
    if (take(session, server))
        return GOT_CONNECTION;
    if (may_ask && handover_ask(session, server))
        return GOT_ANSWER_LATER;
    return permits_try(permits) ? GOT_PERMIT : GOT_NOTHING;
}

/* Another replica with a free connection, or VIEW_NO_SERVER. */
static int find_free(struct session *session, enum got *got_r)
{
    const struct view *view = session_view(session);
    unsigned turn = session->worker->turn++;
    for (size_t i = 0; i < view->count; i++) {
        size_t at = (i + turn) % view->count;
        const struct view_server *entry = &view->servers[at];
        if (entry->takes_reads && (int)at != session->job.avoid && consistency_allows(session, (int)at) &&
            (*got_r = get(session, (int)at, false)) != GOT_NOTHING) {
            consistency_note_choice(session, (int)at);
            return (int)at;
        }
    }
    return VIEW_NO_SERVER;
}

/* The others answer within a turn of their loops, which is not waited for without end. */
static enum step await_answer(struct session *session, int server)
{
    session->job.wait.has_asked_others = true; /* once: they may have none again and again */
    enter_queue(session, server_at(session, server));
    session_set_deadline(session, session->worker->env.connect_us);
    return STEP_WAIT;
}

enum step share_attach(struct session *session, int server)
{
    enum got got = get(session, server, !session->job.wait.has_asked_others);
    int at = server;
    if (got == GOT_ANSWER_LATER)
        return await_answer(session, server);
    if (got == GOT_NOTHING && session->job.place == ROUTE_REPLICA)
        at = find_free(session, &got);
    if (got == GOT_NOTHING)
        return queue(session, server);
    return got == GOT_PERMIT ? open_with_permit(session, at) : session_enter(session, SESSION_ATTACHING);
}

/* ---- what earlier statements left to be asked about ---- */

void share_note_answers(struct session *session, bool has_set)
{
    struct job *job = &session->job;
    struct slot *slot = &session->slots[job->place];
    if (has_set)
        slot->has_warnings = job->reply.has_warnings || job->reply.has_error;
    bool has_count = job->facts.reason == SQL_REASON_FOUND_ROWS;
    bool has_answers = (slot->has_warnings || has_count) && kept_us(session->worker) > 0;
    if (has_answers && slot->answers_us == 0)
        pinned_count(session, PIN_ANSWERS);
    slot->answers_us = has_answers ? session_now(session) : 0;
}

void share_note_cursor(struct session *session, const struct upstream *upstream)
{
    const struct job *job = &session->job;
    if (job->prepared == NULL)
        return;
    bool is_over = job->reply.has_error || (upstream->status & STATUS_LAST_ROW_SENT) != 0;
    if (job->command->byte == COM_STMT_EXECUTE) {
        job->prepared->has_cursor = job->reply.has_cursor && !is_over;
        if (job->prepared->has_cursor)
            pinned_note_statement(session, job->prepared, PIN_CURSOR);
    } else if (job->command->byte == COM_STMT_RESET || is_over)
        job->prepared->has_cursor = false;
}

static uint64_t who_knows(const struct answers *answers, enum sql_question question)
{
    switch (question) {
    case SQL_ASKS_FOUND_ROWS:
        return answers->found;
    case SQL_ASKS_DIAGNOSTICS:
        return answers->has_diagnostics ? answers->diagnostics : 0; /* that there are none anybody can say */
    case SQL_ASKS_NOTHING:
    case SQL_ASKS_LAST:
        break;
    }
    return answers->last;
}

/* At another place than the job's it may be: in a transaction a question that shows data as well runs there.
 */
static bool has_connection(const struct session *session, uint64_t generation, bool is_current)
{
    for (int place = 0; place < PREPARED_PLACES; place++)
        if (session->slots[place].generation == generation)
            return place != (int)session->job.place || is_current;
    return false;
}

bool share_has_lost_answer(const struct session *session, bool is_current)
{
    const struct job *job = &session->job;
    if (parting_has_lost_id(session) || draws_has_lost(session))
        return true;
    if (!job->facts.refers_previous || job->facts.kind == SQL_SHOW)
        return false;
    uint64_t knows = who_knows(&session->answers, job->facts.question);
    return knows != 0 && !has_connection(session, knows, is_current);
}

enum step share_refuse_answer(struct session *session)
{
    return dispatch_refuse(
        session, ERR_NOT_SUPPORTED_YET, NULL,
        "headgate: not run: it asks about an earlier statement, and the connection that ran "
        "it is gone: lost, or needed by another client");
}
