/* The bytes of one command there, and of its reply back. Nothing is kept: both directions go from the window
 * they were read into to the other socket, and a side that cannot be written stops the other from being read,
 * because its window stays full.
 *
 *      client.in ──(relay_sending)──► upstream            upstream.in ──tracker──(relay_replying)──► client
 */
#include "proxy/session.h"

#include "mysql/reply.h"
#include "mysql/stmt.h"
#include "mysql/wire.h"
#include "proxy/share.h"
#include "proxy/statements.h"
#include "proxy/patience.h"
#include "proxy/tracking.h"

#include <assert.h>

static struct upstream *upstream_of(const struct session *session)
{
    return session->slots[session->job.place].upstream;
}

/* Back to the client's own bytes, which the window still has. */
void relay_take_back(struct session *session)
{
    struct job *job = &session->job;
    buf_rewind(&session->client.in);
    if (job->rewritten.len > 0 && job->prepared != NULL)
        job->prepared->copies[job->place].types_version = 0; /* whether it has heard them is not known */
    text_clear(&job->rewritten);
    job->rewritten_sent = 0;
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
    bool is_server_s = job->has_reply && !job->is_file_unanswered;
    return (uint8_t)((is_server_s ? upstream->tracker.seq : job->run.seq) + 1);
}

/* ---- there ---- */

/* EXECUTE without types, on a server that has not been told them: send it with them. */
static void insert_types(struct session *session, struct prepared_copy *copy)
{
    struct job *job = &session->job;
    struct buf *in = &session->client.in;
    struct span packet = buf_unsent(in);
    uint32_t len = wire_load_u24(packet.data);
    size_t there = packet.len - PACKET_HEADER_BYTES < len ? packet.len - PACKET_HEADER_BYTES : len;
    struct span payload = span_of(packet.data + PACKET_HEADER_BYTES, there);
    struct stmt_execute execute;
    bool has_attributes = (session->caps & CAP_QUERY_ATTRIBUTES) != 0;
    if (!stmt_parse_execute(payload, job->prepared->params, has_attributes, &execute) || execute.has_types ||
        execute.bound_offset == 0 || job->prepared->types_version == 0 ||
        copy->types_version == job->prepared->types_version)
        return;
    size_t at = packet_begin(&job->rewritten);
    stmt_put_execute(&job->rewritten, payload, &execute, copy->known->id, text_span(&job->prepared->types));
    if (job->rewritten.is_oom) {
        text_fini(&job->rewritten);
        return;
    }
    size_t added = job->rewritten.len - at - PACKET_HEADER_BYTES - there;
    if (len + added >= PACKET_PAYLOAD_MAX) { /* no room in this fragment: the server will say what it lacks */
        text_clear(&job->rewritten);
        return;
    }
    uint8_t header[PACKET_HEADER_BYTES] = { (uint8_t)(len + added), (uint8_t)((len + added) >> 8),
                                            (uint8_t)((len + added) >> 16), packet.data[3] };
    memcpy(job->rewritten.data + at, header, sizeof header);
    /* The part in hand goes out rewritten; what follows of a long command goes out as it comes. */
    buf_mark_sent(in, PACKET_HEADER_BYTES + there);
    if (!job->is_kept)
        buf_release_sent(in);
}

static void address_statement(struct session *session)
{
    struct job *job = &session->job;
    struct prepared_copy *copy = &job->prepared->copies[job->place];
    struct buf *in = &session->client.in;
    statements_touch(copy->known);
    wire_store_u32(in->data + in->sent + PACKET_HEADER_BYTES + 1, copy->known->id);
    if (job->command->byte == COM_STMT_EXECUTE) {
        insert_types(session, copy);
        copy->types_version = job->prepared->types_version;
        statements_note_run(copy->known, text_span(&job->prepared->types));
    }
    job->prepared->last_place = (int)job->place;
    if (job->command->byte == COM_STMT_SEND_LONG_DATA)
        job->prepared->has_long_data = true;
}

