/* How long after a write's reply a replica has that write, as the polls of positions.h see it; and whether a
 * read should wait for that, or go to the primary. Pure.
 *
 *      a write's reply ──► replica_delay_mark ──► polls: replica_delay_note ──► `average_us`
 *      a read          ──► replica_delay_patience
 */
#ifndef HEADGATE_FRESHNESS_REPLICA_DELAY_H
#define HEADGATE_FRESHNESS_REPLICA_DELAY_H

#include "mysql/gtid.h"

#include <stdbool.h>
#include <stdint.h>

/* Of one replica. All times are of the loop's clock. Zeroed memory: nothing is known. */
struct delay {
    struct gtid_mark mark; /* a write that the replica is not known to have */
    uint64_t marked_us;    /* when the client heard that it was done; 0: there is no such write */
    uint64_t lacked_us;    /* when the last poll began that did not show it; 0: none since */
    uint64_t average_us;   /* in which the last write is an eighth; 0: not known */
};

/* A write that ended at `at_us`. Harmless while another one is marked. */
void replica_delay_mark(struct delay *delay, const struct gtid_mark *mark, uint64_t at_us);

/* A poll that began at `begun_us` is answered now: the replica has `held`. */
void replica_delay_note(struct delay *delay, const struct gtid_table *held, uint64_t begun_us,
                        uint64_t now_us);

/* The replica needed so long just now (Galera: its poll ends when it has caught up). */
void replica_delay_note_sample(struct delay *delay, uint64_t delay_us);

/* What is marked counts no more: the replica is not asked, or has become another one. The average stays. */
void replica_delay_unmark(struct delay *delay);

/* When the replica should have what is marked. Only while something is. */
uint64_t replica_delay_due_us(const struct delay *delay);

/* How long a read should wait for the replica, rather than go to the primary: as long as waiting is cheaper.
 * `elapsed_us`: since the session's last write. The others: what reads take until their first byte, on the
 * primary and on this replica; 0: not known. 0: the read should not wait. */
uint64_t replica_delay_patience(const struct delay *delay, uint64_t elapsed_us, uint64_t primary_us,
                                uint64_t replica_us);

#endif
