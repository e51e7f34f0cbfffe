#include "net/stream.h"

#include "net/stream_tls.h"

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SMALL_REST                                                                                           \
    1024 /* bytes: a smaller rest is moved to the front of the window, so that the next read is large */

static enum stream_result failed(struct stream *stream, int error)
{
    if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR)
        return STREAM_BLOCKED;
    stream->error = error;
    return STREAM_FAILED;
}

/* The C library's recv() and send() switch the thread's cancellation to asynchronous and back, with two locked
 * instructions each time. No thread is ever cancelled, so the system calls are made without these functions. */
static enum stream_result plain_read(struct stream *stream, void *data, size_t len, size_t *done_r)
{
    ssize_t n = syscall(SYS_recvfrom, stream->fd, data, len, 0, NULL, NULL);
    if (n < 0)
        return failed(stream, errno);
    *done_r = (size_t)n;
    return n == 0 ? STREAM_EOF : STREAM_OK;
}

static enum stream_result plain_write(struct stream *stream, const void *data, size_t len, size_t *done_r)
{
    ssize_t n = syscall(SYS_sendto, stream->fd, data, len, MSG_NOSIGNAL, NULL, 0);
    if (n < 0)
        return failed(stream, errno);
    *done_r = (size_t)n;
    return STREAM_OK;
}

static const struct stream_ops plain_ops = { .read = plain_read, .write = plain_write };

static void on_io(struct ev_loop *ev, ev_io *watcher, int events)
{
    (void)ev;
    struct stream *stream = (struct stream *)(void *)((char *)watcher - offsetof(struct stream, io));
    stream->on_ready(stream, events);
}

void stream_open(struct stream *stream, struct loop *loop, int take_fd,
                 void (*on_ready)(struct stream *, int), void *owner)
{
    *stream = (struct stream){
        .ops = &plain_ops, .loop = loop, .fd = take_fd, .on_ready = on_ready, .owner = owner
    };
    ev_io_init(&stream->io, on_io, take_fd, 0);
}

static void give_window(struct stream *stream)
{
    if (stream->in.data == NULL)
        return;
    if (stream->in.cap == LOOP_WINDOW_BYTES)
        mem_slab_give(&stream->loop->windows, stream->in.data);
    else
        mem_free(stream->in.data);
    stream->in = (struct buf){ 0 };
}

