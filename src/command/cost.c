/* The cost of a statement: measured while it runs, added to its digest when it is over, and written to the
 * statement log if that is wanted.
 *
 *   command_statement ─► cost_begin ─────────┐
 *   command_prepared ─► cost_begin_prepared ─┴─► job.digest is set
 *   the reply is over, or command_done, or the session ends ─► cost_end: the digest gets the cost
 */
#include "command/cost.h"

#include "mysql/packet.h"
#include "session/command_text.h"
#include "sql/secrets.h"
#include "stats/statement_log.h"

#include <stdio.h>

#define SAID_MAX 2048 /* bytes of a statement's text that are kept for the logs */

/* ---- the beginning ---- */

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
                                        .cluster = session->door->settings->cluster,
                                        .user = session->user->name };
    return digests_enter(&worker->digests, &question, &dialect);
}

static void begin(struct session *session, struct span sql, uint64_t shape, bool is_cut)
{
    struct worker *worker = session->worker;
    if (!digests_are_on(&worker->digests))
        return;
    struct digest_row *row = digests_find(&worker->digests, shape, session->who);
    session->job.digest = row != NULL ? row : enter(session, sql, shape, is_cut);
    if (worker->is_telling)
        keep_said(session, sql, is_cut);
}

void cost_begin(struct session *session, struct span sql)
{
    begin(session, sql, session->job.facts.shape, session->job.is_cut);
}

/* The facts are those of the prepared text, which is kept unless it was very long. */
void cost_begin_prepared(struct session *session)
{
    const struct prepared *prepared = session->job.prepared;
    struct span sql = prepared->sql;
    begin(session, sql, prepared->facts.shape, false);
}

/* ---- the end ---- */

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
    const struct upstream *upstream = session->slots[session->job.place].upstream;
    if (session->job.reply.rows > 0 || session->state != SESSION_REPLYING || upstream == NULL)
        return session->job.reply.rows;
    return upstream->tracker.rows;
}

/* The error number that the client got; 0: none. */
static uint16_t error_of(const struct job *job)
{
    return job->own.told != 0 ? job->own.told : job->reply.error_code;
}

static inline struct digest_cost cost_of(const struct session *session, uint64_t now, bool is_answered)
{
    const struct job *job = &session->job;
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

static void tell(struct session *session, const struct digest_row *row, const struct digest_cost *cost,
                 const char *end, unsigned files)
{
    const struct job *job = &session->job;
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
        .listener = span_cstr(session->door->settings->name),
        .cluster = span_cstr(session->door->settings->cluster),
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
        tell(session, row, &cost, end, files);
}

void cost_end(struct session *session, const char *end)
{
    struct digest_row *row = session->job.digest;
    if (row == NULL)
        return;
    uint64_t now = session_now(session);
    if (session->worker->is_telling)
        tell_if_wanted(session, row, now, end);
    struct digest_cost cost = cost_of(session, now, end == NULL);
    session->job.digest = NULL;
    digests_leave(row, &cost, now);
}