static void begin_sending(struct session *session, struct upstream *upstream)
{
    struct job *job = &session->job;
    upstream_begin(upstream, job->command->shape, job->has_cursor);
    upstream->tracker.hands_out_eofs = job->is_aside;
    job->sent_us = session_now(session);
    job->server = upstream->server;
    job->vars_before = session->vars.version;
    job->is_kept = !job->is_cut && job->command->shape != REPLY_NONE;
    job->is_home = job->place == effects_home(session);
    if (job->prepared != NULL)
        address_statement(session);
    else
        patience_rewrite(session);
}

static enum stream_result send_rewritten(struct session *session, struct upstream *upstream)
{
    struct job *job = &session->job;
    enum stream_result result = STREAM_OK;
    while (job->rewritten_sent < job->rewritten.len && result == STREAM_OK) {
        size_t sent = 0;
        struct span rest =
            span_of(job->rewritten.data + job->rewritten_sent, job->rewritten.len - job->rewritten_sent);
        result = stream_send(&upstream->stream, rest, &sent);
        job->rewritten_sent += sent;
    }
    return result;
}

/* Send what has been looked at, look at more, until the command is over or somebody must be waited for. */
static enum stream_result pump_command(struct session *session, struct upstream *upstream)
{
    struct job *job = &session->job;
    struct buf *in = &session->client.in;
    for (;;) {
        while (buf_unsent(in).len > 0) {
            size_t sent = 0;
            enum stream_result result = stream_send(&upstream->stream, buf_unsent(in), &sent);
            buf_mark_sent(in, sent);
            if (!job->is_kept)
                buf_release_sent(in);
            if (result != STREAM_OK)
                return result;
        }
        if (job->run.is_complete)
            return STREAM_OK;
        size_t len = packet_run_feed(&job->run, buf_unparsed(in));
        if (len == 0)
            return STREAM_OK;
        buf_mark_parsed(in, len);
    }
}

/* The server hung up on us: it may have said why first. */
static enum step sending_failed(struct session *session, struct upstream *upstream)
{
    session->must_close = session->must_close || !session->job.run.is_complete;
    (void)stream_fill(&upstream->stream);
    if (buf_unparsed(&upstream->stream.in).len > 0)
        return session_enter(session, SESSION_REPLYING);
    return loss_by_stream(session, "sending a command");
}

enum step relay_sending(struct session *session)
{
    struct job *job = &session->job;
    struct slot *slot = &session->slots[job->place];
    struct upstream *upstream = slot->upstream;
    if (slot->has_failed)
        return loss_of_upstream(session, &(struct error){ slot->failure.code, "", "declared down" });
    if (upstream->state == UPSTREAM_READY)
        begin_sending(session, upstream);
    enum stream_result result = send_rewritten(session, upstream);
    if (result == STREAM_OK)
        result = pump_command(session, upstream);
    if (result == STREAM_FAILED)
        return sending_failed(session, upstream);
    if (result == STREAM_BLOCKED)
        return STEP_WAIT;
    if (!job->run.is_complete && (upstream->stream.is_eof || upstream->stream.error != 0))
        return sending_failed(session, upstream);
    if (!job->run.is_complete)
        return session->is_client_eof ? session_close(session, CLOSE_CLIENT_GONE, NULL) : STEP_WAIT;
    if (job->command->shape == REPLY_NONE) {
        upstream_end(upstream);
        struct prepared *prepared =
            job->prepared; /* dispatch_done forgets the long data of what was executed */
        job->prepared = NULL;
        enum step step = dispatch_done(session);
        prepared->has_long_data = true;
        return step;
    }
    session_set_deadline(session, session_query_us(session));
    return session_enter(session, SESSION_REPLYING);
}

/* ---- back ---- */

/* An answer from elsewhere comes with the flags of the transaction that is open. */
static uint16_t status_for_client(const struct session *session, uint16_t status)
{
    if (!session->job.is_aside || session->job.is_home)
        return status;
    return (uint16_t)((status & ~STATUS_OF_SESSION) | (session->status & STATUS_OF_SESSION));
}

