/* What each worker has done for the clients of one listener. */
#pragma once

#include "base/counters.h"
#include "base/hist.h"

#define LISTENER_CACHE_LINE 64

/* Bytes from and to clients, before and after compression on the wire (PACKED). */
enum listener_packed {
    LISTENER_IN,
    LISTENER_IN_PACKED,
    LISTENER_OUT,
    LISTENER_OUT_PACKED,
    LISTENER_PACKED_COUNT
};

/* How a TLS handshake with a client ended; RESUMED: a ticket has made it short. */
enum listener_tls { LISTENER_TLS_FULL, LISTENER_TLS_RESUMED, LISTENER_TLS_FAILED, LISTENER_TLS_COUNT };

/* Written by one worker, read by any thread; each has its own cache lines. */
struct listener_counters {
    _Alignas(LISTENER_CACHE_LINE) counter sessions; /* clients that connected, logged in or not */
    counter errors;                                 /* commands that a server answered with an error */
    counter refused;                       /* commands that headgate refused or lost: its own errors */
    counter tls[LISTENER_TLS_COUNT];       /* handshakes with clients, by enum listener_tls */
    counter packed[LISTENER_PACKED_COUNT]; /* bytes of clients that compress, by enum listener_packed */
    struct hist commands; /* time of commands that a server answered, until the whole reply was passed on */
};

/* One zeroed row per worker; NULL: out of memory. Free with listener_counters_free. */
struct listener_counters *listener_counters_new(unsigned worker_count);
void listener_counters_free(struct listener_counters **rows);
