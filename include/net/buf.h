/* The window: contiguous input bytes with four cursors.
 *
 *      data          kept          sent          parsed        filled          cap
 *       │  (free)     │  may be     │  goes out    │  not yet     │   room       │
 *       │             │  run again  │  next        │  looked at   │              │
 *
 * kept ≤ sent ≤ parsed ≤ filled ≤ cap, always. A window belongs to a stream only while it holds something:
 * idle streams have none. Pure but for where the memory comes from, which the stream decides.
 */
#ifndef HEADGATE_NET_BUF_H
#define HEADGATE_NET_BUF_H

#include "base/str.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

struct buf {
    uint8_t *data; /* owns; NULL: no window */
    uint32_t cap;
    uint32_t kept;   /* from here bytes are held back for another try */
    uint32_t sent;   /* from here bytes wait to be written */
    uint32_t parsed; /* from here bytes have not been looked at */
    uint32_t filled; /* end of what was read */
};

static inline void buf_check(const struct buf *buf)
{
    assert(buf->kept <= buf->sent && buf->sent <= buf->parsed && buf->parsed <= buf->filled &&
           buf->filled <= buf->cap);
}

/* Bytes from one cursor to another. Without a window all cursors are 0, and NULL + 0 is undefined in C. */
static inline struct span buf_between(const struct buf *buf, uint32_t from, uint32_t to)
{
    return span_of(from > 0 ? buf->data + from : buf->data, to - from);
}

/* Not yet looked at. */
static inline struct span buf_unparsed(const struct buf *buf)
{
    return buf_between(buf, buf->parsed, buf->filled);
}

/* Looked at, waiting to be written. */
static inline struct span buf_unsent(const struct buf *buf)
{
    return buf_between(buf, buf->sent, buf->parsed);
}

static inline bool buf_is_empty(const struct buf *buf)
{
    return buf->kept == buf->filled;
}

/* Bytes that can be read after consumed bytes have been moved away. */
static inline uint32_t buf_room(const struct buf *buf)
{
    return buf->cap - (buf->filled - buf->kept);
}

void buf_mark_parsed(struct buf *buf, size_t len);
/* Written, but kept for another try. */
void buf_mark_sent(struct buf *buf, size_t len);
/* What was sent is not needed again. */
void buf_release_sent(struct buf *buf);
/* What was looked at is dropped without being written. Everything before it must have been sent. */
void buf_drop_parsed(struct buf *buf);
/* Back to the kept bytes: they are to be written again. */
void buf_rewind(struct buf *buf);
/* Moves the bytes that are still needed to the front, if that makes room. Cursors follow; spans become
 * invalid. */
void buf_compact(struct buf *buf);

#endif
