/* The latest changes of a cluster, for `show events`: a ring of events. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define EVENTS_MAX 200
#define EVENT_CLUSTER (-1)      /* event.server: the event concerns the whole cluster */
#define EVENT_UNKNOWN_TIME (-1) /* event.after_ms: unknown */

struct event {
    uint64_t at_us;          /* wall clock, since 1970; events_add fills it in when it is 0 */
    int server;              /* index in its cluster, or EVENT_CLUSTER */
    const char *server_name; /* borrows: the server's name at that time, which the server keeps; NULL: of the
                                cluster */
    char was[48];            /* former value: state and role, an address, a version or the like */
    char is[48];             /* new value */
    char reason[256];
    int64_t after_ms; /* how long the former state lasted, or EVENT_UNKNOWN_TIME */
};

struct events {
    struct event ring[EVENTS_MAX];
    uint64_t total; /* ever added */
};

/* Adds a copy of the event. If the ring is full, the oldest event is overwritten. */
void events_add(struct events *events, const struct event *event);

/* The number of events in the ring, and event `i` of them: 0 is the oldest. Borrowed until the next
 * events_add. */
size_t events_count(const struct events *events);
const struct event *events_at(const struct events *events, size_t i);
