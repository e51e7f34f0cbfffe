#include "net_test.h"

#include "net/dial.h"

#include <netinet/tcp.h>
#include <poll.h>

/* Opens a loopback port with a listener, or returns one that has just been closed. */
static int open_port(struct addr *addr)
{
    struct error err = { 0 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && addr_parse_listen("127.0.0.1:0", addr, &err));
    assert_int_equal(bind(fd, &addr->u.any, addr->len), 0);
    assert_int_equal(getsockname(fd, &addr->u.any, &addr->len), 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

/* Starts a connect, waits until the socket is writable, and finishes it, as upstreams do. Returns the fd, or
 * -1. */
static int dial(const struct addr *addr, struct error *err)
{
    static const struct socket_options options = { .keepalive_us = 60000000, .user_timeout_us = 30000000 };
    int fd = dial_start(addr, &options, err);
    if (fd < 0)
        return -1;
    struct pollfd wait = { .fd = fd, .events = POLLOUT };
    assert_int_equal(poll(&wait, 1, PATIENCE_SECONDS * 1000), 1);
    if (dial_finish(fd, addr, err))
        return fd;
    (void)close(fd);
    return -1;
}

TEST(a_refused_port_is_named_with_its_reason)
{
    struct addr addr;
    struct error err = { 0 };
    char text[ADDR_TEXT_MAX], want[256];
    (void)close(open_port(&addr));
    unsigned before = open_descriptors();
    assert_int_equal(dial(&addr, &err), -1);
    (void)snprintf(want, sizeof want, "connecting to %s: Connection refused", addr_format(&addr, text));
    assert_string_equal(err.text, want);
    assert_int_equal(err.code, ECONNREFUSED);
    assert_int_equal(open_descriptors(), before);
}

TEST(a_socket_that_is_not_there_is_named_with_its_reason)
{
    struct addr addr;
    struct error err = { 0 };
    unsigned before = open_descriptors();
    assert_true(addr_parse("/nowhere/headgate.sock", &addr, &err));
    assert_int_equal(dial(&addr, &err), -1);
    assert_string_equal(err.text, "connecting to /nowhere/headgate.sock: No such file or directory");
    assert_int_equal(open_descriptors(), before);
}

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof value;
    assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

TEST(a_connection_has_the_options_it_was_asked_for)
{
    struct addr addr;
    struct error err = { 0 };
    int listening = open_port(&addr);
    int fd = dial(&addr, &err);
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 60);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 15);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 30000);
    (void)close(fd);
    (void)close(listening);
}

/* Durations shorter than the system's unit become one unit; very long ones do not overflow. */
TEST(odd_durations_become_possible_ones)
{
    struct addr addr;
    int listening = open_port(&addr);
    static const struct {
        uint64_t us;
        int idle_s, timeout_ms;
    } rows[] = { { 1, 1, 1 }, { 1500000, 1, 1500 }, { 32767000000, 32767, 32767000 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        socket_tune(fd, &addr,
                    &(struct socket_options){ .keepalive_us = rows[i].us, .user_timeout_us = rows[i].us });
        assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), rows[i].idle_s);
        assert_int_equal(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), rows[i].timeout_ms);
        (void)close(fd);
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socket_tune(fd, &addr, &(struct socket_options){ 0 });
    assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
    (void)close(fd);
    (void)close(listening);
}

RUN_TESTS(NULL, NULL)
