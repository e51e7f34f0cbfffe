/* An upstream that is equal to the session: found or opened, brought up to date, knowing the prepared
 * statement.
 *
 *      attach_begin ─► WAITING (no server) ─► ATTACHING ─► SYNCING ─► PREPARING ─► SENDING
 *
 * A session has at most one upstream per place, its own until somebody else needs it (share.c). The slot is
 * the seam for sharing: whatever fills it must be equal to the session before SENDING, and nothing else looks
 * at where it came from.
 */
#include "proxy/session.h"

#include "cluster/balance.h"

#include "mysql/reply.h"
#include "mysql/stmt.h"
#include "mysql/wire.h"
#include "proxy/share.h"

#include <assert.h>
#include <errno.h>

#define ATTEMPTS_MAX 3 /* servers tried for one harmless read before the client hears of it */

/* ---- upstream callbacks: note what happened, then let the driver look ---- */

static struct slot *slot_of(struct session *session, const struct upstream *upstream)
{
    int place = session->slots[ROUTE_PRIMARY].upstream == upstream ? ROUTE_PRIMARY : ROUTE_REPLICA;
    assert(session->slots[place].upstream == upstream);
    return &session->slots[place];
}

static void on_ready(struct upstream *upstream)
{
    session_run(upstream->owner);
}

