/* stop: SIGTERM and SIGINT end a loop at its next wait, and at no other place, so that none is missed between
 * the test and the wait (under valgrind that gap is wide).
 */
#ifndef BENCH_STOP_H
#define BENCH_STOP_H

#include <signal.h>
#include <stdbool.h>

/* Blocks both signals; give waiting to epoll_pwait, where they are let in. */
void stop_init(sigset_t *waiting);
bool stop_is_asked(void);

#endif
