/* The compressed protocol between a stream and its transport.
 *
 *      recv/SSL_read ──► raw ──► frames_read ──► window
 *      window or out ──► frames_put ──► send/SSL_write
 *
 * An idle stream keeps no buffer. `raw` is a window of the loop, held only while it has bytes. A frame is
 * built in the loop's own buffer; the part that the socket does not take is copied to `frame`. The frame's
 * plain bytes count as written when the whole frame has been written. Until then the owner keeps them and
 * offers them again first, as SSL_write also requires. */
#include "net/stream_packed.h"

#include "base/mem.h"
#include "net/numbering.h"

#include <assert.h>
#include <errno.h>

struct packing {
    const struct stream_ops *transport;
    struct frames frames;
    struct numbering numbering; /* used as a client only */
    uint8_t *raw;               /* owns; one of the loop's windows; NULL: it has no bytes */
    uint32_t raw_at, raw_end;
    bool holds_more;      /* the window became full before all bytes were unpacked */
    size_t plain_first;   /* bytes in `out` that are still to be sent uncompressed */
    uint64_t written;     /* plain bytes written in frames */
    uint64_t restarts[2]; /* values of `written` at which unwritten commands begin; UINT64_MAX: none */
    struct text frame;    /* owns: the rest of a frame that the socket did not take */
    size_t frame_sent;    /* bytes of `frame` written */
    size_t covered;       /* plain bytes that the frame contains */
    enum frames_verdict verdict;
    struct stream_packed_bytes bytes; /* not yet fetched by stream_take_packed_bytes */
};

enum { CHUNK_BYTES = LOOP_WINDOW_BYTES }; /* most plain bytes in one frame */

/* Buffer and compression state of one thread, for building frames. */
struct packer {
    struct loop_packer in_loop; /* must be first: loop.c knows this part */
    struct compress *compress;  /* owns */
    uint8_t frame[FRAMES_HEADER_BYTES + CHUNK_BYTES];
};

/* ---- the loop's part ---- */

static struct packer *packer_of(const struct stream *stream)
{
    return (struct packer *)(void *)stream->loop->packer;
}

static void free_packer(struct loop_packer *in_loop)
{
    struct packer *packer = (struct packer *)(void *)in_loop;
    compress_free(&packer->compress);
    mem_free(packer);
}

static bool take_packer(struct loop *loop)
{
    if (loop->packer != NULL)
        return true;
    struct packer *packer = mem_zalloc(sizeof *packer);
    if (packer == NULL)
        return false;
    packer->compress = compress_new();
    if (packer->compress == NULL) {
        mem_free(packer);
        return false;
    }
    packer->in_loop.free = free_packer;
    loop->packer = &packer->in_loop;
    return true;
}

/* ---- reading ---- */

static enum stream_result no_memory(struct stream *stream)
{
    stream->error = ENOMEM;
    return STREAM_FAILED;
}

static enum stream_result failed(struct stream *stream, enum frames_verdict verdict)
{
    stream->packing->verdict = verdict;
    stream->error = verdict == FRAMES_NO_MEMORY ? ENOMEM : EPROTO;
    return STREAM_FAILED;
}

static void give_raw(struct stream *stream)
{
    struct packing *packing = stream->packing;
    if (packing->raw != NULL)
        mem_slab_give(&stream->loop->windows, packing->raw);
    packing->raw = NULL;
    packing->raw_at = packing->raw_end = 0;
}

static bool take_raw(struct stream *stream)
{
    if (stream->packing->raw == NULL)
        stream->packing->raw = mem_slab_take(&stream->loop->windows);
    return stream->packing->raw != NULL;
}

static bool transport_holds_more(const struct stream *stream)
{
    const struct stream_ops *transport = stream->packing->transport;
    return transport->holds_more != NULL && transport->holds_more(stream);
}

