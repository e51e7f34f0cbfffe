/* A non-blocking byte pipe: one socket, plain or TLS, compressed or not, with a window for input and a text
 * for bytes that headgate itself writes. With the compressed protocol the owner sees the uncompressed bytes.
 *
 * The owner reads with stream_fill, writes bytes of another stream's window with stream_send (no copy), and
 * writes its own bytes with stream_put. The owner computes in one place which readiness it needs and calls
 * stream_want, which changes the watcher only when the interest changes: never on the hot path. */
#pragma once

#include "base/error.h"
#include "base/str.h"
#include "net/buf.h"
#include "net/loop.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct ssl_st;
struct packing;
struct stream;

enum stream_result {
    STREAM_OK,      /* bytes were read or written */
    STREAM_BLOCKED, /* no bytes now; readiness will be reported */
    STREAM_EOF,     /* the peer closed */
    STREAM_FAILED   /* see stream->error */
};

/* A transport: plain, TLS, or the compressed protocol on top of one of these. */
struct stream_ops {
    enum stream_result (*read)(struct stream *stream, void *data, size_t len, size_t *done_r);
    enum stream_result (*write)(struct stream *stream, const void *data, size_t len, size_t *done_r);
    bool (*holds_more)(const struct stream *stream); /* see stream_has_pending; NULL: never */
    /* For the compressed protocol only: */
    void (*restart)(struct stream *stream); /* see stream_restart */
    void (*release)(struct stream *stream); /* frees what stream_pack allocated */
};

struct stream {
    const struct stream_ops *ops; /* plain, TLS or compressed */
    struct loop *loop;            /* borrows */
    int fd;                       /* owns; -1: closed */
    int interest;                 /* EV_READ | EV_WRITE as last set in libev */
    int error;                    /* errno of the last failure; EPROTO for TLS and for wrong frames */
    bool is_eof;                  /* the peer closed its side: no more reading */
    struct ssl_st *ssl;           /* owns; NULL: plain */
    struct packing *packing;      /* owns; NULL: not compressed */
    struct buf in;                /* owns a window while it holds bytes */
    struct text out;              /* owns: headgate's own bytes, not yet written */
    size_t out_sent;              /* bytes of `out` already written */
    ev_io io;
    void (*on_ready)(struct stream *stream, int events);
    void *owner; /* borrows */
    uint64_t bytes_in;
    uint64_t bytes_out;
};

/* Takes the non-blocking fd. Readiness is not watched before stream_want. */
void stream_open(struct stream *stream, struct loop *loop, int take_fd,
                 void (*on_ready)(struct stream *, int), void *owner);
/* Stops watching, closes the socket, frees the memory. Harmless when not open. */
void stream_close(struct stream *stream);
/* Like stream_close, without TLS's close_notify. A server that runs a statement does not read the connection:
 * it would see an arrived close_notify as data of a live client. Without it the server detects the end of the
 * connection. */
void stream_break(struct stream *stream);
/* Like stream_break, and drops written bytes that the peer has not received: the connection is reset. */
void stream_abort(struct stream *stream);
/* Tells the peer that no more bytes come; its bytes are still read. */
void stream_end_output(struct stream *stream);
/* True: the peer's kernel has not acknowledged all written bytes. Costs a system call. */
bool stream_is_unheard(const struct stream *stream);

static inline bool stream_is_open(const struct stream *stream)
{
    return stream->fd >= 0;
}

/* One read into the window; takes a window from the loop if there is none. A full window is STREAM_BLOCKED.
 * With TLS all bytes that OpenSSL holds are read, as far as there is room. */
enum stream_result stream_fill(struct stream *stream);

/* True: TLS or the compressed protocol holds bytes that were read from the socket and did not fit into the
 * window (with TLS perhaps only a part of a record). The socket does not report these bytes as readiness;
 * on_ready is called for them while EV_READ is wanted. */
bool stream_has_pending(const struct stream *stream);

/* True: readiness to read was reported in this turn of the loop, and its callback has not run yet. No system
 * call. */
static inline bool stream_is_called(struct stream *stream)
{
    return ev_is_pending(&stream->io);
}

/* To be called when the stream is idle: gives an empty window back to the loop, and frees an empty `out`. Cheap. */
void stream_trim(struct stream *stream);

/* Enlarges the window to at least cap_bytes and keeps its contents. False when memory is out. */
bool stream_grow(struct stream *stream, uint32_t cap_bytes);

/* Writes borrowed bytes, as many as the socket takes (*sent_r). While bytes wait in `out` they are flushed
 * first, and nothing else is written until `out` is empty; the result is then that of the flush. */
enum stream_result stream_send(struct stream *stream, struct span bytes, size_t *sent_r);

/* Writes `out`. STREAM_OK: it is empty now. After an append to `out` failed for lack of memory, nothing of it
 * is written: flushing and sending return STREAM_FAILED with ENOMEM, and the owner must close the stream. */
static inline enum stream_result stream_flush(struct stream *stream);

static inline bool stream_has_output(const struct stream *stream)
{
    return stream->out.len > stream->out_sent;
}

enum { STREAM_OUT_KEPT = 4096 }; /* bytes of `out` that are kept when all is sent */

/* private: stream_flush() calls it when there is something to write. */
enum stream_result stream_flush_out(struct stream *stream);

static inline enum stream_result stream_flush(struct stream *stream)
{
    const struct text *out = &stream->out;
    bool is_done = out->len == 0 && out->cap <= STREAM_OUT_KEPT && !out->is_oom;
    return is_done ? STREAM_OK : stream_flush_out(stream);
}

/* Marks the start of a command: a client calls this before it writes the command, a server before it writes
 * the answer. Bytes already in `out` belong to the previous exchange. No effect if the stream is not
 * compressed (stream_packed.h). */
static inline void stream_restart(struct stream *stream)
{
    if (stream->packing != NULL)
        stream->ops->restart(stream);
}

static inline bool stream_is_packed(const struct stream *stream)
{
    return stream->packing != NULL;
}

/* Sets the readiness to watch: EV_READ, EV_WRITE, both, or 0. */
void stream_want(struct stream *stream, int events);

/* Moves a stream to another thread: stream_leave detaches it from its loop, then stream_join on the other
 * thread attaches it. The window must be empty and all bytes written. TLS moves with it. libev leaves the
 * descriptor in the old loop's epoll set until its next event, which wakes the old loop once without
 * effect. */
void stream_leave(struct stream *stream);
void stream_join(struct stream *stream, struct loop *loop);
