/* The ring of events: the newest events are kept, in order. */
#include "../base/unit.h"

#include "cluster/events.h"

TEST(the_youngest_are_kept_in_order)
{
    static struct events events;
    for (uint64_t n = 1; n <= 3 * EVENTS_MAX + 7; n++) {
        struct event event = { .at_us = n, .server = EVENT_CLUSTER };
        events_add(&events, &event);
        size_t count = events_count(&events);
        assert_int_equal(count, n < EVENTS_MAX ? n : EVENTS_MAX);
        for (size_t i = 0; i < count; i++)
            assert_true(events_at(&events, i)->at_us == n - count + 1 + i);
    }
}

TEST(an_event_without_a_time_is_of_now)
{
    static struct events events;
    events_add(&events, &(struct event){ .was = "up" });
    assert_true(events_at(&events, 0)->at_us > 1600000000000000);
    assert_string_equal(events_at(&events, 0)->was, "up");
}

RUN_TESTS(NULL, NULL)
