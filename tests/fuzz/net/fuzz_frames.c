/* No bytes crash the reader of frames. Its output does not depend on how the input is cut or how much room
 * there is. Bytes put into frames are read back. The first byte of the input holds choices. */
#include "net/frames.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 16 };

/* Unpacks up to OUT_MAX bytes of `raw`. With *is_open_r the last packed frame is incomplete: not every way of
 * reading has noticed an error in it yet. */
static enum frames_verdict read_some(const struct frames_manner *manner, struct span raw, size_t step,
                                     size_t cap, struct text *out, bool *is_open_r)
{
    struct compress *compress = compress_new();
    struct frames frames;
    enum frames_verdict verdict = FRAMES_OK;
    uint8_t *room = malloc(cap);
    assert(compress != NULL && room != NULL);
    frames_init(&frames, manner);
    while (verdict == FRAMES_OK && out->len < OUT_MAX && (raw.len > 0 || frames_holds_more(&frames))) {
        struct span part = span_of(raw.data, raw.len < step ? raw.len : step);
        size_t offered = part.len, done = 0;
        verdict = frames_read(&frames, compress, &part, room, cap, &done);
        assert(done <= cap && part.len <= offered);
        assert(part.len == 0 || done == cap || verdict != FRAMES_OK);
        (void)text_append(out, room, done);
        raw = span_of(raw.data + (offered - part.len), raw.len - (offered - part.len));
        if (offered == part.len && done == 0)
            break;
    }
    *is_open_r = frames.unpacker != NULL;
    frames_fini(&frames, compress);
    compress_free(&compress);
    free(room);
    return verdict;
}

static void check_reading(const struct frames_manner *manner, struct span raw)
{
    struct text whole = { 0 }, cut = { 0 };
    bool is_open, is_cut_open;
    enum frames_verdict verdict = read_some(manner, raw, SIZE_MAX, 32768, &whole, &is_open);
    enum frames_verdict again = read_some(manner, raw, 1, 1 + raw.len % 50, &cut, &is_cut_open);
    bool is_long = whole.len >= OUT_MAX || cut.len >= OUT_MAX;
    assert(is_long || verdict == again || (verdict == FRAMES_OK && is_open) ||
           (again == FRAMES_OK && is_cut_open));
    size_t len = whole.len < cut.len ? whole.len : cut.len;
    assert(len == 0 || memcmp(whole.data, cut.data, len) == 0);
    assert(is_long || verdict != FRAMES_OK || again != FRAMES_OK || whole.len == cut.len);
    text_fini(&whole);
    text_fini(&cut);
}

static void check_writing(const struct frames_manner *manner, struct span plain)
{
    struct compress *compress = compress_new();
    struct frames frames;
    struct text out = { 0 };
    uint8_t *frame = malloc(FRAMES_HEADER_BYTES + plain.len);
    assert(compress != NULL && frame != NULL);
    frames_init(&frames, manner);
    size_t len = frames_put(&frames, compress, plain, frame);
    assert(len <= FRAMES_HEADER_BYTES + plain.len);
    if (plain.len < OUT_MAX) {
        bool is_open;
        assert(read_some(manner, span_of(frame, len), 3, 1000, &out, &is_open) == FRAMES_OK);
        assert(!is_open && span_equal(text_span(&out), plain));
    }
    text_fini(&out);
    frames_fini(&frames, compress);
    compress_free(&compress);
    free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct frames_manner manner = { .algorithm = data[0] & 1 ? COMPRESS_ZSTD : COMPRESS_ZLIB,
                                          .level = 1 + (data[0] >> 1) % 9,
                                          .threshold_bytes = data[0] >> 4,
                                          .is_client = (data[0] & 2) != 0 };
    struct span input = span_of(data + 1, size - 1);
    check_reading(&manner, input);
    check_writing(&manner, input);
    return 0;
}