/* True when the packet can go to the client as it is. */
static bool is_same_for_client(const struct session *session, const struct tracker_info *info)
{
    if (info->is_cut || info->kind == TRACKER_ERR || info->kind == TRACKER_INFILE ||
        info->kind == TRACKER_PREPARED)
        return true;
    return (info->status & STATUS_SESSION_STATE_CHANGED) == 0 &&
           status_for_client(session, info->status) == info->status;
}

/* Put a packet of our own in the place of the server's: what stood before it goes first. */
static void replace_packet(struct session *session, struct upstream *upstream,
                           const struct tracker_info *info)
{
    struct buf *in = &upstream->stream.in;
    struct text *out = &session->client.out;
    uint16_t status = status_for_client(session, info->status);
    relay_keep_passed(session, upstream);
    if (info->kind == TRACKER_EOF) {
        reply_put_eof(out, info->seq, (uint16_t)(status & ~STATUS_SESSION_STATE_CHANGED), info->warnings);
    } else {
        struct reply_ok ok = { 0 };
        struct text tracking = { 0 };
        (void)reply_parse_ok(info->payload, upstream->caps, &ok);
        ok.status = status;
        if (session->caps & CAP_SESSION_TRACK)
            tracking_filter(session, upstream, status, ok.session, &tracking);
        ok.session = text_span(&tracking);
        if (tracking.len == 0)
            ok.status = (uint16_t)(ok.status & ~STATUS_SESSION_STATE_CHANGED);
        reply_put_ok(out, info->seq, session->caps, &ok, info->payload.data[0] == 0xFE);
        text_fini(&tracking);
    }
    buf_mark_parsed(in, info->len);
    buf_mark_sent(in, info->len);
    buf_release_sent(in);
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
    session->job.told_error = ERR_READ_ONLY_TRANSACTION;
    reply_put_err(&session->client.out, info->seq, ERR_READ_ONLY_TRANSACTION, NULL,
                  is_mysql ? "Cannot execute statement in a READ ONLY transaction."
                           : "Cannot execute statement in a READ ONLY transaction");
    buf_mark_parsed(in, info->len);
    buf_mark_sent(in, info->len);
    buf_release_sent(in);
}

/* The server's statement gets the client's id, in place. */
static bool name_statement(struct session *session, struct upstream *upstream,
                           const struct tracker_info *info)
{
    struct job *job = &session->job;
    struct buf *in = &upstream->stream.in;
    struct span sql = { 0 };
    if (job->is_kept) {
        struct span packet = span_of(session->client.in.data + session->client.in.kept,
                                     session->client.in.sent - session->client.in.kept);
        sql = span_of(packet.data + PACKET_HEADER_BYTES + 1, packet.len - PACKET_HEADER_BYTES - 1);
    }
    struct prepared *prepared =
        prepared_add(&session->prepared, sql, text_span(&session->schema), &job->facts);
    if (prepared == NULL)
        return false;
    prepared->params = info->params;
    prepared->columns = info->columns;
    if (!statements_add(session, job->place, prepared, info->stmt_id, text_span(&session->schema)))
        return false;
    statements_replace(prepared, job->place);
    wire_store_u32(in->data + in->parsed + PACKET_HEADER_BYTES + 1, prepared->id);
    return true;
}

/* The query timeout ends with the first byte: a long result is not a slow one. */
static void note_first_byte(struct session *session)
{
    const struct job *job = &session->job;
    if (!job->has_reply && !job->is_login) {
        struct server *server = upstream_of(session)->server;
        uint64_t latency_us = session_now(session) - job->sent_us;
        server_note_response(server, session->worker->index, latency_us);
        if (job->facts.is_read)
            server_note_latency(server, session->worker->index, latency_us);
    }
    session->job.has_reply = true;
    session_set_deadline(session, 0);
}

