/* How a command ends: with the server's answer, with an answer of headgate's own, or without an answer. What it
 * has cost: measured while it runs, added to its digest when it is over, and written to the statement log if that
 * is wanted. Also how long the client may be idle afterwards.
 *
 *   COM_QUERY, COM_STMT_PREPARE ─► cost_begin ─────────┐
 *   command_prepared ─► cost_begin ────────────────────┴─► job.digest is set
 *   the reply is over, or command_done, or the session ends ─► cost_end: the digest gets the cost */

#include "command/command_answer.h"

#include "base/clock.h"
#include "command/pending_effects.h"
#include "mysql/packet.h"
#include "mysql/reply.h"
#include "session/command_text.h"
#include "session/slot.h"
#include "sql/secrets.h"
#include "state/wait_timeout.h"
#include "stats/statement_log.h"

#include <stdarg.h>
#include <stdio.h>

#define SAID_MAX 2048 /* bytes of a statement's text that are kept for the logs */

/* ---- the cost: the beginning ---- */

/* Keeps the text for the logs: the window does not hold it any more when the statement is over. */
static __attribute__((noinline)) void keep_said(struct session *session, struct span sql, bool is_cut)
{
    const struct statement_log *log = session->worker->world->statements;
    text_clear(&session->said);
    if (log == NULL || !log->settings->literals || is_cut || secrets_may_hold(sql))
        return;
    (void)text_append(&session->said, sql.data, sql.len < SAID_MAX ? sql.len : SAID_MAX);
}

/* Adds a digest for a statement that was not seen lately. Not inlined, so that other statements do not pay
 * for its stack frame; the same holds for the functions below. */
static __attribute__((noinline)) struct digest_row *enter(struct session *session, struct span sql,
                                                          uint64_t shape, bool is_cut)
{
    struct worker *worker = session->worker;
    struct sql_dialect dialect = dialect_of(session);
    struct digest_question question = { .shape = shape,
                                        .who = session->who,
                                        .sql = sql,
                                        .is_cut = is_cut,
                                        .cluster = session->listener->settings->cluster,
                                        .user = session->user->name };
    return digests_enter(&worker->digests, &question, &dialect);
}

void cost_begin(struct session *session, struct span sql, uint64_t shape, bool is_cut)
{
    struct worker *worker = session->worker;
    if (!digests_are_on(&worker->digests))
        return;
    struct digest_row *row = digests_find(&worker->digests, shape, session->who);
    session->job->digest = row != NULL ? row : enter(session, sql, shape, is_cut);
    if (worker->is_telling)
        keep_said(session, sql, is_cut);
}

/* ---- the cost: the end ---- */

/* The client's bytes: those of the command and of the file that it asked for. */
static uint64_t bytes_in(const struct job *job)
{
    uint64_t payload = job->run.payload_bytes;
    if (job->file.is_expected)
        return job->file.bytes;
    uint64_t headers = payload < PACKET_PAYLOAD_MAX ? 1 : payload / PACKET_PAYLOAD_MAX + 1;
    return payload + PACKET_HEADER_BYTES * headers;
}

/* The rows of the reply. If the reply is not over: those that have arrived. */
static uint64_t rows(const struct session *session)
{
    const struct upstream *upstream = session->slots[session->job->place]->upstream;
    if (session->job->reply.rows > 0 || session->state != SESSION_REPLYING || upstream == NULL)
        return session->job->reply.rows;
    return upstream->tracker.rows;
}

/* The error number that the client got; 0: none. */
static uint16_t error_of(const struct job *job)
{
    return job->own.told != 0 ? job->own.told : job->reply.error_code;
}

static inline struct digest_cost cost_of(const struct session *session, uint64_t now, bool is_answered)
{
    const struct job *job = session->job;
    uint8_t byte = job->command->byte;
    uint64_t sent_us = job->sent_us != 0 ? job->sent_us : now;
    uint64_t over_us = job->reply.over_us != 0 ? job->reply.over_us : now;
    return (struct digest_cost){
        .count = byte == COM_QUERY || byte == COM_STMT_EXECUTE,
        .prepares = byte == COM_STMT_PREPARE,
        .errors = error_of(job) != 0 || !is_answered,
        .rows = rows(session),
        .affected = job->reply.affected,
        .bytes_in = bytes_in(job),
        .bytes_out = job->reply.bytes,
        .total_us = now - job->started_us,
        .wait_us = sent_us - job->started_us,
        .server_us = over_us - sent_us,
    };
}

static struct span span_or_none(const char *string)
{
    return string != NULL ? span_cstr(string) : (struct span){ 0 };
}

