#include "command/wait_connection.h"

#include "base/mem.h"
#include "cluster/balance.h"
#include "upstream/quota.h"
#include "freshness/fresh_replica.h"
#include "mysql/reply.h"
#include "pool/handover.h"
#include "pool/parked.h"
#include "pool/search.h"
#include "pool/usage.h"
#include "command/command_answer.h"
#include "session/slot.h"

#include <inttypes.h>

/* An idle session gives up its connection at once, or after one or two questions of headgate. A read that has
 * no connection after this time (microseconds) looks at other replicas. Each further time it waits twice as
 * long: otherwise it could leave every queue just before its turn. */
#define ELSEWHERE_US UINT64_C(100000)

static struct server *server_at(const struct session *session, int server)
{
    return session_view(session)->servers[server].server;
}

/* Does a session wait there already, for a permit of the server or of the account? */
static bool is_wanted(const struct session *session, int server)
{
    const struct quota *quota = quota_find(server_at(session, server), session->user->account);
    return permits_is_wanted(&server_at(session, server)->permits) ||
           (quota != NULL && permits_is_wanted(&quota->permits));
}

/* May the present read go to that server instead of the chosen one? */
static bool may_go_to(const struct session *session, int server)
{
    return session_view(session)->servers[server].takes_reads && server != session->job->avoid &&
           fresh_replica_allows(&session->consistency, session->job, server);
}

/* ---- the account's permit ---- */

bool wait_connection_note_limit(struct session *session, struct upstream *upstream, const struct error *err)
{
    struct quota *quota = search_learn_quota(&session->worker->pool, upstream->server, session->user);
    if (quota == NULL)
        return false;
    if (upstream->quota.permits == NULL)
        quota_enlist(quota, upstream);
    session->job->wait.goes_first = true;
    if (quota_refused(quota, err, session_now(session)))
        log_warning(&session->scope,
                    "'%s' is at a limit of connections of its own at %s: its statements wait for one another "
                    "there, pool_wait at most; logins refused so far: %" PRIu64 ": %s",
                    quota->user, upstream->server->name, counter_read(&quota->refused), err->text);
    return true;
}

static void release_quota(struct session *session)
{
    if (session->queue.quota != NULL)
        permits_give(&session->queue.quota->permits);
    session->queue.quota = NULL;
}

/* ---- a permit or a connection comes ---- */

static void on_grant(void *owner)
{
    struct session *session = owner;
    struct quota *quota = session->queue.permits->quota;
    session->queue.ticket = NULL;
    session->queue.quota = quota != NULL ? quota : session->queue.quota;
    session->queue.has_permit = quota == NULL;
    session->queue.permits = NULL;
    if (session->state == SESSION_QUEUED)
        session_run(session);
    else
        wait_connection_leave(session);
}

static bool on_offer(struct pool_waiter *waiter, struct upstream *offer)
{
    struct session *session = container_of(waiter, struct session, queue.waiter);
    session->queue.offer = offer;
    session_run(session);
    bool is_taken = session->queue.offer == NULL;
    session->queue.offer = NULL;
    return is_taken;
}

/* A connection comes that was parked, or given up by a session, of this worker or another one. */
static void on_connection(void *owner, struct loop *loop, void *take_connection)
{
    struct session *session = owner;
    struct worker *worker = loop->context;
    if (session != NULL)
        session->queue.ticket = NULL;
    waiters_arrive(&worker->pool, take_connection, session != NULL ? &session->queue.waiter : NULL);
}

void wait_connection_leave(struct session *session)
{
    permits_cancel(&session->queue.ticket);
    handover_cancel(&session->queue.waiter);
    if (session->queue.has_permit)
        permits_give(&session->queue.at->permits);
    session->queue.has_permit = false;
    session->queue.permits = NULL;
    release_quota(session);
    session->queue.at = NULL;
}

/* ---- the wait was in vain ---- */

enum step wait_connection_time_out(struct session *session)
{
    char text[ERROR_TEXT_MAX];
    struct server *server = session->queue.at;
    if (session->queue.waiter.handover !=
        NULL) { /* the other worker is very busy: its answer is not waited for any longer */
        wait_connection_leave(session);
        return session_enter(session, SESSION_ACQUIRING);
    }
    usage_explain(&session->worker->pool, session->queue.permits, text, sizeof text);
    counter_add(&server->by_worker[session->worker->index].queue_timeouts, 1);
    log_limited(LOG_LEVEL_WARNING, &session->scope, "%s", text);
    wait_connection_leave(session);
    return command_refuse(session, ERR_CON_COUNT, NULL, "%s", text);
}

bool wait_connection_may_wait(struct session *session)
{
    struct job *job = session->job;
    uint64_t now = session_now(session);
    if (job->wait.permit_until_us == 0)
        job->wait.permit_until_us = now + session->worker->world->timeouts->pool_wait_us;
    return now < job->wait.permit_until_us;
}

/* The worker's retry timer ends the wait. After pool_wait, the client gets the next refusal of the server. */
enum step wait_connection_wait(struct session *session)
{
    session_set_deadline(session, 0);
    worker_retry(session->worker);
    (void)session_enter(session, SESSION_WAITING);
    return STEP_WAIT;
}

