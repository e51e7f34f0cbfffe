/* sock: non-blocking stream sockets on loopback, and the clock. Failures of set-up exit with one line on
 * stderr. */
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
int sock_accept(int listener);   /* -1 when nothing waits */

/* A connect under way, or -1 with errno: writable means done, then sock_error says how it went. */
int sock_connect(const struct sock_target *target);
int sock_error(int fd);

void sock_raise_file_limit(void);
uint64_t clock_ns(void);

#endif