/* Unpacks all bytes in `raw`, as far as there is room, before more bytes are read from the transport. */
static enum stream_result read_frames(struct stream *stream, uint8_t *data, size_t len, size_t *done_r)
{
    struct packing *packing = stream->packing;
    bool is_last = false;
    for (;;) {
        size_t done = 0, got = 0;
        struct span raw = span_of(packing->raw + packing->raw_at, packing->raw_end - packing->raw_at);
        enum frames_verdict verdict = frames_read(&packing->frames, packer_of(stream)->compress, &raw,
                                                  data + *done_r, len - *done_r, &done);
        packing->raw_at = packing->raw_end - (uint32_t)raw.len;
        *done_r += done;
        if (verdict != FRAMES_OK)
            return failed(stream, verdict);
        if (*done_r == len || is_last)
            return STREAM_OK;
        enum stream_result result = packing->transport->read(stream, packing->raw, LOOP_WINDOW_BYTES, &got);
        if (result != STREAM_OK)
            return result;
        packing->raw_at = 0;
        packing->raw_end = (uint32_t)got;
        packing->bytes.packed_in += got;
        is_last = got < LOOP_WINDOW_BYTES && !transport_holds_more(stream);
    }
}

static enum stream_result packed_read(struct stream *stream, void *data, size_t len, size_t *done_r)
{
    struct packing *packing = stream->packing;
    *done_r = 0;
    if (packing->verdict != FRAMES_OK)
        return failed(stream, packing->verdict);
    if (!take_packer(stream->loop) || !take_raw(stream))
        return no_memory(stream);
    enum stream_result result = read_frames(stream, data, len, done_r);
    bool is_raw_empty = packing->raw_at == packing->raw_end;
    packing->bytes.in += *done_r;
    if (packing->frames.manner.is_client)
        numbering_correct(&packing->numbering, data, *done_r);
    packing->holds_more = packing->verdict != FRAMES_OK ||
                          (*done_r == len && (!is_raw_empty || frames_holds_more(&packing->frames)));
    if (is_raw_empty)
        give_raw(stream);
    if (packing->holds_more && (stream->interest & EV_READ) != 0)
        ev_feed_event(stream->loop->ev, &stream->io, EV_READ);
    if (*done_r > 0)
        return STREAM_OK; /* an error or EOF after these bytes is reported by the next call */
    return result == STREAM_OK ? STREAM_BLOCKED : result;
}

/* ---- writing ---- */

/* How many of `len` bytes may go into the next frame: a frame ends where the next command begins. */
static size_t until_restart(struct packing *packing, size_t len)
{
    while (packing->restarts[0] <= packing->written) {
        frames_restart(&packing->frames);
        packing->restarts[0] = packing->restarts[1];
        packing->restarts[1] = UINT64_MAX;
    }
    uint64_t there = packing->restarts[0] - packing->written;
    return there < len ? (size_t)there : len;
}

static enum stream_result write_plain_first(struct stream *stream, const void *data, size_t len,
                                            size_t *done_r)
{
    struct packing *packing = stream->packing;
    size_t first = packing->plain_first < len ? packing->plain_first : len;
    enum stream_result result = packing->transport->write(stream, data, first, done_r);
    packing->plain_first -= *done_r;
    return result;
}

/* Writes all bytes from *sent_r on. STREAM_OK: all were written; otherwise *sent_r says how many. */
static enum stream_result push(struct stream *stream, const void *data, size_t len, size_t *sent_r)
{
    const uint8_t *bytes = data;
    while (*sent_r < len) {
        size_t done = 0;
        enum stream_result result =
            stream->packing->transport->write(stream, bytes + *sent_r, len - *sent_r, &done);
        if (result != STREAM_OK)
            return result;
        *sent_r += done;
        stream->packing->bytes.packed_out += done;
    }
    return STREAM_OK;
}

static enum stream_result push_new_frame(struct stream *stream, struct span plain)
{
    struct packing *packing = stream->packing;
    struct packer *packer = packer_of(stream);
    size_t sent = 0, len = frames_put(&packing->frames, packer->compress, plain, packer->frame);
    packing->covered = plain.len;
    enum stream_result result = push(stream, packer->frame, len, &sent);
    if (result == STREAM_BLOCKED && !text_append(&packing->frame, packer->frame + sent, len - sent))
        return no_memory(stream);
    return result;
}

static enum stream_result push_old_frame(struct stream *stream)
{
    struct packing *packing = stream->packing;
    enum stream_result result = push(stream, packing->frame.data, packing->frame.len, &packing->frame_sent);
    if (result != STREAM_OK)
        return result;
    text_fini(&packing->frame);
    packing->frame_sent = 0;
    return STREAM_OK;
}

