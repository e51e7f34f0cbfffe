/* An upstream that is equal to the session: found or opened, brought up to date, knowing the prepared
 * statement.
 *
 *      attach_begin ─► WAITING (no server) ─► ATTACHING ─► SYNCING ─► PREPARING ─► SENDING
 *
 * A session has at most one upstream per place, its own until somebody else needs it (share.c). The slot is
 * the seam for sharing: whatever fills it must be equal to the session before SENDING, and nothing else looks
 * at where it came from.
 */
#include "proxy/attach.h"

#include "base/clock.h"
#include "cluster/upstream_login.h"
#include "mysql/reply.h"
#include "proxy/asleft.h"
#include "proxy/choice.h"
#include "proxy/dispatch.h"
#include "proxy/effects.h"
#include "proxy/parting.h"
#include "proxy/pinned.h"
#include "proxy/pool_clean.h"
#include "proxy/pool_fit.h"
#include "proxy/readback.h"
#include "proxy/recall.h"
#include "proxy/share.h"
#include "proxy/statements.h"
#include "proxy/warm.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

/* ---- upstream callbacks: note what happened, then let the driver look ---- */

static struct slot *slot_of(struct session *session, const struct upstream *upstream)
{
    return &session->slots[session_place_of(session, upstream)];
}

static void on_ready(struct upstream *upstream)
{
    session_run(upstream->owner);
}

static void on_answer(struct upstream *upstream, const struct upstream_answer *answer)
{
    struct session *session = upstream->owner;
    struct slot *slot = slot_of(session, upstream);
    if (slot->task == SYNC_READ_BACK) {
        readback_end(session, slot, answer);
    } else if (slot->parting != NULL) {
        parting_note(session, slot, answer);
    } else {
        slot->answer = *answer;
        slot->has_answer = true;
    }
    session_run(session);
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    struct session *session = upstream->owner;
    struct slot *slot = slot_of(session, upstream);
    slot->has_failed = true;
    slot->failure = *err;
    parting_end(slot);
    session_run(session);
}

/* Idle, and yet something arrives: an end, or an error on the way to one. */
static void note_unsolicited(struct slot *slot)
{
    struct buf *in = &slot->upstream->stream.in;
    struct packet_header header;
    struct reply_err said;
    struct span bytes = buf_unparsed(in);
    slot->has_failed = true;
    if (packet_peek(bytes, &header) && header.len > 0 && bytes.len >= PACKET_HEADER_BYTES + header.len &&
        reply_parse_err(span_of(bytes.data + PACKET_HEADER_BYTES, header.len), &said))
        (void)error_set(&slot->failure, said.code, "the server said: %d %.*s", said.code,
                        (int)(said.text.len < 200 ? said.text.len : 200), (const char *)said.text.data);
    else if (slot->upstream->stream.error != 0)
        (void)error_errno(&slot->failure, slot->upstream->stream.error, "the connection failed");
    else
        (void)error_set(&slot->failure, 0,
                        bytes.len > 0 ? "the server spoke out of turn" : "the server closed the connection");
}

void attach_flush(struct slot *slot)
{
    if (stream_flush(&slot->upstream->stream) == STREAM_FAILED && !slot->has_failed)
        note_unsolicited(slot);
}

static void fill(struct slot *slot)
{
    struct upstream *upstream = slot->upstream;
    enum stream_result result = stream_fill(&upstream->stream);
    if (result == STREAM_EOF)
        upstream->stream.is_eof = true;
    bool has_news = result != STREAM_BLOCKED;
    if (upstream->state == UPSTREAM_READY && has_news)
        note_unsolicited(slot);
    if (!has_news)
        stream_trim(&upstream->stream);
}

static void on_io(struct upstream *upstream, int events)
{
    struct session *session = upstream->owner;
    if (events & EV_READ)
        fill(slot_of(session, upstream));
    if (upstream->state == UPSTREAM_READY && (events & EV_WRITE))
        attach_flush(slot_of(session, upstream));
    session_run(session);
}

