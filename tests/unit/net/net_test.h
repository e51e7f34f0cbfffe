/* net_test: a loop, pairs of sockets and small helpers for the tests of net/. */
#pragma once

#include "../base/unit.h"

#include "net/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A test that waits longer than this is ended by an alarm. */
#define PATIENCE_SECONDS 60

static inline void open_loop(struct loop *loop)
{
    struct error err = { 0 };
    (void)alarm(PATIENCE_SECONDS);
    assert_true(loop_init(loop, &err));
}

static inline void close_loop(struct loop *loop)
{
    loop_fini(loop);
    (void)alarm(0);
}

static inline void turn(struct loop *loop)
{
    (void)ev_run(loop->ev, EVRUN_ONCE);
}

static inline void turn_without_waiting(struct loop *loop)
{
    (void)ev_run(loop->ev, EVRUN_NOWAIT);
}

/* Opens a pair of connected sockets, both non-blocking. */
static inline void open_pair(int ends[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
}

/* Returns how many descriptors this process has open. */
static inline unsigned open_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}
