/* stop: SIGTERM and SIGINT end a loop at its next wait and at no other place. No signal is missed between the
 * test of the flag and the wait (under valgrind that gap is long). */
#ifndef BENCH_STOP_H
#define BENCH_STOP_H

#include <signal.h>
#include <stdbool.h>

/* Blocks both signals. Give `waiting` to epoll_pwait: it unblocks them for the wait. */
void stop_init(sigset_t *waiting);
bool stop_is_asked(void);

#endif
