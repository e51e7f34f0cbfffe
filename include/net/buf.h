/* The window: contiguous input bytes with four cursors.
 *
 *      data          kept          sent          parsed        filled          cap
 *       │  (free)     │  written,   │  parsed, to  │  not yet     │   room       │
 *       │             │  kept for   │  be written  │  parsed      │              │
 *       │             │  a retry    │              │              │              │
 *
 * Always kept ≤ sent ≤ parsed ≤ filled ≤ cap. A stream has a window only while the window holds bytes: an
 * idle stream has none. Pure; the stream allocates the memory. */
#pragma once

#include "base/str.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

struct buf {
    uint8_t *data; /* owns; NULL: no window */
    uint32_t cap;
    uint32_t kept;   /* from here bytes were written and are kept for a retry */
    uint32_t sent;   /* from here bytes wait to be written */
    uint32_t parsed; /* from here bytes have not been parsed */
    uint32_t filled; /* end of what was read */
};

static inline void buf_check(const struct buf *buf)
{
    assert(buf->kept <= buf->sent && buf->sent <= buf->parsed && buf->parsed <= buf->filled &&
           buf->filled <= buf->cap);
}

/* The bytes between two cursors. Without a window all cursors are 0, and NULL + 0 is undefined in C. */
static inline struct span buf_between(const struct buf *buf, uint32_t from, uint32_t to)
{
    return span_of(from > 0 ? buf->data + from : buf->data, to - from);
}

/* Bytes not yet parsed. */
static inline struct span buf_unparsed(const struct buf *buf)
{
    return buf_between(buf, buf->parsed, buf->filled);
}

/* Bytes parsed and not yet written. */
static inline struct span buf_unsent(const struct buf *buf)
{
    return buf_between(buf, buf->sent, buf->parsed);
}

static inline bool buf_is_empty(const struct buf *buf)
{
    return buf->kept == buf->filled;
}

/* Number of bytes that can be read, after buf_compact. */
static inline uint32_t buf_room(const struct buf *buf)
{
    return buf->cap - (buf->filled - buf->kept);
}

void buf_mark_parsed(struct buf *buf, size_t len);
/* Marks `len` bytes as written. They are kept for a retry. */
void buf_mark_sent(struct buf *buf, size_t len);
/* Drops the written bytes: they are not needed for a retry. */
void buf_release_sent(struct buf *buf);
/* Drops parsed bytes without writing them. All bytes before them must have been written. */
void buf_drop_parsed(struct buf *buf);
/* Moves the sent cursor back to the kept bytes, so that they are written again. */
void buf_rewind(struct buf *buf);
/* Moves the needed bytes to the front of the window, if that makes room. The cursors move with them; spans
 * become invalid. */
void buf_compact(struct buf *buf);
