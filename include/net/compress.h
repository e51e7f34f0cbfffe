/* zlib and zstd: the one place that speaks to them. A thread has one `struct compress`; a compressed
 * connection needs nothing of its own but, in the middle of a frame that is being unpacked, a `struct
 * unpacker`.
 *
 * Every frame of the protocol is compressed by itself, so packing needs no state between frames.
 */
#ifndef HEADGATE_NET_COMPRESS_H
#define HEADGATE_NET_COMPRESS_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum compress_algorithm { COMPRESS_ZLIB, COMPRESS_ZSTD };

enum {
    COMPRESS_ZLIB_LEVEL_MAX = 9,
    COMPRESS_ZSTD_LEVEL_MAX = 22,
    COMPRESS_THRESHOLD_BYTES = 50, /* servers and clients pack nothing shorter */
    COMPRESS_ZLIB_LEVEL = 6,       /* what both families of servers use */
    COMPRESS_ZSTD_LEVEL = 3        /* what clients ask for unless told otherwise */
};

struct compress;
struct unpacker;

/* NULL when memory is out. The libraries' own memory is taken at the first use. */
struct compress *compress_new(void);
void compress_free(struct compress **compress);

/* Compresses all of `plain` into `out`, which has room for `cap` bytes. Returns the bytes written; 0 when
 * they would be more than `cap`, or memory is out: `plain` is then sent as it is. */
size_t compress_pack(struct compress *compress, enum compress_algorithm algorithm, int level,
                     struct span plain, uint8_t *out, size_t cap);

/* A decoder at the beginning of one frame's contents; NULL when memory is out. The owner gives it back with
 * unpacker_end, on any thread. */
struct unpacker *unpacker_begin(struct compress *compress, enum compress_algorithm algorithm);
void unpacker_end(struct compress *compress, struct unpacker **unpacker);

/* Unpacks from the front of *packed into `out`, until `packed` is used up or `cap` bytes are written
 * (*done_r). *packed then begins after what was used. False: the bytes are not what the algorithm writes, or
 * memory is out. */
bool unpacker_feed(struct unpacker *unpacker, struct span *packed, uint8_t *out, size_t cap, size_t *done_r);

/* All that was fed is whole: nothing is missing. */
bool unpacker_is_over(const struct unpacker *unpacker);

#endif
