/* Outgoing connections: a non-blocking connect, and the socket options of every stream. */
#pragma once

#include "base/error.h"
#include "net/addr.h"

#include <stdbool.h>
#include <stdint.h>

struct socket_options {
    uint64_t keepalive_us;    /* idle time before the first keepalive probe; 0: off */
    uint64_t user_timeout_us; /* TCP_USER_TIMEOUT; 0: the system's default */
};

/* Sets TCP_NODELAY, keepalive and user timeout; nothing for unix sockets. Failures are ignored: the
 * connection works without these options. */
void socket_tune(int fd, const struct addr *addr, const struct socket_options *options);

/* Starts to connect. Returns the fd, or -1 with *err. Wait until the fd is writable, then call
 * dial_finish. */
int dial_start(const struct addr *addr, const struct socket_options *options, struct error *err);
bool dial_finish(int fd, const struct addr *addr, struct error *err);
