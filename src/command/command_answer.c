/* How a command ends: with the server's answer, with an answer of headgate's own, or without an answer. Also
 * how long the client may be idle afterwards.
 */

#include "command/command_answer.h"

#include "base/clock.h"
#include "mysql/reply.h"
#include "command/cost.h"
#include "command/ddl_notice.h"
#include "session/slot.h"
#include "state/pending_pins.h"
#include "state/pending_set.h"
#include "state/wait_timeout.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static void reset_job(struct session *session)
{
    struct job *job = &session->job;
    if (job->changes != NULL)
        pending_set_fini(job->changes);
    if (job->claims != NULL)
        pending_pins_free(job->claims);
    if (job->inner.cap > 0)
        text_fini(&job->inner);
    if (job->asked_schema.cap > 0)
        text_fini(&job->asked_schema);
    if (job->names.text.cap > 0)
        text_fini(&job->names.text);
    if (job->rewritten.cap > 0)
        text_fini(&job->rewritten);
    /* Without the error's text: it is half a kilobyte, and is always written before it is read. */
    memset(job, 0, offsetof(struct job, own));
    job->own.code = job->own.told = 0;
    job->avoid = VIEW_NO_SERVER;
}

/* True if the time-out of an open transaction is shorter than that of an idle client. */
static bool is_transaction_limited(const struct session *session)
{
    const struct timeout_settings *timeouts = session->worker->world->timeouts;
    uint64_t idle_us = wait_timeout_us(&session->facets, timeouts->idle_client_us);
    return (session->facets.status & STATUS_IN_TRANS) != 0 && timeouts->idle_transaction_us > 0 &&
           (idle_us == 0 || timeouts->idle_transaction_us < idle_us);
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
    if (session->job.prepared != NULL)
        session->job.prepared->has_long_data = false;
    cost_end(session, NULL);
    ddl_notice_end(session);
    reset_job(session);
    session->last_active_us = session_now(session);
    const struct timeout_settings *timeouts = session->worker->world->timeouts;
    session_set_deadline(session, is_transaction_limited(session)
                                      ? timeouts->idle_transaction_us
                                      : wait_timeout_us(&session->facets, timeouts->idle_client_us));
    return session_enter(session, SESSION_IDLE);
}

static enum step answer_err(struct session *session)
{
    struct job *job = &session->job;
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
    struct job *job = &session->job;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(job->own.error.text, sizeof job->own.error.text, format, args);
    va_end(args);
    (void)snprintf(job->own.error.sqlstate, sizeof job->own.error.sqlstate, "%s",
                   sqlstate != NULL ? sqlstate : "");
    job->own.code = code;
    if (!job->is_login)
        counter_add(&session->door->by_worker[session->worker->index].refused, 1);
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
    struct job *job = &session->job;
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
    reply_put_ok(&session->client.out, (uint8_t)(session->job.run.seq + 1), session->caps, &ok, false);
    (void)stream_flush(&session->client);
    return command_done(session);
}

enum step command_ignore(struct session *session)
{
    session->job.own.code = 0;
    return session_enter(session, SESSION_DRAINING);
}

enum step command_tell_lost(struct session *session)
{
    bool is_mariadb = session_view(session)->family == FAMILY_MARIADB;
    if (session->job.command->shape == REPLY_NONE)
        return command_ignore(session);
    session->must_close = true;
    return command_refuse(session, is_mariadb ? ERR_CONNECTION_KILLED : ERR_SERVER_SHUTDOWN, NULL, "%s",
                          session->lost.data);
}

enum step command_refuse_pieces(struct session *session)
{
    bool is_fetch = session->job.command->byte == COM_STMT_FETCH;
    return command_refuse(session, ERR_UNKNOWN_STMT, NULL, "The %s statement %u was lost with its server",
                          is_fetch ? "cursor of" : "long data sent for", session->job.prepared->id);
}