/* False when memory is out: the session must end. */
static bool pass_packet(struct session *session, struct upstream *upstream, const struct tracker_info *info)
{
    struct job *job = &session->job;
    effects_packet(session, upstream, info);
    job->bytes_out += info->len;
    if (session->is_away && is_refusal(info)) {
        replace_refusal(session, upstream, info);
        note_first_byte(session);
        job->is_reply_over = info->is_last;
        return !session->client.out.is_oom;
    }
    if (info->kind == TRACKER_PREPARED && !name_statement(session, upstream, info))
        return false;
    if (is_same_for_client(session, info))
        buf_mark_parsed(&upstream->stream.in, info->len);
    else
        replace_packet(session, upstream, info);
    if (!job->has_reply && session->client.in.data != NULL)
        buf_release_sent(&session->client.in); /* from here on it cannot be run again */
    note_first_byte(session);
    job->is_reply_over = info->is_last;
    return !session->client.out.is_oom;
}

static enum step nonsense(struct session *session, const char *what)
{
    struct upstream *upstream = upstream_of(session);
    bool is_between = upstream->tracker.left == 0 && !upstream->tracker.is_continued;
    uint8_t seq = relay_next_seq(session, upstream);
    if (session->job.has_reply)
        relay_keep_passed(session, upstream);
    if (is_between)
        reply_put_err(&session->client.out, seq, ERR_MALFORMED, NULL,
                      "headgate: the server's reply makes no sense");
    log_limited(LOG_LEVEL_ERROR, &session->scope, "%s: %s; closing both sides", upstream->server->name, what);
    attach_drop(session, session->job.place);
    return session_close(session, CLOSE_SERVER_NONSENSE, what);
}

/* What is left of the reply is nobody's then: both sides are closed. */
static enum step no_memory(struct session *session)
{
    struct job *job = &session->job;
    if (!job->has_reply)
        reply_put_err(&session->client.out, (uint8_t)(job->run.seq + 1), ERR_OUT_OF_RESOURCES, NULL,
                      "headgate: out of memory");
    attach_drop(session, job->place);
    return session_close(session, CLOSE_OUT_OF_MEMORY, "a reply");
}

/* The server picks the file's name: only a client that said LOAD DATA LOCAL hears of it. */
static bool may_ask_for_file(const struct session *session)
{
    return session->job.facts.is_load_local && (session->caps & CAP_LOCAL_FILES) != 0;
}

static void begin_infile(struct session *session, uint8_t seq)
{
    struct job *job = &session->job;
    job->file_bytes += PACKET_HEADER_BYTES + job->run.payload_bytes;
    packet_run_begin(&job->run);
    job->run.seq = seq; /* of the request: the client counts on from there */
    job->is_file = job->is_file_unanswered = true;
    (void)session_enter(session, SESSION_INFILE);
}

/* The primary is none any more, and the servers are asked now who it is: a transaction that begins meanwhile
 * begins in vain. */
