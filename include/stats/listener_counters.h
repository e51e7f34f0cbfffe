/* What each worker has done for the clients of one listener. */
#ifndef HEADGATE_STATS_LISTENER_COUNTERS_H
#define HEADGATE_STATS_LISTENER_COUNTERS_H

#include "base/counters.h"
#include "base/hist.h"

#define DOOR_CACHE_LINE 64

/* Bytes from and to clients, before and after compression on the wire (PACKED). */
enum door_packed { DOOR_IN, DOOR_IN_PACKED, DOOR_OUT, DOOR_OUT_PACKED, DOOR_PACKED_COUNT };

/* Written by one worker, read by any thread; each has its own cache lines. */
struct door_counters {
    _Alignas(DOOR_CACHE_LINE) counter sessions; /* clients that connected, logged in or not */
    counter errors;                             /* commands that a server answered with an error */
    counter refused;                            /* commands that headgate refused or lost: its own errors */
    counter packed[DOOR_PACKED_COUNT];          /* bytes of clients that compress, by enum door_packed */
    struct hist commands; /* time of commands that a server answered, until the whole reply was passed on */
};

/* One zeroed row per worker; NULL: out of memory. Free with door_counters_free. */
struct door_counters *door_counters_new(unsigned worker_count);
void door_counters_free(struct door_counters **rows);

#endif
