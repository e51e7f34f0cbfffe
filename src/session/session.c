#include "session/session.h"

#include "base/clock.h"
#include "base/mem.h"
#include "freshness/consistency.h"
#include "mysql/reply.h"
#include "net/stream_packed.h"
#include "relay/relay.h"
#include "session/acquire.h"
#include "session/apply_state.h"
#include "session/command.h"
#include "session/compression.h"
#include "session/cost.h"
#include "session/ddl_notice.h"
#include "session/kill.h"
#include "session/login.h"
#include "session/pick_server.h"
#include "session/prepare_again.h"
#include "session/retry.h"
#include "session/slot.h"
#include "session/wait_connection.h"
#include "session/wait_replica.h"
#include "state/pending_pins.h"
#include "state/pending_set.h"
#include "state/reply_effects.h"
#include "state/wait_timeout.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const state_words[] = {
#define SESSION_STATE(NAME, words) [SESSION_##NAME] = words,
#include "session/tbl/session_states.h"
#undef SESSION_STATE
};

static const struct {
    const char *words;
    bool is_error;
    bool may_hand_on;
} close_reasons[] = {
#define CLOSE_REASON(NAME, is_error, may_hand_on, words) [CLOSE_##NAME] = { words, is_error, may_hand_on },
#include "session/tbl/close_reasons.h"
#undef CLOSE_REASON
};

static enum step closing(struct session *session);

/* One row per state, in the order of the enumeration. */
static enum step (*const steps[])(struct session *) = {
    [SESSION_GREETING] = login_greeting,     [SESSION_LOGIN] = login_login,
    [SESSION_IDLE] = command_idle,           [SESSION_READING] = command_reading,
    [SESSION_WAITING] = acquire_waiting,     [SESSION_ATTACHING] = acquire_attaching,
    [SESSION_SYNCING] = apply_state_syncing, [SESSION_PREPARING] = prepare_again_step,
    [SESSION_SENDING] = relay_sending,       [SESSION_REPLYING] = relay_replying,
    [SESSION_INFILE] = relay_infile,         [SESSION_DRAINING] = command_draining,
    [SESSION_KILLING] = kill_waiting,        [SESSION_CLOSING] = closing,
    [SESSION_QUEUED] = wait_connection_step, [SESSION_CATCHING_UP] = wait_replica_step,
};

const char *session_state_words(enum session_state state)
{
    return state_words[state];
}

uint64_t session_now(const struct session *session)
{
    return session->worker->loop.now_us;
}

const struct view *session_view(const struct session *session)
{
    return worker_view(session->worker, session->door->cluster);
}

/* ---- timers: restarted only when a wait ends sooner than what already runs ---- */

static struct session *of_timer(struct loop_timer *timer)
{
    return (struct session *)(void *)((char *)timer - offsetof(struct session, timer));
}

void session_set_deadline(struct session *session, uint64_t after_us)
{
    session->deadline_us = after_us == 0 ? 0 : session_now(session) + after_us;
    if (after_us == 0 || (session->timer_at_us != 0 && session->timer_at_us <= session->deadline_us))
        return;
    session->timer_at_us = session->deadline_us;
    loop_timer_start(&session->timer, &session->worker->loop, after_us);
}

uint64_t session_query_us(const struct session *session)
{
    uint64_t query_us = session->worker->world->timeouts->query_us, hint_us = session->job.hint.timeout_us;
    return hint_us != 0 && (query_us == 0 || hint_us < query_us) ? hint_us : query_us;
}

static enum step time_out(struct session *session)
{
    const struct timeout_settings *timeouts = session->worker->world->timeouts;
    char text[32];
    switch (session->state) {
    case SESSION_GREETING:
        reply_put_err(&session->client.out, 0, ERR_SERVER_SHUTDOWN, NULL,
                      "headgate: no server of this cluster has answered yet");
        return session_close(session, CLOSE_SERVER_REFUSED, "no server has answered yet");
    case SESSION_LOGIN:
        return session_close(session, CLOSE_LOGIN_TIMEOUT, NULL);
    case SESSION_WAITING:
    case SESSION_ATTACHING:
        return command_refuse(session, ERR_READ_ONLY, NULL,
                              "headgate: no %s of cluster '%s' was available for %s; the "
                              "statement was not run",
                              route_place_name(session->job.place), session->door->settings->cluster,
                              clock_format_duration(timeouts->primary_wait_us, text, sizeof text));
    case SESSION_QUEUED:
        return wait_connection_time_out(session);
    case SESSION_CATCHING_UP:
        return wait_replica_time_out(session);
    case SESSION_REPLYING: {
        struct error err = { 0 };
        session->job.is_timed_out = true;
        kill_session(session, true); /* or the server would go on with it */
        (void)error_set(&err, ETIMEDOUT, "no reply within the query timeout of %s",
                        clock_format_duration(session_query_us(session), text, sizeof text));
        return retry_of_upstream(session, &err);
    }
    case SESSION_IDLE:
    case SESSION_READING:
        return command_idle_time_out(session);
    case SESSION_DRAINING:
        return session_close(session, CLOSE_IDLE_TIMEOUT, NULL);
    case SESSION_CLOSING:
        session_abort(session, session->close_reason);
        return STEP_GONE;
    case SESSION_SYNCING:
    case SESSION_PREPARING:
    case SESSION_SENDING:
    case SESSION_INFILE:
    case SESSION_KILLING:
    case SESSION_STATE_COUNT:
        break;
    }
    return STEP_WAIT;
}

