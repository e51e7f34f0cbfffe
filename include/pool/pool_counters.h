/* Counters of the pool: rows of `show stats`, for each worker and cluster.
 */
#ifndef HEADGATE_POOL_POOL_COUNTERS_H
#define HEADGATE_POOL_POOL_COUNTERS_H

#include "base/counters.h"

struct pool_counters {
#define POOL_COUNTER(name, words) counter name;
#include "pool/tbl/pool_counters.h"
#undef POOL_COUNTER
};

#endif
