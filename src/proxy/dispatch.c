/* Which command is it, and where does it go? Reads as much of it as the decision needs, never more than the
 * reader's cap; answers what headgate answers itself.
 */
#include "proxy/session.h"

#include "base/clock.h"
#include "mysql/reply.h"
#include "mysql/stmt.h"
#include "mysql/wire.h"
#include "proxy/carry.h"
#include "proxy/changes.h"
#include "proxy/claims.h"
#include "proxy/hints.h"
#include "proxy/readback.h"
#include "proxy/share.h"
#include "proxy/statements.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* ---- ends ---- */

static void reset_job(struct session *session)
{
    struct job *job = &session->job;
    if (job->changes != NULL)
        changes_fini(job->changes);
    if (job->claims != NULL)
        claims_free(job->claims);
    if (job->inner.cap > 0)
        text_fini(&job->inner);
    if (job->named.cap > 0)
        text_fini(&job->named);
    if (job->rewritten.cap > 0)
        text_fini(&job->rewritten);
    /* Not the error text: half a kilobyte that is written before it is read. */
    memset(job, 0, offsetof(struct job, error_text));
    job->avoid = VIEW_NO_SERVER;
}

/* Does an open transaction end the patience with an idle client sooner? */
static bool is_transaction_limited(const struct session *session)
{
    const struct timeout_settings *timeouts = session->worker->world->timeouts;
    return (session->status & STATUS_IN_TRANS) != 0 && timeouts->idle_transaction_us > 0 &&
           (timeouts->idle_client_us == 0 || timeouts->idle_transaction_us < timeouts->idle_client_us);
}

/* The transaction is rolled back now, not when the client has read why. */
enum step dispatch_idle_time_out(struct session *session)
{
    char text[128], duration[32];
    if (!is_transaction_limited(session))
        return session_close(session, CLOSE_IDLE_TIMEOUT, NULL);
    bool is_mysql = session_view(session)->family == FAMILY_MYSQL;
    const struct timeout_settings *timeouts = session->worker->world->timeouts;
    (void)snprintf(text, sizeof text, "headgate: idle in a transaction for %s: it is rolled back",
                   clock_format_duration(timeouts->idle_transaction_us, duration, sizeof duration));
    attach_drop_all(session);
    reply_put_err(&session->client.out, 0, is_mysql ? ERR_CLIENT_IDLE : ERR_CONNECTION_KILLED, NULL, text);
    return session_close(session, CLOSE_IDLE_TRANSACTION, text);
}

/* The command is over and its answer is on its way. */
enum step dispatch_done(struct session *session)
{
    if (session->client.in.data != NULL)
        buf_release_sent(&session->client.in);
    if (session->job.prepared != NULL)
        session->job.prepared->has_long_data = false;
    account_end(session, NULL);
    reset_job(session);
    session->last_active_us = session_now(session);
    const struct timeout_settings *timeouts = session->worker->world->timeouts;
    session_set_deadline(session, is_transaction_limited(session) ? timeouts->idle_transaction_us
                                                                  : timeouts->idle_client_us);
    return session_enter(session, SESSION_IDLE);
}

static enum step answer_err(struct session *session)
{
    struct job *job = &session->job;
    uint8_t seq = job->is_login ? job->seq : (uint8_t)(job->run.seq + 1);
    buf_drop_parsed(&session->client.in);
    job->told_error = job->error;
    reply_put_err(&session->client.out, seq, job->error, job->error_text.sqlstate, job->error_text.text);
    (void)stream_flush(&session->client);
    if (job->is_login)
        return session_close(session, CLOSE_SERVER_REFUSED, job->error_text.text);
    if (session->must_close)
        return session_close(session, CLOSE_SERVER_LOST, job->error_text.text);
    return dispatch_done(session);
}

