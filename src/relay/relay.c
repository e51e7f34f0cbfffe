/* The bytes of one reply back. Nothing is kept, here or on the way there (relay_send.c): both directions go
 * from the window they were read into to the other socket, and a side that cannot be written stops the other
 * from being read, because its window stays full.
 *
 *      client.in ──(relay_sending)──► upstream            upstream.in ──tracker──(relay_replying)──► client
 */
#include "relay/relay.h"

#include "pool/login_age.h"
#include "relay/relay_inside.h"
#include "session/command_answer.h"

#include "freshness/global_writes.h"
#include "freshness/written.h"
#include "mysql/reply.h"
#include "prepared/upstream_statements.h"
#include "session/command_end.h"
#include "session/cost.h"
#include "session/node_unready.h"
#include "session/retry.h"
#include "session/route_input.h"
#include "session/slot.h"
#include "session/wait_server.h"
#include "state/reply_effects.h"

static struct upstream *upstream_of(const struct session *session)
{
    return session->slots[session->job.place].upstream;
}

/* What has been looked at may go; then our own words follow it. */
void relay_keep_passed(struct session *session, struct upstream *upstream)
{
    struct span unsent = buf_unsent(&upstream->stream.in);
    (void)text_append_span(&session->client.out, unsent);
    buf_mark_sent(&upstream->stream.in, unsent.len);
    buf_release_sent(&upstream->stream.in);
}

/* The number that the client expects of the next packet: one more than that of the last one, whoever sent it.
 */
uint8_t relay_next_seq(const struct session *session, const struct upstream *upstream)
{
    const struct job *job = &session->job;
    bool is_server_s = job->reply.has_begun && !job->file.is_unanswered;
    return (uint8_t)((is_server_s ? upstream->tracker.seq : job->run.seq) + 1);
}

/* "The server is running with the --read-only option": other options have the same number. */
static bool is_refusal(const struct tracker_info *info)
{
    struct reply_err err;
    if (info->kind != TRACKER_ERR || info->is_cut || !reply_parse_err(info->payload, &err))
        return false;
    if (err.code == ERR_READ_ONLY_MODE)
        return true;
    return err.code == ERR_READ_ONLY &&
           (span_mentions(err.text, " --read-only") || span_mentions(err.text, " --super-read-only"));
}

/* On the primary the transaction is what forbids the statement; on a replica the server speaks first. */
static void replace_refusal(struct session *session, struct upstream *upstream,
                            const struct tracker_info *info)
{
    struct buf *in = &upstream->stream.in;
    bool is_mysql = upstream->family == FAMILY_MYSQL;
    relay_keep_passed(session, upstream);
    session->job.own.told = ERR_READ_ONLY_TRANSACTION;
    reply_put_err(&session->client.out, info->seq, ERR_READ_ONLY_TRANSACTION, NULL,
                  is_mysql ? "Cannot execute statement in a READ ONLY transaction."
                           : "Cannot execute statement in a READ ONLY transaction");
    buf_mark_parsed(in, info->len);
    buf_mark_sent(in, info->len);
    buf_release_sent(in);
}

/* The query timeout ends with the first byte: a long result is not a slow one. */
static void note_first_byte(struct session *session)
{
    const struct job *job = &session->job;
    if (!job->reply.has_begun && !job->is_login) {
        struct server *server = upstream_of(session)->server;
        uint64_t latency_us = session_now(session) - job->sent_us;
        server_note_response(server, session->worker->index, latency_us);
        if (job->facts.is_read)
            server_note_latency(server, session->worker->index, latency_us);
    }
    session->job.reply.has_begun = true;
    session_set_deadline(session, 0);
}

/* Before the client hears of it. */
static void note_writes(struct session *session, const struct upstream *upstream,
                        const struct tracker_info *info)
{
    struct job *job = &session->job;
    const struct slot *slot = &session->slots[ROUTE_PRIMARY];
    if (job->reply.gtids.len > 0)
        consistency_note_gtid(&session->consistency, job, written_tag(slot->server, slot->moves),
                              upstream->family, job->reply.gtids);
    job->reply.gtids = (struct span){ 0 };
    global_writes_note_packet(&session->consistency, job, session->facets.status, info);
}

