#include "net/acceptor.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACCEPTS_PER_TURN 64
#define BACKLOG 4096
#define PAUSE_US 1000000 /* one second, as libev's manual advises for EMFILE */

static void start_accepting(struct loop_timer *timer)
{
    struct acceptor *acceptor = container_of(timer, struct acceptor, pause);
    if (acceptor->spare_fd < 0)
        acceptor->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    ev_io_start(acceptor->loop->ev, &acceptor->io);
}

/* No descriptors are left: closes the spare descriptor, accepts one client with it and refuses that client at
 * once. Accepting then pauses for a second. */
static void rest(struct acceptor *acceptor, int reason)
{
    char text[ADDR_TEXT_MAX];
    log_limited(LOG_LEVEL_ERROR, NULL, "acceptor %s: accept: %s; pausing for a second",
                addr_format(&acceptor->addr, text), strerrordesc_np(reason));
    if (acceptor->spare_fd >= 0) {
        (void)close(acceptor->spare_fd);
        acceptor->spare_fd = -1;
        int fd = accept4(acceptor->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0 && acceptor->on_exhausted != NULL)
            acceptor->on_exhausted(acceptor, fd);
        if (fd >= 0)
            (void)close(fd);
    }
    ev_io_stop(acceptor->loop->ev, &acceptor->io);
    loop_timer_start(&acceptor->pause, acceptor->loop, PAUSE_US);
}

static void on_io(struct ev_loop *ev, ev_io *watcher, int events)
{
    (void)ev;
    (void)events;
    struct acceptor *acceptor = container_of(watcher, struct acceptor, io);
    for (int i = 0; i < ACCEPTS_PER_TURN && acceptor->loop != NULL; i++) { /* on_accept may have closed it */
        struct addr peer = { .len = sizeof peer.u.storage };
        int fd = accept4(acceptor->fd, &peer.u.any, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            acceptor->on_accept(acceptor, fd, &peer);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        } else if (!(errno == ECONNABORTED || errno == EINTR || errno == EPROTO || errno == EPERM)) {
            rest(acceptor, errno);
            return;
        }
    }
}

/* Removes a socket file that refuses connections: the process that created it is gone. Any other result means
 * that a process listens, also EAGAIN: that process is slow to accept. */
static void remove_stale(const struct addr *addr)
{
    struct stat st;
    if (!addr_is_local(addr) || lstat(addr->u.local.sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
        return;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, &addr->u.any, addr->len) < 0 && errno == ECONNREFUSED)
        (void)unlink(addr->u.local.sun_path);
    if (fd >= 0)
        (void)close(fd);
}

static int bound_socket(const struct addr *addr, unsigned mode, struct error *err)
{
    char text[ADDR_TEXT_MAX];
    int on = 1;
    int fd = socket(addr->u.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        (void)error_errno(err, errno, "opening a socket to listen on %s", addr_format(addr, text));
        return -1;
    }
    remove_stale(addr);
    if (!addr_is_local(addr))
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (addr->u.any.sa_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (addr_is_local(addr)) /* then the file created by bind never has more permissions than `mode` */
        (void)fchmod(fd, (mode_t)mode);
    if (bind(fd, &addr->u.any, addr->len) < 0 ||
        (addr_is_local(addr) && chmod(addr->u.local.sun_path, (mode_t)mode) < 0) || listen(fd, BACKLOG) < 0) {
        (void)error_errno(err, errno, "listening on %s", addr_format(addr, text));
        (void)close(fd);
        return -1;
    }
    return fd;
}

bool acceptor_open(struct acceptor *acceptor, struct loop *loop, const struct addr *addr, unsigned mode,
                   void (*on_accept)(struct acceptor *, int, const struct addr *), void *owner,
                   struct error *err)
{
    int fd = bound_socket(addr, mode, err);
    if (fd < 0)
        return false;
    *acceptor = (struct acceptor){ .loop = loop, .fd = fd, .on_accept = on_accept, .owner = owner };
    acceptor->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    acceptor->addr = (struct addr){ .len = sizeof acceptor->addr.u.storage };
    if (addr_is_local(addr) || getsockname(fd, &acceptor->addr.u.any, &acceptor->addr.len) < 0)
        acceptor->addr = *addr;
    loop_timer_init(&acceptor->pause, start_accepting);
    ev_io_init(&acceptor->io, on_io, fd, EV_READ);
    ev_io_start(loop->ev, &acceptor->io);
    return true;
}

void acceptor_close(struct acceptor *acceptor)
{
    if (acceptor->loop == NULL)
        return;
    ev_io_stop(acceptor->loop->ev, &acceptor->io);
    loop_timer_stop(&acceptor->pause);
    (void)close(acceptor->fd);
    if (acceptor->spare_fd >= 0)
        (void)close(acceptor->spare_fd);
    if (addr_is_local(&acceptor->addr))
        (void)unlink(acceptor->addr.u.local.sun_path);
    acceptor->fd = acceptor->spare_fd = -1;
    acceptor->loop = NULL;
}
