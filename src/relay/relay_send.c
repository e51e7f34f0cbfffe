/* The bytes of one command there: as the client has sent them, but for the ids and types of prepared
 * statements, and the number of a SET wait_timeout.
 */
#include "relay/relay.h"

#include "mysql/stmt.h"
#include "mysql/wire.h"
#include "prepared/upstream_statements.h"
#include "session/command_answer.h"
#include "session/retry.h"
#include "state/wait_timeout.h"

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
    upstream_statements_touch(copy->known);
    wire_store_u32(in->data + in->sent + PACKET_HEADER_BYTES + 1, copy->known->id);
    if (job->command->byte == COM_STMT_EXECUTE) {
        insert_types(session, copy);
        copy->types_version = job->prepared->types_version;
        upstream_statements_note_run(copy->known, text_span(&job->prepared->types));
    }
    job->prepared->last_place = (int)job->place;
    if (job->command->byte == COM_STMT_SEND_LONG_DATA) {
        if (!job->prepared->has_long_data)
            prepared_note_pin(job->prepared, PIN_LONG_DATA, session_now(session),
                              &session->worker->boxes[session->door->cluster].pins);
        job->prepared->has_long_data = true;
    }
}

/* Nothing is lost if it runs after we have given it up: it only reads, or its transaction ends with it. Then
 * the server is told of the end by a FIN, which is sent until it arrives; a reset that a cut network swallows
 * would leave it with a dead connection for hours. */
static bool may_be_late(const struct session *session)
{
    const struct sql_facts *facts = &session->job.facts;
    bool is_within = facts->kind == SQL_SELECT || facts->kind == SQL_WRITE || facts->kind == SQL_ROLLBACK;
    bool is_undone = (session->facets.status & STATUS_IN_TRANS) != 0 && is_within && !facts->is_multi &&
                     !session->job.is_cut;
    return facts->is_read || is_undone;
}

static void begin_sending(struct session *session, struct upstream *upstream)
{
    struct job *job = &session->job;
    upstream_begin(upstream, job->command->shape, job->reply.has_cursor);
    upstream->may_be_late = may_be_late(session);
    upstream->tracker.hands_out_eofs = job->is_aside;
    upstream->tracker.columns_told = job->prepared != NULL ? job->prepared->columns : 0;
    job->sent_us = session_now(session);
    job->server = upstream->server;
    job->vars_before = session->facets.vars.version;
    job->is_kept = !job->is_cut && job->command->shape != REPLY_NONE;
    job->is_home = job->place == facets_home(&session->facets);
    if (job->prepared != NULL)
        address_statement(session);
    else
        wait_timeout_rewrite(&session->facets, job, &session->client.in);
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

/* Not a byte of the command has gone out. */
static bool has_sent_nothing(const struct session *session)
{
    const struct job *job = &session->job;
    const struct buf *in = &session->client.in;
    return job->is_kept && (job->rewritten.len > 0 ? job->rewritten_sent == 0 : in->sent == in->kept);
}

/* The server hung up on us: it may have said why first. */
static enum step sending_failed(struct session *session, struct upstream *upstream)
{
    session->job.is_unread = has_sent_nothing(session);
    if (session->job.is_unread)
        return retry_by_stream(session, "sending a command");
    session->must_close = session->must_close || !session->job.run.is_complete;
    (void)stream_fill(&upstream->stream);
    if (buf_unparsed(&upstream->stream.in).len > 0)
        return session_enter(session, SESSION_REPLYING);
    return retry_by_stream(session, "sending a command");
}

enum step relay_sending(struct session *session)
{
    struct job *job = &session->job;
    struct slot *slot = &session->slots[job->place];
    struct upstream *upstream = slot->upstream;
    if (slot->has_failed)
        return retry_of_upstream(session, &(struct error){ slot->failure.code, "", "declared down" });
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
            job->prepared; /* command_done forgets the long data of what was executed */
        job->prepared = NULL;
        enum step step = command_done(session);
        prepared->has_long_data = true;
        return step;
    }
    session_set_deadline(session, session_query_us(session));
    return session_enter(session, SESSION_REPLYING);
}