static void on_timer(struct loop_timer *timer)
{
    struct session *session = of_timer(timer);
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
    enum step step = time_out(session);
    session->is_running = false;
    if (step != STEP_GONE)
        session_run(session);
}

/* ---- readiness ---- */

static bool has_room(const struct stream *stream)
{
    return stream->in.data == NULL || buf_room(&stream->in) > 0;
}

static void watch_client(struct session *session)
{
    struct stream *client = &session->client;
    const struct upstream *upstream = session->slots[session->job.place].upstream;
    bool is_relaying = session->state == SESSION_REPLYING || session->state == SESSION_INFILE;
    int events = 0;
    bool is_listening = session->state != SESSION_CLOSING || session->has_last_words;
    if (!session->is_client_eof && is_listening && has_room(client))
        events |= EV_READ;
    if (stream_has_output(client) ||
        (is_relaying && upstream != NULL && buf_unsent(&upstream->stream.in).len > 0))
        events |= EV_WRITE;
    stream_want(client, events);
}

static void watch_upstream(struct session *session, enum route_place place)
{
    struct upstream *upstream = session->slots[place].upstream;
    if (upstream == NULL || (upstream->state != UPSTREAM_READY && upstream->state != UPSTREAM_BUSY))
        return;
    struct stream *stream = &upstream->stream;
    bool is_sending =
        place == session->job.place &&
        (session->state == SESSION_SENDING || session->state == SESSION_INFILE) &&
        (buf_unsent(&session->client.in).len > 0 || session->job.rewritten.len > session->job.rewritten_sent);
    int events = !stream->is_eof && stream->error == 0 && has_room(stream) ? EV_READ : 0;
    if (stream_has_output(stream) || is_sending)
        events |= EV_WRITE;
    stream_want(stream, events);
}

/* The one place where interest is derived: from what the buffers hold. On the hot path nothing changes here.
 */
static void watch(struct session *session)
{
    watch_client(session);
    watch_upstream(session, ROUTE_PRIMARY);
    watch_upstream(session, ROUTE_REPLICA);
}