enum step dispatch_refuse(struct session *session, uint16_t code, const char *sqlstate, const char *format,
                          ...)
{
    struct job *job = &session->job;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(job->error_text.text, sizeof job->error_text.text, format, args);
    va_end(args);
    (void)snprintf(job->error_text.sqlstate, sizeof job->error_text.sqlstate, "%s",
                   sqlstate != NULL ? sqlstate : "");
    job->error = code;
    if (!job->is_login)
        counter_add(&session->door->by_worker[session->worker->index].refused, 1);
    bool is_silent =
        !job->is_login && job->command->manner == COMMAND_PREPARED && job->command->shape == REPLY_NONE;
    if (is_silent) { /* its client waits for no answer: the next execution will tell */
        job->error = 0;
        if (job->prepared != NULL)
            job->prepared->is_data_lost = true;
    }
    if (job->is_login || (job->run.is_complete && !is_silent))
        return answer_err(session);
    session_set_deadline(session, session->worker->world->timeouts->idle_client_us);
    return session_enter(session, SESSION_DRAINING);
}

/* In the servers' own words. */
static enum step refuse_malformed(struct session *session)
{
    bool is_mysql = session_view(session)->family == FAMILY_MYSQL;
    return dispatch_refuse(session, ERR_MALFORMED, NULL, "Malformed communication packet%s",
                           is_mysql ? "." : "");
}

/* A command that cannot be run, often longer than the window, or a file that nobody takes any more: the
 * client reads no answer before it has sent all of it. Without an error there is no answer either. */
enum step dispatch_draining(struct session *session)
{
    struct job *job = &session->job;
    struct buf *in = &session->client.in;
    if (stream_flush(&session->client) == STREAM_FAILED) /* it may have to hear first that a file is wanted */
        return session_close(session, CLOSE_CLIENT_FAILED, NULL);
    size_t len = job->is_file ? packet_run_feed_file(&job->run, buf_unparsed(in))
                              : packet_run_feed(&job->run, buf_unparsed(in));
    buf_mark_parsed(in, len);
    buf_drop_parsed(in);
    if (job->run.is_complete)
        return job->error != 0 ? answer_err(session) : dispatch_done(session);
    if (session->is_client_eof)
        return session_close(session, CLOSE_CLIENT_GONE, NULL);
    return STEP_WAIT;
}

enum step dispatch_answer_ok(struct session *session)
{
    struct reply_ok ok = { .status = session->status & STATUS_OF_SESSION };
    buf_drop_parsed(&session->client.in);
    reply_put_ok(&session->client.out, (uint8_t)(session->job.run.seq + 1), session->caps, &ok, false);
    (void)stream_flush(&session->client);
    return dispatch_done(session);
}

/* ---- beginnings ---- */

enum step dispatch_idle(struct session *session)
{
    struct buf *in = &session->client.in;
    if (session->must_close)
        return session_close(session, CLOSE_SERVER_LOST, NULL);
    /* A client that does not read its answers is asked for no more commands. */
    switch (stream_flush(&session->client)) {
    case STREAM_OK:
        break;
    case STREAM_BLOCKED:
        return STEP_WAIT;
    case STREAM_EOF:
    case STREAM_FAILED:
        return session_close(session, CLOSE_CLIENT_FAILED, NULL);
    }
    share_idle(session);
    if (session->worker->is_draining && !effects_has_transaction(session))
        return session_close(session, CLOSE_SHUTDOWN, NULL);
    if (buf_unparsed(in).len > 0)
        return session_enter(session, SESSION_READING);
    if (session->is_client_eof && !readback_is_running(session))
        return session_close(session, CLOSE_CLIENT_GONE, NULL);
    stream_trim(&session->client);
    return STEP_WAIT;
}

/* How much of a command the decision needs: statements up to the SQL reader's cap, others what a window
 * holds. */
static uint32_t wanted_bytes(const struct packet_header *header, const struct command *command)
{
    uint32_t cap =
        command->manner == COMMAND_STATEMENT ? PACKET_HEADER_BYTES + 1 + SQL_TEXT_MAX : LOOP_WINDOW_BYTES;
    uint32_t whole = PACKET_HEADER_BYTES + header->len;
    return whole < cap ? whole : cap;
}

static bool has_attributes(const struct session *session)
{
    return (session->caps & CAP_QUERY_ATTRIBUTES) != 0;
}

/* With names among the types nobody knows beforehand how long they are: more is waited for than the window
 * holds only where that was not enough. */
