/* Counters of the pool: rows of `show stats`, for each worker and cluster. */
#pragma once

#include "base/counters.h"

struct pool_counters {
#define POOL_COUNTER(name, words) counter name;
#include "pool/tbl/pool_counters.h"
#undef POOL_COUNTER
};
