/* relay: copies bytes between two sockets without reading them: the lower bound for any proxy with one
 * thread.
 *
 *   relay --to PORT [--port N]        127.0.0.1 on both sides; prints "port N" once it listens
 *
 * One recv and one send per piece. Bytes that the receiver does not take are kept, and reading from their
 * sender stops. No epoll_ctl while both sides are fast enough.
 */
#include "sock.h"
#include "stop.h"
#include "wire.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM_BYTES = 64 * 1024, EVENTS = 256 };

struct end {
    int fd;
    uint32_t interest;
    bool is_watched;
    bool is_connecting;
    bool has_ended;       /* the peer at this end has sent FIN */
    bool is_dead;         /* free it after this turn */
    struct bytes pending; /* bytes to be sent at this end */
    struct end *other;
    struct end *next_dead;
};

static struct sock_target target = { .host = "127.0.0.1" };
static int poll_fd;
static struct end *dead;

static void end_watch(struct end *e)
{
    bool wants_read =
        !e->has_ended && !e->is_connecting && !e->other->pending.len && !e->other->is_connecting;
    uint32_t interest = (wants_read ? EPOLLIN : 0u) | (e->pending.len || e->is_connecting ? EPOLLOUT : 0u);
    struct epoll_event event = { .events = interest, .data.ptr = e };
    if (e->is_watched && interest == e->interest)
        return;
    if (epoll_ctl(poll_fd, e->is_watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, e->fd, &event))
        die("epoll_ctl: %s", strerror(errno));
    e->is_watched = true;
    e->interest = interest;
}

static void pair_close(struct end *e)
{
    struct end *both[] = { e, e->other };
    for (int i = 0; i < 2; i++) {
        close(both[i]->fd);
        both[i]->is_dead = true;
        both[i]->next_dead = dead;
        dead = both[i];
    }
}

static void bury(void)
{
    while (dead) {
        struct end *e = dead;
        dead = e->next_dead;
        bytes_free(&e->pending);
        free(e);
    }
}

/* Sends what the socket takes and keeps the rest. False: the connection is gone. */
static bool end_send(struct end *e, const uint8_t *data, size_t len)
{
    ssize_t n = send(e->fd, data, len, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN)
        return false;
    size_t sent = n > 0 ? (size_t)n : 0;
    bytes_add(&e->pending, data + sent, len - sent);
    return true;
}

static bool end_flush(struct end *e)
{
    if (e->is_connecting) {
        e->is_connecting = false;
        return !sock_error(e->fd);
    }
    ssize_t n = send(e->fd, e->pending.data, e->pending.len, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN;
    bytes_drop(&e->pending, (size_t)n);
    if (e->pending.len)
        return true;
    bytes_free(&e->pending);
    return !e->other->has_ended || !shutdown(e->fd, SHUT_WR);
}

static bool end_copy(struct end *from)
{
    static uint8_t room[ROOM_BYTES];
    struct end *to = from->other;
    ssize_t n = recv(from->fd, room, sizeof room, 0);
    if (n < 0)
        return errno == EAGAIN;
    if (n > 0)
        return end_send(to, room, (size_t)n);
    from->has_ended = true;
    if (to->has_ended)
        return false;
    return to->pending.len || !shutdown(to->fd, SHUT_WR);
}

static void end_run(struct end *e, uint32_t events)
{
    bool is_alive = true;
    if (e->is_dead)
        return;
    if (events & EPOLLOUT && e->interest & EPOLLOUT)
        is_alive = end_flush(e);
    if (is_alive && events & EPOLLIN && e->interest & EPOLLIN)
        is_alive = end_copy(e);
    if (!is_alive || (events & (EPOLLERR | EPOLLHUP) && !(e->interest & EPOLLIN))) {
        pair_close(e);
        return;
    }
    end_watch(e);
    end_watch(e->other);
}

static void pair_open(int client)
{
    int server = sock_connect(&target);
    if (server < 0)
        die("relay: connect: %s", strerror(errno));
    struct end *front = calloc(1, sizeof *front);
    struct end *back = calloc(1, sizeof *back);
    if (!front || !back)
        die("out of memory");
    *front = (struct end){ .fd = client, .other = back };
    *back = (struct end){ .fd = server, .other = front, .is_connecting = true };
    end_watch(front);
    end_watch(back);
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
            int fd = -1;
            if (events[i].data.ptr)
                end_run(events[i].data.ptr, events[i].events);
            else
                while ((fd = sock_accept(listener)) >= 0)
                    pair_open(fd);
        }
        bury();
    }
}

int main(int argc, char **argv)
{
    static const struct option longs[] = { { "to", required_argument, NULL, 't' },
                                           { "port", required_argument, NULL, 'p' },
                                           { 0 } };
    unsigned port = 0;
    for (int letter; (letter = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        unsigned number = (unsigned)strtoul(optarg ? optarg : "0", NULL, 10);
        if (letter == 't')
            target.port = number;
        else if (letter == 'p')
            port = number;
        else
            target.port = 0;
    }
    if (!target.port)
        die("usage: relay --to PORT [--port N]");
    sock_raise_file_limit();
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    int listener = sock_listen(&port);
    printf("port %u\n", port);
    fflush(stdout);
    serve(listener);
    return 0;
}
