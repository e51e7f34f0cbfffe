/* What stream's own files share: the transports, and the compressed protocol above them (stream_packed.c).
 */
#ifndef HEADGATE_NET_STREAM_INSIDE_H
#define HEADGATE_NET_STREAM_INSIDE_H

#include "net/stream.h"

struct stream_ops {
    enum stream_result (*read)(struct stream *stream, void *data, size_t len, size_t *done_r);
    enum stream_result (*write)(struct stream *stream, const void *data, size_t len, size_t *done_r);
    bool drains; /* a short read is not the end: more may be held inside */
};

/* Gives back what stream_pack has taken. */
void stream_unpack(struct stream *stream);

/* Of a compressed stream: see stream_has_pending. */
bool stream_packing_holds_more(const struct stream *stream);

#endif
