/* The kernel's data on this process, under the names that Prometheus' own libraries use. */
#pragma once

#include <pthread.h>

/* NAN: the value could not be read. */
struct process {
    double cpu_seconds; /* user and system */
    double resident_bytes;
    double virtual_bytes;
    double open_fds;
    double max_fds;
    double threads;
    double start_seconds; /* since 1970 */
};

/* Reads /proc; the cost grows with the number of open files. */
void process_read(struct process *process);

/* Seconds of CPU time that a thread has used; NAN: the thread has ended. */
double process_thread_cpu(pthread_t thread);