static void log_cost(struct session *session, const struct digest_row *row, const struct digest_cost *cost,
                     const char *end, unsigned files)
{
    const struct job *job = session->job;
    struct statement_log *log = session->worker->world->statements;
    struct text pins = { 0 };
    char digest[20];
    (void)snprintf(digest, sizeof digest, "%016llx", (unsigned long long)row->digest);
    if (pins_any(&session->facets.pins))
        pins_describe(&session->facets.pins, &pins);
    struct statement_record record = {
        .command = span_cstr(job->command->name),
        .session = session->id,
        .user = span_or_none(session->user->name),
        .client = span_cstr(session->host),
        .listener = span_cstr(session->listener->settings->name),
        .cluster = span_cstr(session->listener->settings->cluster),
        .server = span_or_none(job->server != NULL ? job->server->name : NULL),
        .schema = text_span(&session->facets.schema),
        .digest = row->cluster != NULL ? span_cstr(digest) : (struct span){ 0 },
        .total_us = cost->total_us,
        .wait_us = cost->wait_us,
        .server_us = cost->server_us,
        .headgate_us = cost->total_us - cost->wait_us - cost->server_us,
        .rows = cost->rows,
        .affected = cost->affected,
        .bytes_in = cost->bytes_in,
        .bytes_out = cost->bytes_out,
        .error = error_of(job),
        .end = span_or_none(end),
        .route = span_or_none(job->server != NULL ? route_reason_words(job->reason) : NULL),
        .pins = text_span(&pins),
        .text = session->said.len > 0 ? text_span(&session->said) : row->text,
    };
    for (unsigned file = 0; file < STATEMENT_FILES; file++)
        if ((files & 1u << file) != 0)
            statement_log_write(log, (enum statement_file)file, &record);
    text_fini(&pins);
}

/* The logs that the statement is written to: a set of 1 << enum statement_file. */
static unsigned files_for(struct worker *worker, const struct digest_cost *cost)
{
    const struct statement_settings *settings = worker->world->statements->settings;
    unsigned files = 0;
    if (settings->slow_us > 0 && cost->total_us >= settings->slow_us)
        files |= 1u << STATEMENT_SLOW;
    if (settings->sample > 0 && ++worker->sampled >= (uint64_t)settings->sample) {
        worker->sampled = 0;
        files |= 1u << STATEMENT_QUERY;
    }
    return files;
}

static __attribute__((noinline)) void tell_if_wanted(struct session *session, const struct digest_row *row,
                                                     uint64_t now, const char *end)
{
    struct digest_cost cost = cost_of(session, now, end == NULL);
    unsigned files = files_for(session->worker, &cost);
    if (files != 0)
        log_cost(session, row, &cost, end, files);
}

void cost_end(struct session *session, const char *end)
{
    struct digest_row *row = session->job->digest;
    if (row == NULL)
        return;
    uint64_t now = session_now(session);
    if (session->worker->is_telling)
        tell_if_wanted(session, row, now, end);
    struct digest_cost cost = cost_of(session, now, end == NULL);
    session->job->digest = NULL;
    digests_leave(row, &cost, now);
}

/* ---- the command ends ---- */

/* How long the client may be idle between commands, in microseconds; 0: without limit. */
static uint64_t idle_us(const struct session *session)
{
    uint64_t idle_us = session->worker->world->timeouts->idle_client_us;
    return session->facets.wait_s != 0 ? wait_timeout_us(&session->facets, idle_us) : idle_us;
}

/* True if the time-out of an open transaction is shorter than that of an idle client. */
static bool is_transaction_limited(const struct session *session)
{
    uint64_t transaction_us = session->worker->world->timeouts->idle_transaction_us;
    return (session->facets.status & STATUS_IN_TRANS) != 0 && transaction_us > 0 &&
           (idle_us(session) == 0 || transaction_us < idle_us(session));
}

/* The transaction is rolled back now, not when the client has read the error. */
enum step command_idle_time_out(struct session *session)
{
    char text[128], duration[32];
    bool is_mysql = session_view(session)->family == FAMILY_MYSQL;
    if (!is_transaction_limited(session)) {
        if (is_mysql && session->state == SESSION_IDLE) /* MariaDB sends no error (seen) */
            reply_put_err(&session->client.out, 0, ERR_CLIENT_IDLE, NULL,
                          "The client was disconnected by the server because of inactivity. See wait_timeout "
                          "and interactive_timeout for configuring this behavior.");
        return session_close(session, CLOSE_IDLE_TIMEOUT, NULL);
    }
    const struct timeout_settings *timeouts = session->worker->world->timeouts;
    (void)snprintf(text, sizeof text, "headgate: idle in a transaction for %s: it is rolled back",
                   clock_format_duration(timeouts->idle_transaction_us, duration, sizeof duration));
    slot_drop_all(session);
    reply_put_err(&session->client.out, 0, is_mysql ? ERR_CLIENT_IDLE : ERR_CONNECTION_KILLED, NULL, text);
    return session_close(session, CLOSE_IDLE_TRANSACTION, text);
}