/* False when memory is out: the session must end. */
static bool pass_packet(struct session *session, struct upstream *upstream, const struct tracker_info *info)
{
    struct job *job = &session->job;
    if (job->facts.changes_accounts)
        login_age_note_change(&session->worker->pool, session->door->cluster);
    reply_effects_note(&session->facets, job, session->slots, info, session_now(session));
    if (job->place == ROUTE_PRIMARY)
        note_writes(session, upstream, info);
    job->reply.bytes += info->len;
    if (session->facets.transaction.is_away && is_refusal(info)) {
        replace_refusal(session, upstream, info);
        note_first_byte(session);
        job->reply.is_over = info->is_last;
        return !session->client.out.is_oom;
    }
    if (info->kind == TRACKER_PREPARED && !relay_name_statement(session, upstream, info))
        return false;
    if (relay_is_same_for_client(session, info))
        buf_mark_parsed(&upstream->stream.in, info->len);
    else
        relay_replace_packet(session, upstream, info);
    if (info->is_last)
        relay_note_columns(session, upstream);
    if (!job->reply.has_begun && session->client.in.data != NULL)
        buf_release_sent(&session->client.in); /* from here on it cannot be run again */
    note_first_byte(session);
    job->reply.is_over = info->is_last;
    return !session->client.out.is_oom;
}

static enum step nonsense(struct session *session, const char *what)
{
    struct upstream *upstream = upstream_of(session);
    bool is_between = upstream->tracker.left == 0 && !upstream->tracker.is_continued;
    uint8_t seq = relay_next_seq(session, upstream);
    if (session->job.reply.has_begun)
        relay_keep_passed(session, upstream);
    if (is_between)
        reply_put_err(&session->client.out, seq, ERR_MALFORMED, NULL,
                      "headgate: the server's reply makes no sense");
    log_limited(LOG_LEVEL_ERROR, &session->scope, "%s: %s; closing both sides", upstream->server->name, what);
    slot_drop(session, session->job.place);
    return session_close(session, CLOSE_SERVER_NONSENSE, what);
}

/* What is left of the reply is nobody's then: both sides are closed. */
static enum step no_memory(struct session *session)
{
    struct job *job = &session->job;
    if (!job->reply.has_begun)
        reply_put_err(&session->client.out, (uint8_t)(job->run.seq + 1), ERR_OUT_OF_RESOURCES, NULL,
                      "headgate: out of memory");
    slot_drop(session, job->place);
    return session_close(session, CLOSE_OUT_OF_MEMORY, "a reply");
}

/* The server picks the file's name: only a client that said LOAD DATA LOCAL hears of it. */
static bool may_ask_for_file(const struct session *session)
{
    return session->job.facts.is_load_local && (session->caps & CAP_LOCAL_FILES) != 0;
}

/* The primary is none any more, and the servers are asked now who it is: a transaction that begins meanwhile
 * begins in vain. */
static void note_demotion(struct session *session)
{
    const struct slot *slot = &session->slots[session->job.place];
    if (slot->server != session_view(session)->primary || slot_has_moved(session, session->job.place))
        return;
    counter_add(&slot->upstream->server->by_worker[session->worker->index].demotions, 1);
    worker_note_demotion(session->worker, session->door->cluster, slot->server);
}

/* A server refuses these before it begins with them. What runs stored code, or several statements, may have
 * done much by the time it is refused. */
static bool is_refused_as_a_whole(const struct sql_facts *facts)
{
    bool is_simple = facts->kind == SQL_SELECT || facts->kind == SQL_SHOW || facts->kind == SQL_WRITE ||
                     facts->kind == SQL_DDL || facts->kind == SQL_BEGIN;
    return facts->is_read || (is_simple && !facts->is_multi);
}

/* Nothing of it was run, nothing of its reply has left, and no transaction depends on where it runs. */
static bool is_movable(const struct session *session)
{
    const struct job *job = &session->job;
    return job->is_kept && is_refused_as_a_whole(&job->facts) && !job->reply.has_begun &&
           (session->facets.status & STATUS_IN_TRANS) == 0 &&
           (job->prepared == NULL || !job->prepared->has_long_data);
}

/* The servers' refusals that are information, not an answer. True: the statement is to run elsewhere. */
static bool note_refusal(struct session *session, const struct tracker_info *info)
{
    struct job *job = &session->job;
    if (is_refusal(info) && session_view(session)->count > 1) { /* the only server's is the answer */
        note_demotion(session);
        job->reply.is_refused = session->door->settings->mode != LISTENER_REPLICA && is_movable(session);
    } else if (node_unready_is(info)) {
        node_unready_note(session);
        job->reply.is_refused = job->reply.is_unready =
            node_unready_may_leave(session) && is_movable(session);
    } else if (info->kind == TRACKER_ERR && route_input_leaves_replica(session, info->error)) {
        job->reply.is_refused = job->reply.is_lacking = is_movable(session);
    }
    return job->reply.is_refused;
}

