#include "base/hist.h"

#include <assert.h>

uint64_t hist_bound(unsigned bucket)
{
    if (bucket < HIST_FINE)
        return bucket + 1;
    if (bucket >= HIST_BUCKETS - 1)
        return UINT64_MAX;
    unsigned shift = bucket / HIST_FINE - 1;
    return (uint64_t)(bucket % HIST_FINE + HIST_FINE + 1) << shift;
}

void hist_add(struct hist_total *total, const struct hist *hist)
{
    for (unsigned i = 0; i < HIST_BUCKETS; i++) {
        uint64_t count = counter_read(&hist->buckets[i]);
        total->buckets[i] += count;
        total->count += count;
    }
    total->sum_us += counter_read(&hist->sum_us);
}

uint64_t hist_count_below(const struct hist_total *total, unsigned bits)
{
    uint64_t count = 0;
    assert(bits >= HIST_FINE_BITS && bits <= HIST_MOST_BITS);
    unsigned end = hist_bucket(UINT64_C(1) << bits);
    for (unsigned i = 0; i < end; i++)
        count += total->buckets[i];
    return count;
}

uint64_t hist_quantile(const struct hist_total *total, double share)
{
    uint64_t seen = 0;
    if (total->count == 0)
        return 0;
    double wanted = share * (double)total->count;
    for (unsigned i = 0; i < HIST_BUCKETS - 1; i++) {
        seen += total->buckets[i];
        if (seen > 0 && (double)seen >= wanted)
            return hist_bound(i);
    }
    return UINT64_C(1) << HIST_MOST_BITS;
}