static uint32_t most_for_types(const struct session *session, uint16_t params, struct span payload)
{
    struct stmt_execute execute;
    uint32_t fixed = 10 + (params + 7u) / 8 + 1 + params * 2u;
    if (!has_attributes(session) || stmt_parse_execute(payload, params, true, &execute))
        return fixed;
    return fixed + params + SQL_TEXT_MAX;
}

/* EXECUTE: the types of all parameters must be in sight, and there may be 65535 of them. */
static uint32_t wanted_for_types(struct session *session, const struct packet_header *header,
                                 struct span bytes)
{
    if (bytes.len < PACKET_HEADER_BYTES + 5)
        return PACKET_HEADER_BYTES + (header->len < 5 ? header->len : 5);
    size_t there = bytes.len - PACKET_HEADER_BYTES;
    struct span payload =
        span_of(bytes.data + PACKET_HEADER_BYTES, header->len < there ? header->len : there);
    struct prepared *prepared = prepared_find(&session->prepared, wire_load_u32(payload.data + 1));
    uint32_t most = prepared != NULL ? most_for_types(session, prepared->params, payload) : 0;
    return PACKET_HEADER_BYTES + (header->len < most ? header->len : most);
}

static enum step wait_for_client(struct session *session)
{
    if (session->is_client_eof)
        return session_close(session, CLOSE_CLIENT_GONE, NULL);
    return STEP_WAIT;
}

static enum step dispatch(struct session *session);
static enum step ignore(struct session *session);

enum step dispatch_tell_lost(struct session *session)
{
    bool is_mariadb = session_view(session)->family == FAMILY_MARIADB;
    if (session->job.command->shape == REPLY_NONE)
        return ignore(session);
    session->must_close = true;
    return dispatch_refuse(session, is_mariadb ? ERR_CONNECTION_KILLED : ERR_SERVER_SHUTDOWN, NULL, "%s",
                           session->lost.data);
}

enum step dispatch_reading(struct session *session)
{
    struct buf *in = &session->client.in;
    struct span bytes = buf_unparsed(in);
    struct packet_header header;
    if (!packet_peek(bytes, &header) || (header.len > 0 && bytes.len == PACKET_HEADER_BYTES))
        return wait_for_client(session);
    struct job *job = &session->job;
    job->command = command_find(header.len > 0 ? bytes.data[PACKET_HEADER_BYTES] : 0);
    if (job->command->byte == COM_QUIT && readback_is_running(session))
        return STEP_WAIT;
    uint32_t wanted = wanted_bytes(&header, job->command);
    if (job->command->byte == COM_STMT_EXECUTE) {
        uint32_t types = wanted_for_types(session, &header, bytes);
        wanted = types > wanted ? types : wanted;
    }
    if (bytes.len < wanted) {
        if (in->cap - in->kept < wanted && !stream_grow(&session->client, wanted))
            return session_close(session, CLOSE_OUT_OF_MEMORY, "a long statement");
        return wait_for_client(session);
    }
    packet_run_begin(&job->run);
    buf_mark_parsed(in, packet_run_feed(&job->run, bytes));
    job->is_cut = !job->run.is_complete;
    job->started_us = session_now(session);
    session_set_deadline(session, 0);
    if (header.seq != 0) {
        reply_put_err(&session->client.out, (uint8_t)(header.seq + 1), ERR_PACKETS_OUT_OF_ORDER, NULL,
                      "Got packets out of order");
        return session_close(session, CLOSE_CLIENT_NONSENSE, "packets out of order");
    }
    counter_add(&session->commands, 1);
    return session->lost.len > 0 && job->command->byte != COM_QUIT ? dispatch_tell_lost(session)
                                                                   : dispatch(session);
}

/* The command's payload as far as it is in the window, from the command byte on; of the first fragment. */
static struct span job_payload(const struct session *session)
{
    struct span packet = buf_unsent(&session->client.in);
    uint32_t len = wire_load_u24(packet.data);
    size_t there = packet.len - PACKET_HEADER_BYTES;
    return span_of(packet.data + PACKET_HEADER_BYTES, len < there ? len : there);
}

struct span dispatch_text(const struct session *session)
{
    struct span payload = job_payload(session);
    size_t before = 1 + session->job.text_offset, len = payload.len - before;
    return span_of(payload.data + before, len < SQL_TEXT_MAX ? len : SQL_TEXT_MAX);
}