/* As if it had never been sent. */
static void take_refusal(struct session *session, struct upstream *upstream, const struct tracker_info *info)
{
    struct buf *in = &upstream->stream.in;
    buf_mark_parsed(in, info->len);
    buf_mark_sent(in, info->len);
    buf_release_sent(in);
    upstream_end(upstream);
    relay_take_back(session);
}

static enum step leave_unready(struct session *session, struct upstream *upstream,
                               const struct tracker_info *info)
{
    log_limited(LOG_LEVEL_INFO, &session->scope, "%s is not ready and refused a statement: it runs elsewhere",
                upstream->server->name);
    take_refusal(session, upstream, info);
    session->job.reply.is_refused = session->job.reply.is_unready = false;
    return node_unready_go_on(session);
}

/* It has not what the statement names: what the primary says of it is the answer. */
static enum step leave_lacking(struct session *session, struct upstream *upstream,
                               const struct tracker_info *info)
{
    take_refusal(session, upstream, info);
    session->job.reply.is_refused = session->job.reply.is_lacking = false;
    route_input_leave_replica(session);
    return session_enter(session, SESSION_ACQUIRING);
}

/* A replica's refusal says that the statement is no read; the primary's, that it is none any more. */
static enum step run_where_writes_go(struct session *session, struct upstream *upstream,
                                     const struct tracker_info *info)
{
    struct job *job = &session->job;
    bool was_replica = job->place == ROUTE_REPLICA;
    log_limited(LOG_LEVEL_INFO, &session->scope, "%s is read-only and refused a statement: %s",
                upstream->server->name, was_replica ? "it runs on the primary" : "it waits for a primary");
    take_refusal(session, upstream, info);
    job->reply.is_refused = job->is_retriable = false;
    job->place = ROUTE_PRIMARY;
    if (!was_replica)
        return wait_server(session);
    route_input_note_refusal(session);
    job->reason = ROUTE_REASON_REFUSED_BEFORE;
    return session_enter(session, SESSION_ACQUIRING);
}

/* Look at everything in the window once. MORE: nothing left to look at. */
static enum tracker_verdict look(struct session *session, struct upstream *upstream,
                                 struct tracker_info *info)
{
    struct job *job = &session->job;
    struct buf *in = &upstream->stream.in;
    while (!job->reply.is_over && buf_unparsed(in).len > 0) {
        size_t pass = 0;
        enum tracker_verdict verdict = tracker_feed(&upstream->tracker, buf_unparsed(in), &pass, info);
        buf_mark_parsed(in, pass);
        job->reply.bytes += pass;
        if (pass > 0 || verdict == TRACKER_PACKET)
            job->file.is_unanswered = false;
        if (pass > 0 && !job->reply.has_begun && verdict != TRACKER_BAD) {
            note_first_byte(session);
            buf_release_sent(&session->client.in);
        }
        if (verdict == TRACKER_MORE || verdict == TRACKER_BAD)
            return verdict;
        if (verdict == TRACKER_PACKET && info->kind == TRACKER_INFILE && !may_ask_for_file(session))
            return TRACKER_BAD;
        if (verdict == TRACKER_PACKET && !job->reply.has_begun && info->kind == TRACKER_ERR &&
            reply_is_farewell(info->error, info->seq)) {
            job->is_unread = true;
            return TRACKER_MORE;
        }
        if (verdict == TRACKER_PACKET && note_refusal(session, info))
            return TRACKER_MORE;
        if (verdict == TRACKER_DONE)
            job->reply.is_over = true;
        else if (!pass_packet(session, upstream, info)) {
            job->reply.has_no_memory = true;
            return TRACKER_BAD;
        }
        if (verdict == TRACKER_PACKET && info->kind == TRACKER_INFILE)
            return TRACKER_PACKET;
    }
    return TRACKER_MORE;
}

/* Everything looked at goes to the client. OK: it went. */
static enum stream_result pump_reply(struct session *session, struct upstream *upstream)
{
    struct buf *in = &upstream->stream.in;
    if (stream_has_output(&session->client)) {
        enum stream_result result = stream_flush(&session->client);
        if (result != STREAM_OK)
            return result;
    }
    while (buf_unsent(in).len > 0) {
        size_t sent = 0;
        enum stream_result result = stream_send(&session->client, buf_unsent(in), &sent);
        buf_mark_sent(in, sent);
        buf_release_sent(in);
        if (result != STREAM_OK)
            return result;
    }
    return STREAM_OK;
}