static const struct upstream_owner_ops owner_ops = {
    .on_ready = on_ready, .on_answer = on_answer, .on_failed = on_failed, .on_io = on_io
};

/* ---- slots ---- */

/* The caller's now; NULL: there was none. */
static struct upstream *release(struct session *session, enum route_place place)
{
    struct slot *slot = &session->slots[place];
    struct upstream *upstream = slot->upstream;
    consistency_note_drop(session, place);
    readback_free(&slot->readback);
    parting_end(slot);
    draws_note_drop(session, slot);
    *slot = (struct slot){ 0 };
    return upstream;
}

void attach_drop(struct session *session, enum route_place place)
{
    struct upstream *upstream = release(session, place);
    upstream_close(&upstream);
}

void attach_leave(struct session *session, enum route_place place, bool is_promised)
{
    if (!pool_may_park(session, place)) {
        attach_drop(session, place);
        return;
    }
    (void)asleft_leave(session, place);
    pool_park(session->worker, release(session, place), is_promised);
}

void attach_leave_all(struct session *session)
{
    for (int place = 0; place < PREPARED_PLACES; place++)
        attach_leave(session, (enum route_place)place, false);
}

void attach_drop_idle(struct session *session, enum route_place place)
{
    if (session->slots[place].upstream != NULL && !attach_has_lost_state(session, place))
        attach_drop(session, place);
}

void attach_drop_all(struct session *session)
{
    for (int place = 0; place < PREPARED_PLACES; place++)
        attach_drop(session, (enum route_place)place);
}

bool attach_has_lost_state(const struct session *session, enum route_place place)
{
    return pinned_by_state(session, place) != 0;
}

bool attach_has_moved(const struct session *session, enum route_place place)
{
    const struct slot *slot = &session->slots[place];
    return slot->upstream != NULL && slot->moves != session_view(session)->servers[slot->server].moves;
}

/* Is it this connection that the present command continues with? Pieces of long data and cursors are in one
 * only. */
static bool continues_there(const struct session *session, enum route_place place)
{
    const struct job *job = &session->job;
    const struct prepared *prepared = job->prepared;
    if (prepared == NULL || job->place != place || prepared->last_place != (int)place ||
        prepared->copies[place].generation != session->slots[place].generation)
        return false;
    return job->command->byte == COM_STMT_FETCH ? prepared->has_cursor : prepared->has_long_data;
}

/* Is the upstream in the slot still where this place is? One that holds state stays, whatever became of its
 * server; and a replica's for what was begun there. */
bool attach_is_current(const struct session *session, enum route_place place)
{
    const struct view *view = session_view(session);
    const struct slot *slot = &session->slots[place];
    if (slot->upstream == NULL)
        return false;
    if (slot->has_failed)
        return true; /* the failure must be told, not hidden */
    if (attach_has_moved(session, place))
        return attach_has_lost_state(session, place);
    if (place == ROUTE_PRIMARY && slot->server == view->primary)
        return true;
    if (place == ROUTE_REPLICA && view->servers[slot->server].takes_reads &&
        slot->server != session->job.avoid)
        return true;
    return (place == ROUTE_REPLICA && continues_there(session, place)) ||
           attach_has_lost_state(session, place);
}

bool attach_is_left(const struct session *session, enum route_place place)
{
    const struct view *view = session_view(session);
    const struct slot *slot = &session->slots[place];
    const struct view_server *entry = &view->servers[slot->server];
    if (slot->upstream == NULL || slot->has_failed || attach_has_lost_state(session, place) ||
        share_has_statements(session, place))
        return false;
    if (entry->state == SERVER_DRAINING || attach_has_moved(session, place))
        return true;
    if (place == ROUTE_REPLICA)
        return !entry->takes_reads;
    /* While there is no primary the old one may come back. */
    return view->primary != VIEW_NO_SERVER && slot->server != view->primary;
}

