/* zlib and zstd; no other file uses these libraries. Each thread has one `struct compress`. A compressed
 * connection has a `struct unpacker` only while a frame is being unpacked.
 *
 * Every frame of the protocol is compressed independently, so packing keeps no state between frames. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum compress_algorithm { COMPRESS_ZLIB, COMPRESS_ZSTD };

enum {
    COMPRESS_ZLIB_LEVEL_MAX = 9,
    COMPRESS_ZSTD_LEVEL_MAX = 22,
    COMPRESS_THRESHOLD_BYTES = 50, /* servers and clients compress nothing shorter */
    COMPRESS_ZLIB_LEVEL = 6,       /* the level of MySQL and MariaDB servers */
    COMPRESS_ZSTD_LEVEL = 3        /* the default level of clients */
};

struct compress;
struct unpacker;

/* NULL when memory is out. The libraries' own memory is allocated at the first use. */
struct compress *compress_new(void);
void compress_free(struct compress **compress);

/* Compresses all of `plain` into `out`, which has room for `cap` bytes. Returns the number of bytes written.
 * 0: the result is longer than `cap`, or memory is out; the caller then sends `plain` uncompressed. */
size_t compress_pack(struct compress *compress, enum compress_algorithm algorithm, int level,
                     struct span plain, uint8_t *out, size_t cap);

/* A decoder for the contents of one frame; NULL when memory is out. The owner gives it back with
 * unpacker_end, on any thread. */
struct unpacker *unpacker_begin(struct compress *compress, enum compress_algorithm algorithm);
void unpacker_end(struct compress *compress, struct unpacker **unpacker);

/* Unpacks from the front of *packed into `out`, until `packed` is used up or `cap` bytes are written
 * (*done_r). *packed then begins after the used bytes. False: the bytes are not valid for the algorithm, or
 * memory is out. */
bool unpacker_feed(struct unpacker *unpacker, struct span *packed, uint8_t *out, size_t cap, size_t *done_r);

/* Did the bytes fed so far end exactly at the end of the compressed data? */
bool unpacker_is_over(const struct unpacker *unpacker);
