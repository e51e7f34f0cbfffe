#include "cluster/events.h"

#include "base/clock.h"

#include <assert.h>

void events_add(struct events *events, const struct event *event)
{
    struct event *slot = &events->ring[events->total++ % EVENTS_MAX];
    *slot = *event;
    if (slot->at_us == 0)
        slot->at_us = clock_wall_us();
}

size_t events_count(const struct events *events)
{
    return events->total < EVENTS_MAX ? (size_t)events->total : EVENTS_MAX;
}

const struct event *events_at(const struct events *events, size_t i)
{
    assert(i < events_count(events));
    return &events->ring[(events->total - events_count(events) + i) % EVENTS_MAX];
}