bool dispatch_attributes(const struct session *session, struct attributes *attributes_r)
{
    const struct job *job = &session->job;
    struct span payload = job_payload(session);
    struct stmt_execute execute;
    struct attribute parameter;
    size_t offset;
    if (!has_attributes(session) || job->command == NULL)
        return false;
    if (job->command->byte == COM_QUERY) {
        (void)attributes_find_text(span_of(payload.data + 1, payload.len - 1), attributes_r, &offset);
        return attributes_r->count > 0;
    }
    if (job->command->byte != COM_STMT_EXECUTE ||
        !stmt_parse_execute(payload, job->prepared->params, true, &execute) ||
        execute.attributes.count <= job->prepared->params)
        return false;
    *attributes_r = execute.attributes;
    if (job->prepared->has_long_data)
        attributes_lose_values(attributes_r);
    for (uint16_t i = 0; i < job->prepared->params; i++)
        (void)attributes_next(attributes_r, &parameter);
    return true;
}

/* Was it sent there for no other reason than that somebody must run it? */
static bool is_movable(enum route_reason reason)
{
    return reason == ROUTE_REASON_READ || reason == ROUTE_REASON_NO_REPLICA ||
           reason == ROUTE_REASON_SHARED || reason == ROUTE_REASON_REPLICA_REFUSED ||
           reason == ROUTE_REASON_REFUSED_BEFORE || reason == ROUTE_REASON_LISTENER_PRIMARY ||
           reason == ROUTE_REASON_LISTENER_REPLICA;
}

/* A harmless read outside a transaction, or the beginning of a read-only one: nothing is lost by running it
 * again. */
static bool is_repeatable(const struct session *session, enum route_reason reason)
{
    const struct job *job = &session->job;
    if (job->is_cut || job->command->shape == REPLY_NONE || effects_is_in_transaction(session))
        return false;
    if (reason == ROUTE_REASON_READ_ONLY_TRANSACTION)
        return job->facts.kind == SQL_BEGIN;
    return job->facts.is_read && is_movable(reason) &&
           (job->prepared == NULL || !job->prepared->has_long_data);
}

static enum step go(struct session *session, enum route_place place, enum route_reason reason)
{
    struct job *job = &session->job;
    job->place = place;
    job->reason = reason;
    job->is_retriable = is_repeatable(session, reason);
    return attach_begin(session);
}

/* There is no right place for it. */
static enum step refuse_route(struct session *session, enum route_reason reason)
{
    if (session->job.facts.has_hint && hints_are_why(reason))
        return hints_refuse(session, reason);
    struct span culprit = session->job.prepared == NULL ? session->job.facts.culprit : (struct span){ 0 };
    int len = culprit.len < 64 ? (int)culprit.len : 64;
    return dispatch_refuse(session, ERR_NOT_SUPPORTED_YET, NULL, "headgate: not run%s%.*s: %s",
                           len > 0 ? " because of " : "", len, (const char *)culprit.data,
                           route_reason_words(reason));
}

/* Pieces of long data bind the execution to a connection, whatever the session writes meanwhile: only the
 * primary always has that. */
static bool belongs_home(const struct session *session, const struct route *route)
{
    return session->job.command->byte == COM_STMT_SEND_LONG_DATA && route->reason == ROUTE_REASON_READ &&
           consistency_is_followed(session) && choice_may_fall_back(session) &&
           session_view(session)->primary != VIEW_NO_SERVER;
}

/* As decided without its hints where that is a replica: to all that follows it is a read like any other. */
static struct route decide(struct session *session, struct hints *hints)
{
    const struct job *job = &session->job;
    struct span sql = job->command->manner == COMMAND_STATEMENT ? dispatch_text(session) : (struct span){ 0 };
    struct route route = decide_route(session, &job->facts, sql);
    if (!job->facts.has_hint)
        return route;
    hints_read_job(session, hints);
    struct route obeyed = hints_route(hints, route, &job->facts, session_view(session), session);
    return obeyed.place == ROUTE_REPLICA && !obeyed.is_refused ? route : obeyed;
}

