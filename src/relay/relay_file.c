/* LOAD DATA LOCAL: the client's file goes there while the server may already answer.
 */
#include "relay/relay.h"
#include "relay/relay_inside.h"
#include "session/retry.h"

void relay_begin_file(struct session *session, uint8_t seq)
{
    struct job *job = &session->job;
    job->file.bytes += PACKET_HEADER_BYTES + job->run.payload_bytes;
    packet_run_begin(&job->run);
    job->run.seq = seq; /* of the request: the client counts on from there */
    job->file.is_expected = job->file.is_unanswered = true;
    (void)session_enter(session, SESSION_INFILE);
}

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
        job->file.bytes += len;
        if (len == 0)
            return STREAM_OK;
    }
}

/* The server hung up on the file: it may have said why first. */
static enum step file_failed(struct session *session, struct upstream *upstream)
{
    if (!session->job.reply.is_over && stream_fill(&upstream->stream) == STREAM_OK)
        return STEP_MORE; /* what it said passes, then the file fails again */
    return retry_by_stream(session, "sending the client's file");
}

enum step relay_infile(struct session *session)
{
    struct job *job = &session->job;
    struct slot *slot = &session->slots[job->place];
    struct upstream *upstream = slot->upstream;
    if (slot->has_failed)
        return retry_of_upstream(session, &slot->failure);
    enum step step = relay_once(session, upstream);
    if (step == STEP_WAIT || session->state != SESSION_INFILE)
        return step;
    if (pump_file(session, upstream) == STREAM_FAILED)
        return file_failed(session, upstream);
    if (job->run.is_complete && buf_unsent(&session->client.in).len == 0)
        return session_enter(session, SESSION_REPLYING);
    if (upstream->stream.is_eof || upstream->stream.error != 0)
        return retry_by_stream(session, "sending the client's file");
    return session->is_client_eof && buf_unparsed(&session->client.in).len == 0
               ? session_close(session, CLOSE_CLIENT_GONE, NULL)
               : STEP_WAIT;
}
