/* Packets of a reply that the client would not have seen like that, had it asked the server itself.
 */
#include "relay/relay_inside.h"

#include "mysql/reply.h"
#include "mysql/wire.h"
#include "prepared/upstream_statements.h"
#include "relay/relay.h"
#include "session/dialect.h"
#include "state/client_tracking.h"

/* METADATA_CHANGED is for who was told of other columns: a server knows that only of the connection, where
 * the statement may have been prepared since, or have been executed for somebody else. */
static uint16_t with_columns(const struct session *session, uint16_t status)
{
    const struct tracker *tracker = &session->slots[session->job.place].upstream->tracker;
    if (tracker->columns_told == 0 || tracker->columns == 0)
        return status;
    bool has_others = tracker->columns != tracker->columns_told;
    return (uint16_t)((status & ~STATUS_METADATA_CHANGED) | (has_others ? STATUS_METADATA_CHANGED : 0));
}

/* An answer from elsewhere comes with the flags of the transaction that is open. */
static uint16_t status_for_client(const struct session *session, uint16_t status)
{
    status = with_columns(session, status);
    if (!session->job.is_aside || session->job.is_home)
        return status;
    return (uint16_t)((status & ~STATUS_OF_SESSION) | (session->facets.status & STATUS_OF_SESSION));
}

bool relay_is_same_for_client(const struct session *session, const struct tracker_info *info)
{
    if (info->is_cut || info->kind == TRACKER_ERR || info->kind == TRACKER_INFILE ||
        info->kind == TRACKER_PREPARED)
        return true;
    return (info->status & STATUS_SESSION_STATE_CHANGED) == 0 &&
           status_for_client(session, info->status) == info->status;
}

void relay_replace_packet(struct session *session, struct upstream *upstream, const struct tracker_info *info)
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
            client_tracking_filter(&session->facets.tracking, ok.session, &tracking);
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

void relay_note_columns(struct session *session, const struct upstream *upstream)
{
    const struct tracker *tracker = &upstream->tracker;
    if (tracker->columns_told != 0 && tracker->columns != 0)
        session->job.prepared->columns = (uint16_t)tracker->columns;
}

bool relay_name_statement(struct session *session, struct upstream *upstream, const struct tracker_info *info)
{
    struct job *job = &session->job;
    struct buf *in = &upstream->stream.in;
    struct span sql = { 0 };
    if (job->is_kept) {
        struct span packet = span_of(session->client.in.data + session->client.in.kept,
                                     session->client.in.sent - session->client.in.kept);
        sql = span_of(packet.data + PACKET_HEADER_BYTES + 1, packet.len - PACKET_HEADER_BYTES - 1);
    }
    struct prepared *prepared = prepared_add(&session->prepared, sql, text_span(&session->facets.schema),
                                             &session->facets.vars, &job->facts);
    if (prepared == NULL)
        return false;
    prepared->dialect = dialect_of(session);
    prepared->params = info->params;
    prepared->columns = info->columns;
    const struct slot *slot = &session->slots[job->place];
    upstream_statements_make_room(slot->upstream, job->place, job->prepared,
                                  pool_prepared_max(&session->worker->pool, session->door->cluster));
    if (!upstream_statements_add(slot, job->place, &session->facets.vars, prepared, info->stmt_id))
        return false;
    upstream_statements_replace(prepared, job->place);
    if (sql.len == 0)
        prepared_note_pin(prepared, PIN_LONG_PREPARED, session_now(session),
                          &session->worker->boxes[session->door->cluster].pins);
    wire_store_u32(in->data + in->parsed + PACKET_HEADER_BYTES + 1, prepared->id);
    return true;
}