void attach_again(struct session *session)
{
    attach_drop(session, session->job.place);
    (void)attach_wait(session);
}

/* ---- is it still there? ---- */

/* A connection from which nothing was heard for so long is read from before anything is sent to it. */
#define LISTEN_AFTER_US 1000000

/* What came before the present command is no answer to it. The loop may know already that there is something
 * to read, and come to it after the client; what came while this thread did not run, as well. After some
 * silence it is worth a system call. */
static void listen_there(struct session *session, enum route_place place)
{
    struct slot *slot = &session->slots[place];
    struct upstream *upstream = slot->upstream;
    if (upstream == NULL || slot->has_failed || upstream->state != UPSTREAM_READY)
        return;
    bool is_old = session_now(session) - upstream->answered_us >= LISTEN_AFTER_US;
    if (is_old || stream_is_called(&upstream->stream))
        fill(slot);
    if (slot->has_failed)
        session_bury_idle(session, place);
}

/* ---- waiting and attaching ---- */

/* Nothing that is a statement's, or a variable's, is there yet. */
static struct slot *begin_slot(struct session *session, int server)
{
    struct slot *slot = &session->slots[session->job.place];
    *slot = (struct slot){ .server = server,
                           .moves = session_view(session)->servers[server].moves,
                           .generation = ++session->generations,
                           .option_version = session->option_version,
                           .must_wait = consistency_is_new_writer(session, server) };
    return slot;
}

void attach_take(struct session *session, int server, struct upstream *take_upstream)
{
    struct slot *slot = begin_slot(session, server);
    upstream_hand_over(take_upstream, &owner_ops, session);
    permits_touch(&take_upstream->permit, session->worker->index, session_now(session));
    slot->upstream = take_upstream;
    asleft_adopt(session, slot);
    warm_note(session);
}

/* How the session logs in there; borrows from it. */
static struct upstream_wish wish_of(const struct session *session, const struct view_server *entry)
{
    const struct user *user = session->user;
    return (struct upstream_wish){
        .addr = &entry->addr,
        .user = user->name,
        .secret = user->secret.has_password ? &user->secret : session->seen,
        .schema = session->job.has_no_schema ? (struct span){ 0 } : text_span(&session->schema),
        .attributes = text_span(&session->attributes),
        .caps = session->upstream_caps,
        .collation = session->collation,
        .has_setup = true,
        .take_permit = true,
    };
}

void attach_change(struct session *session, int server, struct upstream *take_upstream)
{
    const struct upstream_wish wish = wish_of(session, &session_view(session)->servers[server]);
    statements_forget(take_upstream);
    take_upstream->legacy.is_there = false; /* nothing of it is left by that */
    attach_take(session, server, take_upstream);
    session->slots[session->job.place].is_changing = true;
    take_upstream->key = pool_key(session, server);
    take_upstream->is_unclean = false;
    upstream_change_user(take_upstream, &wish);
}

void attach_open(struct session *session, int server)
{
    struct slot *slot = begin_slot(session, server);
    const struct view_server *entry = &session_view(session)->servers[server];
    const struct upstream_wish wish = wish_of(session, entry);
    slot->upstream =
        upstream_open(&session->worker->env, entry->server, &wish, &owner_ops, session, &slot->failure);
    slot->has_failed = slot->upstream == NULL;
    if (slot->upstream != NULL)
        slot->upstream->key = pool_key(session, server);
    warm_note(session);
}

enum step attach_wait(struct session *session)
{
    struct job *job = &session->job;
    uint64_t now = session_now(session);
    if (job->wait.server_until_us == 0)
        job->wait.server_until_us = now + session->worker->world->timeouts->primary_wait_us;
    session_set_deadline(session, job->wait.server_until_us > now ? job->wait.server_until_us - now : 1);
    if (!loop_timer_is_active(&session->worker->retry))
        loop_timer_start(&session->worker->retry, &session->worker->loop, WORKER_RETRY_US);
    (void)session_enter(session, SESSION_WAITING);
    return STEP_WAIT;
}

