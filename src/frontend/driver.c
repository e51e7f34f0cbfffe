#include "frontend/driver.h"

#include "base/clock.h"
#include "base/mem.h"
#include "freshness/fresh_replica.h"
#include "mysql/reply.h"
#include "net/stream_packed.h"
#include "net/stream_tls.h"
#include "command/transfer.h"
#include "command/acquire.h"
#include "command/apply_state.h"
#include "command/command.h"
#include "command/command_answer.h"
#include "session/compression.h"
#include "command/pending_effects.h"
#include "frontend/client_address.h"
#include "frontend/kill.h"
#include "frontend/login.h"
#include "frontend/login_account.h"
#include "command/pick_server.h"
#include "command/retry.h"
#include "session/slot.h"
#include "command/wait_connection.h"
#include "command/wait_replica.h"
#include "access/directory.h"
#include "frontend/worker_thread.h"
#include "state/facet_table.h"
#include "state/wait_timeout.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* ---- timers: restarted only if the new wait ends before the running timer ---- */

/* ---- what deadlines do ---- */

static enum step no_deadline(struct session *session)
{
    (void)session;
    return STEP_WAIT;
}

static enum step greeting_is_late(struct session *session)
{
    reply_put_err(&session->client.out, 0, ERR_SERVER_SHUTDOWN, NULL,
                  "headgate: no server of this cluster has answered yet");
    return session_close(session, CLOSE_SERVER_REFUSED, "no server has answered yet");
}

static enum step login_is_late(struct session *session)
{
    return session_close(session, CLOSE_LOGIN_TIMEOUT, NULL);
}

static enum step server_is_late(struct session *session)
{
    const struct timeout_settings *timeouts = session->worker->world->timeouts;
    char text[32];
    return command_refuse(session, ERR_READ_ONLY, NULL,
                          "headgate: no %s of cluster '%s' was available for %s; the statement was not run",
                          route_place_name(session->job->place), session->listener->settings->cluster,
                          clock_format_duration(timeouts->primary_wait_us, text, sizeof text));
}

static enum step reply_is_late(struct session *session)
{
    struct error err = { 0 };
    char text[32];
    session->job->is_timed_out = true;
    kill_session(session, true); /* otherwise the server would go on running the statement */
    (void)error_set(&err, ETIMEDOUT, "no reply within the query timeout of %s",
                    clock_format_duration(session_query_us(session), text, sizeof text));
    return retry_of_upstream(session, &err);
}

static enum step draining_is_late(struct session *session)
{
    return session_close(session, CLOSE_IDLE_TIMEOUT, NULL);
}

static enum step closing_is_late(struct session *session)
{
    session_abort(session, session->close_reason);
    return STEP_GONE;
}

static enum step closing(struct session *session);