static void on_client(struct stream *stream, int events)
{
    struct session *session = stream->owner;
    if (events & EV_READ) {
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

enum step session_enter(struct session *session, enum session_state state)
{
    log_debug(&session->scope, "%s -> %s", state_words[session->state], state_words[state]);
    session->state = state;
    return STEP_MORE;
}

/* An upstream that is not part of the present job died, or spoke out of turn. */
static bool lose_idle(struct session *session, enum route_place place)
{
    struct slot *slot = &session->slots[place];
    bool is_state_lost = slot_has_lost_state(session, place);
    counter_add(&slot->upstream->server->by_worker[session->worker->index].drops, 1);
    worker_note_trouble(session->worker, session->door->cluster);
    log_info(&session->scope, "connection to %s lost while idle: %s", slot->upstream->server->name,
             slot->failure.text);
    slot_drop(session, place);
    return is_state_lost;
}

bool session_is_of_job(const struct session *session, enum route_place place)
{
    return place == session->job.place &&
           (session->state == SESSION_ATTACHING || session->state == SESSION_SYNCING ||
            session->state == SESSION_PREPARING || session->state == SESSION_SENDING ||
            session->state == SESSION_REPLYING || session->state == SESSION_INFILE);
}

/* The client is told when it speaks next: an error that nobody asked for is read by few clients. */
void session_bury_idle(struct session *session, enum route_place place)
{
    const struct slot *slot = &session->slots[place];
    const char *name = slot->upstream->server->name;
    struct error failure = slot->failure;
    if (!lose_idle(session, place) || session->lost.len > 0)
        return;
    (void)text_appendf(&session->lost, "headgate: lost connection to %s, and what the session had there: %s",
                       name, failure.text);
    session->facets.status &= (uint16_t) ~(STATUS_IN_TRANS | STATUS_IN_TRANS_READONLY);
    session->facets.transaction.is_unknown = false;
    if (session->state == SESSION_IDLE) /* not that of a transaction any more */
        session_set_deadline(session, wait_timeout_us(session));
}

static void bury_idle_losses(struct session *session)
{
    for (int place = 0; place < PREPARED_PLACES; place++)
        if (session->slots[place].has_failed && !session_is_of_job(session, (enum route_place)place))
            session_bury_idle(session, (enum route_place)place);
}

/* An answer of ours found no memory: half of it is never sent, and nothing else can be said to this client. A
 * session that is closing finds out by itself. */
static bool is_speechless(const struct session *session)
{
    return session->client.out.is_oom && session->state != SESSION_CLOSING;
}

static void abort_speechless(struct session *session)
{
    log_limited(LOG_LEVEL_ERROR, &session->scope, "client %s: out of memory for an answer", session->host);
    session_abort(session, CLOSE_OUT_OF_MEMORY);
}

void session_run(struct session *session)
{
    if (session->is_running || session->is_gone)
        return;
    session->is_running = true;
    bury_idle_losses(session);
    enum step step = session->job.is_interrupted ? kill_interrupted(session) : STEP_MORE;
    while (step == STEP_MORE && !is_speechless(session))
        step = steps[session->state](session);
    session->is_running = false;
    if (step == STEP_GONE)
        return;
    if (is_speechless(session))
        abort_speechless(session);
    else
        watch(session);
}

/* ---- birth and death ---- */

/* NULL when memory is out; otherwise it has an id, and can be found by it. */
static struct session *new_session(struct worker *worker)
{
    struct session *session = mem_zalloc(sizeof *session);
    if (session == NULL)
        return NULL;
    session->id = worker->next_id;
    HASH_ADD(hh, worker->by_id, id, sizeof session->id, session);
    if (!hash_has(session)) {
        mem_free(session);
        return NULL;
    }
    worker->next_id += worker->world->worker_count;
    worker->bodies++;
    return session;
}

void session_open(struct worker *worker, int take_fd, const struct addr *peer, struct door *door)
{
    struct session *session = new_session(worker);
    if (session == NULL) {
        log_limited(LOG_LEVEL_ERROR, NULL, "out of memory: a client of listener %s was turned away",
                    door->settings->name);
        limits_turn_away(take_fd, ERR_OUT_OF_RESOURCES, "headgate: out of memory");
        (void)close(take_fd);
        worker_forget(worker, door, peer);
        return;
    }
    session->worker = worker;
    session->prepared.texts = &worker->texts;
    session->door = door;
    session->peer = *peer;
    (void)addr_format_host(peer, session->host);
    session->scope = (struct log_scope){ .key = "session", .number = session->id };
    session->is_new = true;
    session->job.avoid = VIEW_NO_SERVER;
    session->facets.status = STATUS_AUTOCOMMIT;
    loop_timer_init(&session->timer, on_timer);
    stream_open(&session->client, &worker->loop, take_fd, on_client, session);
    socket_tune(take_fd, peer, &worker->env.socket);
    list_link_last(&worker->sessions, &session->in_worker);
    counter_add(&door->by_worker[worker->index].sessions, 1);
    session_set_deadline(session, worker->world->timeouts->primary_wait_us);
    session_run(session);
}

static void bury(struct loop_corpse *corpse)
{
    struct session *session = (struct session *)(void *)((char *)corpse - offsetof(struct session, corpse));
    struct worker *worker = session->worker;
    mem_free(session);
    worker_note_freed(worker);
}

void session_abort(struct session *session, enum close_reason reason)
{
    if (session->is_gone)
        return;
    session->is_gone = true;
    session->close_reason = reason;
    counter_add(&session->worker->closes[reason], 1);
    log_debug(&session->scope, "closed: %s", close_reasons[reason].words);
    cost_end(session, close_reasons[reason].words);
    ddl_notice_end(session);
    loop_timer_stop(&session->timer);
    wait_connection_leave(session);
    wait_replica_end(session);
    if (close_reasons[reason].may_hand_on)
        slot_leave_all(session);
    else
        slot_drop_all(session);
    pick_share(session, NULL);
    compression_end(session);
    stream_close(&session->client);
    if (session->user_limit != NULL)
        limit_give(session->user_limit);
    if (session->admit != NULL)
        admit_fini(session->admit);
    mem_free(session->admit);
    mem_free_secret(session->seen, sizeof *session->seen);
    text_fini(&session->lost);
    text_fini(&session->said);
    text_fini(&session->attributes);
    text_fini(&session->facets.schema);
    text_fini(&session->facets.tracking.names);
    text_fini(&session->facets.role.said);
    text_fini(&session->job.rewritten);
    pending_set_fini(session->job.changes);
    session->job.changes = NULL;
    pending_pins_free(session->job.claims);
    session->job.claims = NULL;
    text_fini(&session->job.inner);
    text_fini(&session->job.asked_schema);
    text_fini(&session->job.names.text);
    pins_clear(&session->facets.pins);
    vars_fini(&session->facets.vars);
    user_variables_fini(&session->facets.user_vars);
    prepared_clear(&session->prepared);
    list_unlink(&session->worker->sessions, &session->in_worker);
    HASH_DEL(session->worker->by_id, session);
    loop_bury(&session->worker->loop, &session->corpse, bury);
    worker_forget(session->worker, session->door, &session->peer);
}

#define CLOSING_US 2000000 /* how long a client may take to read our last words */

enum step session_close(struct session *session, enum close_reason reason, const char *detail)
{
    session->close_reason = reason;
    cost_end(session, close_reasons[reason].words);
    ddl_notice_end(session);
    session->has_last_words = close_reasons[reason].is_error;
    if (close_reasons[reason].is_error)
        log_limited(LOG_LEVEL_WARNING, &session->scope, "client %s: %s%s%s", session->host,
                    close_reasons[reason].words, detail != NULL ? ": " : "", detail != NULL ? detail : "");
    session_set_deadline(session, CLOSING_US);
    return session_enter(session, SESSION_CLOSING);
}

static enum step closing(struct session *session)
{
    struct stream *client = &session->client;
    if (stream_flush(client) == STREAM_BLOCKED)
        return STEP_WAIT;
    if (session->has_last_words && !session->is_client_eof && client->error == 0) {
        /* Closing with unread input would reset the connection, and our last words with it. */
        (void)shutdown(client->fd, SHUT_WR);
        if (client->in.data != NULL) {
            buf_mark_parsed(&client->in, buf_unparsed(&client->in).len);
            buf_drop_parsed(&client->in);
        }
        return STEP_WAIT;
    }
    session_abort(session, session->close_reason);
    return STEP_GONE;
}

/* Nothing is expected of these any more, nor waited for. */
static bool is_out(const struct view_server *entry)
{
    return entry->state == SERVER_DOWN || entry->state == SERVER_DISABLED;
}

/* Nothing of the present command has been sent: it may still go to another server. */
static bool is_on_its_way(const struct session *session)
{
    return session->state == SESSION_ATTACHING || session->state == SESSION_SYNCING ||
           session->state == SESSION_PREPARING;
}

static void move(struct session *session, enum route_place place)
{
    struct slot *slot = &session->slots[place];
    const struct view_server *entry = &session_view(session)->servers[slot->server];
    if (slot->upstream == NULL || slot->has_failed)
        return;
    if (upstream_is_before(slot->upstream, entry->lost_us)) {
        slot->has_failed = true;
        (void)error_set(&slot->failure, 0, "%s has restarted", slot->upstream->server->name);
    } else if (is_out(entry) && (!slot_has_moved(session, place) || entry->state == SERVER_DISABLED)) {
        slot->has_failed = true;
        (void)error_set(&slot->failure, 0, "%s was %s: %s", slot->upstream->server->name,
                        entry->state == SERVER_DOWN ? "declared down" : "disabled",
                        entry->detail[0] != '\0' ? entry->detail : entry->reason);
    } else if (is_on_its_way(session) && place == session->job.place) {
        if (!slot_is_current(session, place))
            acquire_again(session);
    } else if (!session_is_of_job(session, place) && slot_is_left(session, place)) {
        slot_drop(session, place);
    }
}

void session_on_view(struct session *session)
{
    fresh_replica_note_view(session);
    for (int place = 0; place < PREPARED_PLACES; place++)
        move(session, (enum route_place)place);
    session_run(session);
}

void session_on_world(struct session *session)
{
    if (session->user == NULL)
        return;
    session->user = users_heir(session->worker->world->users, session->user);
    if (session->user == NULL) /* it was on its way out, and is not counted any more */
        session_abort(session, session->close_reason);
    else
        consistency_note_settings(session);
}

bool session_is_quiet(const struct session *session)
{
    bool is_relaying = session->state == SESSION_SENDING || session->state == SESSION_REPLYING ||
                       session->state == SESSION_INFILE;
    return !is_on_its_way(session) && !is_relaying && (session->is_new || !effects_has_transaction(session));
}

void session_drain(struct session *session)
{
    if (session->state == SESSION_GREETING || session->state == SESSION_LOGIN)
        session_abort(session, CLOSE_SHUTDOWN);
    else
        session_run(session);
}