/* ---- QUEUED ---- */

static void note_entry(struct session *session, struct server *server)
{
    session->queue.at = server;
    session->queue.moves = session_view(session)->servers[server->index].moves;
    (void)session_enter(session, SESSION_QUEUED);
}

/* What the session must wait for first: a permit of its account, if the account has a limit there and the
 * session can take none now; otherwise a permit of the server. */
static struct permits *permits_for(struct session *session, struct server *server)
{
    struct quota *quota = session->queue.quota == NULL ? quota_find(server, session->user->account) : NULL;
    if (quota == NULL)
        return &server->permits;
    if (!permits_try(&quota->permits))
        return &quota->permits;
    session->queue.quota = quota;
    return &server->permits;
}

static enum step enter(struct session *session, int at)
{
    struct worker *worker = session->worker;
    struct server *server = server_at(session, at);
    struct permits *permits = permits_for(session, server);
    bool is_first;
    const struct upstream_key wish = slot_key(session, at);
    const struct permits_waiter waiter = { .loop = &worker->loop,
                                           .owner = session,
                                           .on_grant = on_grant,
                                           .on_connection = on_connection,
                                           .wish = span_of(&wish, sizeof wish),
                                           .goes_first =
                                               permits->quota != NULL && session->job->wait.goes_first };
    note_entry(session, server);
    session->queue.permits = permits;
    session->queue.waiter.on_offer = on_offer;
    if (!wait_connection_may_wait(session))
        return wait_connection_time_out(session);
    session->job->wait.elsewhere_at_us = session_now(session) + (ELSEWHERE_US << session->job->wait.changes);
    session->queue.ticket = permits_wait(permits, &waiter, &is_first);
    if (session->queue.ticket == NULL) {
        wait_connection_leave(session); /* gives back a permit of the account */
        return command_refuse(session, ERR_OUT_OF_RESOURCES, NULL, "headgate: out of memory");
    }
    session_set_deadline(session, session->job->wait.permit_until_us - session_now(session));
    worker_retry(worker);
    if (is_first) /* otherwise the first one has searched, and sessions that become idle give up theirs */
        search_for_waiters(&worker->pool, permits);
    if (permits->quota != NULL)
        quota_try_more(permits->quota, session_now(session));
    return STEP_WAIT;
}

/* May the present job still run on the server that it waits for? */
static bool is_right(const struct session *session)
{
    const struct view *view = session_view(session);
    const struct view_server *entry = &view->servers[session->queue.at->index];
    bool is_held = view->is_paused && !facets_is_in_transaction(&session->facets);
    bool has_moved = entry->moves != session->queue.moves;
    if (is_held || has_moved || entry->state == SERVER_DOWN || entry->state == SERVER_DISABLED)
        return false;
    return session->job->place == ROUTE_PRIMARY ? view->primary == (int)session->queue.at->index
                                                : balance_is_reader(view, (int)session->queue.at->index);
}

static void take_or_change(struct session *session, int server, struct upstream *take_upstream,
                           bool must_change)
{
    if (must_change)
        slot_change(session, server, take_upstream);
    else
        slot_take(session, server, take_upstream);
}

/* Takes a parked connection to that server, if there is one. */
static bool take(struct session *session, int server)
{
    const struct parked_wish wish = { slot_key(session, server), &session->facets, session->rights.since_us };
    struct upstream *upstream = parked_take(&session->worker->pool, server_at(session, server), &wish);
    if (upstream == NULL)
        return false;
    session_set_deadline(session, 0);
    take_or_change(session, server, upstream, login_age_is_old(upstream, session->rights.since_us));
    return true;
}

static enum step open_with_permit(struct session *session, int server)
{
    session_set_deadline(session, 0); /* connecting has its own deadline */
    slot_open(session, server);
    return session_enter(session, SESSION_ATTACHING);
}

/* Takes the connection that is offered. False: it does not suit, and stays an offer. */
static bool take_over(struct session *session, int server)
{
    struct upstream *upstream = session->queue.offer;
    const struct upstream_key wish = slot_key(session, server);
    bool must_change;
    if (!waiters_claim(upstream, &wish, &must_change))
        return false;
    session->queue.offer = NULL;
    session_set_deadline(session, 0);
    take_or_change(session, server, upstream,
                   must_change || login_age_is_old(upstream, session->rights.since_us));
    return true;
}

static enum step take_offer(struct session *session)
{
    int server = (int)session->queue.at->index;
    struct quota *quota = session->queue.quota; /* kept: the connection may change to this account */
    session->queue.quota = NULL;
    wait_connection_leave(session);
    session->queue.quota = quota;
    bool is_taken = (session->queue.offer != NULL && take_over(session, server)) || take(session, server);
    release_quota(session);
    return is_taken ? session_enter(session, SESSION_ATTACHING) : session_enter(session, SESSION_ACQUIRING);
}

/* A replica for which no session waits. It may have no free connection: idle sessions give up theirs only to
 * sessions that wait there. VIEW_NO_SERVER: there is none, or it is too early. */
