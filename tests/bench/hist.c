#include "hist.h"

/* Values below 128 have a bucket each; every power of two above has 128. */
static unsigned bucket_of(uint64_t value)
{
    if (value < 1u << HIST_SUB_BITS)
        return (unsigned)value;
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - HIST_SUB_BITS;
    return (shift << HIST_SUB_BITS) + (unsigned)(value >> shift);
}

static uint64_t middle_of(unsigned bucket)
{
    if (bucket < 2u << HIST_SUB_BITS)
        return bucket;
    unsigned shift = (bucket >> HIST_SUB_BITS) - 1;
    uint64_t low = (uint64_t)(bucket - (shift << HIST_SUB_BITS)) << shift;
    return low + (UINT64_C(1) << shift) / 2;
}

void hist_add(struct hist *h, uint64_t value)
{
    h->buckets[bucket_of(value)]++;
    h->count++;
    if (value > h->max)
        h->max = value;
}

void hist_merge(struct hist *into, const struct hist *from)
{
    for (unsigned i = 0; i < HIST_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
    into->count += from->count;
    if (from->max > into->max)
        into->max = from->max;
}

uint64_t hist_quantile(const struct hist *h, double q)
{
    uint64_t rank = (uint64_t)(q * (double)h->count);
    uint64_t seen = 0;
    for (unsigned i = 0; h->count && i < HIST_BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen > rank)
            return middle_of(i) < h->max ? middle_of(i) : h->max;
    }
    return h->max;
}
