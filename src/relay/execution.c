#include "relay/execution.h"

#include "mysql/packet.h"
#include "mysql/stmt.h"
#include "mysql/wire.h"
#include "prepared/client_statements.h"
#include "prepared/upstream_statements.h"

static void insert_types(struct job *job, struct stream *client, bool has_attributes,
                         const struct prepared_copy *copy)
{
    struct buf *in = &client->in;
    struct span packet = buf_unsent(in);
    uint32_t len = wire_load_u24(packet.data);
    size_t there = packet.len - PACKET_HEADER_BYTES < len ? packet.len - PACKET_HEADER_BYTES : len;
    struct span payload = span_of(packet.data + PACKET_HEADER_BYTES, there);
    struct stmt_execute execute;
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
    if (len + added >= PACKET_PAYLOAD_MAX) { /* no room in this packet: the server will answer ERR */
        text_clear(&job->rewritten);
        return;
    }
    uint8_t header[PACKET_HEADER_BYTES] = { (uint8_t)(len + added), (uint8_t)((len + added) >> 8),
                                            (uint8_t)((len + added) >> 16), packet.data[3] };
    memcpy(job->rewritten.data + at, header, sizeof header);
    /* The part in the window is sent rewritten; the rest of a long command is sent unchanged as it
     * arrives. */
    buf_mark_sent(in, PACKET_HEADER_BYTES + there);
    if (!job->is_kept)
        buf_release_sent(in);
}

void execution_address(struct job *job, struct stream *client, bool has_attributes)
{
    struct prepared *prepared = job->prepared;
    struct prepared_copy *copy = &prepared->copies[job->place];
    upstream_statements_touch(copy->known);
    wire_store_u32(client->in.data + client->in.sent + PACKET_HEADER_BYTES + 1, copy->known->id);
    if (job->command->byte == COM_STMT_EXECUTE) {
        insert_types(job, client, has_attributes, copy);
        copy->types_version = prepared->types_version;
        upstream_statements_note_run(copy->known, text_span(&prepared->types));
    }
    prepared->last_place = (int)job->place;
}
