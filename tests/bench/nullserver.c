/* nullserver: a MariaDB server without data, for measuring a proxy in front of it.
 *
 *   nullserver [--port N] [--read-only 0|1] [--server-id N] [--master-port N]
 *
 * Prints "port N" once it listens on 127.0.0.1, lets every client in, and answers as null_reply.h says. One
 * thread, one epoll loop. Between turns a connection keeps only bytes that its socket did not take and the
 * beginning of an incomplete packet. On SIGTERM the number of answered commands is printed on stderr.
 *
 *   conn_run → conn_flush → (null_stream → conn_flush)… → conn_take → null_answer …
 */
#include "null_reply.h"
#include "sock.h"
#include "stop.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    INPUT_BYTES = 256 * 1024, /* the longest packet that can be read */
    STREAM_BYTES = 128 * 1024,
    EVENTS = 256,
};

struct conn {
    int fd;
    uint32_t interest;
    struct null_session session;
    struct bytes in;  /* the beginning of an incomplete packet */
    struct bytes out; /* what the socket did not take */
};

static struct null_options options = { .server_id = 1 };
static int poll_fd;
static uint64_t commands;
static uint32_t last_connection;
static struct bytes reply; /* the reply of this turn */

static void conn_watch(struct conn *c)
{
    uint32_t interest = c->out.len || null_is_streaming(&c->session) ? EPOLLOUT : EPOLLIN;
    struct epoll_event event = { .events = interest, .data.ptr = c };
    if (interest == c->interest)
        return;
    if (epoll_ctl(poll_fd, c->interest ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &event))
        die("epoll_ctl: %s", strerror(errno));
    c->interest = interest;
}

static void conn_close(struct conn *c)
{
    close(c->fd);
    bytes_free(&c->in);
    bytes_free(&c->out);
    free(c);
}

/* Sends from `b` and leaves in it what the socket did not take. False: the peer is gone. */
static bool conn_send(const struct conn *c, struct bytes *b)
{
    if (!b->len)
        return true;
    ssize_t n = send(c->fd, b->data, b->len, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN;
    bytes_drop(b, (size_t)n);
    return true;
}

/* Sends the reply built in this turn. False: the peer is gone. */
static bool conn_flush(struct conn *c)
{
    bool is_alive = conn_send(c, &reply);
    bytes_add(&c->out, reply.data, reply.len);
    reply.len = 0;
    return is_alive;
}

/* Answers the whole packets in `data`; *used is how many bytes they were. A big result stops it until the
 * result is sent. */
static bool conn_answer(struct conn *c, const uint8_t *data, size_t len, size_t *used)
{
    struct packet p;
    size_t bytes;
    *used = 0;
    while (!null_is_streaming(&c->session) && (bytes = packet_peek(data + *used, len - *used, &p))) {
        commands += c->session.is_logged_in;
        *used += bytes;
        if (!null_answer(&options, &c->session, &p, &reply))
            return false;
    }
    return true;
}

static bool conn_take(struct conn *c)
{
    static uint8_t room[INPUT_BYTES];
    size_t len = c->in.len;
    if (len == sizeof room)
        return false;
    if (len)
        memcpy(room, c->in.data, len);
    ssize_t n = recv(c->fd, room + len, sizeof room - len, 0);
    if (n <= 0)
        return n < 0 && errno == EAGAIN;
    size_t used;
    bool is_open = conn_answer(c, room, len + (size_t)n, &used);
    bytes_free(&c->in);
    bytes_add(&c->in, room + used, len + (size_t)n - used);
    return conn_flush(c) && is_open;
}

/* Sends the rest of earlier replies, then answers the packets that came during a big result. */
static bool conn_pay(struct conn *c)
{
    if (!conn_send(c, &c->out))
        return false;
    while (null_is_streaming(&c->session) && !c->out.len) {
        null_stream(&c->session, &reply, STREAM_BYTES);
        if (!conn_flush(c))
            return false;
    }
    if (c->out.len || !c->in.len)
        return true;
    bytes_free(&c->out);
    size_t used;
    bool is_open = conn_answer(c, c->in.data, c->in.len, &used);
    bytes_drop(&c->in, used);
    return conn_flush(c) && is_open;
}

static void conn_run(struct conn *c, uint32_t events)
{
    bool is_open = events & EPOLLOUT ? conn_pay(c) : conn_take(c);
    if (is_open)
        conn_watch(c);
    else
        conn_close(c);
}

static void accept_all(int listener)
{
    int fd;
    while ((fd = sock_accept(listener)) >= 0) {
        struct conn *c = calloc(1, sizeof *c);
        if (!c)
            die("out of memory");
        c->fd = fd;
        null_greet(&c->session, ++last_connection, &reply);
        if (conn_flush(c))
            conn_watch(c);
        else
            conn_close(c);
    }
    if (errno == EMFILE)
        die("nullserver: out of file descriptors");
}

static void serve(int listener)
{
    sigset_t waiting;
    struct epoll_event events[EVENTS] = { { .events = EPOLLIN } };
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &events[0])) /* data.ptr NULL: the listener */
        die("epoll_ctl: %s", strerror(errno));
    stop_init(&waiting);
    while (!stop_is_asked()) {
        int n = epoll_pwait(poll_fd, events, EVENTS, -1, &waiting);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr)
                conn_run(events[i].data.ptr, events[i].events);
            else
                accept_all(listener);
        }
    }
}

static unsigned *option_of(int letter)
{
    switch (letter) {
    case 'p':
        return &options.port;
    case 'r':
        return &options.read_only;
    case 's':
        return &options.server_id;
    case 'm':
        return &options.master_port;
    default:
        die("usage: nullserver [--port N] [--read-only 0|1] [--server-id N] [--master-port N]");
    }
}

int main(int argc, char **argv)
{
    static const struct option longs[] = { { "port", required_argument, NULL, 'p' },
                                           { "read-only", required_argument, NULL, 'r' },
                                           { "server-id", required_argument, NULL, 's' },
                                           { "master-port", required_argument, NULL, 'm' },
                                           { 0 } };
    for (int letter; (letter = getopt_long(argc, argv, "", longs, NULL)) != -1;)
        *option_of(letter) = (unsigned)strtoul(optarg ? optarg : "0", NULL, 10);
    sock_raise_file_limit();
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    int listener = sock_listen(&options.port);
    printf("port %u\n", options.port);
    fflush(stdout);
    serve(listener);
    fprintf(stderr, "answered %" PRIu64 "\n", commands);
    return 0;
}
