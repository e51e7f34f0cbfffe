/* What has become of connections that no session had; rows of `show stats`, by worker and cluster.
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