static enum step finish_reply(struct session *session, struct upstream *upstream)
{
    struct job *job = &session->job;
    struct server_counters *counters = &upstream->server->by_worker[session->worker->index];
    struct door_counters *ours = &session->door->by_worker[session->worker->index];
    counter_add(&counters->queries, 1);
    hist_note(&ours->commands, session_now(session) - job->started_us);
    if (job->reply.has_error) {
        counter_add(&counters->errors, 1);
        counter_add(&ours->errors, 1);
    }
    job->reply.rows = upstream->tracker.rows;
    upstream_end(upstream);
    command_end(session, upstream);
    if (upstream_statements_note_cursor(job, upstream))
        prepared_note_pin(job->prepared, PIN_CURSOR, session_now(session),
                          &session->worker->boxes[session->door->cluster].pins);
    if (buf_unparsed(&upstream->stream.in).len > 0) {
        struct slot *slot = &session->slots[job->place];
        slot->has_failed = true;
        (void)error_set(&slot->failure, 0, "the server went on after its reply");
    }
    stream_trim(&upstream->stream);
    cost_end(session, NULL);
    if (session->must_close)
        return session_close(session, CLOSE_SERVER_LOST, "state was lost with a server");
    bool is_run = job->command->byte == COM_QUERY || job->command->byte == COM_STMT_EXECUTE;
    if (job->facts.releases && is_run && !job->reply.has_error)
        return session_close(session, CLOSE_RELEASED, NULL);
    return command_done(session);
}

/* A packet that must be seen whole may be longer than the window. False when memory is out. */
static bool make_room(struct upstream *upstream)
{
    struct buf *in = &upstream->stream.in;
    if (in->data == NULL || in->parsed != in->kept || in->filled - in->kept < in->cap)
        return true;
    return stream_grow(&upstream->stream, in->cap * 2);
}

enum step relay_once(struct session *session, struct upstream *upstream)
{
    struct tracker_info info = { 0 };
    enum stream_result result = stream_flush(&session->client); /* what we said ourselves goes first */
    if (result == STREAM_OK) {
        enum tracker_verdict verdict = look(session, upstream, &info);
        if (session->job.reply.is_over && session->job.reply.over_us == 0)
            session->job.reply.over_us = session_now(session);
        if (session->job.reply.has_no_memory)
            return no_memory(session);
        if (verdict == TRACKER_BAD)
            return nonsense(session, info.kind == TRACKER_INFILE
                                         ? "it asked for a file of a client that had sent no LOAD DATA LOCAL"
                                         : "not a reply to this command");
        if (verdict == TRACKER_PACKET && session->state == SESSION_REPLYING)
            relay_begin_file(session, info.seq);
        if (verdict == TRACKER_MORE && !make_room(upstream))
            return session_close(session, CLOSE_OUT_OF_MEMORY, "a long packet of the server");
        result = pump_reply(session, upstream);
    }
    if (result == STREAM_BLOCKED)
        return STEP_WAIT;
    if (session->job.is_unread)
        return retry_unread(session, info.error);
    if (session->job.reply.is_unready)
        return leave_unready(session, upstream, &info);
    if (session->job.reply.is_lacking)
        return leave_lacking(session, upstream, &info);
    if (session->job.reply.is_refused)
        return run_where_writes_go(session, upstream, &info);
    return result == STREAM_OK ? STEP_MORE : session_close(session, CLOSE_CLIENT_FAILED, NULL);
}

/* The command has just been sent: nothing has come, and nobody left meanwhile. */
static bool is_nothing_there(const struct session *session, const struct stream *server)
{
    return server->in.data == NULL && !server->is_eof && server->error == 0 && !stream_has_pending(server) &&
           !session->is_client_eof && !stream_has_output(&session->client);
}

enum step relay_replying(struct session *session)
{
    struct job *job = &session->job;
    struct slot *slot = &session->slots[job->place];
    struct upstream *upstream = slot->upstream;
    if (slot->has_failed)
        return retry_of_upstream(session, &slot->failure);
    if (!job->reply.has_begun && is_nothing_there(session, &upstream->stream))
        return STEP_WAIT;
    do {
        enum step step = relay_once(session, upstream);
        if (step != STEP_MORE || session->state != SESSION_REPLYING)
            return step;
        if (job->reply.is_over)
            return finish_reply(session, upstream);
    } while (stream_has_pending(&upstream->stream) && stream_fill(&upstream->stream) == STREAM_OK);
    if (upstream->stream.is_eof || upstream->stream.error != 0)
        return retry_by_stream(session, "waiting for the reply");
    /* Nobody is left to read the answer, nor is there another command: let the server go. */
    if (session->is_client_eof && buf_unparsed(&session->client.in).len == 0)
        return session_close(session, CLOSE_CLIENT_GONE, NULL);
    return STEP_WAIT;
}