static enum step go_by_facts(struct session *session)
{
    struct hints hints = { 0 };
    struct route route = decide(session, &hints);
    uint8_t byte = session->job.command->byte;
    bool is_run = byte != COM_STMT_PREPARE && byte != COM_STMT_SEND_LONG_DATA;
    if (!is_run && (route.is_refused || route.ends_away)) /* to be looked at again when it is executed */
        return go(session, effects_home(session), route.reason);
    if (route.is_refused)
        return refuse_route(session, route.reason);
    if (belongs_home(session, &route))
        return go(session, ROUTE_PRIMARY, ROUTE_REASON_PREVIOUS);
    struct job *job = &session->job;
    hints_apply(session, &hints, route.place);
    /* Its variables will be said there. */
    job->facts.is_read |= route.place == ROUTE_REPLICA && route.reason == ROUTE_REASON_READ;
    job->is_aside = route.reason == ROUTE_REASON_PREVIOUS && (session->status & STATUS_IN_TRANS) != 0;
    if (route.ends_away) {
        attach_drop(session, ROUTE_REPLICA);
        effects_come_home(session);
    }
    return go(session, route.place, route.reason);
}

/* ---- statements ---- */

/* Of COM_QUERY: it begins behind the attributes. Where these are so long that its beginning is not in sight,
 * the text is one of which nothing is known. False: no server would take it. */
static bool find_text(struct session *session)
{
    struct job *job = &session->job;
    struct span payload = job_payload(session);
    struct attributes attributes;
    if (job->command->byte != COM_QUERY || !has_attributes(session))
        return true;
    if (attributes_find_text(span_of(payload.data + 1, payload.len - 1), &attributes, &job->text_offset))
        return true;
    job->text_offset = payload.len - 1;
    return job->is_cut;
}

static enum step run_statement(struct session *session)
{
    struct job *job = &session->job;
    if (!find_text(session))
        return refuse_malformed(session);
    struct span sql = dispatch_text(session);
    struct sql_dialect dialect = effects_dialect(session);
    job->facts = classify(sql, job->is_cut, &dialect);
    hints_look_for_attributes(session);
    account_begin(session, sql);
    if (job->command->byte == COM_STMT_PREPARE)
        session->prepared.has_last_failed = true; /* until a server says otherwise */
    if (job->facts.kind == SQL_KILL && job->facts.kill_id != 0 && job->command->byte == COM_QUERY)
        return kill_begin(session, job->facts.kill_id, job->facts.kill_is_query);
    if (job->facts.kind == SQL_KILL && job->facts.kill_is_wide && job->command->byte == COM_QUERY)
        return dispatch_refuse(session, ERR_NOT_SUPPORTED_YET, NULL,
                               "headgate: not run: KILL USER and KILL QUERY ID would hit other sessions' "
                               "connections; use KILL with a number");
    if (job->facts.asks_token)
        return carry_begin(session);
    if (job->command->byte == COM_QUERY && !intent_note(session, sql, &dialect))
        return session_close(session, CLOSE_OUT_OF_MEMORY, "what a statement is about to change");
    return go_by_facts(session);
}

/* ---- commands on prepared statements ---- */

/* Discarded to its end, and not answered. */
static enum step ignore(struct session *session)
{
    session->job.error = 0;
    return session_enter(session, SESSION_DRAINING);
}

/* The servers that know it forget it, unless another session has the same. No reply, so nothing to wait for.
 */
static enum step run_close(struct session *session)
{
    struct prepared *prepared = session->job.prepared;
    session->job.prepared = NULL;
    statements_leave(session, prepared);
    prepared_remove(&session->prepared, prepared);
    buf_drop_parsed(&session->client.in);
    return dispatch_done(session);
}

/* Long data must be where the statement will be executed; so must a cursor be where it was opened. */
static bool is_bound(const struct session *session, const struct prepared *prepared, uint8_t byte)
{
    if (prepared->last_place < 0)
        return false;
    const struct prepared_copy *copy = &prepared->copies[prepared->last_place];
    if (copy->generation == 0 || copy->generation != session->slots[prepared->last_place].generation)
        return false;
    return byte == COM_STMT_FETCH || byte == COM_STMT_RESET || prepared->has_long_data;
}