/* The present command is for the primary, and the session has a connection at that place. */
static bool has_primary_slot(const struct session *session)
{
    const struct slot *slot = &session->slots[ROUTE_PRIMARY];
    return session->job.place == ROUTE_PRIMARY && slot->upstream != NULL && !slot->has_failed;
}

/* Its state is on a server that is not the primary any more, and there is another one. An open transaction
 * may end there as long as that server refuses to write; what it still wrote would be lost. Of a machine
 * whose name has gone to another one nobody knows whether it does: nothing more is begun there. */
static bool is_stranded(const struct session *session)
{
    const struct view *view = session_view(session);
    const struct slot *slot = &session->slots[ROUTE_PRIMARY];
    if (!has_primary_slot(session))
        return false;
    if (attach_has_moved(session, ROUTE_PRIMARY))
        return attach_has_lost_state(session, ROUTE_PRIMARY);
    if (view->primary == VIEW_NO_SERVER || slot->server == view->primary)
        return false;
    bool may_end_there = effects_is_in_transaction(session) && !view->servers[slot->server].is_contender;
    return !may_end_there && attach_has_lost_state(session, ROUTE_PRIMARY);
}

/* Its state is on a server that would take its writes and is not the primary, and nobody else is: it may
 * become the primary again, or another one already is for other workers. What an operator drains goes on. */
static bool is_in_limbo(const struct session *session)
{
    const struct view *view = session_view(session);
    const struct slot *slot = &session->slots[ROUTE_PRIMARY];
    if (!has_primary_slot(session) || view->primary != VIEW_NO_SERVER || effects_is_in_transaction(session))
        return false;
    const struct view_server *entry = &view->servers[slot->server];
    return entry->is_contender && entry->state != SERVER_DRAINING &&
           attach_has_lost_state(session, ROUTE_PRIMARY);
}

static enum step refuse_stranded(struct session *session)
{
    struct text state = { 0 };
    pins_describe(&session->pins, &state);
    session->must_close = true;
    enum step step =
        dispatch_refuse(session, ERR_SERVER_SHUTDOWN, NULL,
                        "headgate: the primary has changed, and this session had state on the old one: %s",
                        state.len > 0 && !state.is_oom ? state.data : "user variables");
    text_fini(&state);
    return step;
}

/* The operator has paused the cluster: what runs goes on to the end of its transaction, what is new waits. */
static bool is_held(const struct session *session)
{
    return session_view(session)->is_paused && !effects_has_transaction(session);
}

/* The primary has just refused somebody's write as read-only: what begins there now begins in vain. */
static bool is_doubtful(const struct session *session)
{
    int primary = session_view(session)->primary;
    return session->job.place == ROUTE_PRIMARY && !session->job.is_login && primary != VIEW_NO_SERVER &&
           worker_doubts(session->worker, session->door->cluster, primary) &&
           !attach_has_lost_state(session, ROUTE_PRIMARY);
}

/* Until `resume`, or the end of the pause: neither is the client's fault, so it is never an error. */
static enum step hold(struct session *session)
{
    session->job.wait.server_until_us = 0;
    session_set_deadline(session, 0);
    (void)session_enter(session, SESSION_WAITING);
    return STEP_WAIT;
}

/* Pieces of its long data, or its cursor, are in a connection that is gone, or must not be used any more:
 * without them it would be another statement. */
static bool has_lost_pieces(const struct session *session)
{
    const struct job *job = &session->job;
    if (job->prepared == NULL)
        return false;
    uint8_t byte = job->command->byte;
    bool takes_pieces = byte == COM_STMT_EXECUTE || byte == COM_STMT_SEND_LONG_DATA;
    bool needs_pieces = takes_pieces && job->prepared->has_long_data;
    bool needs_cursor = byte == COM_STMT_FETCH && job->prepared->has_cursor;
    return (needs_pieces || needs_cursor) &&
           !(attach_is_current(session, job->place) && continues_there(session, job->place));
}

