/* What the kernel says of this process, under the names that Prometheus' own libraries use. */
#ifndef HEADGATE_ADMIN_PROCESS_H
#define HEADGATE_ADMIN_PROCESS_H

#include <pthread.h>

/* NAN: what could not be read. */
struct process {
    double cpu_seconds; /* user and system */
    double resident_bytes;
    double virtual_bytes;
    double open_fds;
    double max_fds;
    double threads;
    double start_seconds; /* since 1970 */
};

/* Reads /proc; costs a directory entry per open file. */
void process_read(struct process *process);

/* Seconds of CPU that a thread has used; NAN: it has ended. */
double process_thread_cpu(pthread_t thread);

#endif
