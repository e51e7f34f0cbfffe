/* hist: latencies in log-linear buckets; a quantile is right within 0.8 %. */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include <stdint.h>

enum { HIST_SUB_BITS = 7, HIST_BUCKETS = (64 - HIST_SUB_BITS + 1) << HIST_SUB_BITS };

struct hist {
    uint64_t buckets[HIST_BUCKETS];
    uint64_t count;
    uint64_t max;
};

void hist_add(struct hist *h, uint64_t value);
void hist_merge(struct hist *into, const struct hist *from);
uint64_t hist_quantile(const struct hist *h, double q); /* q in 0..1; 0 when empty */

#endif
