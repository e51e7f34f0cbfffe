/* What each worker has done for the clients of one listener. */
#ifndef HEADGATE_STATS_LISTENER_COUNTERS_H
#define HEADGATE_STATS_LISTENER_COUNTERS_H

#include "base/counters.h"
#include "base/hist.h"

#define DOOR_CACHE_LINE 64

/* Bytes from clients and to them, and what they were on the wire. */
enum door_packed { DOOR_IN, DOOR_IN_PACKED, DOOR_OUT, DOOR_OUT_PACKED, DOOR_PACKED_COUNT };

/* Written by one worker, read by any; lines of its own. */
struct door_counters {
    _Alignas(DOOR_CACHE_LINE) counter sessions; /* clients that came, whatever became of them */
    counter errors;                             /* commands that a server answered with an error */
    counter refused;                            /* … headgate itself: they did not run, or were lost */
    counter packed[DOOR_PACKED_COUNT];          /* bytes of clients that compress, by enum door_packed */
    struct hist commands; /* that a server answered: until the whole reply was passed on */
};

/* One row a worker, zeros; NULL when memory is out. Free with door_counters_free. */
struct door_counters *door_counters_new(unsigned worker_count);
void door_counters_free(struct door_counters **rows);

#endif