static void note_demotion(struct session *session)
{
    const struct slot *slot = &session->slots[session->job.place];
    if (slot->server != session_view(session)->primary || attach_has_moved(session, session->job.place))
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
static bool may_run_elsewhere(const struct session *session)
{
    const struct job *job = &session->job;
    return session->door->settings->mode != LISTENER_REPLICA && job->is_kept &&
           is_refused_as_a_whole(&job->facts) && !job->has_reply &&
           (session->status & STATUS_IN_TRANS) == 0 &&
           (job->prepared == NULL || !job->prepared->has_long_data);
}

/* A replica's refusal says that the statement is no read; the primary's, that it is none any more. */
static enum step run_where_writes_go(struct session *session, struct upstream *upstream,
                                     const struct tracker_info *info)
{
    struct job *job = &session->job;
    struct buf *in = &upstream->stream.in;
    bool was_replica = job->place == ROUTE_REPLICA;
    log_limited(LOG_LEVEL_INFO, &session->scope, "%s is read-only and refused a statement: %s",
                upstream->server->name, was_replica ? "it runs on the primary" : "it waits for a primary");
    buf_mark_parsed(in, info->len);
    buf_mark_sent(in, info->len);
    buf_release_sent(in);
    upstream_end(upstream);
    relay_take_back(session);
    job->is_refused = job->is_retriable = false;
    job->place = ROUTE_PRIMARY;
    if (!was_replica)
        return attach_wait(session);
    decide_note_refusal(session);
    job->reason = ROUTE_REASON_REFUSED_BEFORE;
    return attach_begin(session);
}

/* Look at everything in the window once. MORE: nothing left to look at. */
static enum tracker_verdict look(struct session *session, struct upstream *upstream,
                                 struct tracker_info *info)
{
    struct job *job = &session->job;
    struct buf *in = &upstream->stream.in;
    while (!job->is_reply_over && buf_unparsed(in).len > 0) {
        size_t pass = 0;
        *info = (struct tracker_info){ 0 };
        enum tracker_verdict verdict = tracker_feed(&upstream->tracker, buf_unparsed(in), &pass, info);
        buf_mark_parsed(in, pass);
        job->bytes_out += pass;
        if (pass > 0 || verdict == TRACKER_PACKET)
            job->is_file_unanswered = false;
        if (pass > 0 && !job->has_reply && verdict != TRACKER_BAD) {
            note_first_byte(session);
            buf_release_sent(&session->client.in);
        }
        if (verdict == TRACKER_MORE || verdict == TRACKER_BAD)
            return verdict;
        if (verdict == TRACKER_PACKET && info->kind == TRACKER_INFILE && !may_ask_for_file(session))
            return TRACKER_BAD;
        if (verdict == TRACKER_PACKET && is_refusal(info))
            note_demotion(session);
        if (verdict == TRACKER_PACKET && is_refusal(info) && may_run_elsewhere(session)) {
            job->is_refused = true;
            return TRACKER_MORE;
        }
        if (verdict == TRACKER_DONE)
            job->is_reply_over = true;
        else if (!pass_packet(session, upstream, info)) {
            job->has_no_memory = true;
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
    if (job->has_error) {
        counter_add(&counters->errors, 1);
        counter_add(&ours->errors, 1);
    }
    job->rows = upstream->tracker.rows;
    upstream_end(upstream);
    effects_done(session, upstream);
    share_note_cursor(session, upstream);
    if (buf_unparsed(&upstream->stream.in).len > 0) {
        struct slot *slot = &session->slots[job->place];
        slot->has_failed = true;
        (void)error_set(&slot->failure, 0, "the server went on after its reply");
    }
    stream_trim(&upstream->stream);
    account_end(session, NULL);
    if (session->must_close)
        return session_close(session, CLOSE_SERVER_LOST, "state was lost with a server");
    bool is_run = job->command->byte == COM_QUERY || job->command->byte == COM_STMT_EXECUTE;
    if (job->facts.releases && is_run && !job->has_error)
        return session_close(session, CLOSE_RELEASED, NULL);
    return dispatch_done(session);
}

/* A packet that must be seen whole may be longer than the window. False when memory is out. */
static bool make_room(struct upstream *upstream)
{
    struct buf *in = &upstream->stream.in;
    if (in->data == NULL || in->parsed != in->kept || in->filled - in->kept < in->cap)
        return true;
    return stream_grow(&upstream->stream, in->cap * 2);
}

/* One look and one pump. MORE: the reply is over and sent. */
static enum step relay_once(struct session *session, struct upstream *upstream)
{
    struct tracker_info info = { 0 };
    enum stream_result result = stream_flush(&session->client); /* what we said ourselves goes first */
    if (result == STREAM_OK) {
        enum tracker_verdict verdict = look(session, upstream, &info);
        if (session->job.is_reply_over && session->job.over_us == 0)
            session->job.over_us = session_now(session);
        if (session->job.has_no_memory)
            return no_memory(session);
        if (verdict == TRACKER_BAD)
            return nonsense(session, info.kind == TRACKER_INFILE
                                         ? "it asked for a file of a client that had sent no LOAD DATA LOCAL"
                                         : "not a reply to this command");
        if (verdict == TRACKER_PACKET && session->state == SESSION_REPLYING)
            begin_infile(session, info.seq);
        if (verdict == TRACKER_MORE && !make_room(upstream))
            return session_close(session, CLOSE_OUT_OF_MEMORY, "a long packet of the server");
        result = pump_reply(session, upstream);
    }
    if (result == STREAM_BLOCKED)
        return STEP_WAIT;
    if (session->job.is_refused)
        return run_where_writes_go(session, upstream, &info);
    return result == STREAM_OK ? STEP_MORE : session_close(session, CLOSE_CLIENT_FAILED, NULL);
}

enum step relay_replying(struct session *session)
{
    struct job *job = &session->job;
    struct slot *slot = &session->slots[job->place];
    struct upstream *upstream = slot->upstream;
    if (slot->has_failed)
        return loss_of_upstream(session, &slot->failure);
    do {
        enum step step = relay_once(session, upstream);
        if (step != STEP_MORE || session->state != SESSION_REPLYING)
            return step;
        if (job->is_reply_over)
            return finish_reply(session, upstream);
    } while (stream_has_pending(&upstream->stream) && stream_fill(&upstream->stream) == STREAM_OK);
    if (upstream->stream.is_eof || upstream->stream.error != 0)
        return loss_by_stream(session, "waiting for the reply");
    /* Nobody is left to read the answer, nor is there another command: let the server go. */
    if (session->is_client_eof && buf_unparsed(&session->client.in).len == 0)
        return session_close(session, CLOSE_CLIENT_GONE, NULL);
    return STEP_WAIT;
}

/* ---- LOAD DATA LOCAL: the client's file goes there while the server may already answer ---- */

static enum stream_result pump_file(struct session *session, struct upstream *upstream)
{
    struct job *job = &session->job;
    struct buf *in = &session->client.in;
    for (;;) {
        size_t sent = 0;
        enum stream_result result = stream_send(&upstream->stream, buf_unsent(in), &sent);
        buf_mark_sent(in, sent);
        buf_release_sent(in);
        if (result != STREAM_OK)
            return result;
        if (buf_unsent(in).len > 0)
            continue;
        size_t len = packet_run_feed_file(&job->run, buf_unparsed(in));
        buf_mark_parsed(in, len);
        job->file_bytes += len;
        if (len == 0)
            return STREAM_OK;
    }
}

/* The server hung up on the file: it may have said why first. */
static enum step file_failed(struct session *session, struct upstream *upstream)
{
    if (!session->job.is_reply_over && stream_fill(&upstream->stream) == STREAM_OK)
        return STEP_MORE; /* what it said passes, then the file fails again */
    return loss_by_stream(session, "sending the client's file");
}

enum step relay_infile(struct session *session)
{
    struct job *job = &session->job;
    struct slot *slot = &session->slots[job->place];
    struct upstream *upstream = slot->upstream;
    if (slot->has_failed)
        return loss_of_upstream(session, &slot->failure);
    enum step step = relay_once(session, upstream);
    if (step == STEP_WAIT || session->state != SESSION_INFILE)
        return step;
    if (pump_file(session, upstream) == STREAM_FAILED)
        return file_failed(session, upstream);
    if (job->run.is_complete && buf_unsent(&session->client.in).len == 0)
        return session_enter(session, SESSION_REPLYING);
    if (upstream->stream.is_eof || upstream->stream.error != 0)
        return loss_by_stream(session, "sending the client's file");
    return session->is_client_eof && buf_unparsed(&session->client.in).len == 0
               ? session_close(session, CLOSE_CLIENT_GONE, NULL)
               : STEP_WAIT;
}
