/* sock: non-blocking stream sockets on loopback, and the clock. A failure of set-up prints one line on stderr
 * and exits. */
#ifndef BENCH_SOCK_H
#define BENCH_SOCK_H

#include <stdbool.h>
#include <stdint.h>

struct sock_target {
    const char *host;   /* IPv4 address */
    unsigned port;      /* used when path is NULL */
    const char *socket; /* unix socket path or NULL */
};

_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

int sock_listen(unsigned *port); /* 127.0.0.1; port 0 is replaced by the one the kernel chose */
int sock_accept(int listener);   /* -1 when no connection is waiting */

/* Starts a connect. Returns the socket, or -1 with errno. When the socket is writable, sock_error tells the
 * result. */
int sock_connect(const struct sock_target *target);
int sock_error(int fd);

void sock_raise_file_limit(void);
uint64_t clock_ns(void);

#endif
