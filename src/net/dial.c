#include "net/dial.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

static int at_least_one(uint64_t value)
{
    return value < 1 ? 1 : value > INT32_MAX ? INT32_MAX : (int)value;
}

void socket_tune(int fd, const struct addr *addr, const struct socket_options *options)
{
    int on = 1;
    if (addr_is_local(addr))
        return;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (options->keepalive_us > 0) {
        int idle_s = at_least_one(options->keepalive_us / 1000000);
        int interval_s = at_least_one(options->keepalive_us / 4000000);
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
        (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
        (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    }
    if (options->user_timeout_us > 0) {
        int timeout_ms = at_least_one(options->user_timeout_us / 1000);
        (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
    }
}

int dial_start(const struct addr *addr, const struct socket_options *options, struct error *err)
{
    char text[ADDR_TEXT_MAX];
    int fd = socket(addr->u.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        (void)error_errno(err, errno, "opening a socket for %s", addr_format(addr, text));
        return -1;
    }
    socket_tune(fd, addr, options);
    if (connect(fd, &addr->u.any, addr->len) < 0 && errno != EINPROGRESS) {
        (void)error_errno(err, errno, "connecting to %s", addr_format(addr, text));
        (void)close(fd);
        return -1;
    }
    return fd;
}

bool dial_finish(int fd, const struct addr *addr, struct error *err)
{
    char text[ADDR_TEXT_MAX];
    int reason = 0;
    socklen_t len = sizeof reason;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &len) < 0)
        reason = errno;
    if (reason != 0)
        return error_errno(err, reason, "connecting to %s", addr_format(addr, text));
    return true;
}