/* Data sent in pieces is gone when the connection that had some of it is, or when it is where the transaction
 * is not. */
static bool has_lost_data(const struct session *session, const struct prepared *prepared)
{
    if (prepared->is_data_lost)
        return true;
    if (!prepared->has_long_data)
        return false;
    bool is_home = prepared->last_place == (int)effects_home(session);
    return !is_bound(session, prepared, COM_STMT_SEND_LONG_DATA) ||
           (effects_is_in_transaction(session) && !is_home);
}

enum step dispatch_refuse_pieces(struct session *session)
{
    return dispatch_refuse(session, ERR_UNKNOWN_STMT, NULL,
                           "The long data sent for statement %u was lost with its server",
                           session->job.prepared->id);
}

/* Where its pieces or its cursor are, if its hints agree. */
static enum step go_bound(struct session *session)
{
    struct route route = { .place = (enum route_place)session->job.prepared->last_place,
                           .reason = ROUTE_REASON_PREVIOUS };
    struct hints hints = { 0 };
    if (session->job.command->byte == COM_STMT_EXECUTE)
        hints_read_job(session, &hints);
    route = hints_route(&hints, route, &session->job.facts, session_view(session), session);
    if (route.is_refused)
        return refuse_route(session, route.reason);
    hints_apply(session, &hints, route.place);
    return go(session, route.place, route.reason);
}

static bool read_execute(struct session *session)
{
    struct job *job = &session->job;
    struct stmt_execute execute;
    if (!stmt_parse_execute(job_payload(session), job->prepared->params, has_attributes(session), &execute))
        return false;
    job->has_cursor = (execute.flags & STMT_CURSOR_READ_ONLY) != 0;
    hints_look_for_attributes(session);
    return !execute.has_types || prepared_note_types(job->prepared, execute.types);
}

/* In the servers' own words: MariaDB calls COM_STMT_FETCH mysqld_stmt_fetch, MySQL has one name for all. */
static enum step refuse_unknown(struct session *session, uint32_t id)
{
    char name[40];
    size_t len = 0;
    for (const char *from = session->job.command->name + 3; *from != '\0' && len < sizeof name - 1; from++)
        name[len++] = (char)(*from >= 'A' && *from <= 'Z' ? *from + 32 : *from);
    name[len] = '\0';
    bool is_mysql = session_view(session)->family == FAMILY_MYSQL;
    return dispatch_refuse(session, ERR_UNKNOWN_STMT, NULL,
                           "Unknown prepared statement handler (%u) given to %s%s", id,
                           is_mysql ? "mysql_stmt_precheck" : "mysqld", is_mysql ? "" : name);
}

static enum step run_prepared(struct session *session)
{
    struct job *job = &session->job;
    uint8_t byte = job->command->byte;
    struct span payload = job_payload(session);
    bool is_silent = job->command->shape == REPLY_NONE;
    if (payload.len < 5)
        return is_silent ? ignore(session) : refuse_malformed(session);
    uint32_t id = wire_load_u32(payload.data + 1);
    struct prepared *prepared = prepared_find(&session->prepared, id);
    if (prepared == NULL)
        return is_silent ? ignore(session) : refuse_unknown(session, id);
    job->prepared = prepared;
    if (byte == COM_STMT_CLOSE)
        return run_close(session);
    job->facts = prepared->facts;
    if (byte == COM_STMT_EXECUTE || byte == COM_STMT_FETCH)
        account_begin_prepared(session);
    if (has_lost_data(session, prepared)) {
        prepared->is_data_lost = byte == COM_STMT_SEND_LONG_DATA;
        prepared->has_long_data = false;
        if (byte == COM_STMT_SEND_LONG_DATA)
            return ignore(session);
        if (byte != COM_STMT_RESET)
            return dispatch_refuse_pieces(session);
    }
    if (byte == COM_STMT_EXECUTE && !read_execute(session))
        return refuse_malformed(session);
    if (byte == COM_STMT_EXECUTE && !intent_note_prepared(session))
        return session_close(session, CLOSE_OUT_OF_MEMORY, "what a statement is about to change");
    if (byte == COM_STMT_RESET || byte == COM_STMT_FETCH) /* they run nothing of it */
        job->facts = (struct sql_facts){ .kind = SQL_EMPTY, .reason = SQL_REASON_EMPTY };
    if (byte == COM_STMT_RESET && !is_bound(session, prepared, byte))
        return dispatch_answer_ok(session); /* no server has anything of it that could be reset */
    if (is_bound(session, prepared, byte))
        return go_bound(session);
    if (byte == COM_STMT_FETCH)
        return dispatch_refuse(session, ERR_UNKNOWN_STMT, NULL,
                               "The cursor of statement %u was lost with its server", id);
    return go_by_facts(session);
}

