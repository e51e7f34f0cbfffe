/* The compressed protocol (CLIENT_COMPRESS, and CLIENT_ZSTD_COMPRESSION_ALGORITHM) on a stream. The owner of
 * the stream sees the uncompressed bytes. */
#pragma once

#include "net/frames.h"
#include "net/stream.h"

/* Switches the stream to the compressed protocol. Bytes that are in `out` now are sent uncompressed; bytes
 * that were read and not parsed yet are taken as frames. False: memory is out, or the peer has sent more than
 * a window of frames. Invalid frames make stream_fill return STREAM_FAILED with EPROTO. */
bool stream_pack(struct stream *stream, const struct frames_manner *manner);

/* Bytes that passed: uncompressed, and as frames. */
struct stream_packed_bytes {
    uint64_t in, packed_in;
    uint64_t out, packed_out;
};

/* The bytes of a compressed stream since the last call, or since stream_pack. */
struct stream_packed_bytes stream_take_packed_bytes(struct stream *stream);

/* The error in the received frames; FRAMES_OK as long as stream_fill has not failed because of frames. */
enum frames_verdict stream_packing_verdict(const struct stream *stream);
/* The manner given to stream_pack; NULL: the stream is not compressed. */
const struct frames_manner *stream_packing_manner(const struct stream *stream);
