/* Log-linear histograms of latencies. Each power of two of microseconds is divided into eight equal buckets,
 * so a value is known to within one eighth, from 1 us to half an hour, in 2 KiB.
 *
 *      owner: hist_note ──► struct hist ──► any thread: hist_add ──► struct hist_total ──► hist_quantile
 *
 * Written by one thread and read by any thread, as counters are. A reader may see a value in its bucket
 * before the sum includes it. */
#pragma once

#include "base/counters.h"

#include <stddef.h>
#include <stdint.h>

#define HIST_FINE_BITS 3  /* bits kept below the highest bit of a value: eight buckets per power of two */
#define HIST_MOST_BITS 31 /* values with more bits (above 36 minutes) share the last bucket */
#define HIST_FINE (1u << HIST_FINE_BITS)
#define HIST_BUCKETS (HIST_FINE * (HIST_MOST_BITS - HIST_FINE_BITS + 1) + 1)

struct hist {
    counter buckets[HIST_BUCKETS];
    counter sum_us;
};

/* Plain numbers: the sum of one or more histograms. */
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

/* Adds one value. Only the owning thread may call it. */
static inline void hist_note(struct hist *hist, uint64_t us)
{
    counter_add(&hist->buckets[hist_bucket(us)], 1);
    counter_add(&hist->sum_us, us);
}

/* The upper bound in microseconds: all values of the bucket are below it. UINT64_MAX for the last bucket. */
uint64_t hist_bound(unsigned bucket);

/* Adds the present contents of `hist` to *total; the caller zeroes *total first. May be called on any
 * thread. */
void hist_add(struct hist_total *total, const struct hist *hist);

/* Number of values below 2^bits microseconds; exact for bits from HIST_FINE_BITS to HIST_MOST_BITS. */
uint64_t hist_count_below(const struct hist_total *total, unsigned bits);

/* The lowest bucket bound, in microseconds, below which `share` (0 to 1) of the values are: at most one
 * eighth above the exact value. 0 when there are no values; in the last bucket, that bucket's lower bound. */
uint64_t hist_quantile(const struct hist_total *total, double share);