static void on_answer(struct upstream *upstream, const struct upstream_answer *answer)
{
    struct session *session = upstream->owner;
    struct slot *slot = slot_of(session, upstream);
    slot->answer = *answer;
    slot->has_answer = true;
    session_run(session);
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    struct session *session = upstream->owner;
    struct slot *slot = slot_of(session, upstream);
    slot->has_failed = true;
    slot->failure = *err;
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

static void on_io(struct upstream *upstream, int events)
{
    struct session *session = upstream->owner;
    if (events & EV_READ) {
        enum stream_result result = stream_fill(&upstream->stream);
        if (result == STREAM_EOF)
            upstream->stream.is_eof = true;
        bool has_news = result != STREAM_BLOCKED;
        if (upstream->state == UPSTREAM_READY && has_news)
            note_unsolicited(slot_of(session, upstream));
        if (!has_news)
            stream_trim(&upstream->stream);
    }
    if (upstream->state == UPSTREAM_READY && (events & EV_WRITE))
        attach_flush(slot_of(session, upstream));
    session_run(session);
}

static const struct upstream_owner_ops owner_ops = { on_ready, on_answer, on_failed, on_io };

/* ---- slots ---- */

void attach_drop(struct session *session, enum route_place place)
{
    struct slot *slot = &session->slots[place];
    consistency_note_drop(session, place);
    upstream_close(&slot->upstream);
    *slot = (struct slot){ 0 };
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
    bool has_pins = place == ROUTE_PRIMARY || session->door->settings->mode == LISTENER_REPLICA;
    enum route_variables variables = place == ROUTE_PRIMARY ? VARIABLES_PRIMARY : VARIABLES_REPLICA;
    if (session->is_new)
        return false;
    bool has_transaction = (session->status & STATUS_IN_TRANS) != 0 || session->is_transaction_unknown;
    return (has_transaction && place == effects_home(session)) || session->variables == variables ||
           (has_pins && pins_any(&session->pins));
}

bool attach_has_moved(const struct session *session, enum route_place place)
{
    const struct slot *slot = &session->slots[place];
    return slot->upstream != NULL && slot->moves != session_view(session)->servers[slot->server].moves;
}

/* Is the upstream in the slot still where this place is? One that holds state stays, whatever became of its
 * server. */
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
    return attach_has_lost_state(session, place);
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

/* ---- which server? ---- */

/* Chance for the balancer: turns of one worker, and those of others, scattered over all bits (splitmix64). */
static uint64_t scatter(uint64_t turn, uint64_t worker)
{
    uint64_t x = (turn + (worker << 32)) * UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

int attach_pick_replica(struct session *session)
{
    unsigned turn = session->worker->turn++;
    struct balance_wish wish = { .avoid = session->job.avoid,
                                 .turn = turn,
                                 .random = scatter(turn, session->worker->index),
                                 .now_us = session_now(session) };
    return balance_pick(session_view(session), &wish);
}

/* Its replica holds something of the session: another one would not do. */
static bool is_bound(const struct session *session)
{
    return session->is_away || session->variables == VARIABLES_REPLICA;
}

/* Only where statements are told apart may a read be the primary's. */
bool attach_may_fall_back(const struct session *session)
{
    return session->door->settings->mode == LISTENER_SPLIT && !is_bound(session) &&
           session_view(session)->primary_reads != PRIMARY_READS_NEVER;
}

static void become_primary_s(struct session *session, enum route_reason reason)
{
    session->job.place = ROUTE_PRIMARY;
    session->job.reason = reason;
}

void attach_share(struct session *session, struct server *primary)
{
    unsigned row = session->worker->index;
    if (session->shared != NULL)
        counter_sub(&session->shared->by_worker[row].readers, 1);
    if (primary != NULL)
        counter_add(&primary->by_worker[row].readers, 1);
    session->shared = primary;
}

/* The index of a server for this place, or VIEW_NO_SERVER. A read that finds no replica becomes the
 * primary's. */
static int choose(struct session *session)
{
    const struct view *view = session_view(session);
    if (session->job.place == ROUTE_PRIMARY)
        return view->primary;
    int server = consistency_choose(session);
    if (server != VIEW_NO_SERVER && server == view->primary) {
        if (session->door->settings->mode == LISTENER_SPLIT) {
            attach_share(session, view->servers[server].server);
            become_primary_s(session, ROUTE_REASON_SHARED);
        }
    } else if (server == VIEW_NO_SERVER && attach_may_fall_back(session)) {
        become_primary_s(session, ROUTE_REASON_NO_REPLICA);
        return view->primary;
    }
    return server;
}

#define BALANCE_US                                                                                           \
    1000000 /* how often a session is asked whether its reads would be better off elsewhere                  \
             */

/* A session's reads stay where they are, until that is clearly a bad place. */
static void settle_reader(struct session *session)
{
    const struct view *view = session_view(session);
    const struct slot *slot = &session->slots[ROUTE_REPLICA];
    const struct server *primary =
        view->primary != VIEW_NO_SERVER ? view->servers[view->primary].server : NULL;
    uint64_t now_us = session_now(session);
    bool may_move = session->job.reason == ROUTE_REASON_READ && !is_bound(session);
    if (session->shared != NULL && (session->shared != primary || !balance_is_reader(view, view->primary)))
        attach_share(session, NULL);
    if (may_move && now_us - session->balanced_us >= BALANCE_US) {
        bool is_there = session->shared != NULL || slot->upstream != NULL;
        int current = session->shared != NULL ? view->primary : slot->server;
        session->balanced_us = now_us;
        if (is_there && balance_should_move(view, current, scatter(session->id, now_us), now_us)) {
            attach_share(session, NULL);
            consistency_note_leaving(session);
            share_give_up(session, ROUTE_REPLICA);
        }
    }
    if (session->shared != NULL && may_move)
        become_primary_s(session, ROUTE_REASON_SHARED);
}

void attach_open(struct session *session, int server)
{
    struct slot *slot = &session->slots[session->job.place];
    const struct view_server *entry = &session_view(session)->servers[server];
    const struct user *user = session->user;
    struct upstream_wish wish = {
        .addr = &entry->addr,
        .user = user->name,
        .secret = user->secret.has_password ? &user->secret : session->seen,
        .schema = text_span(&session->schema),
        .attributes = text_span(&session->attributes),
        .caps = session->upstream_caps,
        .collation = session->collation,
        .has_setup = true,
        .take_permit = true,
    };
    *slot = (struct slot){ .server = server,
                           .moves = entry->moves,
                           .generation = ++session->generations,
                           .option_version = session->option_version };
    slot->upstream =
        upstream_open(&session->worker->env, entry->server, &wish, &owner_ops, session, &slot->failure);
    slot->has_failed = slot->upstream == NULL;
}

/* ---- waiting and attaching ---- */

enum step attach_wait(struct session *session)
{
    struct job *job = &session->job;
    uint64_t now = session_now(session);
    if (job->wait_until_us == 0)
        job->wait_until_us = now + session->worker->world->timeouts->primary_wait_us;
    session_set_deadline(session, job->wait_until_us > now ? job->wait_until_us - now : 1);
    if (!loop_timer_is_active(&session->worker->retry))
        loop_timer_start(&session->worker->retry, &session->worker->loop, WORKER_RETRY_US);
    (void)session_enter(session, SESSION_WAITING);
    return STEP_WAIT;
}

/* Its state is on a server that is not the primary any more, and there is another one. An open transaction
 * may end there as long as that server refuses to write; what it still wrote would be lost. Of a machine
 * whose name has gone to another one nobody knows whether it does: nothing more is begun there. */
static bool is_stranded(const struct session *session)
{
    const struct view *view = session_view(session);
    const struct slot *slot = &session->slots[ROUTE_PRIMARY];
    if (session->job.place != ROUTE_PRIMARY || slot->upstream == NULL || slot->has_failed)
        return false;
    if (attach_has_moved(session, ROUTE_PRIMARY))
        return attach_has_lost_state(session, ROUTE_PRIMARY);
    if (view->primary == VIEW_NO_SERVER || slot->server == view->primary)
        return false;
    bool may_end_there = effects_is_in_transaction(session) && !view->servers[slot->server].is_contender;
    return !may_end_there && attach_has_lost_state(session, ROUTE_PRIMARY);
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
    bool has_transaction = (session->status & STATUS_IN_TRANS) != 0 || session->is_transaction_unknown;
    return session_view(session)->is_paused && !has_transaction;
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
    session->job.wait_until_us = 0;
    session_set_deadline(session, 0);
    (void)session_enter(session, SESSION_WAITING);
    return STEP_WAIT;
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
    if (is_held(session))
        return hold(session);
    if (job->place == ROUTE_REPLICA)
        settle_reader(session);
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
    if (share_has_lost_answer(session))
        return share_refuse_answer(session);
    if (!is_current) {
        attach_drop(session, job->place);
        int server = choose(session);
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
    if (!session->worker->is_retrying)
        return STEP_WAIT;
    return attach_begin(session);
}

/* Too many connections is a server's way to say "later", not "no". */
static bool is_overload(int code)
{
    return code == ERR_CON_COUNT || code == ERR_TOO_MANY_USER_CONNECTIONS;
}

static enum step attach_failed(struct session *session)
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
    if (is_state_lost) {
        session->must_close = true;
        return dispatch_refuse(session, has_server_said ? (uint16_t)err.code : ERR_SERVER_SHUTDOWN,
                               err.sqlstate, "%s", err.text);
    }
    if (session->door->settings->mode == LISTENER_SPLIT && job->place == ROUTE_REPLICA && !job->is_login) {
        job->avoid = server;
        if (++job->attempts < ATTEMPTS_MAX && (!has_server_said || is_overload(err.code)))
            return attach_begin(session);
        if (!attach_may_fall_back(session))
            return attach_wait(session);
        become_primary_s(session, ROUTE_REASON_NO_REPLICA); /* it can do what a replica will not */
        return attach_begin(session);
    }
    if (job->is_login && (err.code == EMFILE || err.code == ENFILE) && !has_server_said)
        return dispatch_refuse(session, ERR_CON_COUNT, NULL, "headgate: %s", err.text);
    if (has_server_said && is_overload(err.code) && share_may_wait(session))
        return share_wait(session);
    if (has_server_said)
        return dispatch_refuse(session, (uint16_t)(err.code != 0 ? err.code : ERR_SERVER_SHUTDOWN),
                               err.sqlstate, "%s", err.text);
    return attach_wait(session);
}

enum step attach_attaching(struct session *session)
{
    const struct slot *slot = &session->slots[session->job.place];
    if (slot->has_failed)
        return attach_failed(session);
    if (slot->upstream->state != UPSTREAM_READY)
        return STEP_WAIT;
    return session_enter(session, SESSION_SYNCING);
}

/* ---- making it equal ---- */

static void ask(struct session *session, enum sync_task task, enum reply_shape shape, uint8_t command,
                struct span argument)
{
    struct slot *slot = &session->slots[session->job.place];
    struct text payload = { 0 };
    (void)text_append_byte(&payload, command);
    (void)text_append_span(&payload, argument);
    if (payload.is_oom) { /* half a statement must never be sent */
        slot->has_failed = true;
        (void)error_set(&slot->failure, ENOMEM, "out of memory");
        text_fini(&payload);
        return;
    }
    slot->task = task;
    slot->has_answer = false;
    /* Locks may hold a PREPARE up for as long as they like; the others cannot take long. */
    uint64_t deadline_us =
        task == SYNC_PREPARE ? session->worker->world->timeouts->query_us : session->worker->env.login_us;
    upstream_exchange(slot->upstream, shape, text_span(&payload), deadline_us);
    text_fini(&payload);
}

/* LAST_INSERT_ID() belongs to the session: a new home must know the last one. */
static bool lacks_insert_id(const struct session *session, const struct slot *slot)
{
    return slot == &session->slots[effects_home(session)] && slot->insert_id != session->insert_id;
}

/* Known by the status flags of both. Elsewhere than at home it matters only to what begins a transaction. */
static bool lacks_autocommit(const struct session *session, const struct slot *slot)
{
    return !session->job.is_login && ((session->status ^ slot->upstream->status) & STATUS_AUTOCOMMIT) != 0;
}

/* What the upstream lacks first; SYNC_NOTHING when it is equal. */
static enum sync_task next_task(const struct session *session, const struct slot *slot)
{
    const struct upstream *upstream = slot->upstream;
    if (session->was_reset && !slot->is_reset)
        return SYNC_RESET;
    if (!upstream->is_set_up)
        return SYNC_SETUP;
    if (slot->option_version != session->option_version)
        return SYNC_OPTION;
    if (session->schema.len > 0 && !span_equal(text_span(&session->schema), text_span(&upstream->schema)))
        return SYNC_SCHEMA;
    if (slot->role_version != session->role_version)
        return SYNC_ROLE;
    if (upstream->vars_version != session->vars.version || lacks_insert_id(session, slot) ||
        lacks_autocommit(session, slot))
        return SYNC_VARS;
    if (session->job.needs_user_vars && slot->user_version != session->user_vars.version &&
        slot != &session->slots[ROUTE_PRIMARY])
        return SYNC_USER_VARS;
    return SYNC_NOTHING;
}

static void start_user_vars(struct session *session, struct slot *slot)
{
    struct text sql = { 0 };
    vars_diff_user(&session->user_vars, slot->user_version, &sql);
    if (sql.is_oom) {
        slot->has_failed = true;
        (void)error_set(&slot->failure, ENOMEM, "out of memory");
    } else if (sql.len > 0) {
        ask(session, SYNC_USER_VARS, REPLY_GENERIC, COM_QUERY, text_span(&sql));
    } else {
        slot->user_version = session->user_vars.version;
    }
    text_fini(&sql);
}

static void start_role(struct session *session, struct slot *slot)
{
    struct text sql = { 0 };
    (void)text_appendf(&sql, "SET ROLE %s", text_cstr(&session->role));
    if (sql.is_oom) {
        slot->has_failed = true;
        (void)error_set(&slot->failure, ENOMEM, "out of memory");
    } else {
        ask(session, SYNC_ROLE, REPLY_GENERIC, COM_QUERY, text_span(&sql));
    }
    text_fini(&sql);
}

static void start_vars(struct session *session, struct slot *slot)
{
    struct text sql = { 0 };
    vars_diff(&session->vars, slot->upstream->vars_version, &sql);
    if (lacks_insert_id(session, slot))
        (void)text_appendf(&sql, "%slast_insert_id=%llu", sql.len > 0 ? "," : "SET ",
                           (unsigned long long)session->insert_id);
    if (lacks_autocommit(session, slot))
        (void)text_appendf(&sql, "%sautocommit=%d", sql.len > 0 ? "," : "SET ",
                           (session->status & STATUS_AUTOCOMMIT) != 0);
    if (sql.is_oom) {
        slot->has_failed = true;
        (void)error_set(&slot->failure, ENOMEM, "out of memory");
    } else if (sql.len > 0)
        ask(session, SYNC_VARS, REPLY_GENERIC, COM_QUERY, text_span(&sql));
    else
        slot->upstream->vars_version = session->vars.version;
    text_fini(&sql);
}

/* Several statements in one text: 0 is on, 1 is off. */
static void start_option(struct session *session)
{
    bool is_on = (session->upstream_caps & CAP_MULTI_STATEMENTS) != 0;
    const uint8_t argument[2] = { is_on ? 0 : 1, 0 };
    ask(session, SYNC_OPTION, REPLY_EOF, COM_SET_OPTION, span_of(argument, sizeof argument));
}

static void start_task(struct session *session, struct slot *slot, enum sync_task task)
{
    switch (task) {
    case SYNC_RESET:
        ask(session, task, REPLY_GENERIC, COM_RESET_CONNECTION, (struct span){ 0 });
        break;
    case SYNC_SETUP:
        slot->task = task;
        slot->has_answer = false;
        upstream_set_up(slot->upstream);
        break;
    case SYNC_OPTION:
        start_option(session);
        break;
    case SYNC_SCHEMA:
        ask(session, task, REPLY_GENERIC, COM_INIT_DB, text_span(&session->schema));
        break;
    case SYNC_ROLE:
        start_role(session, slot);
        break;
    case SYNC_VARS:
        start_vars(session, slot);
        break;
    case SYNC_USER_VARS:
        start_user_vars(session, slot);
        break;
    case SYNC_PREPARE:
        ask(session, task, REPLY_PREPARE, COM_STMT_PREPARE, text_span(&session->job.prepared->sql));
        break;
    case SYNC_NOTHING:
        break;
    }
}

static void note_schema(struct slot *slot, struct span schema)
{
    text_clear(&slot->upstream->schema);
    (void)text_append_span(&slot->upstream->schema, schema);
    slot->task = SYNC_NOTHING;
}

static void note_success(struct session *session, struct slot *slot)
{
    struct upstream *upstream = slot->upstream;
    switch (slot->task) {
    case SYNC_RESET:
        slot->is_reset = true;
        slot->user_version = 0;
        upstream->is_set_up = false;
        upstream->vars_version = 0;
        break;
    case SYNC_OPTION:
        slot->option_version = session->option_version;
        break;
    case SYNC_SCHEMA:
        note_schema(slot, text_span(&session->schema));
        break;
    case SYNC_ROLE:
        slot->role_version = session->role_version;
        break;
    case SYNC_USER_VARS:
        slot->user_version = session->user_vars.version;
        break;
    case SYNC_VARS:
        upstream->vars_version = session->vars.version;
        upstream->status =
            (uint16_t)((upstream->status & ~STATUS_AUTOCOMMIT) | (session->status & STATUS_AUTOCOMMIT));
        if (lacks_insert_id(session, slot))
            slot->insert_id = session->insert_id;
        break;
    case SYNC_SETUP:
    case SYNC_PREPARE:
    case SYNC_NOTHING:
        break;
    }
}

/* A replica that will not take the session's state leaves the reads to the primary; a primary's word is the
 * client's. */
static enum step refused_state(struct session *session, struct slot *slot)
{
    struct job *job = &session->job;
    struct error err = slot->answer.error;
    if (attach_has_lost_state(session, job->place)) { /* an ERR harms no connection: what it holds stays */
        slot->task = SYNC_NOTHING;
        return dispatch_refuse(session, (uint16_t)err.code, err.sqlstate, "%s", err.text);
    }
    log_limited(LOG_LEVEL_WARNING, &session->scope, "%s did not take the session's state: %d %s",
                slot->upstream->server->name, err.code, err.text);
    attach_drop(session, job->place);
    if (job->place == ROUTE_REPLICA && session->door->settings->mode == LISTENER_SPLIT) {
        session->has_replica_refused = true;
        job->place = ROUTE_PRIMARY;
        job->reason = ROUTE_REASON_REPLICA_REFUSED;
        return attach_begin(session);
    }
    return dispatch_refuse(session, (uint16_t)err.code, err.sqlstate, "%s", err.text);
}

enum step attach_syncing(struct session *session)
{
    struct slot *slot = &session->slots[session->job.place];
    if (slot->has_failed)
        return attach_failed(session);
    if (slot->task != SYNC_NOTHING) {
        if (!slot->has_answer)
            return STEP_WAIT;
        if (slot->answer.is_err)
            return refused_state(session, slot);
        note_success(session, slot);
        slot->task = SYNC_NOTHING;
    }
    enum sync_task task = next_task(session, slot);
    if (session->job.command != NULL && session->job.command->byte == COM_RESET_CONNECTION)
        task = SYNC_NOTHING; /* about to be forgotten */
    if (task != SYNC_NOTHING) {
        start_task(session, slot, task);
        return STEP_MORE;
    }
    if (session->job.is_login) {
        session->status = slot->upstream->status;
        return frontend_accepted(session);
    }
    return session_enter(session, SESSION_PREPARING);
}

/* ---- prepared statements ---- */

static enum step note_prepared(struct session *session, struct slot *slot)
{
    struct job *job = &session->job;
    slot->task = SYNC_NOTHING;
    if (slot->answer.is_err)
        return dispatch_refuse(session, (uint16_t)slot->answer.error.code, slot->answer.error.sqlstate, "%s",
                               slot->answer.error.text);
    if (slot->answer.params != job->prepared->params)
        return dispatch_refuse(session, ERR_UNKNOWN_STMT, NULL,
                               "The statement has %u parameters on %s and had %u when it was prepared",
                               slot->answer.params, slot->upstream->server->name, job->prepared->params);
    job->prepared->copies[job->place] =
        (struct prepared_copy){ .id = slot->answer.stmt_id, .generation = slot->generation };
    return session_enter(session, SESSION_SYNCING); /* the schema may have been changed for the PREPARE */
}

enum step attach_preparing(struct session *session)
{
    struct job *job = &session->job;
    struct slot *slot = &session->slots[job->place];
    if (slot->has_failed)
        return attach_failed(session);
    if (slot->task != SYNC_NOTHING && !slot->has_answer)
        return STEP_WAIT;
    if (slot->task == SYNC_PREPARE)
        return note_prepared(session, slot);
    if (slot->task == SYNC_SCHEMA && slot->answer.is_err)
        return refused_state(session, slot);
    if (slot->task == SYNC_SCHEMA)
        note_schema(slot, text_span(&job->prepared->schema));
    if (job->prepared == NULL || job->prepared->copies[job->place].generation == slot->generation)
        return session_enter(session, SESSION_SENDING);
    if (job->prepared->sql.len == 0)
        return dispatch_refuse(
            session, ERR_UNKNOWN_STMT, NULL,
            "The statement is too long to be prepared again, and the server that knew it is gone");
    /* Unqualified names mean what they meant to the client when it prepared the statement. A question about
     * earlier statements has none, and would hear of the change of schema. */
    bool has_names = !job->facts.refers_previous || job->facts.uses_tables;
    struct span schema = text_span(&job->prepared->schema);
    if (has_names && schema.len > 0 && !span_equal(schema, text_span(&slot->upstream->schema)))
        ask(session, SYNC_SCHEMA, REPLY_GENERIC, COM_INIT_DB, schema);
    else
        start_task(session, slot, SYNC_PREPARE);
    return STEP_MORE;
}
