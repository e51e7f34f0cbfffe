/* The delay of a replica: the time from the reply of a write on the primary until the replica has the write,
 * as seen by the polls of positions.h. Decides whether a read should wait for the replica or go to the
 * primary. Pure.
 *
 *      a write's reply ──► replica_delay_mark ──► polls: replica_delay_note ──► `average_us`
 *      a read          ──► replica_delay_wait_us */
#pragma once

#include "mysql/gtid.h"

#include <stdbool.h>
#include <stdint.h>

/* Of one replica. All times are of the loop's clock. Zeroed memory: nothing is known. */
struct delay {
    struct gtid_mark mark; /* a write that the replica is not known to have */
    uint64_t marked_us;    /* when the reply of the write was there; 0: there is no such write */
    uint64_t lacked_us;    /* when the last poll without the write began; 0: none since */
    uint64_t average_us;   /* moving average, the last write counts an eighth; 0: not known */
};

/* Marks a write whose reply was there at `at_us`. Does nothing while another write is marked. */
void replica_delay_mark(struct delay *delay, const struct gtid_mark *mark, uint64_t at_us);

/* A poll that began at `begun_us` is answered at `now_us`: the replica has `held`. */
void replica_delay_note(struct delay *delay, const struct gtid_table *held, uint64_t begun_us,
                        uint64_t now_us);

/* Adds a measured delay to the average. Galera: the time of a poll, which ends when the node has caught
 * up. */
void replica_delay_note_sample(struct delay *delay, uint64_t delay_us);

/* Forgets the marked write: the replica is not polled, or is another machine. The average stays. */
void replica_delay_unmark(struct delay *delay);

/* When the replica should have the marked write. Call it only while a write is marked. */
uint64_t replica_delay_due_us(const struct delay *delay);

/* How long a read should wait for the replica because waiting is cheaper than a read on the primary; 0: the
 * read should not wait. All times in microseconds. `elapsed_us`: since the session's last write.
 * `primary_us`, `replica_us`: time of reads until their first byte on the primary and on this replica; 0: not
 * known. */
uint64_t replica_delay_wait_us(const struct delay *delay, uint64_t elapsed_us, uint64_t primary_us,
                               uint64_t replica_us);