enum step command_done(struct session *session)
{
    if (session->client.in.data != NULL)
        buf_release_sent(&session->client.in);
    if (session->job->prepared != NULL)
        session->job->prepared->has_long_data = false;
    cost_end(session, NULL);
    if (session->job->is_changing_code)
        pending_effects_end(session);
    job_give(&session->worker->jobs, &session->job);
    session->last_active_us = session_now(session);
    /* Those that were used longest ago are given up first. */
    for (int place = 0; place < PREPARED_PLACES; place++) {
        struct upstream *upstream = session->slots[place]->upstream;
        if (upstream == NULL)
            continue;
        permits_touch(&upstream->permit, session->worker->index, session->last_active_us);
        permits_touch(&upstream->quota, session->worker->index, session->last_active_us);
    }
    session_set_deadline(session, is_transaction_limited(session)
                                      ? session->worker->world->timeouts->idle_transaction_us
                                      : idle_us(session));
    return session_enter(session, SESSION_IDLE);
}

static enum step answer_err(struct session *session)
{
    struct job *job = session->job;
    uint8_t seq = job->is_login ? job->own.seq : (uint8_t)(job->run.seq + 1);
    buf_drop_parsed(&session->client.in);
    job->own.told = job->own.code;
    reply_put_err(&session->client.out, seq, job->own.code, job->own.error.sqlstate, job->own.error.text);
    (void)stream_flush(&session->client);
    if (job->is_login)
        return session_close(session, CLOSE_SERVER_REFUSED, job->own.error.text);
    if (session->must_close)
        return session_close(session, CLOSE_SERVER_LOST, job->own.error.text);
    return command_done(session);
}

enum step command_refuse(struct session *session, uint16_t code, const char *sqlstate, const char *format,
                         ...)
{
    struct job *job = session->job;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(job->own.error.text, sizeof job->own.error.text, format, args);
    va_end(args);
    (void)snprintf(job->own.error.sqlstate, sizeof job->own.error.sqlstate, "%s",
                   sqlstate != NULL ? sqlstate : "");
    job->own.code = code;
    if (!job->is_login)
        counter_add(&session->listener->by_worker[session->worker->index].refused, 1);
    bool is_silent =
        !job->is_login && job->command->manner == COMMAND_PREPARED && job->command->shape == REPLY_NONE;
    if (is_silent) { /* the client expects no answer: the next execution of the statement fails instead */
        job->own.code = 0;
        if (job->prepared != NULL)
            job->prepared->is_data_lost = true;
    }
    if (job->is_login || (job->run.is_complete && !is_silent))
        return answer_err(session);
    session_set_deadline(session, session->worker->world->timeouts->idle_client_us);
    return session_enter(session, SESSION_DRAINING);
}

enum step command_refuse_malformed(struct session *session)
{
    bool is_mysql = session_view(session)->family == FAMILY_MYSQL;
    return command_refuse(session, ERR_MALFORMED, NULL, "Malformed communication packet%s",
                          is_mysql ? "." : "");
}

/* Reads and discards a command that cannot be run, which is often longer than the window, or a file that
 * no server reads any more: a client reads the answer only after it has sent all. Without an error there
 * is no answer. */
enum step command_draining(struct session *session)
{
    struct job *job = session->job;
    struct buf *in = &session->client.in;
    if (stream_flush(&session->client) == STREAM_FAILED) /* perhaps a request for the file */
        return session_close(session, CLOSE_CLIENT_FAILED, NULL);
    size_t len = job->file.is_expected ? packet_run_feed_file(&job->run, buf_unparsed(in))
                                       : packet_run_feed(&job->run, buf_unparsed(in));
    buf_mark_parsed(in, len);
    buf_drop_parsed(in);
    if (job->run.is_complete)
        return job->own.code != 0 ? answer_err(session) : command_done(session);
    if (session->is_client_eof)
        return session_close(session, CLOSE_CLIENT_GONE, NULL);
    return STEP_WAIT;
}

enum step command_answer_ok(struct session *session)
{
    struct reply_ok ok = { .status = session->facets.status & STATUS_OF_SESSION };
    buf_drop_parsed(&session->client.in);
    reply_put_ok(&session->client.out, (uint8_t)(session->job->run.seq + 1), session->caps, &ok, false);
    (void)stream_flush(&session->client);
    return command_done(session);
}

enum step command_ignore(struct session *session)
{
    session->job->own.code = 0;
    return session_enter(session, SESSION_DRAINING);
}

enum step command_tell_lost(struct session *session)
{
    bool is_mariadb = session_view(session)->family == FAMILY_MARIADB;
    if (session->job->command->shape == REPLY_NONE)
        return command_ignore(session);
    session->must_close = true;
    return command_refuse(session, is_mariadb ? ERR_CONNECTION_KILLED : ERR_SERVER_SHUTDOWN, NULL, "%s",
                          session->lost.data);
}

enum step command_refuse_pieces(struct session *session)
{
    bool is_fetch = session->job->command->byte == COM_STMT_FETCH;
    return command_refuse(session, ERR_UNKNOWN_STMT, NULL, "The %s statement %u was lost with its server",
                          is_fetch ? "cursor of" : "long data sent for", session->job->prepared->id);
}
