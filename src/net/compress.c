#include "net/compress.h"

#include "base/mem.h"

#define ZLIB_CONST /* zlib takes const input */
#include <zlib.h>
#include <zstd.h>

/* A zstd frame may ask its reader for as much memory as it has contents. The contents of a frame of the
 * protocol are less than 16 MiB. */
#define ZSTD_WINDOW_LOG_MAX 24

/* The first bytes of a zstd frame. The library also accepts the formats before version 1, which no client
 * writes and which are read by old code. */
static const uint8_t zstd_magic[4] = { 0x28, 0xB5, 0x2F, 0xFD };

/* A decoder with more memory than this is not kept for the next frame. */
#define KEPT_BYTES (256u * 1024u)

struct unpacker {
    enum compress_algorithm algorithm;
    bool is_over;
    z_stream zlib;
    ZSTD_DCtx *zstd;   /* owns */
    uint8_t magic_len; /* bytes of zstd_magic that have been seen */
};

struct compress {
    struct unpacker *spare[2]; /* owns; by algorithm: a decoder kept for the next frame */
    z_stream deflater;
    bool has_deflater;
    ZSTD_CCtx *zstd; /* owns */
};

struct compress *compress_new(void)
{
    return mem_zalloc(sizeof(struct compress));
}

static void unpacker_free(struct unpacker *unpacker)
{
    if (unpacker == NULL)
        return;
    if (unpacker->algorithm == COMPRESS_ZLIB)
        (void)inflateEnd(&unpacker->zlib);
    else
        (void)ZSTD_freeDCtx(unpacker->zstd);
    mem_free(unpacker);
}

void compress_free(struct compress **compress)
{
    if (*compress == NULL)
        return;
    unpacker_free((*compress)->spare[COMPRESS_ZLIB]);
    unpacker_free((*compress)->spare[COMPRESS_ZSTD]);
    if ((*compress)->has_deflater)
        (void)deflateEnd(&(*compress)->deflater);
    (void)ZSTD_freeCCtx((*compress)->zstd);
    mem_free(*compress);
    *compress = NULL;
}

/* ---- packing ---- */

static bool begin_deflater(struct compress *compress, int level)
{
    z_stream *deflater = &compress->deflater;
    if (!compress->has_deflater) {
        compress->has_deflater = deflateInit(deflater, level) == Z_OK;
        return compress->has_deflater;
    }
    return deflateReset(deflater) == Z_OK && deflateParams(deflater, level, Z_DEFAULT_STRATEGY) == Z_OK;
}

static size_t pack_zlib(struct compress *compress, int level, struct span plain, uint8_t *out, size_t cap)
{
    z_stream *deflater = &compress->deflater;
    if (!begin_deflater(compress, level))
        return 0;
    deflater->next_in = plain.data;
    deflater->avail_in = (uInt)plain.len;
    deflater->next_out = out;
    deflater->avail_out = (uInt)cap;
    return deflate(deflater, Z_FINISH) == Z_STREAM_END ? cap - deflater->avail_out : 0;
}

static size_t pack_zstd(struct compress *compress, int level, struct span plain, uint8_t *out, size_t cap)
{
    if (compress->zstd == NULL)
        compress->zstd = ZSTD_createCCtx();
    if (compress->zstd == NULL)
        return 0;
    size_t len = ZSTD_compressCCtx(compress->zstd, out, cap, plain.data, plain.len, level);
    return ZSTD_isError(len) ? 0 : len;
}

size_t compress_pack(struct compress *compress, enum compress_algorithm algorithm, int level,
                     struct span plain, uint8_t *out, size_t cap)
{
    if (plain.len == 0)
        return 0;
    return algorithm == COMPRESS_ZLIB ? pack_zlib(compress, level, plain, out, cap)
                                      : pack_zstd(compress, level, plain, out, cap);
}

/* ---- unpacking ---- */

