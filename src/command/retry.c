/* The connection to a server is lost during a command, or the server refuses to run it: the command runs again
 * on another server, or the client gets an error. */
#include "command/retry.h"

#include "command/command_answer.h"
#include "command/pick_server.h"
#include "command/acquire.h"
#include "mysql/reply.h"
#include "relay/relay.h"
#include "session/command_text.h"
#include "session/slot.h"
#include "sql/digest.h"
#include "state/variable_effects.h"

#include <errno.h>
#include <stdio.h>

/* ---- the connection is lost ---- */

struct loss {
    uint16_t code;
    uint8_t seq;
    char server[64];
    char text[ERROR_TEXT_MAX];
};

/* The command is a harmless read, which may run twice, or no server has read the command. */
static bool may_run_again(const struct session *session)
{
    const struct job *job = session->job;
    return !job->reply.has_begun && !job->is_timed_out && !session->must_close &&
           (job->is_unread ? job->is_kept : job->is_retriable) && job->attempts < ATTEMPTS_MAX;
}

static enum step run_again(struct session *session, int server)
{
    struct job *job = session->job;
    job->attempts++;
    relay_take_back(job, &session->client);
    if (job->is_unread) { /* the server itself is well: it has only closed that connection */
        job->is_unread = false;
        return session_enter(session, SESSION_ACQUIRING);
    }
    job->avoid = server;
    job->reason = ROUTE_REASON_READ;
    if (session->listener->settings->mode == LISTENER_SPLIT && !session->facets.has_replica_refused)
        job->place = ROUTE_REPLICA;
    return session_enter(session, SESSION_ACQUIRING);
}

/* Tells the client of the loss; closes the session if state was lost (must_close). A client that is sending
 * its file reads nothing before it has sent all of the file. */
static enum step tell_loss(struct session *session, const struct loss *loss)
{
    struct job *job = session->job;
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
    if (session->job->is_timed_out)
        return is_mariadb ? ERR_STATEMENT_TIMEOUT : ERR_QUERY_TIMEOUT;
    return is_mariadb ? ERR_CONNECTION_KILLED : ERR_SERVER_SHUTDOWN;
}

enum step retry_of_upstream(struct session *session, const struct error *err)
{
    struct job *job = session->job;
    struct slot *slot = session->slots[job->place];
    struct upstream *upstream = slot->upstream;
    int server = slot->server;
    bool is_mid_packet =
        job->reply.has_begun && (upstream->tracker.left > 0 || upstream->tracker.is_continued);
    struct loss loss = { .code = loss_code(session, upstream) };
    (void)snprintf(loss.server, sizeof loss.server, "%s", upstream->server->name);
    (void)snprintf(loss.text, sizeof loss.text, "%s", err->text);
    counter_add(&upstream->server->by_worker[session->worker->index].losses, 1);
    worker_note_trouble(session->worker, session->listener->cluster);
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
    const struct stream *stream = &session->slots[session->job->place]->upstream->stream;
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
    session->job->is_unread = true;
    return retry_of_upstream(session, &err);
}

/* ---- what an ERR says ---- */

bool retry_is_read_only(const struct tracker_info *info)
{
    struct reply_err err;
    if (info->kind != TRACKER_ERR || info->is_cut || !reply_parse_err(info->payload, &err))
        return false;
    if (err.code == ERR_READ_ONLY_MODE)
        return true;
    return err.code == ERR_READ_ONLY &&
           (span_mentions(err.text, " --read-only") || span_mentions(err.text, " --super-read-only"));
}

/* A Galera node is not ready: "WSREP has not yet prepared node for application use". An unknown command has
 * the same error number. */
static bool is_not_ready(const struct tracker_info *info)
{
    struct reply_err err;
    return !info->is_cut && reply_parse_err(info->payload, &err) && err.code == ERR_UNKNOWN_COM &&
           span_mentions(err.text, "WSREP has not yet prepared");
}

/* ---- may the statement leave? ---- */

/* Does a server refuse this statement before it runs any part of it? Stored code, or several statements in
 * one text, may have run in part before the refusal. */
static bool is_refused_as_a_whole(const struct sql_facts *facts)
{
    bool is_simple = facts->kind == SQL_SELECT || facts->kind == SQL_SHOW || facts->kind == SQL_WRITE ||
                     facts->kind == SQL_DDL || facts->kind == SQL_BEGIN;
    return facts->is_read || (is_simple && !facts->is_multi);
}

