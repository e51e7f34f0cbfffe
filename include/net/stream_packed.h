/* The compressed protocol (CLIENT_COMPRESS and its zstd variant) on a stream: its owner sees the bytes inside
 * the frames.
 */
#ifndef HEADGATE_NET_STREAM_PACKED_H
#define HEADGATE_NET_STREAM_PACKED_H

#include "net/frames.h"
#include "net/stream.h"

/* From here on both sides speak it: what is in `out` still goes as it is, and what was read and not looked at
 * yet is taken for frames. False when memory is out, or the peer has sent more than a window of them. Wrong
 * frames make stream_fill STREAM_FAILED with EPROTO. */
bool stream_pack(struct stream *stream, const struct frames_manner *manner);

/* Bytes that passed, and what they were in frames. */
struct stream_packed_bytes {
    uint64_t in, packed_in;
    uint64_t out, packed_out;
};

/* Those of a compressed stream since the last call, or since stream_pack. */
struct stream_packed_bytes stream_take_packed_bytes(struct stream *stream);

/* What was wrong with the frames that were read: OK as long as stream_fill did not fail because of them. */
enum frames_verdict stream_packing_verdict(const struct stream *stream);
/* As said to stream_pack; NULL: the stream is not compressed. */
const struct frames_manner *stream_packing_manner(const struct stream *stream);

#endif