static struct unpacker *new_unpacker(enum compress_algorithm algorithm)
{
    struct unpacker *unpacker = mem_zalloc(sizeof *unpacker);
    if (unpacker == NULL)
        return NULL;
    unpacker->algorithm = algorithm;
    bool is_made;
    if (algorithm == COMPRESS_ZLIB) {
        is_made = inflateInit(&unpacker->zlib) == Z_OK;
    } else {
        unpacker->zstd = ZSTD_createDCtx();
        is_made =
            unpacker->zstd != NULL &&
            !ZSTD_isError(ZSTD_DCtx_setParameter(unpacker->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX));
    }
    if (is_made)
        return unpacker;
    (void)ZSTD_freeDCtx(unpacker->zstd);
    mem_free(unpacker);
    return NULL;
}

struct unpacker *unpacker_begin(struct compress *compress, enum compress_algorithm algorithm)
{
    struct unpacker *unpacker = compress->spare[algorithm];
    compress->spare[algorithm] = NULL;
    return unpacker != NULL ? unpacker : new_unpacker(algorithm);
}

/* Resets the unpacker for the next frame. False: it is too large to be kept. */
static bool may_be_kept(struct unpacker *unpacker)
{
    unpacker->is_over = false;
    unpacker->magic_len = 0;
    if (unpacker->algorithm == COMPRESS_ZLIB)
        return inflateReset(&unpacker->zlib) == Z_OK;
    return ZSTD_sizeof_DCtx(unpacker->zstd) <= KEPT_BYTES &&
           !ZSTD_isError(ZSTD_DCtx_reset(unpacker->zstd, ZSTD_reset_session_only));
}

void unpacker_end(struct compress *compress, struct unpacker **unpacker)
{
    struct unpacker *ended = *unpacker;
    *unpacker = NULL;
    if (ended == NULL)
        return;
    if (compress != NULL && compress->spare[ended->algorithm] == NULL && may_be_kept(ended))
        compress->spare[ended->algorithm] = ended;
    else
        unpacker_free(ended);
}

static bool feed_zlib(struct unpacker *unpacker, struct span *packed, uint8_t *out, size_t cap,
                      size_t *done_r)
{
    z_stream *inflater = &unpacker->zlib;
    inflater->next_in = packed->data;
    inflater->avail_in = (uInt)packed->len;
    inflater->next_out = out;
    inflater->avail_out = (uInt)cap;
    int result = inflate(inflater, Z_NO_FLUSH);
    *packed = span_of(packed->data + (packed->len - inflater->avail_in), inflater->avail_in);
    *done_r = cap - inflater->avail_out;
    unpacker->is_over = result == Z_STREAM_END;
    return result == Z_OK || result == Z_BUF_ERROR || (result == Z_STREAM_END && packed->len == 0);
}

static bool has_magic(struct unpacker *unpacker, struct span packed)
{
    for (size_t i = 0; i < packed.len && unpacker->magic_len < sizeof zstd_magic; i++)
        if (packed.data[i] != zstd_magic[unpacker->magic_len++])
            return false;
    return true;
}

static bool feed_zstd(struct unpacker *unpacker, struct span *packed, uint8_t *out, size_t cap,
                      size_t *done_r)
{
    if (!has_magic(unpacker, *packed))
        return false;
    ZSTD_inBuffer in = { packed->data, packed->len, 0 };
    ZSTD_outBuffer room = { out, cap, 0 };
    size_t hint = ZSTD_decompressStream(unpacker->zstd, &room, &in);
    *packed = span_of(packed->data + in.pos, packed->len - in.pos);
    *done_r = room.pos;
    unpacker->is_over = hint == 0;
    return !ZSTD_isError(hint) && (hint != 0 || packed->len == 0);
}

bool unpacker_feed(struct unpacker *unpacker, struct span *packed, uint8_t *out, size_t cap, size_t *done_r)
{
    *done_r = 0;
    if (unpacker->is_over) /* bytes after the end of the compressed data are an error */
        return packed->len == 0;
    return unpacker->algorithm == COMPRESS_ZLIB ? feed_zlib(unpacker, packed, out, cap, done_r)
                                                : feed_zstd(unpacker, packed, out, cap, done_r);
}

bool unpacker_is_over(const struct unpacker *unpacker)
{
    return unpacker->is_over;
}
