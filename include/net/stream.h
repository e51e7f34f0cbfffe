/* A non-blocking byte pipe: one socket, plain or TLS, compressed or not, a window for input and a text for
 * what we invent. The compressed protocol is above the transport: its owner sees the bytes inside.
 *
 * The owner reads with stream_fill, writes bytes of another stream's window with stream_send (no copy), and
 * its own with stream_put. Interest in readiness is derived in one place, by the owner, and told with
 * stream_want, which touches the watcher only when it changes: on the hot path it never does.
 */
#ifndef HEADGATE_NET_STREAM_H
#define HEADGATE_NET_STREAM_H

#include "base/error.h"
#include "base/str.h"
#include "net/buf.h"
#include "net/loop.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct ssl_st;
struct ssl_ctx_st;
struct packing;
struct stream;

enum stream_result {
    STREAM_OK,      /* something was read or written */
    STREAM_BLOCKED, /* nothing now; readiness will come */
    STREAM_EOF,     /* the peer closed */
    STREAM_FAILED   /* see stream->error */
};

/* A transport: plain, TLS, or the compressed protocol above one of these. */
struct stream_ops {
    enum stream_result (*read)(struct stream *stream, void *data, size_t len, size_t *done_r);
    enum stream_result (*write)(struct stream *stream, const void *data, size_t len, size_t *done_r);
    bool drains; /* a short read is not the end: the transport may hold more bytes */
    /* Of the compressed protocol alone: */
    void (*restart)(struct stream *stream);          /* see stream_restart */
    bool (*holds_more)(const struct stream *stream); /* see stream_has_pending */
    void (*release)(struct stream *stream);          /* frees what stream_pack has taken */
};

struct stream {
    const struct stream_ops *ops; /* plain, TLS or compressed */
    struct loop *loop;            /* borrows */
    int fd;                       /* owns; -1: closed */
    int interest;                 /* EV_READ | EV_WRITE as last told to libev */
    int error;                    /* errno of the last failure; EPROTO for TLS and for wrong frames */
    bool is_eof;                  /* the peer closed its side; no more reading */
    struct ssl_st *ssl;           /* owns; NULL: plain */
    struct packing *packing;      /* owns; NULL: not compressed */
    struct buf in;                /* owns the window while it holds something */
    struct text out;              /* owns: invented bytes not yet written */
    size_t out_sent;              /* of out */
    ev_io io;
    void (*on_ready)(struct stream *stream, int events);
    void *owner; /* borrows */
    uint64_t bytes_in;
    uint64_t bytes_out;
};

/* Takes the non-blocking fd. No watcher runs before stream_want. */
void stream_open(struct stream *stream, struct loop *loop, int take_fd,
                 void (*on_ready)(struct stream *, int), void *owner);
/* Stops watching, closes, gives memory back. Harmless when not open. */
void stream_close(struct stream *stream);
/* The same without TLS's good-bye. A server that runs a statement does not read: it takes a client whose
 * good-bye has arrived for one that has sent something, and is alive. Without it the server sees the end. */
void stream_break(struct stream *stream);
/* The same, but nothing that was written and has not arrived is sent any more: the peer is reset. */
void stream_abort(struct stream *stream);
/* The peer's kernel has not yet acknowledged all that was written. A system call. */
bool stream_is_unheard(const struct stream *stream);

static inline bool stream_is_open(const struct stream *stream)
{
    return stream->fd >= 0;
}

/* One read into the window, taking one from the loop when there is none. A full window is STREAM_BLOCKED.
 * Under TLS everything OpenSSL holds is drained, as far as there is room. */
enum stream_result stream_fill(struct stream *stream);

/* TLS or the frames of the compressed protocol hold bytes that were read from the socket but did not fit the
 * window. The socket's readiness does not tell of them; of those in frames on_ready is told anyway, while
 * EV_READ is wanted. */
bool stream_has_pending(const struct stream *stream);

/* Readiness to read was reported in this turn of the loop, and its callback has not run yet. No system call.
 */
static inline bool stream_is_called(struct stream *stream)
{
    return ev_is_pending(&stream->io);
}

/* Give an empty window back. Cheap to call. */
void stream_trim(struct stream *stream);

/* A window of at least cap_bytes, contents kept. False when memory is out. */
bool stream_grow(struct stream *stream, uint32_t cap_bytes);

/* Write borrowed bytes now, as many as the socket takes. Nothing is written while invented bytes wait in
 * `out`: order is kept, and the result is then that of flushing. */
enum stream_result stream_send(struct stream *stream, struct span bytes, size_t *sent_r);

/* Flush `out`. STREAM_OK when it is empty afterwards. When an append to it found no memory, nothing of it is
 * sent: from then on flushing and sending are STREAM_FAILED with ENOMEM, and all there is to do is to close.
 */
static inline enum stream_result stream_flush(struct stream *stream);

static inline bool stream_has_output(const struct stream *stream)
{
    return stream->out.len > stream->out_sent;
}

enum { STREAM_OUT_KEPT = 4096 }; /* bytes of `out` that an idle stream may keep */

/* private: stream_flush() where there is something to do. */
enum stream_result stream_flush_out(struct stream *stream);

static inline enum stream_result stream_flush(struct stream *stream)
{
    const struct text *out = &stream->out;
    bool is_done = out->len == 0 && out->cap <= STREAM_OUT_KEPT && !out->is_oom;
    return is_done ? STREAM_OK : stream_flush_out(stream);
}

/* A command begins: a client calls this before it writes the command, a server before it writes its answer.
 * What is in `out` now belongs to the exchange before. Nothing happens where the stream is not compressed
 * (stream_packed.h). */
static inline void stream_restart(struct stream *stream)
{
    if (stream->packing != NULL)
        stream->ops->restart(stream);
}

static inline bool stream_is_packed(const struct stream *stream)
{
    return stream->packing != NULL;
}

/* Tell libev what readiness matters: EV_READ, EV_WRITE, both or 0. */
void stream_want(struct stream *stream, int events);

/* To another thread: the window empty and nothing unsent, it lets go of its loop; there, stream_join. TLS
 * moves with it. libev leaves the descriptor in the old loop's epoll set until something happens on it: that
 * wakes the old loop once, for nothing. */
void stream_leave(struct stream *stream);
void stream_join(struct stream *stream, struct loop *loop);

/* Begin TLS as a client on the open stream; nothing of the peer's may be in the window. */
bool stream_secure(struct stream *stream, struct ssl_ctx_st *context, struct error *err);
/* Go on with the handshake: OK when done, BLOCKED with *want_r = EV_READ or EV_WRITE. */
enum stream_result stream_handshake(struct stream *stream, int *want_r, struct error *err);

#endif
