/* Log-linear histograms of latencies: each octave of microseconds is cut into eight equal buckets, so that a
 * value is known to an eighth of itself, from 1 us to half an hour, in 2 KiB.
 *
 *      owner: hist_note ──► struct hist ──► any thread: hist_add ──► struct hist_total ──► hist_quantile
 *
 * Written by one thread and read by any, as counters are: a reader may see a value in its bucket that is not
 * in the sum yet.
 */
#ifndef HEADGATE_BASE_HIST_H
#define HEADGATE_BASE_HIST_H

#include "base/counters.h"

#include <stddef.h>
#include <stdint.h>

#define HIST_FINE_BITS 3  /* of a value that are kept below its highest one: eight buckets an octave */
#define HIST_MOST_BITS 31 /* values that need more (36 minutes) share the last bucket */
#define HIST_FINE (1u << HIST_FINE_BITS)
#define HIST_BUCKETS (HIST_FINE * (HIST_MOST_BITS - HIST_FINE_BITS + 1) + 1)

struct hist {
    counter buckets[HIST_BUCKETS];
    counter sum_us;
};

/* Plain numbers: of one histogram, or of several that were added. */
struct hist_total {
    uint64_t buckets[HIST_BUCKETS];
    uint64_t count; /* of all buckets */
    uint64_t sum_us;
};

/* The bucket of a value. */
static inline unsigned hist_bucket(uint64_t us)
{
    if (us < HIST_FINE)
        return (unsigned)us;
    if (us >> HIST_MOST_BITS != 0)
        return HIST_BUCKETS - 1;
    unsigned shift = 63u - (unsigned)__builtin_clzll(us) - HIST_FINE_BITS;
    return shift * HIST_FINE + (unsigned)(us >> shift);
}

/* Only by the owning thread. */
static inline void hist_note(struct hist *hist, uint64_t us)
{
    counter_add(&hist->buckets[hist_bucket(us)], 1);
    counter_add(&hist->sum_us, us);
}

/* All values of a bucket are less than this many microseconds; UINT64_MAX of the last one. */
uint64_t hist_bound(unsigned bucket);

/* Adds what `hist` holds now to *total, which begins as zeros. Any thread. */
void hist_add(struct hist_total *total, const struct hist *hist);

/* How many values are less than 2^bits microseconds; bits from HIST_FINE_BITS to HIST_MOST_BITS: exact. */
uint64_t hist_count_below(const struct hist_total *total, unsigned bits);

/* The least bound of a bucket, in microseconds, below which `share` (0 to 1) of the values are: at most an
 * eighth more than the value itself. 0 when there is none; of values in the last bucket its lower bound. */
uint64_t hist_quantile(const struct hist_total *total, double share);

#endif