static int find_calm(struct session *session)
{
    const struct view *view = session_view(session);
    unsigned turn = session->worker->turn++;
    if (session->job->place != ROUTE_REPLICA || session_now(session) < session->job->wait.elsewhere_at_us)
        return VIEW_NO_SERVER;
    for (size_t i = 0; i < view->count; i++) {
        int at = (int)((i + turn) % view->count);
        if (at != (int)session->queue.at->index && may_go_to(session, at) && !is_wanted(session, at))
            return at;
    }
    return VIEW_NO_SERVER;
}

/* On the retry timer: some connections are given up only later, and another replica may have a free one. */
static enum step look_again(struct session *session)
{
    struct worker *worker = session->worker;
    struct permits *permits = session->queue.permits;
    int calm = find_calm(session);
    if (calm != VIEW_NO_SERVER) {
        session->job->wait.changes++;
        wait_connection_leave(session);
        fresh_replica_note_choice(&session->consistency, session->job, calm);
        return wait_connection_attach(session, calm);
    }
    if (permits->quota != NULL)
        quota_try_more(permits->quota, session_now(session));
    worker_retry(worker);
    if (session_now(session) - permits->holders[worker->index].searched_us >= worker_retry_us(worker))
        search_for_waiters(&worker->pool, permits);
    return STEP_WAIT;
}

enum step wait_connection_step(struct session *session)
{
    struct worker *worker = session->worker;
    if (session->is_client_eof || !is_right(session)) {
        if (session_view(session)->is_paused)
            session->job->wait.permit_until_us = 0; /* the time of a pause does not count */
        wait_connection_leave(session);
        return session->is_client_eof ? session_close(session, CLOSE_CLIENT_GONE, NULL)
                                      : session_enter(session, SESSION_ACQUIRING);
    }
    if (session->queue.has_permit) {
        int server = (int)session->queue.at->index;
        session->queue.has_permit = false; /* it passes to the new connection */
        session->queue.at = NULL;
        return open_with_permit(session, server);
    }
    if (session->queue.waiter.handover != NULL)
        return STEP_WAIT;
    if (session->queue.ticket == NULL && session->queue.permits == NULL && session->queue.quota != NULL) {
        /* A permit of the account has come; a permit of the server is needed as well. */
        struct server *server = session->queue.at;
        if (!permits_try(&server->permits))
            return enter(session, (int)server->index);
        session->queue.at = NULL;
        return open_with_permit(session, (int)server->index);
    }
    if (session->queue.ticket == NULL) /* called by on_offer */
        return take_offer(session);
    return worker->is_retrying ? look_again(session) : STEP_WAIT;
}

/* ---- a connection without waiting ---- */

enum got { GOT_NOTHING, GOT_PERMIT, GOT_CONNECTION, GOT_ANSWER_LATER };

/* Gets a parked connection or the permits to open one; nothing if another session waits already. `may_ask`:
 * other workers may be asked for a parked connection. */
static enum got get(struct session *session, int server, bool may_ask)
{
    struct permits *permits = &server_at(session, server)->permits;
    struct quota *quota = quota_find(server_at(session, server), session->user->account);
    if (is_wanted(session, server))
        return GOT_NOTHING;
    if (take(session, server))
        return GOT_CONNECTION;
    const struct upstream_key wish = slot_key(session, server);
    session->queue.waiter.on_offer = on_offer;
    if (may_ask &&
        handover_ask(&session->worker->pool, server_at(session, server), &wish, &session->queue.waiter))
        return GOT_ANSWER_LATER;
    if (quota != NULL && !permits_try(&quota->permits))
        return GOT_NOTHING;
    session->queue.quota = quota;
    if (permits_try(permits))
        return GOT_PERMIT;
    release_quota(session);
    return GOT_NOTHING;
}

/* Another replica with a free connection, or VIEW_NO_SERVER. */
static int find_free(struct session *session, enum got *got_r)
{
    const struct view *view = session_view(session);
    unsigned turn = session->worker->turn++;
    for (size_t i = 0; i < view->count; i++) {
        int at = (int)((i + turn) % view->count);
        if (may_go_to(session, at) && (*got_r = get(session, at, false)) != GOT_NOTHING) {
            fresh_replica_note_choice(&session->consistency, session->job, at);
            return at;
        }
    }
    return VIEW_NO_SERVER;
}

enum step wait_connection_attach(struct session *session, int server)
{
    enum got got = get(session, server, !session->job->wait.has_asked_others);
    int at = server;
    if (got == GOT_ANSWER_LATER) { /* within a turn of their loops; the deadline is for a worker that hangs */
        session->job->wait.has_asked_others = true; /* once per job */
        note_entry(session, server_at(session, server));
        session_set_deadline(session, session->worker->env.connect_us);
        return STEP_WAIT;
    }
    if (got == GOT_NOTHING && session->job->place == ROUTE_REPLICA)
        at = find_free(session, &got);
    if (got == GOT_NOTHING)
        return enter(session, server);
    return got == GOT_PERMIT ? open_with_permit(session, at) : session_enter(session, SESSION_ATTACHING);
}
