#include "net/buf.h"

void buf_mark_parsed(struct buf *buf, size_t len)
{
    assert(len <= buf->filled - buf->parsed);
    buf->parsed += (uint32_t)len;
}

void buf_mark_sent(struct buf *buf, size_t len)
{
    assert(len <= buf->parsed - buf->sent);
    buf->sent += (uint32_t)len;
}

static void reset_if_empty(struct buf *buf)
{
    if (buf->kept == buf->filled)
        buf->kept = buf->sent = buf->parsed = buf->filled = 0;
}

void buf_release_sent(struct buf *buf)
{
    buf->kept = buf->sent;
    reset_if_empty(buf);
}

void buf_drop_parsed(struct buf *buf)
{
    buf->kept = buf->sent = buf->parsed;
    reset_if_empty(buf);
}

void buf_rewind(struct buf *buf)
{
    buf->sent = buf->kept;
}

void buf_compact(struct buf *buf)
{
    if (buf->kept == 0)
        return;
    uint32_t shift = buf->kept;
    if (buf->filled > shift)
        memmove(buf->data, buf->data + shift, buf->filled - shift);
    buf->kept = 0;
    buf->sent -= shift;
    buf->parsed -= shift;
    buf->filled -= shift;
}