/* Its replica is known to have all that it asks for: most reads come no further. */
static bool is_where_it_trusts(const struct session *session)
{
    return session->slots[ROUTE_REPLICA].server == session->consistency.trusted &&
           session->consistency.level != CONSISTENCY_STRONG;
}

enum step attach_begin(struct session *session)
{
    struct job *job = &session->job;
    listen_there(session, job->place);
    if (session->lost.len > 0 && !job->is_login) /* while this command waited for its server */
        return dispatch_tell_lost(session);
    if (is_held(session))
        return hold(session);
    share_retire_old(session);
    choice_look_again(session);
    if (job->place == ROUTE_REPLICA)
        choice_settle(session);
    bool is_current = attach_is_current(session, job->place);
    if (job->place == ROUTE_REPLICA && !(is_current && is_where_it_trusts(session))) {
        if (consistency_holds(session))
            return consistency_wait(session);
        is_current = attach_is_current(session, job->place);
    }
    if (is_doubtful(session))
        return attach_wait(session);
    if (is_stranded(session))
        return refuse_stranded(session);
    if (is_in_limbo(session))
        return attach_wait(session);
    if (has_lost_pieces(session))
        return dispatch_refuse_pieces(session);
    if (parting_begin_id(session))
        return attach_wait(session);
    if (share_has_lost_answer(session, is_current))
        return recall_may_answer(session) ? recall_answer(session) : share_refuse_answer(session);
    if (!is_current) {
        attach_drop(session, job->place);
        int server = choice_server(session);
        if (attach_is_current(session, job->place)) /* the choice may have become the primary's */
            return session_enter(session, SESSION_ATTACHING);
        attach_drop(session, job->place);
        if (server == VIEW_NO_SERVER)
            return attach_wait(session);
        return share_attach(session, server);
    }
    return session_enter(session, SESSION_ATTACHING);
}

/* The driver comes here when the worker's retry timer, or a new view, says that it is time to try again. */
enum step attach_waiting(struct session *session)
{
    if (session->is_client_eof)
        return session_close(session, CLOSE_CLIENT_GONE, NULL);
    bool is_told = session->insert_id.is_awaited && session->slots[ROUTE_PRIMARY].parting == NULL;
    if (!session->worker->is_retrying && !is_told)
        return STEP_WAIT;
    return attach_begin(session);
}

/* Too many connections is a server's way to say "later", not "no". */
static bool is_overload(int code)
{
    return code == ERR_CON_COUNT || code == ERR_TOO_MANY_USER_CONNECTIONS;
}

/* What others hold idle may be all there is; and without it, an account's own limit was not reached. */
static bool may_pass(struct session *session, int server, const struct error *err)
{
    bool has_made_room =
        (is_overload(err->code) || err->code == ERR_USER_LIMIT_REACHED) && share_unpark(session, server);
    return is_overload(err->code) || has_made_room;
}

/* It was full for all of pool_wait: whose limit that is, and how much, where the server's words do not say.
 */
static enum step refuse_full(struct session *session, int at, const struct error *err)
{
    const struct server *server = session_view(session)->servers[at].server;
    uint32_t own = atomic_load_explicit(&server->own_max, memory_order_relaxed);
    char limit[48] = "", waited[32];
    if (err->code == ERR_CON_COUNT && own > 0)
        (void)snprintf(limit, sizeof limit, " (its own max_connections is %u)", own);
    return dispatch_refuse(
        session, (uint16_t)err->code, err->sqlstate,
        "headgate: %s had no room for another connection for %s: %.200s%s", server->name,
        clock_format_duration(session->worker->world->timeouts->pool_wait_us, waited, sizeof waited),
        err->text, limit);
}