static const struct {
    enum step (*step)(struct session *);
    enum step (*on_deadline)(struct session *);
} states[] = {
#define SESSION_STATE(NAME, words, stage, step, on_deadline, next, leaves, late)                             \
    [SESSION_##NAME] = { step, on_deadline },
#include "session/tbl/session_states.h"
#undef SESSION_STATE
};

static void on_timer(struct loop_timer *timer)
{
    struct session *session = container_of(timer, struct session, timer);
    uint64_t now = session_now(session);
    session->timer_at_us = 0;
    if (session->deadline_us == 0)
        return;
    if (session->deadline_us > now) {
        session->timer_at_us = session->deadline_us;
        loop_timer_start(timer, &session->worker->loop, session->deadline_us - now);
        return;
    }
    session->deadline_us = 0;
    session->is_running = true;
    enum step step = states[session->state].on_deadline(session);
    session->is_running = false;
    if (step != STEP_GONE)
        session_run(session);
}

/* ---- readiness ---- */

static bool has_room(const struct stream *stream)
{
    return stream->in.data == NULL || buf_room(&stream->in) > 0;
}

/* Here and in watch_upstream alone it is decided which socket events are wanted: from what the buffers hold. On the
 * hot path nothing changes here. */
static void watch_client(struct session *session)
{
    struct stream *client = &session->client;
    const struct upstream *upstream = session->slots[session->job->place]->upstream;
    bool is_relaying = session->state == SESSION_REPLYING || session->state == SESSION_INFILE;
    int events = 0;
    bool is_listening = session->state != SESSION_CLOSING || session->has_last_words;
    if (!session->is_client_eof && is_listening && has_room(client))
        events |= EV_READ;
    if (stream_has_output(client) ||
        (session->state == SESSION_SECURING && stream_handshake_writes(client)) ||
        (is_relaying && upstream != NULL && buf_unsent(&upstream->stream.in).len > 0))
        events |= EV_WRITE;
    stream_want(client, events);
}

static void watch_upstream(struct session *session, enum route_place place)
{
    struct upstream *upstream = session->slots[place]->upstream;
    if (upstream == NULL || (upstream->state != UPSTREAM_READY && upstream->state != UPSTREAM_BUSY))
        return;
    struct stream *stream = &upstream->stream;
    bool is_sending = place == session->job->place &&
                      (session->state == SESSION_SENDING || session->state == SESSION_INFILE) &&
                      (buf_unsent(&session->client.in).len > 0 ||
                       session->job->rewritten.len > session->job->rewritten_sent);
    int events = !stream->is_eof && stream->error == 0 && has_room(stream) ? EV_READ : 0;
    if (stream_has_output(stream) || is_sending)
        events |= EV_WRITE;
    stream_want(stream, events);
}

static void on_client(struct stream *stream, int events)
{
    struct session *session = stream->owner;
    if ((events & EV_READ) && session->state != SESSION_SECURING) {
        switch (stream_fill(stream)) {
        case STREAM_OK:
        case STREAM_BLOCKED:
            break;
        case STREAM_EOF:
            session->is_client_eof = true;
            break;
        case STREAM_FAILED:
            if (stream_packing_verdict(stream) == FRAMES_OK) {
                session_abort(session, CLOSE_CLIENT_FAILED);
                return;
            }
            compression_refuse(session);
            break;
        }
    }
    session_run(session);
}

/* ---- the driver ---- */

/* A connection that the present job does not use has ended, or has sent something without a request. Drops
 * it; true if the session had state there. */
static bool lose_idle(struct session *session, enum route_place place)
{
    struct slot *slot = session->slots[place];
    bool is_state_lost = slot_has_lost_state(session, place);
    counter_add(&slot->upstream->server->by_worker[session->worker->index].drops, 1);
    worker_note_trouble(session->worker, session->listener->cluster);
    log_info(&session->scope, "connection to %s lost while idle: %s", slot->upstream->server->name,
             slot->failure.text);
    slot_drop(session, place);
    return is_state_lost;
}

/* The client gets the error as the answer to its next command: few clients read an error that they did not
 * ask for. */
static void bury_idle(struct session *session, enum route_place place)
{
    const struct slot *slot = session->slots[place];
    const char *name = slot->upstream->server->name;
    struct error failure = slot->failure;
    if (!lose_idle(session, place) || session->lost.len > 0)
        return;
    (void)text_appendf(&session->lost, "headgate: lost connection to %s, and what the session had there: %s",
                       name, failure.text);
    session->facets.status &= (uint16_t) ~(STATUS_IN_TRANS | STATUS_IN_TRANS_READONLY);
    session->facets.transaction.is_unknown = false;
    if (session->state == SESSION_IDLE) /* the time-out of a transaction does not apply any more */
        session_set_deadline(
            session, wait_timeout_us(&session->facets, session->worker->world->timeouts->idle_client_us));
}

/* There was no memory for an answer to the client. An incomplete answer is never sent, and nothing else
 * can be sent to this client. A session that is closing notices the failure by itself. */
static bool is_speechless(const struct session *session)
{
    return session->client.out.is_oom && session->state != SESSION_CLOSING;
}

static void run(struct session *session)
{
    if (session->is_running || session->is_gone)
        return;
    session->is_running = true;
    for (int place = 0; place < PREPARED_PLACES; place++)
        if (session->slots[place]->has_failed && !session_is_of_job(session, (enum route_place)place))
            bury_idle(session, (enum route_place)place);
    enum step step = session->job->is_interrupted ? kill_interrupted(session) : STEP_MORE;
    while (step == STEP_MORE && !is_speechless(session))
        step = states[session->state].step(session);
    session->is_running = false;
    if (step == STEP_GONE)
        return;
    if (is_speechless(session)) {
        log_limited(LOG_LEVEL_ERROR, &session->scope, "client %s: out of memory for an answer",
                    session->host);
        session_abort(session, CLOSE_OUT_OF_MEMORY);
        return;
    }
    watch_client(session);
    watch_upstream(session, ROUTE_PRIMARY);
    watch_upstream(session, ROUTE_REPLICA);
}

/* ---- opening and closing ---- */

/* A session with an id, in the worker's table by id. `comes_proxied`: the host may change. NULL when memory is
 * out. */
static struct session *new_session(struct worker *worker, const char *host, bool comes_proxied)
{
    size_t host_bytes = strlen(host) + 1;
    struct session *session = mem_zalloc(sizeof *session + (comes_proxied ? ADDR_PLAIN_MAX : host_bytes));
    if (session == NULL)
        return NULL;
    memcpy(session->host, host, host_bytes);
    session->comes_proxied = comes_proxied;
    session->is_counted = !comes_proxied;
    session->id = worker->next_id;
    session->job = job_idle();
    session->slots[ROUTE_PRIMARY] = session->slots[ROUTE_REPLICA] = slot_none();
    HASH_ADD(hh, worker->by_id, id, sizeof session->id, session);
    if (!hash_has(session)) {
        mem_free(session);
        return NULL;
    }
    worker->next_id += worker->world->worker_count;
    worker->bodies++;
    return session;
}

static struct proxy_ends ends_of(int fd, const struct addr *peer)
{
    struct addr own = { .len = sizeof own.u.storage };
    if (addr_is_local(peer) || getsockname(fd, &own.u.any, &own.len) < 0)
        own.len = 0;
    return proxy_ends_of(peer, &own);
}

/* The first state, and how long the session may stay there. */
static void begin(struct session *session)
{
    const struct timeout_settings *timeouts = session->worker->world->timeouts;
    bool needs_header =
        session->comes_proxied && session->listener->settings->proxy_protocol == LISTENER_PROXY_REQUIRED;
    session->state = needs_header ? SESSION_PROXY_HEADER : SESSION_GREETING;
    session_set_deadline(session, needs_header ? timeouts->client_login_us : timeouts->primary_wait_us);
}

static void open_session(struct worker *worker, int take_fd, const struct addr *peer,
                         struct listener *listener)
{
    char host[ADDR_PLAIN_MAX];
    bool comes_proxied = networks_contain(&listener->proxies, peer);
    struct session *session = new_session(worker, addr_format_host(peer, host), comes_proxied);
    if (session == NULL) {
        log_limited(LOG_LEVEL_ERROR, NULL, "out of memory: a client of listener %s was turned away",
                    listener->settings->name);
        limits_turn_away(take_fd, ERR_OUT_OF_RESOURCES, "headgate: out of memory");
        (void)close(take_fd);
        worker_forget(worker, listener, comes_proxied ? NULL : host);
        return;
    }
    session->worker = worker;
    session->prepared.texts = &worker->texts;
    session->listener = listener;
    session->scope = (struct log_scope){ .key = "session", .number = session->id };
    session->facets.mode = (enum listener_mode)listener->settings->mode;
    session->is_local = addr_is_local(peer);
    session->ends = ends_of(take_fd, peer);
    session->is_new = true;
    consistency_init(&session->consistency, worker->boxes[listener->cluster].positions, listener->settings);
    session->facets.status = STATUS_AUTOCOMMIT;
    loop_timer_init(&session->timer, on_timer);
    stream_open(&session->client, &worker->loop, take_fd, on_client, session);
    socket_tune(take_fd, peer, &worker->env.socket);
    list_link_last(&worker->sessions, &session->in_worker);
    counter_add(&listener->by_worker[worker->index].sessions, 1);
    begin(session);
    session_run(session);
}

static void bury(struct loop_corpse *corpse)
{
    struct session *session = container_of(corpse, struct session, corpse);
    struct worker *worker = session->worker;
    mem_free(session);
    worker_note_freed(worker);
}

/* The session ends: the cost of its running statement is noted. */
static void end_statement(struct session *session)
{
    cost_end(session, close_reasons[session->close_reason].words);
    if (session->job->is_changing_code)
        pending_effects_end(session);
}

static void abort_session(struct session *session, enum close_reason reason)
{
    if (session->is_gone)
        return;
    session->is_gone = true;
    session->close_reason = reason;
    counter_add(&session->worker->closes[reason], 1);
    log_debug(&session->scope, "closed: %s", close_reasons[reason].words);
    end_statement(session);
    loop_timer_stop(&session->timer);
    wait_connection_leave(session);
    wait_replica_end(session);
    if (close_reasons[reason].may_hand_on)
        slot_leave_all(session);
    else
        slot_drop_all(session);
    pick_share(session, NULL);
    if (stream_is_packed(&session->client))
        compression_count(session);
    stream_close(&session->client);
    if (session->user_limit != NULL)
        limit_give(session->user_limit);
    directory_leave(session->user);
    login_account_end(session);
    if (session->login != NULL)
        client_login_fini(session->login);
    mem_free(session->login);
    mem_free_secret(session->seen, sizeof *session->seen);
    mem_free(session->proxied);
    text_fini(&session->lost);
    text_fini(&session->said);
    text_fini(&session->attributes);
    job_give(&session->worker->jobs, &session->job);
    facets_fini(&session->facets);
    prepared_clear(&session->prepared);
    list_unlink(&session->worker->sessions, &session->in_worker);
    HASH_DEL(session->worker->by_id, session);
    loop_bury(&session->worker->loop, &session->corpse, bury);
    worker_forget(session->worker, session->listener, session->is_counted ? session->host : NULL);
}

static enum step closing(struct session *session)
{
    struct stream *client = &session->client;
    end_statement(session);
    if (stream_flush(client) == STREAM_BLOCKED)
        return STEP_WAIT;
    if (session->has_last_words && !session->is_client_eof && client->error == 0) {
        /* Closing a socket with unread input resets the connection, and the client would lose the last
         * message. */
        stream_end_output(client);
        if (client->in.data != NULL) {
            buf_mark_parsed(&client->in, buf_unparsed(&client->in).len);
            buf_drop_parsed(&client->in);
        }
        return STEP_WAIT;
    }
    session_abort(session, session->close_reason);
    return STEP_GONE;
}

static void move(struct session *session, enum route_place place)
{
    struct slot *slot = session->slots[place];
    const struct view_server *entry = &session_view(session)->servers[slot->server];
    if (slot->upstream == NULL || slot->has_failed)
        return;
    bool is_out = entry->state == SERVER_DOWN || entry->state == SERVER_DISABLED;
    if (upstream_is_before(slot->upstream, entry->lost_us)) {
        slot->has_failed = true;
        (void)error_set(&slot->failure, 0, "%s has restarted", slot->upstream->server->name);
    } else if (is_out && (!slot_has_moved(session, place) || entry->state == SERVER_DISABLED)) {
        slot->has_failed = true;
        (void)error_set(&slot->failure, 0, "%s was %s: %s", slot->upstream->server->name,
                        entry->state == SERVER_DOWN ? "declared down" : "disabled",
                        entry->detail[0] != '\0' ? entry->detail : entry->reason);
    } else if (session_stage(session) == STAGE_ON_ITS_WAY && place == session->job->place) {
        if (!slot_is_current(session, place)) { /* nothing of the command has been sent: another server */
            slot_drop(session, place);
            (void)acquire_wait(session);
        }
    } else if (!session_is_of_job(session, place) && slot_is_left(session, place)) {
        slot_drop(session, place);
    }
}

static void on_view(struct session *session)
{
    fresh_replica_note_view(&session->consistency);
    for (int place = 0; place < PREPARED_PLACES; place++)
        move(session, (enum route_place)place);
    session_run(session);
}

static void on_world(struct session *session)
{
    if (session->user == NULL)
        return;
    const struct auth_secret *before = &session->user->secret;
    session->user = users_heir(session->worker->world->users, session->user);
    if (session->user == NULL) /* the session was closing and is not counted any more */
        session_abort(session, session->close_reason);
    else if (!session->user->secret.has_password && session->seen == NULL &&
             !session_keep_secret(session, before))
        session_abort(session, CLOSE_OUT_OF_MEMORY);
    else
        consistency_note_settings(&session->consistency, session->user, session->is_new);
}

static void drain(struct session *session)
{
    bool is_in = session->state != SESSION_PROXY_HEADER && session->state != SESSION_GREETING &&
                 session->state != SESSION_LOGIN && session->state != SESSION_SECURING;
    if (!is_in)
        session_abort(session, CLOSE_SHUTDOWN);
    else
        session_run(session);
}

const struct session_driver session_driver = { .open = open_session,
                                               .run = run,
                                               .abort = abort_session,
                                               .on_view = on_view,
                                               .on_world = on_world,
                                               .drain = drain,
                                               .bury_idle = bury_idle };