/* ---- commands with a handler of their own ---- */

static enum step run_init_db(struct session *session)
{
    session->job.facts = (struct sql_facts){ .kind = SQL_USE, .reason = SQL_REASON_UNKNOWN };
    return go_by_facts(session);
}

/* Replicas are told later, when they are used again: see slot.is_reset. */
static enum step run_reset(struct session *session)
{
    struct job *job = &session->job;
    effects_come_home(session);
    if (session->variables != VARIABLES_PRIMARY)
        session->variables = VARIABLES_NOWHERE; /* they go with the replica's connection */
    enum route_place place = effects_home(session);
    attach_drop(session, place == ROUTE_PRIMARY ? ROUTE_REPLICA : ROUTE_PRIMARY);
    job->facts = (struct sql_facts){ .kind = SQL_ADMIN };
    job->place = place;
    return attach_begin(session);
}

static enum step run_set_option(struct session *session)
{
    struct span payload = job_payload(session);
    if (payload.len < 3)
        return refuse_malformed(session);
    session->job.facts = (struct sql_facts){ .kind = SQL_ADMIN };
    session->job.kill_id = payload.data[1]; /* 0: on, 1: off; looked at when the server has agreed */
    return go_by_facts(session);
}

static enum step run_process_kill(struct session *session)
{
    struct span payload = job_payload(session);
    if (payload.len < 5)
        return refuse_malformed(session);
    return kill_begin(session, wire_load_u32(payload.data + 1), false);
}

static const struct {
    uint8_t byte;
    enum step (*run)(struct session *session);
} handlers[] = {
    { COM_INIT_DB, run_init_db },           { COM_CHANGE_USER, frontend_change_user },
    { COM_RESET_CONNECTION, run_reset },    { COM_SET_OPTION, run_set_option },
    { COM_PROCESS_KILL, run_process_kill },
};

static enum step run_session_command(struct session *session)
{
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        if (handlers[i].byte == session->job.command->byte)
            return handlers[i].run(session);
    return dispatch_refuse(session, ERR_UNKNOWN_COM, NULL, "Unknown command");
}

static enum step run_local(struct session *session)
{
    if (session->job.command->byte == COM_QUIT)
        return session_close(session, CLOSE_CLIENT_QUIT, NULL);
    if (session->job.is_cut)
        return refuse_malformed(session);
    if (session->is_transaction_unknown && session->job.command->byte == COM_PING) {
        session->job.facts = (struct sql_facts){ .kind = SQL_EMPTY, .reason = SQL_REASON_EMPTY };
        return go(session, effects_home(session), ROUTE_REASON_UNKNOWN_TRANSACTION); /* its OK settles it */
    }
    return dispatch_answer_ok(session);
}

static enum step dispatch(struct session *session)
{
    struct job *job = &session->job;
    switch (job->command->manner) {
    case COMMAND_STATEMENT:
        return run_statement(session);
    case COMMAND_PREPARED:
        return run_prepared(session);
    case COMMAND_SESSION:
        return run_session_command(session);
    case COMMAND_PRIMARY:
        job->facts = (struct sql_facts){ .kind = SQL_SHOW, .reason = SQL_REASON_UNKNOWN };
        return go_by_facts(session);
    case COMMAND_LOCAL:
        return run_local(session);
    case COMMAND_REFUSED:
        break;
    }
    if (job->command->error == ERR_UNKNOWN_COM)
        return dispatch_refuse(session, ERR_UNKNOWN_COM, NULL, "Unknown command");
    return dispatch_refuse(session, job->command->error, NULL, "headgate does not pass %s on",
                           job->command->name);
}