static enum stream_result packed_write(struct stream *stream, const void *data, size_t len, size_t *done_r)
{
    struct packing *packing = stream->packing;
    *done_r = 0;
    if (packing->plain_first > 0)
        return write_plain_first(stream, data, len, done_r);
    enum stream_result result;
    if (packing->covered > len ||
        !take_packer(stream->loop)) { /* the owner has dropped bytes that are on their way */
        stream->error = packing->covered > len ? EPROTO : ENOMEM;
        return STREAM_FAILED;
    }
    if (packing->covered > 0) {
        result = push_old_frame(stream);
    } else {
        size_t chunk = until_restart(packing, len < CHUNK_BYTES ? len : CHUNK_BYTES);
        result = push_new_frame(stream, span_of(data, chunk));
    }
    if (result != STREAM_OK)
        return result;
    if (packing->frames.manner.is_client)
        numbering_note(&packing->numbering, data, packing->covered);
    *done_r = packing->covered;
    packing->written += packing->covered;
    packing->bytes.out += packing->covered;
    packing->covered = 0;
    return STREAM_OK;
}

/* Notes where the next command begins: bytes not written yet belong to earlier commands. Only two positions
 * are kept. With more than two, the commands in the middle share the frames of the command before them. */
static void packed_restart(struct stream *stream)
{
    struct packing *packing = stream->packing;
    uint64_t at = packing->written + (stream->out.len - stream->out_sent) - packing->plain_first;
    if (packing->restarts[0] == UINT64_MAX || packing->restarts[0] == at)
        packing->restarts[0] = at;
    else
        packing->restarts[1] = at;
}

static void packed_release(struct stream *stream)
{
    struct packing *packing = stream->packing;
    give_raw(stream);
    frames_fini(&packing->frames, stream->loop->packer != NULL ? packer_of(stream)->compress : NULL);
    text_fini(&packing->frame);
    mem_free(packing);
    stream->packing = NULL;
}

static bool packed_holds_more(const struct stream *stream)
{
    return stream->packing->holds_more || transport_holds_more(stream);
}

static const struct stream_ops packed_ops = { .read = packed_read,
                                              .write = packed_write,
                                              .restart = packed_restart,
                                              .holds_more = packed_holds_more,
                                              .release = packed_release };

/* ---- the owner's part ---- */

/* Takes the bytes that were read but not parsed as frames of the peer. False: there are more than a peer may
 * send before it knows that its login succeeded, or memory is out. */
static bool take_back(struct stream *stream)
{
    struct packing *packing = stream->packing;
    struct span unparsed = buf_unparsed(&stream->in);
    if (unparsed.len == 0)
        return true;
    if (unparsed.len > LOOP_WINDOW_BYTES || !take_raw(stream))
        return false;
    memcpy(packing->raw, unparsed.data, unparsed.len);
    packing->raw_end = (uint32_t)unparsed.len;
    stream->in.filled = stream->in.parsed;
    packing->holds_more = true;
    if ((stream->interest & EV_READ) != 0)
        ev_feed_event(stream->loop->ev, &stream->io, EV_READ);
    return true;
}

bool stream_pack(struct stream *stream, const struct frames_manner *manner)
{
    assert(stream->packing == NULL);
    struct packing *packing = mem_zalloc(sizeof *packing);
    if (packing == NULL || !take_packer(stream->loop)) {
        mem_free(packing);
        return false;
    }
    packing->transport = stream->ops;
    packing->plain_first = stream->out.len - stream->out_sent;
    packing->restarts[0] = packing->restarts[1] = UINT64_MAX;
    frames_init(&packing->frames, manner);
    stream->packing = packing;
    stream->ops = &packed_ops;
    return take_back(stream);
}

struct stream_packed_bytes stream_take_packed_bytes(struct stream *stream)
{
    struct stream_packed_bytes bytes = stream->packing->bytes;
    stream->packing->bytes = (struct stream_packed_bytes){ 0 };
    return bytes;
}

enum frames_verdict stream_packing_verdict(const struct stream *stream)
{
    return stream->packing != NULL ? stream->packing->verdict : FRAMES_OK;
}

const struct frames_manner *stream_packing_manner(const struct stream *stream)
{
    return stream->packing != NULL ? &stream->packing->frames.manner : NULL;
}
