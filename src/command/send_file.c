#include "command/send_file.h"

#include "relay/relay.h"
#include "command/pass_reply.h"
#include "command/retry.h"

/* The server has closed the connection. An ERR with the reason may have come before: it is read first. */
static enum step fail(struct session *session, struct upstream *upstream)
{
    if (!session->job.reply.is_over && stream_fill(&upstream->stream) == STREAM_OK)
        return STEP_MORE; /* the reply is passed on; then sending fails again */
    return retry_by_stream(session, "sending the client's file");
}

enum step send_file_step(struct session *session)
{
    struct job *job = &session->job;
    struct slot *slot = &session->slots[job->place];
    struct upstream *upstream = slot->upstream;
    if (slot->has_failed)
        return retry_of_upstream(session, &slot->failure);
    enum step step = pass_reply_once(session, upstream);
    if (step == STEP_WAIT || session->state != SESSION_INFILE)
        return step;
    switch (relay_send_file(job, &session->client, &upstream->stream)) {
    case RELAY_SENT_IN_VAIN:
        return fail(session, upstream);
    case RELAY_SENT_ALL:
        return session_enter(session, SESSION_REPLYING);
    case RELAY_SENT_SOME:
    case RELAY_SENT_SLOWLY:
        break;
    }
    if (upstream->stream.is_eof || upstream->stream.error != 0)
        return retry_by_stream(session, "sending the client's file");
    return session->is_client_eof && buf_unparsed(&session->client.in).len == 0
               ? session_close(session, CLOSE_CLIENT_GONE, NULL)
               : STEP_WAIT;
}
