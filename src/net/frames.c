#include "net/frames.h"

#include <assert.h>

void frames_init(struct frames *frames, const struct frames_manner *manner)
{
    *frames = (struct frames){ .manner = *manner, .heard = UINT8_MAX };
}

void frames_fini(struct frames *frames, struct compress *compress)
{
    unpacker_end(compress, &frames->unpacker);
}

static uint32_t load_u24(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
}

static void store_u24(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    at[2] = (uint8_t)(value >> 16);
}

/* The number must be 0 (a command begins), or follow the last frame sent or the last frame received. Not
 * checked on connections to servers. */
static bool take_number(struct frames *frames, uint8_t number)
{
    bool follows_answer = number == frames->next;
    bool is_due = number == 0 || follows_answer || number == (uint8_t)(frames->heard + 1);
    frames->heard = number;
    if (frames->manner.is_client || follows_answer)
        frames->next = (uint8_t)(number + 1);
    return is_due || frames->manner.is_client;
}

static enum frames_verdict begin_frame(struct frames *frames, struct compress *compress)
{
    uint32_t len = load_u24(frames->header), unpacked = load_u24(frames->header + 4);
    if (!take_number(frames, frames->header[3]))
        return FRAMES_OUT_OF_ORDER;
    frames->packed_left = len;
    frames->plain_left = unpacked != 0 ? unpacked : len;
    if (unpacked == 0) {
        frames->header_len = len == 0 ? 0 : FRAMES_HEADER_BYTES;
        return FRAMES_OK;
    }
    frames->unpacker = unpacker_begin(compress, frames->manner.algorithm);
    return frames->unpacker != NULL ? FRAMES_OK : FRAMES_NO_MEMORY;
}

static enum frames_verdict read_header(struct frames *frames, struct compress *compress, struct span *raw)
{
    while (frames->header_len < FRAMES_HEADER_BYTES && raw->len > 0) {
        frames->header[frames->header_len++] = *raw->data++;
        raw->len--;
    }
    return frames->header_len < FRAMES_HEADER_BYTES ? FRAMES_OK : begin_frame(frames, compress);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t read_plain(struct frames *frames, struct span *raw, uint8_t *out, size_t cap)
{
    size_t len = least(least(raw->len, frames->packed_left), cap);
    if (len > 0)
        memcpy(out, raw->data, len);
    raw->data += len;
    raw->len -= len;
    frames->packed_left -= (uint32_t)len;
    frames->plain_left -= (uint32_t)len;
    if (frames->packed_left == 0)
        frames->header_len = 0;
    return len;
}

/* The last byte is held back until the whole frame is known to be valid, so that no command of an invalid
 * frame is run. After the announced length, one more byte is tried, to detect a frame that is too long. */
static enum frames_verdict read_packed(struct frames *frames, struct compress *compress, struct span *raw,
                                       uint8_t *out, size_t cap, size_t *done_r)
{
    bool is_tail = frames->plain_left <= 1;
    struct span packed = span_of(raw->data, least(raw->len, frames->packed_left));
    size_t before = packed.len, done = 0;
    uint8_t byte = 0;
    bool is_good = unpacker_feed(frames->unpacker, &packed, is_tail ? &byte : out,
                                 is_tail ? 1 : least(cap, frames->plain_left - 1), &done);
    size_t used = before - packed.len;
    raw->data += used;
    raw->len -= used;
    frames->packed_left -= (uint32_t)used;
    if (!is_good || done > frames->plain_left)
        return FRAMES_DAMAGED;
    frames->plain_left -= (uint32_t)done;
    if (is_tail && done == 1)
        frames->last = byte;
    *done_r = is_tail ? 0 : done;
    if (frames->packed_left > 0 || done > 0 || (cap == 0 && !is_tail))
        return FRAMES_OK;
    if (frames->plain_left > 0 || !unpacker_is_over(frames->unpacker)) /* the frame has ended too early */
        return FRAMES_DAMAGED;
    if (cap > 0) {
        /* The compressed frame is complete and has the announced length: hands out its last byte. */
        *out = frames->last;
        *done_r = 1;
        unpacker_end(compress, &frames->unpacker);
        frames->header_len = 0;
    }
    return FRAMES_OK;
}

static bool is_in_header(const struct frames *frames)
{
    return frames->header_len < FRAMES_HEADER_BYTES;
}

enum frames_verdict frames_read(struct frames *frames, struct compress *compress, struct span *raw,
                                uint8_t *out, size_t cap, size_t *done_r)
{
    *done_r = 0;
    for (;;) {
        size_t done = 0, before = raw->len;
        uint32_t plain_left = frames->plain_left;
        bool was_in_header = is_in_header(frames);
        enum frames_verdict verdict = FRAMES_OK;
        if (was_in_header)
            verdict = read_header(frames, compress, raw);
        else if (frames->unpacker != NULL)
            verdict = read_packed(frames, compress, raw, out + *done_r, cap - *done_r, &done);
        else
            done = read_plain(frames, raw, out + *done_r, cap - *done_r);
        if (verdict != FRAMES_OK)
            return verdict;
        *done_r += done;
        bool has_moved = done > 0 || raw->len < before || plain_left != frames->plain_left ||
                         was_in_header != is_in_header(frames);
        if (!has_moved)
            return FRAMES_OK;
    }
}

size_t frames_put(struct frames *frames, struct compress *compress, struct span plain, uint8_t *out)
{
    const struct frames_manner *manner = &frames->manner;
    uint8_t *contents = out + FRAMES_HEADER_BYTES;
    size_t len = 0;
    assert(plain.len > 0 && plain.len <= FRAMES_CONTENTS_MAX);
    if (!manner->never_packs && plain.len >= manner->threshold_bytes)
        len = compress_pack(compress, manner->algorithm, manner->level, plain, contents, plain.len - 1);
    store_u24(out + 4, len > 0 ? plain.len : 0);
    if (len == 0) {
        memcpy(contents, plain.data, plain.len);
        len = plain.len;
    }
    store_u24(out, len);
    out[3] = frames->next++;
    return FRAMES_HEADER_BYTES + len;
}

void frames_restart(struct frames *frames)
{
    frames->next = frames->manner.is_client ? 0 : (uint8_t)(frames->heard + 1);
}
