/* The connection to a server is lost during a command: the command runs again on another server, or the
 * client gets an error.
 */
#include "command/retry.h"

#include "mysql/reply.h"
#include "relay/relay.h"
#include "command/command_answer.h"
#include "session/slot.h"
#include "state/variable_effects.h"

#include <errno.h>
#include <stdio.h>

struct loss {
    uint16_t code;
    uint8_t seq;
    char server[64];
    char text[ERROR_TEXT_MAX];
};

/* The command is a harmless read, which may run twice, or no server has read the command. */
static bool may_run_again(const struct session *session)
{
    const struct job *job = &session->job;
    return !job->reply.has_begun && !job->is_timed_out && !session->must_close &&
           (job->is_unread ? job->is_kept : job->is_retriable) && job->attempts < ATTEMPTS_MAX;
}

static enum step run_again(struct session *session, int server)
{
    struct job *job = &session->job;
    job->attempts++;
    relay_take_back(job, &session->client);
    if (job->is_unread) { /* the server itself is well: it has only closed that connection */
        job->is_unread = false;
        return session_enter(session, SESSION_ACQUIRING);
    }
    job->avoid = server;
    job->reason = ROUTE_REASON_READ;
    if (session->door->settings->mode == LISTENER_SPLIT && !session->facets.has_replica_refused)
        job->place = ROUTE_REPLICA;
    return session_enter(session, SESSION_ACQUIRING);
}

/* Tells the client of the loss; closes the session if state was lost (must_close). A client that is sending
 * its file reads nothing before it has sent all of the file. */
static enum step tell_loss(struct session *session, const struct loss *loss)
{
    struct job *job = &session->job;
    char text[ERROR_TEXT_MAX + 128];
    (void)snprintf(text, sizeof text, "headgate: lost connection to %s: %s", loss->server, loss->text);
    bool is_silent = job->command->shape == REPLY_NONE;
    if (is_silent || (!job->run.is_complete && (job->file.is_expected || !session->must_close)))
        return command_refuse(session, loss->code, NULL, "%s", text);
    job->own.told = loss->code;
    reply_put_err(&session->client.out, loss->seq, loss->code, NULL, text);
    (void)stream_flush(&session->client);
    if (session->must_close)
        return session_close(session, CLOSE_SERVER_LOST, loss->text);
    buf_drop_parsed(&session->client.in);
    return command_done(session);
}

static uint16_t loss_code(const struct session *session, const struct upstream *upstream)
{
    bool is_mariadb = upstream->family == FAMILY_MARIADB;
    if (session->job.is_timed_out)
        return is_mariadb ? ERR_STATEMENT_TIMEOUT : ERR_QUERY_TIMEOUT;
    return is_mariadb ? ERR_CONNECTION_KILLED : ERR_SERVER_SHUTDOWN;
}

enum step retry_of_upstream(struct session *session, const struct error *err)
{
    struct job *job = &session->job;
    struct slot *slot = &session->slots[job->place];
    struct upstream *upstream = slot->upstream;
    int server = slot->server;
    bool is_mid_packet =
        job->reply.has_begun && (upstream->tracker.left > 0 || upstream->tracker.is_continued);
    struct loss loss = { .code = loss_code(session, upstream) };
    (void)snprintf(loss.server, sizeof loss.server, "%s", upstream->server->name);
    (void)snprintf(loss.text, sizeof loss.text, "%s", err->text);
    counter_add(&upstream->server->by_worker[session->worker->index].losses, 1);
    worker_note_trouble(session->worker, session->door->cluster);
    log_limited(LOG_LEVEL_WARNING, &session->scope, "connection to %s lost during %s: %s", loss.server,
                job->command->name, loss.text);
    if (job->reply.has_begun)
        relay_keep_passed(&session->client, &upstream->stream);
    loss.seq = relay_next_seq(job, upstream);
    if (slot_has_lost_state(session, job->place) || variable_effects_may_be_lost(&session->facets, job))
        session->must_close = true;
    slot_drop(session, job->place);
    if (is_mid_packet)
        return session_close(session, CLOSE_SERVER_LOST, loss.text);
    if (session->state == SESSION_INFILE && job->reply.is_over) { /* the file was refused */
        session_set_deadline(session, session->worker->world->timeouts->idle_client_us);
        return session_enter(session, SESSION_DRAINING);
    }
    if (may_run_again(session))
        return run_again(session, server);
    return tell_loss(session, &loss);
}

enum step retry_by_stream(struct session *session, const char *during)
{
    struct error err = { 0 };
    const struct stream *stream = &session->slots[session->job.place].upstream->stream;
    if (stream->error != 0)
        (void)error_errno(&err, stream->error, "%s", during);
    else
        (void)error_set(&err, 0, "%s: the server closed the connection", during);
    return retry_of_upstream(session, &err);
}

enum step retry_unread(struct session *session, uint16_t code)
{
    struct error err = { 0 };
    (void)error_set(&err, code, "the server had ended the connection (%u) before it read the command", code);
    session->job.is_unread = true;
    return retry_of_upstream(session, &err);
}