/* No part of the statement has run, the client has got no byte of the reply, and no transaction is open. */
static bool may_leave(const struct session *session)
{
    const struct job *job = session->job;
    return job->is_kept && is_refused_as_a_whole(&job->facts) && !job->reply.has_begun &&
           (session->facets.status & STATUS_IN_TRANS) == 0 &&
           (job->prepared == NULL || !job->prepared->has_long_data);
}

static bool may_leave_node(const struct session *session)
{
    return session->job->place == ROUTE_PRIMARY ? session->listener->settings->mode != LISTENER_REPLICA
                                                : !slot_has_lost_state(session, ROUTE_REPLICA);
}

/* ---- what is noted ---- */

/* Asks the monitor to look at the server at once. Until then, nothing new begins there if it is the primary. */
static void note_server(struct session *session, bool is_read_only)
{
    const struct slot *slot = session->slots[session->job->place];
    unsigned cluster = session->listener->cluster;
    bool is_primary = slot->server == session_view(session)->primary;
    if (slot_has_moved(session, session->job->place) || (is_read_only && !is_primary))
        return;
    counter_add(&slot->upstream->server->by_worker[session->worker->index].demotions, 1);
    if (is_primary)
        worker_note_demotion(session->worker, cluster, slot->server);
    else
        worker_note_trouble(session->worker, cluster);
}

enum refusal retry_note_refusal(struct session *session, const struct tracker_info *info)
{
    if (retry_is_read_only(info) &&
        session_view(session)->count > 1) { /* of a single server the ERR is the answer */
        note_server(session, true);
        bool may_go = session->listener->settings->mode != LISTENER_REPLICA && may_leave(session);
        return may_go ? REFUSAL_READ_ONLY : REFUSAL_NONE;
    }
    if (is_not_ready(info)) {
        note_server(session, false);
        return may_leave_node(session) && may_leave(session) ? REFUSAL_NOT_READY : REFUSAL_NONE;
    }
    return pick_is_lacking(session, info->error) && may_leave(session) ? REFUSAL_LACKING : REFUSAL_NONE;
}

/* ---- where the statement goes ---- */

static enum step leave_read_only(struct session *session)
{
    struct job *job = session->job;
    bool was_replica = job->place == ROUTE_REPLICA;
    log_limited(LOG_LEVEL_INFO, &session->scope, "%s is read-only and refused a statement: %s",
                job->server->name, was_replica ? "it runs on the primary" : "it waits for a primary");
    job->is_retriable = false;
    job->place = ROUTE_PRIMARY;
    if (!was_replica)
        return acquire_wait(session);
    /* Statements with the same digest go to the primary from now on. */
    struct sql_dialect dialect = dialect_of(session);
    if (job->prepared != NULL)
        job->prepared->was_refused = true;
    struct span sql = job->prepared != NULL ? job->prepared->sql : command_text(session);
    replica_failures_note_refused(&session->worker->replica_failures, digest_of(sql, &dialect));
    job->reason = ROUTE_REASON_REFUSED_BEFORE;
    return session_enter(session, SESSION_ACQUIRING);
}

/* A statement for the primary waits for a primary. A read goes to another replica; after several attempts it
 * goes to the primary, if it may. */
static enum step leave_node(struct session *session)
{
    struct job *job = session->job;
    log_limited(LOG_LEVEL_INFO, &session->scope, "%s is not ready and refused a statement: it runs elsewhere",
                job->server->name);
    if (job->place == ROUTE_PRIMARY)
        return acquire_wait(session);
    job->avoid = session->slots[ROUTE_REPLICA]->server;
    slot_drop(session, ROUTE_REPLICA);
    if (++job->attempts < ATTEMPTS_MAX)
        return session_enter(session, SESSION_ACQUIRING);
    if (!pick_may_fall_back(session))
        return acquire_wait(session);
    pick_become_primary_s(session, ROUTE_REASON_NO_REPLICA);
    return session_enter(session, SESSION_ACQUIRING);
}

enum step retry_refused(struct session *session, enum refusal refusal, const struct tracker_info *info)
{
    struct job *job = session->job;
    struct upstream *upstream = session->slots[job->place]->upstream;
    relay_discard(upstream, info);
    upstream_end(upstream);
    relay_take_back(job, &session->client);
    if (refusal == REFUSAL_READ_ONLY)
        return leave_read_only(session);
    if (refusal == REFUSAL_NOT_READY)
        return leave_node(session);
    pick_leave_lacking(session);
    return session_enter(session, SESSION_ACQUIRING);
}
