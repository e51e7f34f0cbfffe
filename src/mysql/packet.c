#include "mysql/packet.h"

#include "mysql/wire.h"

#include <assert.h>

bool packet_peek(struct span bytes, struct packet_header *header_r)
{
    if (bytes.len < PACKET_HEADER_BYTES)
        return false;
    uint32_t header = wire_load_u32(bytes.data);
    header_r->len = header & PACKET_PAYLOAD_MAX;
    header_r->seq = (uint8_t)(header >> 24);
    return true;
}

size_t packet_begin(struct text *out)
{
    size_t at = out->len;
    wire_put_zeros(out, PACKET_HEADER_BYTES);
    return at;
}

void packet_end(struct text *out, size_t at, uint8_t seq)
{
    if (out->is_oom)
        return; /* `out->is_oom` tells the caller */
    size_t len = out->len - at - PACKET_HEADER_BYTES;
    assert(len < PACKET_PAYLOAD_MAX);
    wire_store_u32((uint8_t *)out->data + at, (uint32_t)len | (uint32_t)seq << 24);
}

uint8_t packet_put(struct text *out, uint8_t seq, struct span payload)
{
    size_t done = 0;
    size_t len;
    do {
        len = payload.len - done;
        if (len > PACKET_PAYLOAD_MAX)
            len = PACKET_PAYLOAD_MAX;
        wire_put_u32(out, (uint32_t)len | (uint32_t)seq << 24);
        (void)text_append(out, len > 0 ? payload.data + done : NULL, len);
        done += len;
        seq++;
    } while (len == PACKET_PAYLOAD_MAX); /* an exact multiple ends with an empty fragment */
    return seq;
}

void packet_run_begin(struct packet_run *run)
{
    *run = (struct packet_run){ 0 };
}

/* Takes bytes of the fragment's header, as many as are there. */
static size_t run_header(struct packet_run *run, struct span bytes)
{
    size_t used = size_min(bytes.len, PACKET_HEADER_BYTES - run->header_len);
    struct packet_header header;
    if (used < PACKET_HEADER_BYTES) { /* the header arrives in parts */
        memcpy(run->header + run->header_len, bytes.data, used);
        bytes = span_of(run->header, run->header_len + used);
    }
    run->header_len += (uint8_t)used;
    if (packet_peek(bytes, &header)) {
        run->left = header.len;
        run->payload_bytes += header.len;
        run->seq = header.seq;
        run->is_continued = header.len == PACKET_PAYLOAD_MAX;
    }
    return used;
}

size_t packet_run_feed(struct packet_run *run, struct span bytes)
{
    size_t used = 0;
    while (!run->is_complete && used < bytes.len) {
        if (run->header_len < PACKET_HEADER_BYTES)
            used += run_header(run, span_of(bytes.data + used, bytes.len - used));
        size_t step = size_min(bytes.len - used, run->left);
        used += step;
        run->left -= (uint32_t)step;
        if (run->header_len < PACKET_HEADER_BYTES || run->left > 0)
            continue; /* `used` is at the end */
        run->header_len = 0;
        run->is_complete = !run->is_continued;
    }
    return used;
}

size_t packet_run_feed_file(struct packet_run *run, struct span bytes)
{
    size_t used = 0;
    while (!run->is_complete && used < bytes.len) {
        used += packet_run_feed(run, span_of(bytes.data + used, bytes.len - used));
        if (run->is_complete && run->payload_bytes > 0)
            *run = (struct packet_run){ .seq = run->seq };
    }
    return used;
}
