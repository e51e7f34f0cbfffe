/* How long a replica needs to apply a write, measured by polls; and whether a read should wait for it. */

#include "../base/unit.h"

#include "base/str.h"
#include "freshness/replica_delay.h"

static const struct gtid_mark write_5 = { .source = 0, .reach = 5 };
static const struct gtid_mark write_6 = { .source = 0, .reach = 6 };

/* Notes a poll's answer: the replica has this position. */
static void poll(struct delay *delay, const char *position, uint64_t begun_us, uint64_t now_us)
{
    struct gtid_table held = { 0 };
    assert_true(gtid_table_read(&held, FAMILY_MARIADB, span_cstr(position)));
    replica_delay_note(delay, &held, begun_us, now_us);
    gtid_table_fini(&held);
}

TEST(first_write_is_the_average)
{
    struct delay delay = { 0 };
    replica_delay_mark(&delay, &write_5, 1000);
    poll(&delay, "0-1-4", 2000, 2100);
    poll(&delay, "0-1-5", 4000, 4200);
    assert_int_equal(delay.marked_us, 0);
    /* the replica applied the write between 1000 and 3200 us after it */
    assert_int_equal(delay.average_us, 2100);
}

TEST(later_writes_count_an_eighth)
{
    struct delay delay = { .average_us = 8000 };
    replica_delay_mark(&delay, &write_5, 10000);
    assert_int_equal(replica_delay_due_us(&delay), 18000);
    poll(&delay, "0-1-9", 11000, 12000);
    assert_int_equal(delay.average_us, 8000 - 1000 + 1000 / 8);
}

TEST(one_write_is_measured_at_a_time)
{
    struct delay delay = { 0 };
    replica_delay_mark(&delay, &write_5, 1000);
    replica_delay_mark(&delay, &write_6, 5000);
    poll(&delay, "0-1-5", 1500, 2000);
    assert_int_equal(delay.marked_us, 0);
    replica_delay_mark(&delay, &write_6, 5000);
    assert_int_equal(delay.marked_us, 5000);
    /* the poll without it, at 1500, was for the write before: the average of 0 and 1000 us */
    poll(&delay, "0-1-6", 5500, 6000);
    assert_int_equal(delay.average_us, 500 - 500 / 8 + 500 / 8);
}

/* An average of 0 means "nothing is known". */
TEST(write_that_arrives_at_once_counts_as_a_microsecond)
{
    struct delay delay = { 0 };
    replica_delay_note_sample(&delay, 0);
    assert_int_equal(delay.average_us, 1);
    replica_delay_note_sample(&delay, 800);
    assert_int_equal(delay.average_us, 101);
}

TEST(stopped_replica_gets_slower)
{
    struct delay delay = { .average_us = 500 };
    replica_delay_mark(&delay, &write_5, 1000);
    poll(&delay, "0-1-4", 2000, 3000);
    assert_int_equal(delay.average_us, 2000);
    poll(&delay, "0-1-4", 900000, 901000);
    assert_int_equal(delay.average_us, 900000);
    replica_delay_unmark(&delay);
    poll(&delay, "0-1-4", 1900000, 1901000);
    assert_int_equal(delay.average_us, 900000);
}

static const struct {
    const char *name;
    uint64_t average_us, elapsed_us, primary_us, replica_us, want_us;
} rows[] = {
    { "nothing is known of the replica", 0, 0, 50000, 1000, 0 },
    { "nothing is known of the primary", 500, 0, 0, 100, 0 },
    { "both are near", 500, 0, 300, 200, 0 },
    { "both are near, and it should have it by now", 500, 900, 300, 200, 0 },
    { "the primary is slower, by less than a timer can tell", 100, 0, 1100, 200, 0 },
    { "the primary is far", 3000, 0, 40000, 500, 39500 },
    { "the replica is as far", 3000, 0, 40000, 40000, 0 },
    { "the replica is farther", 3000, 0, 40000, 80000, 0 },
    { "the primary is slower by just what a timer can tell", 100, 0, 1200, 200, 1000 },
    { "the primary is far, the replica is behind by as much", 39500, 0, 40000, 500, 0 },
    { "the primary is far, the replica is behind by more", 60000, 0, 40000, 500, 0 },
    { "… but so long after the write it should have it", 60000, 30000, 40000, 500, 39500 },
};

TEST(reads_wait_where_that_is_cheaper)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct delay delay = { .average_us = rows[i].average_us };
        uint64_t us =
            replica_delay_wait_us(&delay, rows[i].elapsed_us, rows[i].primary_us, rows[i].replica_us);
        if (us != rows[i].want_us)
            fail_msg("%s: %llu", rows[i].name, (unsigned long long)us);
    }
}

RUN_TESTS(NULL, NULL)