enum step attach_failed(struct session *session)
{
    struct job *job = &session->job;
    struct slot *slot = &session->slots[job->place];
    struct error err = slot->failure;
    int server = slot->server;
    bool has_server_said = err.sqlstate[0] != '\0';
    bool is_state_lost = !job->is_login && attach_has_lost_state(session, job->place);
    log_limited(LOG_LEVEL_WARNING, &session->scope, "%s%s as '%s': %s",
                has_server_said ? "login refused by " : "no connection to ",
                session_view(session)->servers[server].server->name, session->user->name, err.text);
    attach_drop(session, job->place);
    if (err.code == ERR_BAD_DB && has_server_said && !job->is_login && !job->has_no_schema &&
        !is_state_lost) {
        job->has_no_schema = true;
        return attach_begin(session);
    }
    if (is_state_lost) {
        session->must_close = true;
        return dispatch_refuse(session, has_server_said ? (uint16_t)err.code : ERR_SERVER_SHUTDOWN,
                               err.sqlstate, "%s", err.text);
    }
    if (err.code == ENOMEM && !has_server_said) /* ours: no other server would help */
        return dispatch_refuse(session, ERR_OUT_OF_RESOURCES, NULL, "headgate: out of memory: %s", err.text);
    if (session->door->settings->mode == LISTENER_SPLIT && job->place == ROUTE_REPLICA && !job->is_login) {
        job->avoid = server;
        if (++job->attempts < ATTEMPTS_MAX && (!has_server_said || is_overload(err.code)))
            return attach_begin(session);
        if (!choice_may_fall_back(session))
            return attach_wait(session);
        choice_become_primary_s(session, ROUTE_REASON_NO_REPLICA); /* it can do what a replica will not */
        return attach_begin(session);
    }
    if (job->is_login && (err.code == EMFILE || err.code == ENFILE) && !has_server_said)
        return dispatch_refuse(session, ERR_CON_COUNT, NULL, "headgate: %s", err.text);
    bool may_wait = has_server_said && may_pass(session, server, &err);
    if (may_wait && share_may_wait(session))
        return share_wait(session);
    if (may_wait)
        return refuse_full(session, server, &err);
    if (has_server_said)
        return dispatch_refuse(session, (uint16_t)(err.code != 0 ? err.code : ERR_SERVER_SHUTDOWN),
                               err.sqlstate, "%s", err.text);
    return attach_wait(session);
}

/* COM_CHANGE_USER was refused, or the connection lost on the way: that is not the client's unless a login
 * says the same. */
static enum step open_instead(struct session *session)
{
    struct slot *slot = &session->slots[session->job.place];
    const int index = slot->server;
    const struct view_server *entry = &session_view(session)->servers[index];
    counter_add(&session->worker->boxes[session->door->cluster].pool.pool_changes_failed, 1);
    log_limited(LOG_LEVEL_INFO, &session->scope, "a connection to %s could not be made one of '%s': %s",
                entry->server->name, session->user->name, slot->failure.text);
    if (slot->failure.sqlstate[0] != '\0' && slot->failure.code == ERR_UNKNOWN_COM)
        entry->server->permits.holders[session->worker->index].has_no_change = true;
    if (entry->state == SERVER_DOWN || entry->state == SERVER_DISABLED) {
        attach_drop(session, session->job.place);
        return attach_begin(session);
    }
    bool has_permit = upstream_take_permit(slot->upstream);
    assert(has_permit);
    attach_drop(session, session->job.place);
    attach_open(session, index);
    return STEP_MORE;
}

enum step attach_attaching(struct session *session)
{
    struct slot *slot = &session->slots[session->job.place];
    if (slot->has_failed)
        return slot->is_changing ? open_instead(session) : attach_failed(session);
    if (slot->upstream->state != UPSTREAM_READY)
        return STEP_WAIT;
    if (slot->is_changing)
        counter_add(&session->worker->boxes[session->door->cluster].pool.pool_changed_user, 1);
    slot->is_changing = false;
    return session_enter(session, SESSION_SYNCING);
}
