/* Outgoing connections: a non-blocking connect and the socket options every stream wants. */
#ifndef HEADGATE_NET_DIAL_H
#define HEADGATE_NET_DIAL_H

#include "base/error.h"
#include "net/addr.h"

#include <stdbool.h>
#include <stdint.h>

struct socket_options {
    uint64_t keepalive_us;    /* idle time before the first probe; 0 = off */
    uint64_t user_timeout_us; /* TCP_USER_TIMEOUT; 0 = the system's */
};

/* TCP_NODELAY, keepalive, user timeout; nothing for unix sockets. Failures are ignored: they cost comfort
 * only. */
void socket_tune(int fd, const struct addr *addr, const struct socket_options *options);

/* Starts to connect; returns the fd, or -1. Wait for writability, then ask dial_finish. */
int dial_start(const struct addr *addr, const struct socket_options *options, struct error *err);
bool dial_finish(int fd, const struct addr *addr, struct error *err);

#endif
