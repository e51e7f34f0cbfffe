#include "relay/relay.h"

#include "mysql/packet.h"
#include "prepared/client_statements.h"

/* ---- the command ---- */

void relay_take_back(struct job *job, struct stream *client)
{
    buf_rewind(&client->in);
    if (job->rewritten.len > 0 && job->prepared != NULL) /* the server may or may not have the types */
        job->prepared->copies[job->place].types_version = 0;
    text_clear(&job->rewritten);
    job->rewritten_sent = 0;
}

bool relay_has_sent_nothing(const struct job *job, const struct stream *client)
{
    const struct buf *in = &client->in;
    return job->is_kept && (job->rewritten.len > 0 ? job->rewritten_sent == 0 : in->sent == in->kept);
}

static enum stream_result send_rewritten(struct job *job, struct stream *server)
{
    enum stream_result result = STREAM_OK;
    while (job->rewritten_sent < job->rewritten.len && result == STREAM_OK) {
        size_t sent = 0;
        struct span rest =
            span_of(job->rewritten.data + job->rewritten_sent, job->rewritten.len - job->rewritten_sent);
        result = stream_send(server, rest, &sent);
        job->rewritten_sent += sent;
    }
    return result;
}

/* Sends the parsed bytes. */
static enum stream_result send_window(struct buf *in, struct stream *server, bool is_kept)
{
    enum stream_result result = STREAM_OK;
    for (struct span rest = buf_unsent(in); rest.len > 0 && result == STREAM_OK; rest = buf_unsent(in)) {
        size_t sent = 0;
        result = stream_send(server, rest, &sent);
        buf_mark_sent(in, sent);
        if (!is_kept)
            buf_release_sent(in);
    }
    return result;
}

static enum relay_sent unsent(enum stream_result result)
{
    return result == STREAM_BLOCKED ? RELAY_SENT_SLOWLY : RELAY_SENT_IN_VAIN;
}

enum relay_sent relay_send_command(struct job *job, struct stream *client, struct stream *server)
{
    struct buf *in = &client->in;
    enum stream_result result = send_rewritten(job, server);
    while (result == STREAM_OK) {
        result = send_window(in, server, job->is_kept);
        if (result != STREAM_OK)
            break;
        if (job->run.is_complete)
            return RELAY_SENT_ALL;
        size_t len = packet_run_feed(&job->run, buf_unparsed(in));
        if (len == 0)
            return RELAY_SENT_SOME;
        buf_mark_parsed(in, len);
    }
    return unsent(result);
}

void relay_begin_file(struct job *job, uint8_t seq)
{
    job->file.bytes += PACKET_HEADER_BYTES + job->run.payload_bytes;
    packet_run_begin(&job->run);
    job->run.seq = seq; /* the client's packets continue from this number */
    job->file.is_expected = job->file.is_unanswered = true;
}

enum relay_sent relay_send_file(struct job *job, struct stream *client, struct stream *server)
{
    struct buf *in = &client->in;
    for (;;) {
        enum stream_result result = send_window(in, server, false);
        if (result != STREAM_OK)
            return unsent(result);
        size_t len = packet_run_feed_file(&job->run, buf_unparsed(in));
        buf_mark_parsed(in, len);
        job->file.bytes += len;
        if (len == 0)
            return job->run.is_complete ? RELAY_SENT_ALL : RELAY_SENT_SOME;
    }
}

/* ---- the reply ---- */

void relay_keep_passed(struct stream *client, struct stream *server)
{
    struct span unsent_bytes = buf_unsent(&server->in);
    (void)text_append_span(&client->out, unsent_bytes);
    buf_mark_sent(&server->in, unsent_bytes.len);
    buf_release_sent(&server->in);
}

uint8_t relay_next_seq(const struct job *job, const struct upstream *upstream)
{
    bool is_server_s = job->reply.has_begun && !job->file.is_unanswered;
    return (uint8_t)((is_server_s ? upstream->tracker.seq : job->run.seq) + 1);
}

/* From here on the command cannot be run again. */
static void begin_reply(struct job *job, struct stream *client, const struct upstream *upstream)
{
    if (job->reply.has_begun)
        return;
    job->reply.has_begun = true;
    if (client->in.data != NULL)
        buf_release_sent(&client->in);
    if (job->is_login)
        return;
    unsigned row = upstream->env->worker;
    uint64_t latency_us = upstream->env->loop->now_us - job->sent_us;
    server_note_response(upstream->server, row, latency_us);
    if (job->facts.is_read)
        server_note_latency(upstream->server, row, latency_us);
}

enum relay_seen relay_look(struct job *job, struct stream *client, struct upstream *upstream,
                           struct tracker_info *info_r)
{
    struct buf *in = &upstream->stream.in;
    while (!job->reply.is_over && buf_unparsed(in).len > 0) {
        size_t pass = 0;
        enum tracker_verdict verdict = tracker_feed(&upstream->tracker, buf_unparsed(in), &pass, info_r);
        buf_mark_parsed(in, pass);
        job->reply.bytes += pass;
        if (pass > 0 || verdict == TRACKER_PACKET)
            job->file.is_unanswered = false;
        if (verdict == TRACKER_BAD)
            return RELAY_SEEN_NONSENSE;
        if (pass > 0)
            begin_reply(job, client, upstream);
        if (verdict == TRACKER_MORE)
            break;
        if (verdict == TRACKER_PACKET)
            return RELAY_SEEN_PACKET;
        job->reply.is_over = true;
    }
    return RELAY_SEEN_ALL;
}

void relay_pass(struct job *job, struct stream *client, struct upstream *upstream,
                const struct tracker_info *info)
{
    buf_mark_parsed(&upstream->stream.in, info->len);
    begin_reply(job, client, upstream);
    job->reply.is_over = info->is_last;
}

void relay_discard(struct upstream *upstream, const struct tracker_info *info)
{
    struct buf *in = &upstream->stream.in;
    buf_mark_parsed(in, info->len);
    buf_mark_sent(in, info->len);
    buf_release_sent(in);
}

void relay_remove(struct job *job, struct stream *client, struct upstream *upstream,
                  const struct tracker_info *info)
{
    relay_discard(upstream, info);
    begin_reply(job, client, upstream);
    job->reply.is_over = info->is_last;
}

enum stream_result relay_pump(struct stream *client, struct stream *server)
{
    if (stream_has_output(client)) {
        enum stream_result result = stream_flush(client);
        if (result != STREAM_OK)
            return result;
    }
    return send_window(&server->in, client, false);
}

bool relay_make_room(struct upstream *upstream)
{
    struct buf *in = &upstream->stream.in;
    if (in->data == NULL || in->parsed != in->kept || in->filled - in->kept < in->cap)
        return true;
    return stream_grow(&upstream->stream, in->cap * 2);
}