bool stream_is_unheard(const struct stream *stream)
{
    int bytes = 0;
    return stream_is_open(stream) && ioctl(stream->fd, SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

void stream_end_output(struct stream *stream)
{
    if (stream->ssl != NULL)
        stream_tls_bye(stream);
    (void)shutdown(stream->fd, SHUT_WR);
}

void stream_break(struct stream *stream)
{
    if (stream->ssl != NULL)
        stream_tls_hush(stream);
    stream_close(stream);
}

/* Without SO_LINGER the kernel would send its unsent bytes when the network is back, perhaps minutes
 * later. */
void stream_abort(struct stream *stream)
{
    const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    if (!stream_is_open(stream) || stream->loop == NULL)
        return;
    (void)setsockopt(stream->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    stream_break(stream);
}

void stream_close(struct stream *stream)
{
    if (stream->loop == NULL || stream->fd < 0)
        return;
    ev_io_stop(stream->loop->ev, &stream->io);
    if (stream->ssl != NULL)
        stream_tls_end(stream);
    if (stream->packing != NULL)
        stream->ops->release(stream);
    (void)close(stream->fd);
    stream->fd = -1;
    stream->interest = 0;
    give_window(stream);
    text_fini(&stream->out);
    stream->out_sent = 0;
}

static bool take_window(struct stream *stream)
{
    if (stream->in.data != NULL)
        return true;
    stream->in.data = mem_slab_take(&stream->loop->windows);
    stream->in.cap = stream->in.data != NULL ? LOOP_WINDOW_BYTES : 0;
    return stream->in.data != NULL;
}

bool stream_has_pending(const struct stream *stream)
{
    return stream->ops->holds_more != NULL && stream->ops->holds_more(stream);
}

/* The socket does not report the bytes that the transport holds. */
static void announce_pending(struct stream *stream)
{
    if (stream_has_pending(stream))
        ev_feed_event(stream->loop->ev, &stream->io, EV_READ);
}

enum stream_result stream_fill(struct stream *stream)
{
    struct buf *in = &stream->in;
    if (!take_window(stream)) {
        stream->error = ENOMEM;
        return STREAM_FAILED;
    }
    if (in->kept > 0 && (in->filled == in->cap || in->filled - in->kept < SMALL_REST))
        buf_compact(in);
    enum stream_result result = STREAM_BLOCKED;
    while (in->filled < in->cap) {
        size_t done = 0;
        enum stream_result now =
            stream->ops->read(stream, in->data + in->filled, in->cap - in->filled, &done);
        if (now != STREAM_OK) {
            stream->is_eof = now == STREAM_EOF;
            return result == STREAM_OK ? STREAM_OK : now;
        }
        in->filled += (uint32_t)done;
        stream->bytes_in += done;
        result = STREAM_OK;
        if (!stream_has_pending(stream))
            return STREAM_OK;
    }
    if ((stream->interest & EV_READ) != 0)
        announce_pending(stream);
    return result;
}

void stream_trim(struct stream *stream)
{
    if (stream->in.data != NULL && buf_is_empty(&stream->in))
        give_window(stream);
    if (stream->out.cap > 0 && stream->out.len == 0)
        text_fini(&stream->out);
}

bool stream_grow(struct stream *stream, uint32_t cap_bytes)
{
    struct buf *in = &stream->in;
    if (!take_window(stream))
        return false;
    buf_compact(in);
    if (in->cap >= cap_bytes)
        return true;
    uint8_t *data = mem_realloc(NULL, cap_bytes);
    if (data == NULL)
        return false;
    memcpy(data, in->data, in->filled);
    struct buf grown = *in;
    give_window(stream);
    grown.data = data;
    grown.cap = cap_bytes;
    *in = grown;
    return true;
}

enum stream_result stream_flush_out(struct stream *stream)
{
    if (stream->out
            .is_oom) { /* `out` may end inside a packet: the peer would read later bytes as the rest of it */
        stream->error = ENOMEM;
        return STREAM_FAILED;
    }
    while (stream_has_output(stream)) {
        size_t done = 0;
        enum stream_result result = stream->ops->write(stream, stream->out.data + stream->out_sent,
                                                       stream->out.len - stream->out_sent, &done);
        if (result != STREAM_OK)
            return result;
        stream->out_sent += done;
        stream->bytes_out += done;
    }
    stream->out_sent = 0;
    if (stream->out.cap > STREAM_OUT_KEPT)
        text_fini(&stream->out); /* an idle session must not keep the memory of one long answer */
    text_clear(&stream->out);
    return STREAM_OK;
}

enum stream_result stream_send(struct stream *stream, struct span bytes, size_t *sent_r)
{
    *sent_r = 0;
    if (stream_has_output(stream) || stream->out.is_oom) {
        enum stream_result result = stream_flush(stream);
        if (result != STREAM_OK)
            return result;
    }
    if (bytes.len == 0)
        return STREAM_OK;
    enum stream_result result = stream->ops->write(stream, bytes.data, bytes.len, sent_r);
    stream->bytes_out += *sent_r;
    return result;
}

void stream_want(struct stream *stream, int events)
{
    if (stream->interest == events || stream->fd < 0)
        return;
    ev_io_stop(stream->loop->ev, &stream->io);
    ev_io_set(&stream->io, stream->fd, events);
    if (events != 0)
        ev_io_start(stream->loop->ev, &stream->io);
    if ((events & EV_READ) != 0)
        announce_pending(stream);
    stream->interest = events;
}

void stream_leave(struct stream *stream)
{
    /* What TLS holds is at most a part of a record: the rest makes the socket readable on the other thread. */
    assert(!stream_has_output(stream) && (stream->ssl != NULL || !stream_has_pending(stream)));
    stream_want(stream, 0);
    stream_trim(stream);
    assert(stream->in.data == NULL); /* a window belongs to its thread */
    stream->loop = NULL;
}

void stream_join(struct stream *stream, struct loop *loop)
{
    assert(stream->loop == NULL);
    stream->loop = loop;
}
